package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Redone is a run that a rebuild repeated.
type Redone struct {
	Run                                string
	AsOf                               time.Time
	Exports                            int
	Loaded, Rejected, Inserted, Closed int64
}

// Rebuild makes the database file anew, with its history, from what the data
// folder holds: it repeats each published run, oldest first. Nothing is replaced
// where an artifact is missing or a run cannot be repeated.
//
// Errors: [database.ErrLocked], [extract.ErrNoArtifact].
func (r *Runner) Rebuild(ctx context.Context) (redone []Redone, out Outcome, err error) {
	unlock, err := r.lock(ctx)
	if err != nil {
		return nil, out, err
	}
	defer unlock()
	path := r.Into.Path
	strange, err := r.recordRuns(ctx)
	switch {
	case errors.Is(err, database.ErrNoDatabase):
	case err != nil:
		return nil, out, fmt.Errorf("rebuild: %w; to make it anew all the same, move it away first", err)
	case len(strange) > 0:
		return nil, out, fmt.Errorf("rebuild: %s has %d runs that %s does not know, the first of them %s, and would lose them: name another file with --database, or the right folder with --data",
			path, len(strange), r.store.Dir(), strange[0])
	}
	runs, err := r.published()
	if err != nil {
		return nil, out, err
	}
	if redone, err = r.redoAll(ctx, runs, &out); err != nil {
		return nil, out, fmt.Errorf("rebuild: %w; %s was left as it was", err, path)
	}
	out.Notes = append(out.Notes, sharedNames(runs)...)
	return redone, out, nil
}

