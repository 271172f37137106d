package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

func newRebuild(c *console, g *globals) *cobra.Command {
	var o runOptions
	var data string
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the database file anew, with its history, from artifacts",
		Long: `Does every published run of the data folder again, oldest first, with the present program and
contracts, without asking the vendors, and puts the result in place of the database file.
Times, and what was held, accepted or not loaded, are those of the runs themselves: with the
same contracts the new file has the same rows and the same history. Nothing is replaced when
an artifact is missing or a run cannot be done again. With --database the result goes to
another file; with --data no configuration is needed.`,
		Example: "  accessmart rebuild\n  accessmart rebuild --database again.duckdb\n  accessmart rebuild --data access.duckdb.data --database access.duckdb",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return rebuild(cmd.Context(), c, g, o, data) })
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: the configuration's)")
	return cmd
}

func rebuild(ctx context.Context, c *console, g *globals, o runOptions, data string) error {
	p, err := stored(c, g, o, data)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	unlock, err := lockData(ctx, p.store.Dir(), p.wait)
	if err != nil {
		return err
	}
	defer unlock()
	strange, err := p.recordRuns(ctx)
	switch {
	case errors.Is(err, load.ErrNoDatabase):
	case err != nil:
		return fmt.Errorf("rebuild: %w; to make it anew all the same, move it away first", err)
	case len(strange) > 0:
		return fmt.Errorf("rebuild: %s has %s that %s does not know, the first of them %s, and would lose them: name another file with --database, or the right folder with --data",
			p.database, count(len(strange), "run"), p.store.Dir(), strange[0])
	}
	runs, err := p.published()
	if err != nil {
		return err
	}
	l, err := p.rebuild(ctx, runs)
	if err != nil {
		return fmt.Errorf("rebuild: %w; %s was left as it was", err, p.database)
	}
	p.progress.finish()
	if err := c.print(o.format, l); err != nil {
		return err
	}
	p.tellNotes()
	c.say("Rebuilt %s from %s in %s.", p.database, count(len(runs), "run"), p.store.Dir())
	return nil
}

// stored is a pipeline for work on what the data folder holds. With a folder
// and a file named no configuration is needed.
func stored(c *console, g *globals, o runOptions, data string) (*pipeline, error) {
	cfg := &config{Database: g.database, Rejects: defaultRejects}
	var set *schemas.Set
	var err error
	if data == "" || g.database == "" {
		cfg, set, err = settings(g)
	} else {
		set, err = contractSet(g)
	}
	if err != nil {
		return nil, err
	}
	if data != "" {
		cfg.Data = data
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return nil, usageError{fmt.Errorf("the data folder: %w", err)}
	}
	if err := checkDatabase(cfg.Database); err != nil {
		return nil, err
	}
	return newPipeline(c, cfg, set, o)
}

// recordRuns is record for the published file as it is: of runs whose process
// ended before it had made their records.
func (p *pipeline) recordRuns(ctx context.Context) (strange []string, err error) {
	r, err := load.OpenRead(ctx, p.database)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	records, err := r.RunRecords(ctx, p.store.HasRun)
	if err != nil {
		return nil, err
	}
	return p.record(records)
}

