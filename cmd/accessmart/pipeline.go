package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// pipeline joins the three parts of the program for one database file.
type pipeline struct {
	console   *console
	progress  *progress
	set       *schemas.Set
	store     *extract.Store
	extractor *extract.Extractor
	database  string
	memory    string
	threads   int
	keep      int // earlier files of the database
	rejects   rejectLimit
	gate      func(source string) load.Gate
	accept    acceptance
	// acceptWith is the command line that lets a held export through; nil for a
	// run that holds none.
	acceptWith func(name string) string
	replay     bool               // load also what is unchanged
	strict     bool               // findings of a check of severity error decide the exit
	checks     []load.CheckResult // of the run that was published last
	notes      []string           // of it too: what it met at the file
	rights     fileRights
	unused     bool     // whether the last run had nothing to make a first file of
	summary    *summary // nil when none is wanted
	wait       time.Duration
	now        func() time.Time
}

// target is one source with the datasets wanted of it.
type target struct {
	source    extract.Source
	vendor    extract.Vendor
	contracts []*schemas.Contract
}

// exportRow is what a run did with one export.
type exportRow struct {
	Source, Dataset             string
	Status                      load.Status
	Records, Loaded, Rejected   int64
	Inserted, Closed, Unchanged int64
	FetchSeconds, LoadSeconds   float64
	ItemRejected                int64 // parts of records that became rejects
	Findings                    []schemas.Finding
	Arrived                     bool // all of it, so that what went wrong did when it was read or loaded
	Failure, Error              string
}

// extract fetches all targets, side by side, and returns a manifest for each
// dataset asked for. One that could not be fetched says so in its manifest;
// the error is for what concerns the run as a whole.
func (p *pipeline) extract(ctx context.Context, run string, targets []target) ([]*schemas.Export, error) {
	results := make([][]*schemas.Export, len(targets))
	errs := make([]error, len(targets))
	done := make(chan struct{})
	for i, t := range targets {
		go func() {
			defer func() { done <- struct{}{} }()
			results[i], errs[i] = p.extractor.Run(ctx, run, t.source, t.vendor, t.contracts)
		}()
	}
	for range targets {
		<-done
	}
	var all []*schemas.Export
	for _, r := range results {
		all = append(all, r...)
	}
	return all, errors.Join(errs...)
}

// begin takes the lock on the database file and makes the working copy.
func (p *pipeline) begin(ctx context.Context, run string, at time.Time, command string) (*load.Work, error) {
	return load.Begin(ctx, p.options(load.Run{ID: run, Command: command, Version: version, StartedAt: at}))
}

// options are those of all runs.
func (p *pipeline) options(run load.Run) load.Options {
	share, most := p.rejects.options()
	return load.Options{
		Run: run, Path: p.database, Set: p.set,
		Now: p.now, Log: p.console.log,
		Mode: p.rights.mode(), Group: p.rights.Group,
		Threads: p.threads, Memory: p.memory, Wait: p.wait, Keep: p.keep,
		RejectShare: share, RejectMin: most,
		Gate: p.gate, Accept: p.accept.has, AcceptWith: p.acceptWith, Recorded: p.store.HasRun,
	}
}

// load brings the exports of one run into the working copy and publishes it.
func (p *pipeline) load(ctx context.Context, work *load.Work, exports []*schemas.Export) (rows []exportRow, err error) {
	over := false
	defer func() {
		if !over {
			err = errors.Join(err, work.Discard())
		}
	}()
	if !p.replay { // what a contract reads better is of the run that does
		p.dateBack(work, exports)
	}
	if rows, err = p.loadAll(ctx, work, exports); err != nil {
		return rows, err
	}
	if p.unused = p.first() && nothingToPublish(rows); p.unused {
		return rows, nil
	}
	p.progress.step("publishing %s", p.database)
	over = true // Publish discards what it does not publish
	status := load.RunDone
	if outcome(rows) != nil {
		status = load.RunIncomplete
	}
	published, err := work.Publish(ctx, status)
	if err != nil {
		return rows, err
	}
	p.checks, p.notes = published.Checks, published.Notes
	if tally(rows).good == 0 {
		note, err := noteIfEmpty(context.WithoutCancel(ctx), p.database)
		if err != nil {
			return rows, err
		}
		if note != "" {
			p.notes = append(p.notes, note)
		}
	}
	p.summary.published(published.RunID, published.Checks)
	_, err = p.record(published.Records)
	p.console.log.Debug("run recorded", "run", published.RunID)
	return rows, err
}

