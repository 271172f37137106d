package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/schemas"
)

// Status is what became of an export.
type Status string

const (
	Loaded     Status = "loaded"
	Unchanged  Status = "unchanged"
	Held       Status = "held"
	Failed     Status = "failed"
	Incomplete Status = "incomplete"
	Skipped    Status = "skipped"
)

// Result is what [Work.Load] did with an export.
// RecordCount = LoadedCount + RejectCount.
type Result struct {
	Status      Status
	RecordCount int64 // records framed
	LoadedCount int64 // records that are rows of the vendor table
	RejectCount int64 // records that are rows of meta.rejects
	// ItemRejectCount is the rows of meta.rejects that are about a part of a record.
	ItemRejectCount int64
	Findings        []schemas.Finding // what else was odd about the export
	Dialect         string            // how its files were written
	// RepeatCount is the loaded records that say the same as another.
	RepeatCount int64
	// KeptCount is the rows of the common model that are absent from the export
	// and stay, since it has rejects whose rows cannot be named.
	KeptCount int64
	// Rows of the common model, each content once.
	InsertedCount  int64
	ClosedCount    int64
	UnchangedCount int64
	Tables         map[string]TableResult // by schema.name
	Seconds        float64
}

// TableResult is what an export did to one table.
type TableResult struct {
	Rows      int64 // current rows of the source and dataset afterwards
	Inserted  int64
	Closed    int64
	Unchanged int64
}

// changes reports whether a row of any table came or went.
func (r *Result) changes() bool {
	for _, t := range r.Tables {
		if t.Inserted > 0 || t.Closed > 0 {
			return true
		}
	}
	return false
}

// Load reads the stream to its end and makes its rows the current ones of the
// export's source and dataset. What became of it is in the ledger, also when
// it failed; last time's rows stay then.
//
// Errors: [ExportError]; [RejectLimitError], [ShortError] and [HeldError] with a
// Result that has the counts.
func (w *Work) Load(ctx context.Context, e *schemas.Export, c *schemas.Contract, s *schemas.Stream) (Result, error) {
	l, err := w.prepare(ctx, Delivery{e, c, s})
	if err == nil {
		err = l.fault("read", l.findAlone(ctx, nil))
	}
	return w.conclude(ctx, l, err)
}

// prepare reads a delivery and finds what it would change, and changes nothing.
func (w *Work) prepare(ctx context.Context, d Delivery) (*loading, error) {
	l := &loading{w: w, e: d.Export, c: d.Contract, s: d.Stream, sinks: map[*schemas.Table]*sink{}, result: Result{Status: Loaded, Tables: map[string]TableResult{}}}
	if err := w.usable(); err != nil {
		return l, err
	}
	start := time.Now() // a duration, which the monotonic clock measures
	err := l.prepare(ctx)
	l.result.Seconds = time.Since(start).Seconds()
	return l, err
}

// conclude makes the changes that were prepared, unless err says why not, and
// enters what became of the export into the ledger.
func (w *Work) conclude(ctx context.Context, l *loading, err error) (Result, error) {
	start := time.Now()
	if err == nil {
		err = l.finish(ctx)
	} else if h := (*HeldError)(nil); errors.As(err, &h) {
		err = errors.Join(err, l.keepRejects(ctx))
	}
	err = errors.Join(err, l.cleanUp(ctx))
	l.result.Seconds += time.Since(start).Seconds()
	if err != nil {
		l.result.Status = Failed
		if h := (*HeldError)(nil); errors.As(err, &h) {
			l.result.Status = Held
		}
		if s := (*ShortError)(nil); errors.As(err, &s) {
			l.result.Status = Incomplete
		}
	}
	if ctx.Err() != nil || w.usable() != nil {
		return l.result, err
	}
	if e := w.record(ctx, l.outcome(err)); e != nil {
		w.breakOff(e) // the rows are in, their ledger is not
		err = errors.Join(err, l.fault("ledger", e))
	}
	return l.result, err
}

