package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// load brings the exports of one run into the working copy, publishes it and
// adds to out what it did. Afterwards, also when it fails, the work is over.
func (r *Runner) load(ctx context.Context, work *load.Work, exports []*schemas.Export, out *Outcome) (err error) {
	defer func() { err = errors.Join(err, work.Discard()) }() // of what was published nothing
	if !r.reread {                                            // what a contract reads better is of the run that does
		r.dateBack(work, exports)
	}
	rows, err := r.loadAll(ctx, work, exports)
	if err != nil {
		return err
	}
	out.Exports = append(out.Exports, rows...)
	if out.Unpublished = r.first() && nothingToPublish(rows); out.Unpublished {
		return nil
	}
	status := ledger.RunDone
	if !Count(rows).complete() {
		status = ledger.RunIncomplete
	}
	return r.end(ctx, work, status, out)
}

// end is the one end of a run whose file is to be published: it puts the file
// in place, keeps the run's record beside its manifests, and notes where nothing
// is known in the file.
func (r *Runner) end(ctx context.Context, work *load.Work, status ledger.RunStatus, out *Outcome) error {
	r.Progress.Step("publishing " + r.Into.Path)
	published, err := work.Publish(ctx, status)
	if err != nil {
		return err
	}
	out.Checks, out.Notes = published.Checks, published.Notes
	r.Progress.Published(published)
	_, err = r.record(published.Records)
	r.Into.Log.Debug("run recorded", "run", published.RunID)
	if err != nil || Count(out.Exports).Good > 0 {
		return err
	}
	note, err := NoteIfEmpty(context.WithoutCancel(ctx), r.Into.Path)
	if note != "" {
		out.Notes = append(out.Notes, note)
	}
	return err
}

// dateBack gives a run the time at which its exports were asked for, where that
// was before it began.
func (r *Runner) dateBack(work *load.Work, exports []*schemas.Export) {
	var first time.Time
	for _, e := range exports {
		if at := e.Asked(); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	if work.Ledger().NotAfter(first) {
		r.Progress.Note(fmt.Sprintf("what was fetched at %s is older than the last run: its changes bear the time %s, just after that run",
			first.UTC().Format(time.RFC3339), work.Ledger().AsOf().Format(time.RFC3339)))
	}
}

// first reports whether there is no database file yet.
func (r *Runner) first() bool {
	_, err := os.Stat(r.Into.Path)
	return errors.Is(err, fs.ErrNotExist)
}

// nothingToPublish reports whether a first file would say nothing but that
// nothing is known, which every question to it would answer with no rows. That
// is worth a file only where it has rejects to look at.
func nothingToPublish(rows []Export) bool {
	return !slices.ContainsFunc(rows, func(x Export) bool {
		return x.Status == ledger.Loaded || x.Failure == ledger.FailureRejects || x.Status == ledger.Held && x.Rejected+x.ItemRejected > 0
	})
}

// loadAll loads the exports of a run, those that belong together at once. Its
// rows are in the order of the exports; the error is for what ends the run.
func (r *Runner) loadAll(ctx context.Context, work *load.Work, exports []*schemas.Export) ([]Export, error) {
	rows, done := make([]Export, len(exports)), make([]bool, len(exports))
	for i, e := range exports {
		if done[i] {
			continue
		}
		var group []int
		together := r.Into.Set.Together(e.Dataset)
		for k := i; k < len(exports); k++ {
			if !done[k] && exports[k].Source == e.Source && slices.Contains(together, exports[k].Dataset) {
				group, done[k] = append(group, k), true
			}
		}
		if err := r.loadGroup(ctx, work, exports, group, rows); err != nil {
			return nil, err
		}
		for _, k := range group {
			r.Progress.Loaded(exports[k].Run, rows[k])
		}
	}
	return rows, nil
}

// loadGroup loads exports that belong together and fills in their rows. A
// mistake in an export becomes the status of its row.
func (r *Runner) loadGroup(ctx context.Context, work *load.Work, exports []*schemas.Export, group []int, rows []Export) error {
	var deliveries []load.Delivery
	var loading []*Export
	var failed []string
	for _, k := range group {
		row := &rows[k]
		d, err := r.open(ctx, work, exports[k], row)
		if err := row.settle(ctx, err); err != nil {
			return err
		}
		if d.Stream != nil {
			deliveries, loading = append(deliveries, d), append(loading, row)
		} else if row.Status != ledger.Unchanged {
			failed = append(failed, row.Dataset)
		}
	}
	if deliveries == nil {
		return nil
	}
	r.Progress.Loading(deliveries[0].Export)
	results, errs := work.LoadTogether(ctx, deliveries, failed)
	for i, row := range loading {
		row.take(results[i])
		row.LoadSeconds = results[i].Seconds
		if err := row.settle(ctx, errs[i]); err != nil {
			return err
		}
	}
	return nil
}

// open makes the stream of an export, none where there is nothing to load: the
// export is not complete, or nothing changed, which its row then says.
func (r *Runner) open(ctx context.Context, work *load.Work, e *schemas.Export, row *Export) (d load.Delivery, err error) {
	*row = Export{Source: e.Source, Dataset: e.Dataset, FetchSeconds: e.FinishedAt.Sub(e.StartedAt).Seconds(), Unopened: Unopened(e)}
	if d.Contract, err = r.Into.Set.Contract(e.Dataset); err != nil {
		return d, unsettled{err}
	}
	if !e.Complete {
		row.Status, row.Failure, row.Error = ledger.Failed, e.Failure, Reason(e.Error, e.Source, e.Dataset)
		if len(e.Parts) > 0 {
			row.Status = ledger.Incomplete
		}
		return d, unsettle(work.Ledger().Record(ctx, e, row.Status, row.Error))
	}
	same, err := work.Ledger().Unchanged(ctx, e, d.Contract.Fingerprint)
	if err != nil {
		return d, unsettled{err}
	}
	if same && !r.reread {
		result, err := work.Ledger().LastResult(ctx, e)
		row.take(result)
		return d, unsettle(errors.Join(err, work.Ledger().Record(ctx, e, row.Status, "")))
	}
	row.Arrived, d.Export = true, e
	d.Stream, err = r.stream(ctx, work, e, d.Contract)
	return d, err
}

// stream transforms an export. Where that cannot even begin, the ledger says so.
func (r *Runner) stream(ctx context.Context, work *load.Work, e *schemas.Export, contract *schemas.Contract) (*schemas.Stream, error) {
	set, inputs := r.Into.Set, r.inputs(e)
	unfit, err := unfit(ctx, contract, set, inputs)
	var stream *schemas.Stream
	if err == nil {
		stream, err = transform.Open(ctx, contract, set.Common, inputs, transform.Options{Source: e.Source, Contracts: set.All(), Unfit: unfit, Log: r.Into.Log})
	}
	if err != nil {
		return nil, errors.Join(err, work.Ledger().Record(ctx, e, ledger.Failed, err.Error()))
	}
	stream.Partial = e.Partial
	return stream, nil
}

// inputs are the parts of an export as transform reads them.
func (r *Runner) inputs(e *schemas.Export) []transform.Input {
	inputs := make([]transform.Input, len(e.Parts))
	for i, part := range e.Parts {
		inputs[i] = transform.Input{
			Part: i, Artifact: part.Artifact, Name: part.Name, Context: part.Context, Members: part.Members, Size: part.Bytes,
			Open: func() (io.ReadCloser, error) { return r.store.Open(part.Artifact) },
		}
	}
	return inputs
}