// record keeps records of published runs beside the manifests. It returns the
// runs that read what is not in the data folder: the file was made from
// another one.
func (p *pipeline) record(records []schemas.Run) (strange []string, err error) {
	for _, rec := range records {
		read := slices.ContainsFunc(rec.Exports, func(d schemas.RunExport) bool { return !wasDropped(&d) })
		if _, err := p.store.Exports(rec.ID); errors.Is(err, extract.ErrNoRun) && read {
			strange = append(strange, rec.ID)
			continue
		}
		if err := p.store.SaveRun(rec); err != nil {
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
func (p *pipeline) published() ([]storedRun, error) {
	ids, err := p.store.Runs()
	if err != nil {
		return nil, err
	}
	var runs []storedRun
	for _, id := range ids {
		if !p.store.HasRun(id) {
			continue // fetched, or begun, and never published
		}
		run, err := p.storedRun(id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("rebuild: no published run in %s", p.store.Dir())
	}
	slices.SortFunc(runs, func(a, b storedRun) int {
		return cmp.Or(a.record.AsOf.Compare(b.record.AsOf), cmp.Compare(a.record.ID, b.record.ID))
	})
	return runs, nil
}

func (p *pipeline) storedRun(id string) (run storedRun, err error) {
	if run.record, err = p.store.Run(id); err != nil {
		return run, err
	}
	manifests, err := p.store.Exports(id)
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
			return run, fmt.Errorf("run %s: the manifest of %s %s is not in %s", id, d.Source, d.Dataset, p.store.Dir())
		}
		e := manifests[at]
		for _, part := range e.Parts {
			if wasRead(d) && !p.store.Has(part.Artifact) {
				return run, fmt.Errorf("run %s, %s %s: %w: %s", id, d.Source, d.Dataset, extract.ErrNoArtifact, part.Artifact)
			}
		}
		run.exports = append(run.exports, e)
	}
	return run, nil
}

// wasRead reports whether the bytes of an export were read to their end.
func wasRead(d *schemas.RunExport) bool {
	switch load.Status(d.Status) {
	case load.Loaded, load.Unchanged, load.Held:
		return true
	}
	return d.Failure == load.FailureRejects
}

// rebuild does the runs again, in one fresh copy, and publishes it.
func (p *pipeline) rebuild(ctx context.Context, runs []storedRun) (*listing, error) {
	l := &listing{columns: []string{"run_id", "as_of", "exports", "loaded", "rejected", "inserted", "closed"}}
	total := 0
	for _, r := range runs {
		total += len(r.exports)
	}
	p.progress.expect(total)
	var work *load.Work
	defer func() {
		if work != nil {
			_ = work.Discard() // after Publish it does nothing
		}
	}()
	for i, r := range runs {
		var err error
		if i == 0 {
			work, err = p.beginAgain(ctx, r.record)
		} else {
			err = work.Next(ctx, load.RunStatus(runs[i-1].record.Status), again(r.record))
		}
		if err != nil {
			return nil, err
		}
		if err := p.redo(ctx, work, r, l); err != nil {
			return nil, fmt.Errorf("run %s: %w", r.record.ID, err)
		}
	}
	p.progress.step("publishing %s", p.database)
	published, err := work.Publish(ctx, load.RunStatus(runs[len(runs)-1].record.Status))
	if err != nil {
		return nil, err
	}
	p.notes = published.Notes
	p.summary.published(published.RunID, published.Checks)
	return l, nil
}

func again(r schemas.Run) load.Run {
	return load.Run{ID: r.ID, Command: r.Command, Version: r.Version, StartedAt: r.StartedAt, Record: &r}
}

func (p *pipeline) beginAgain(ctx context.Context, r schemas.Run) (*load.Work, error) {
	o := p.options(again(r))
	o.Fresh = true
	return load.Begin(ctx, o)
}

// redo does one run again.
func (p *pipeline) redo(ctx context.Context, work *load.Work, r storedRun, l *listing) error {
	var sum exportRow
	for i, e := range r.exports {
		row, err := p.redoExport(ctx, work, e, &r.record.Exports[i])
		if err != nil {
			return err
		}
		p.progress.add(1)
		p.summary.export(r.record.ID, row)
		sum.Loaded += row.Loaded
		sum.Rejected += row.Rejected
		sum.Inserted += row.Inserted
		sum.Closed += row.Closed
	}
	l.add(r.record.ID, r.record.AsOf.UTC().Format(time.RFC3339), len(r.exports), sum.Loaded, sum.Rejected, sum.Inserted, sum.Closed)
	return nil
}

// redoExport loads an export that was read then, and enters any other into
// the ledger as it was. One that was loaded must be loaded again.
func (p *pipeline) redoExport(ctx context.Context, work *load.Work, e *schemas.Export, d *schemas.RunExport) (exportRow, error) {
	row := exportRow{Source: e.Source, Dataset: e.Dataset, Status: load.Status(d.Status), Failure: d.Failure, Error: d.Error}
	if wasDropped(d) {
		r, err := work.Drop(ctx, e, load.Status(d.Status))
		row.take(r)
		return row, err
	}
	contract, err := p.set.Contract(e.Dataset)
	if err != nil {
		return row, err
	}
	if !wasRead(d) {
		told := *e
		told.Failure = d.Failure
		return row, work.Record(ctx, &told, load.Status(d.Status), d.Error)
	}
	had := d.Status == string(load.Loaded) || d.Status == string(load.Unchanged)
	if d.Status == string(load.Unchanged) {
		same, err := work.Unchanged(ctx, e, contract.Fingerprint)
		if err != nil {
			return row, err
		}
		if same {
			return row, work.Record(ctx, e, load.Unchanged, "")
		}
	}
	p.progress.loading(e)
	if err = p.loadChanged(ctx, work, e, contract, &row); err == nil {
		row.Failure, row.Error = "", ""
	}
	if refused := errors.As(err, new(*load.HeldError)) || errors.As(err, new(*load.RejectLimitError)); refused && !had {
		err = nil
	}
	return row, err
}