// loading is one export on its way in.
type loading struct {
	w         *Work
	e         *schemas.Export
	c         *schemas.Contract
	s         *schemas.Stream
	sinks     map[*schemas.Table]*sink
	last      lastLoad
	lastParts []covered
	partRows  []int64  // rows of the vendor table by part
	changed   []*sink  // staged tables in which something is to do
	hadKept   bool     // the last load kept rows that were absent
	records   []int64  // of each part, where the vendor counts them
	spared    spared   // what rejects are about
	unasked   int64    // rows that stay since the export was not asked for them
	kept      []*sink  // tables with rows that stay though they are absent
	unlisted  []string // columns that are new, where the contract names none
	weighed   []Fall   // what rows say less than they did, see [loading.weigh]
	group     *errgroup.Group
	apply     *tx
	result    Result
	// notRecords are the rejects that the limit does not count.
	notRecords int64

	held     *HeldError // what the gate found
	accepted bool       // and let through
}

func (l *loading) fault(step string, err error) error {
	var x *ExportError
	var r *RejectLimitError
	var h *HeldError
	var s *ShortError
	if err == nil || errors.As(err, &x) || errors.As(err, &r) || errors.As(err, &h) || errors.As(err, &s) {
		return err // it says all that
	}
	return &ExportError{Source: l.e.Source, Dataset: l.e.Dataset, Step: step, Err: err}
}

// filtered reports whether the export is a part of what the source holds, by
// the request or by what it says of itself. Valid when the stream has ended.
func (l *loading) filtered() bool { return l.e.Filtered || l.s.Partial != "" }

// where picks the rows of the source and dataset.
func (l *loading) where() string {
	return fmt.Sprintf("_source = %s and _dataset = %s", text(l.e.Source), text(l.e.Dataset))
}

// prepare reads the export into the stage, or into transactions that stay
// open, and finds what it would change.
func (l *loading) prepare(ctx context.Context) error {
	if !l.e.Complete {
		return l.fault("read", errors.New("the export is not complete"))
	}
	if err := l.read(ctx); err != nil {
		return l.fault("read", err)
	}
	l.step("export staged")
	var err error
	if l.last, err = l.w.lastLoad(ctx, l.e); err != nil {
		return l.fault("count", err)
	}
	if err := l.close(); err != nil {
		return l.fault("count", err)
	}
	if err := l.limit(ctx); err != nil {
		return l.fault("count", err)
	}
	if err := l.short(); err != nil {
		return l.fault("count", err)
	}
	if err := l.compareStaged(ctx); err != nil {
		return l.fault("apply", err)
	}
	return l.fault("apply", l.gate(ctx))
}

// finish changes what prepare found, and commits.
func (l *loading) finish(ctx context.Context) error {
	if err := l.applyStaged(ctx); err != nil {
		return l.fault("apply", err)
	}
	l.step("changes applied")
	if err := l.commit(ctx); err != nil {
		return l.fault("commit", err)
	}
	l.step("export committed")
	return nil
}

func (l *loading) step(name string) {
	l.w.step(name, "source", l.e.Source, "dataset", l.e.Dataset)
}

// read ranges over the stream and passes each batch to the sink of its table.
// It returns when all statements have ended.
func (l *loading) read(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := l.w.setThreads(ctx, true); err != nil {
		return err
	}
	defer collectOften()()
	var gctx context.Context
	l.group, gctx = errgroup.WithContext(inner)
	err := l.distribute(gctx)
	if err != nil {
		cancel(err) // before the feeds end, or statements would take that for the end of the data
	}
	trimMemory()
	for _, k := range l.sinks {
		k.end()
	}
	failed := l.group.Wait()
	if e := l.w.setThreads(context.WithoutCancel(ctx), false); e != nil {
		failed = errors.Join(failed, e)
	}
	switch {
	case ctx.Err() != nil: // whatever DuckDB calls it when it is interrupted
		return context.Cause(ctx)
	case err != nil:
		return err // of the stream, or of the first statement that failed
	}
	return failed
}

// setThreads gives DuckDB its threads, or half of them while batches are read.
// Each table has a statement of its own then, run by the thread that started
// it; when a thread of DuckDB's waits for the next batch in its place, that
// thread spins, and takes from those that make the batch.
func (w *Work) setThreads(ctx context.Context, reading bool) error {
	n := w.opt.threads()
	if reading {
		n = max(n/2, 1)
	}
	_, err := w.db.ExecContext(ctx, fmt.Sprintf("set global threads = %d", n))
	return err
}