// sharedNames tells of sources under whose name there are exports of several vendors, which
// an earlier program did not refuse: for links they are one source, which never lists one
// thing twice.
func sharedNames(runs []storedRun) (notes []string) {
	vendors := map[string][]string{}
	for _, run := range runs {
		for _, e := range run.exports {
			if v, _, _ := strings.Cut(e.Dataset, "."); !slices.Contains(vendors[e.Source], v) {
				vendors[e.Source] = append(vendors[e.Source], v)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(vendors)) {
		if list := vendors[name]; len(list) > 1 {
			slices.Sort(list)
			notes = append(notes, fmt.Sprintf("the source %s has exports of %s: as rows of one source they are seldom taken for one thing; to have them joined, load each vendor's exports into a new file under a name of its own", name, strings.Join(list, " and ")))
		}
	}
	return notes
}

// redoAll repeats the runs, in one fresh copy, and publishes it.
func (r *Runner) redoAll(ctx context.Context, runs []storedRun, out *Outcome) (redone []Redone, err error) {
	total := 0
	for _, s := range runs {
		total += len(s.exports)
	}
	r.Progress.Expect(total)
	var work *load.Work
	defer func() {
		if work != nil {
			err = errors.Join(err, work.Discard()) // after Publish it does nothing
		}
	}()
	for i, s := range runs {
		if i == 0 {
			work, err = r.beginAgain(ctx, s.record)
		} else {
			err = work.Next(ctx, ledger.RunStatus(runs[i-1].record.Status), runOf(s.record))
		}
		if err != nil {
			return nil, err
		}
		sum, err := r.redo(ctx, work, s)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", s.record.ID, err)
		}
		redone = append(redone, sum)
	}
	return redone, r.end(ctx, work, ledger.RunStatus(runs[len(runs)-1].record.Status), out)
}

// recordRuns is record for the published file as it is: of runs whose process
// ended before it had made their records.
func (r *Runner) recordRuns(ctx context.Context) (strange []string, err error) {
	file, err := read.Open(ctx, r.Into.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records, err := read.RunRecords(ctx, file, r.store.HasRun)
	if err != nil {
		return nil, err
	}
	return r.record(records)
}

// record keeps records of published runs beside the manifests. It returns the
// runs that read what is not in the data folder: the file was made from
// another one.
func (r *Runner) record(records []schemas.Run) (strange []string, err error) {
	for _, rec := range records {
		read := slices.ContainsFunc(rec.Exports, func(d schemas.RunExport) bool { return !wasDropped(&d) })
		if _, err := r.store.Exports(rec.ID); errors.Is(err, extract.ErrNoRun) && read {
			strange = append(strange, rec.ID)
			continue
		}
		if err := r.store.SaveRun(rec); err != nil {
			return nil, err
		}
	}
	return strange, nil
}

// storedRun is a published run with the manifests of its exports.
type storedRun struct {
	record  schemas.Run
	exports []*schemas.Export // in the order of the record
}

// published reads the runs that were published, in their order, and makes sure
// that all bytes that they read are there.
func (r *Runner) published() ([]storedRun, error) {
	ids, err := r.store.Runs()
	if err != nil {
		return nil, err
	}
	var runs []storedRun
	for _, id := range ids {
		if !r.store.HasRun(id) {
			continue // fetched, or begun, and never published
		}
		run, err := r.storedRun(id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("rebuild: no published run in %s", r.store.Dir())
	}
	slices.SortFunc(runs, func(a, b storedRun) int {
		return cmp.Or(a.record.AsOf.Compare(b.record.AsOf), cmp.Compare(a.record.ID, b.record.ID))
	})
	return runs, nil
}

func (r *Runner) storedRun(id string) (run storedRun, err error) {
	if run.record, err = r.store.Run(id); err != nil {
		return run, err
	}
	manifests, err := r.store.Exports(id)
	if err != nil {
		return run, err
	}
	for i := range run.record.Exports {
		d := &run.record.Exports[i]
		if wasDropped(d) {
			run.exports = append(run.exports, dropped(id, d.Source, d.Dataset))
			continue
		}
		at := slices.IndexFunc(manifests, func(e *schemas.Export) bool { return e.Source == d.Source && e.Dataset == d.Dataset })
		if at < 0 {
			return run, fmt.Errorf("run %s: the manifest of %s %s is not in %s", id, d.Source, d.Dataset, r.store.Dir())
		}
		e := manifests[at]
		for _, part := range e.Parts {
			if wasRead(d) && !r.store.Has(part.Artifact) {
				return run, fmt.Errorf("run %s, %s %s: %w: %s", id, d.Source, d.Dataset, extract.ErrNoArtifact, part.Artifact)
			}
		}
		run.exports = append(run.exports, e)
	}
	return run, nil
}

// wasRead reports whether the bytes of an export were read to their end.
func wasRead(d *schemas.RunExport) bool {
	switch ledger.Status(d.Status) {
	case ledger.Loaded, ledger.Unchanged, ledger.Held:
		return true
	}
	return d.Failure == ledger.FailureRejects
}

func runOf(s schemas.Run) ledger.Run {
	return ledger.Run{ID: s.ID, Command: s.Command, Version: s.Version, StartedAt: s.StartedAt, Record: &s}
}

func (r *Runner) beginAgain(ctx context.Context, s schemas.Run) (*load.Work, error) {
	o := r.options(runOf(s))
	o.Fresh = true
	return load.Begin(ctx, o)
}

// redo repeats one run.
func (r *Runner) redo(ctx context.Context, work *load.Work, s storedRun) (Redone, error) {
	sum := Redone{Run: s.record.ID, AsOf: s.record.AsOf, Exports: len(s.exports)}
	for i, e := range s.exports {
		row, err := r.redoExport(ctx, work, e, &s.record.Exports[i])
		if err != nil {
			return sum, err
		}
		r.Progress.Loaded(s.record.ID, row)
		sum.Loaded += row.Loaded
		sum.Rejected += row.Rejected
		sum.Inserted += row.Inserted
		sum.Closed += row.Closed
	}
	return sum, nil
}

// redoExport loads an export that was read then, and enters any other into
// the ledger as it was. One that was loaded must be loaded again.
func (r *Runner) redoExport(ctx context.Context, work *load.Work, e *schemas.Export, d *schemas.RunExport) (Export, error) {
	row := Export{Source: e.Source, Dataset: e.Dataset, Status: ledger.Status(d.Status), Failure: d.Failure, Error: d.Error}
	if wasDropped(d) {
		r, err := work.Drop(ctx, e, ledger.Status(d.Status))
		row.take(r)
		return row, err
	}
	contract, err := r.Into.Set.Contract(e.Dataset)
	if err != nil {
		return row, err
	}
	if !wasRead(d) {
		told := *e
		told.Failure = d.Failure
		return row, work.Ledger().Record(ctx, &told, ledger.Status(d.Status), d.Error)
	}
	had := d.Status == string(ledger.Loaded) || d.Status == string(ledger.Unchanged)
	if d.Status == string(ledger.Unchanged) {
		same, err := work.Ledger().Unchanged(ctx, e, contract.Fingerprint)
		if err != nil {
			return row, err
		}
		if same {
			return row, work.Ledger().Record(ctx, e, ledger.Unchanged, "")
		}
	}
	r.Progress.Loading(e)
	if err = r.loadOne(ctx, work, e, contract, &row); err == nil {
		row.Failure, row.Error = "", ""
	}
	if refused := errors.As(err, new(*gate.HeldError)) || errors.As(err, new(*gate.RejectLimitError)); refused && !had {
		err = nil
	}
	return row, err
}

// loadOne loads one export and fills in its row.
func (r *Runner) loadOne(ctx context.Context, work *load.Work, e *schemas.Export, contract *schemas.Contract, row *Export) error {
	stream, err := r.stream(ctx, work, e, contract)
	if err != nil {
		return err
	}
	result, err := work.Load(ctx, e, contract, stream)
	row.take(result)
	return err
}