// dateBack gives a run the time at which its exports were asked for, where that
// was before it began.
func (p *pipeline) dateBack(work *load.Work, exports []*schemas.Export) {
	var first time.Time
	for _, e := range exports {
		if at := e.Asked(); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	if work.NotAfter(first) {
		p.progress.warn("note     what was fetched at %s is older than the last run: its changes bear the time %s, just after that run",
			first.UTC().Format(time.RFC3339), work.AsOf().Format(time.RFC3339))
	}
}

// first reports whether there is no database file yet.
func (p *pipeline) first() bool {
	_, err := os.Stat(p.database)
	return errors.Is(err, fs.ErrNotExist)
}

// nothingToPublish reports whether a first file would say nothing but that
// nothing is known, which every question to it would answer with no rows. That
// is worth a file only where it has rejects to look at.
func nothingToPublish(rows []exportRow) bool {
	return !slices.ContainsFunc(rows, func(r exportRow) bool {
		return r.Status == load.Loaded || r.Failure == load.FailureRejects || r.Status == load.Held && r.Rejected+r.ItemRejected > 0
	})
}

// loadAll loads the exports of a run, those that belong together at once. Its
// rows are in the order of the exports; the error is for what ends the run.
func (p *pipeline) loadAll(ctx context.Context, work *load.Work, exports []*schemas.Export) ([]exportRow, error) {
	rows, done := make([]exportRow, len(exports)), make([]bool, len(exports))
	for i, e := range exports {
		if done[i] {
			continue
		}
		var group []int
		together := p.set.Together(e.Dataset)
		for k := i; k < len(exports); k++ {
			if !done[k] && exports[k].Source == e.Source && slices.Contains(together, exports[k].Dataset) {
				group, done[k] = append(group, k), true
			}
		}
		if err := p.loadGroup(ctx, work, exports, group, rows); err != nil {
			return nil, err
		}
		for _, k := range group {
			p.progress.loaded(rows[k])
			p.summary.export(exports[k].Run, rows[k])
		}
	}
	return rows, nil
}

// loadGroup loads exports that belong together and fills in their rows. A
// mistake in an export becomes the status of its row.
func (p *pipeline) loadGroup(ctx context.Context, work *load.Work, exports []*schemas.Export, group []int, rows []exportRow) error {
	var deliveries []load.Delivery
	var loading []*exportRow
	var failed []string
	for _, k := range group {
		row := &rows[k]
		d, err := p.open(ctx, work, exports[k], row)
		if err := row.settle(ctx, err); err != nil {
			return err
		}
		if d.Stream != nil {
			deliveries, loading = append(deliveries, d), append(loading, row)
		} else if row.Status != load.Unchanged {
			failed = append(failed, row.Dataset)
		}
	}
	if deliveries == nil {
		return nil
	}
	p.progress.loading(deliveries[0].Export)
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
func (p *pipeline) open(ctx context.Context, work *load.Work, e *schemas.Export, row *exportRow) (d load.Delivery, err error) {
	*row = exportRow{Source: e.Source, Dataset: e.Dataset, FetchSeconds: e.FinishedAt.Sub(e.StartedAt).Seconds()}
	if d.Contract, err = p.set.Contract(e.Dataset); err != nil {
		return d, unsettled{err}
	}
	if !e.Complete {
		row.Status, row.Failure, row.Error = load.Failed, e.Failure, reason(e.Error, e.Source, e.Dataset)
		if len(e.Parts) > 0 {
			row.Status = load.Incomplete
		}
		return d, unsettle(work.Record(ctx, e, row.Status, row.Error))
	}
	same, err := work.Unchanged(ctx, e, d.Contract.Fingerprint)
	if err != nil {
		return d, unsettled{err}
	}
	if same && !p.replay {
		r, err := work.LastResult(ctx, e)
		row.take(r)
		return d, unsettle(errors.Join(err, work.Record(ctx, e, row.Status, "")))
	}
	row.Arrived, d.Export = true, e
	d.Stream, err = p.stream(ctx, work, e, d.Contract)
	return d, err
}

// stream transforms an export. Where that cannot even begin, the ledger says so.
func (p *pipeline) stream(ctx context.Context, work *load.Work, e *schemas.Export, contract *schemas.Contract) (*schemas.Stream, error) {
	stream, err := transform.Open(ctx, contract, p.set.Common, p.inputs(e), transform.Options{Source: e.Source, Contracts: p.set.All(), Log: p.console.log})
	if err != nil {
		return nil, errors.Join(err, work.Record(ctx, e, load.Failed, err.Error()))
	}
	return stream, nil
}

// unsettled is an error that ends the run, whatever it is about.
type unsettled struct{ error }

func (u unsettled) Unwrap() error { return u.error }

func unsettle(err error) error {
	if err == nil {
		return nil
	}
	return unsettled{err}
}

// settle makes an error of an export the status of its row. It returns an error
// that ends the run.
func (row *exportRow) settle(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, load.ErrBroken) || errors.As(err, new(unsettled)) {
		return err
	}
	row.Error = reason(err.Error(), row.Source, row.Dataset)
	if what := advice(err); what != "" {
		row.Error += "; " + what
	}
	if row.Failure = failureOf(err); row.Status != load.Held && row.Status != load.Incomplete {
		row.Status = load.Failed
	}
	return nil
}

// loadChanged loads one export and fills in its row.
func (p *pipeline) loadChanged(ctx context.Context, work *load.Work, e *schemas.Export, contract *schemas.Contract, row *exportRow) error {
	stream, err := p.stream(ctx, work, e, contract)
	if err != nil {
		return err
	}
	r, err := work.Load(ctx, e, contract, stream)
	row.take(r)
	return err
}

// failureOf is the class of an error of reading or loading an export, as
// meta.exports has it.
func failureOf(err error) string {
	var held *load.HeldError
	var limit *load.RejectLimitError
	var short *load.ShortError
	switch {
	case errors.As(err, &short):
		return schemas.FailureVendor
	case errors.As(err, &held):
		return load.FailureGate
	case errors.As(err, &limit):
		return load.FailureRejects
	}
	return load.FailureLoad
}

// take fills in what load says of an export.
func (row *exportRow) take(r load.Result) {
	row.Status = r.Status
	row.Records, row.Loaded, row.Rejected = r.RecordCount, r.LoadedCount, r.RejectCount
	row.ItemRejected, row.Findings = r.ItemRejectCount, r.Findings
	row.Inserted, row.Closed, row.Unchanged = r.InsertedCount, r.ClosedCount, r.UnchangedCount
}

// inputs are the parts of an export as transform reads them.
func (p *pipeline) inputs(e *schemas.Export) []transform.Input {
	inputs := make([]transform.Input, len(e.Parts))
	for i, part := range e.Parts {
		inputs[i] = transform.Input{
			Part: i, Artifact: part.Artifact, Name: part.Name, Context: part.Context, Members: part.Members, Size: part.Bytes,
			Open: func() (io.ReadCloser, error) { return p.store.Open(part.Artifact) },
		}
	}
	return inputs
}

// table lists the rows of a run for people.
func (rows exportRows) listing() *listing {
	l := &listing{columns: []string{"source", "dataset", "status", "records", "loaded", "rejected", "inserted", "closed", "unchanged", "seconds"},
		order: []string{"source", "dataset", "status", "records", "rejected", "inserted", "closed"}, wrap: []string{"dataset"}}
	for _, r := range rows {
		l.add(r.Source, r.Dataset, string(r.Status), r.Records, r.Loaded, r.Rejected, r.Inserted, r.Closed, r.Unchanged,
			seconds(r.FetchSeconds+r.LoadSeconds))
	}
	return l
}

type exportRows []exportRow