func (l *loading) distribute(ctx context.Context) error {
	// The context of the group ends with the first statement that fails.
	for b, err := range l.s.Batches {
		if err != nil {
			return err
		}
		if b.Rows.NumRows() == 0 {
			continue
		}
		if err := checkBatch(b, len(l.e.Parts)); err != nil {
			return err
		}
		switch b.Table {
		case schemas.RejectsTable:
			l.spare(b.Rows)
		case l.s.Vendor:
			l.countRows(b.Rows)
		}
		l.countParts(b)
		k, err := l.sink(ctx, b.Table)
		if err != nil {
			return err
		}
		if err := k.take(b.Rows); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Tables that got nothing must still lose what they had.
	return l.startRest(ctx)
}

// close compares what the stream says it made with what DuckDB took.
func (l *loading) close() error {
	n := l.s.Counts()
	l.result.RecordCount, l.result.LoadedCount, l.result.RejectCount, l.result.ItemRejectCount = n.Framed, n.Loaded, n.Rejected, n.ItemRejects
	l.notRecords = n.NotRecords
	l.result.Findings, l.result.Dialect = l.s.Findings, l.s.Dialect
	rejected := int64(0)
	if k := l.sinks[schemas.RejectsTable]; k != nil {
		rejected = k.taken
	}
	return errors.Join(
		expect("records loaded and rejected", n.Loaded+n.Rejected, n.Framed),
		expect("rows of the vendor table", l.sinks[l.s.Vendor].taken, n.Loaded),
		expect("rows of meta.rejects", rejected, n.Rejected+n.ItemRejects))
}

// commit commits all transactions of the export and counts again: DuckDB's
// COMMIT may undo and say nothing.
func (l *loading) commit(ctx context.Context) error {
	for _, k := range l.sinks {
		if k.tx == nil {
			continue
		}
		if err := k.tx.commit(ctx); err != nil {
			return err
		}
	}
	if l.apply != nil {
		if err := l.apply.commit(ctx); err != nil {
			return err
		}
	}
	l.result.RepeatCount = l.sinks[l.s.Vendor].again
	for t, k := range l.sinks {
		if err := l.tally(ctx, t, k); err != nil {
			l.w.breakOff(err)
			return err
		}
	}
	return nil
}

// tally adds up a table's result after the commit.
func (l *loading) tally(ctx context.Context, t *schemas.Table, k *sink) error {
	if t == schemas.RejectsTable {
		return nil
	}
	rows, err := l.w.count(ctx, "select count(*) from "+qualified(t)+" where "+l.where())
	if err != nil {
		return err
	}
	if err := expect("rows of "+qualified(t)+" after commit", rows, k.result.Rows); err != nil {
		return err
	}
	l.result.Tables[t.Schema+"."+t.Name] = k.result
	if t.IsCommon() {
		l.result.InsertedCount += k.result.Inserted
		l.result.ClosedCount += k.result.Closed
		l.result.UnchangedCount += k.result.Unchanged
	}
	return nil
}

// cleanUp rolls back what is still open and empties the stage.
func (l *loading) cleanUp(ctx context.Context) error {
	var errs []error
	var drop strings.Builder
	if len(l.spared.keys) > 0 {
		drop.WriteString("drop table if exists " + l.sparedTable() + ";")
	}
	for _, k := range l.sinks {
		for _, f := range k.feeds {
			f.drain()
		}
		if k.tx != nil {
			errs = append(errs, k.tx.rollback())
		}
		for _, name := range k.stages() {
			drop.WriteString("drop table if exists " + name + ";")
		}
	}
	if l.apply != nil {
		errs = append(errs, l.apply.rollback())
	}
	if drop.Len() > 0 {
		if _, err := l.w.db.ExecContext(context.WithoutCancel(ctx), drop.String()); err != nil {
			l.w.breakOff(err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// count runs a query that yields one number.
func (w *Work) count(ctx context.Context, query string) (n int64, err error) {
	err = w.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
