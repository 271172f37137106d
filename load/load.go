package load

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Load reads the stream to its end and makes its rows the current ones of the export's
// source and dataset. The ledger records what became of it. After an error the rows of
// the last load stay.
//
// Errors: [ExportError]; [gate.RejectLimitError], [gate.ShortError] and
// [gate.HeldError] with a Result that has the counts.
func (w *Work) Load(ctx context.Context, e *schemas.Export, c *schemas.Contract, s *schemas.Stream) (ledger.Result, error) {
	l, err := w.prepare(ctx, Delivery{e, c, s})
	if err == nil {
		err = l.fault("read", l.findAlone(ctx, nil))
	}
	return w.conclude(ctx, l, err)
}

// prepare reads a delivery and finds out what it would change. Nothing is changed yet.
// Its loading must be passed to conclude, also after an error.
func (w *Work) prepare(ctx context.Context, d Delivery) (*loading, error) {
	l := newLoading(w, d)
	if err := w.usable(); err != nil {
		return l, err
	}
	start := time.Now() // a duration, which the monotonic clock measures
	err := l.prepare(ctx)
	l.result.Seconds = time.Since(start).Seconds()
	return l, err
}

// conclude makes the changes that were prepared, or none if err is set, and enters
// what became of the export into the ledger.
func (w *Work) conclude(ctx context.Context, l *loading, err error) (ledger.Result, error) {
	start := time.Now()
	if err == nil {
		err = l.finish(ctx)
	} else if h := (*gate.HeldError)(nil); errors.As(err, &h) {
		err = errors.Join(err, l.keepRejects(ctx))
	}
	err = errors.Join(err, l.cleanUp(ctx))
	l.result.Seconds += time.Since(start).Seconds()
	if err != nil {
		l.result.Status = ledger.Failed
		if h := (*gate.HeldError)(nil); errors.As(err, &h) {
			l.result.Status = ledger.Held
		}
		if s := (*gate.ShortError)(nil); errors.As(err, &s) {
			l.result.Status = ledger.Incomplete
		}
	}
	l.result.Findings = l.Findings
	if ctx.Err() != nil || w.usable() != nil {
		return l.result, err
	}
	if e := w.ledger.Enter(ctx, l.outcome(err)); e != nil {
		w.db.Break(e) // the rows are in, but not their entry in the ledger
		err = errors.Join(err, l.fault("ledger", e))
	}
	return l.result, err
}

// loading is one export that is being loaded.
type loading struct {
	*gate.Export
	w        *Work
	db       *database.DB
	rows     origin
	stated   map[*schemas.Table]bool // common tables with rows of the source and dataset when reading began
	sinks    map[*schemas.Table]*sink
	changed  []*staged    // the tables that are staged, compared
	hadKept  bool         // the last load kept rows that were absent from it
	rejected rejectedRows // rows that rejects may be about
	kept     []ledger.Kept
	group    *errgroup.Group
	tx       *database.Tx // in which the changes are made; nil for none
	result   ledger.Result
	verdict  gate.Verdict
}

func newLoading(w *Work, d Delivery) *loading {
	e := d.Export
	l := &loading{w: w, db: w.db, sinks: map[*schemas.Table]*sink{}, result: ledger.Result{Status: ledger.Loaded, Tables: map[string]ledger.TableCounts{}},
		Export: &gate.Export{Export: e, Contract: d.Contract, Stream: d.Stream, Common: w.opt.Set.Common, DB: w.db, Limits: gate.Default,
			Rejects: w.rejectLimit(d.Contract), Accepted: w.opt.accepts(e), Accept: w.acceptCommand(e), Arrived: gate.NewArrived(e.Parts)}}
	if w.opt.Gate != nil {
		l.Limits = w.opt.Gate(e.Source)
	}
	if w.ledger != nil {
		l.Before = w.ledger.Decided(e)
		l.rows = newOrigin(e, w.ledger.AsOf())
	}
	return l
}

// rejectLimit is that of the options. A file of the user's own that somebody filled row by row may
// have any number of rejects: they say nothing of the other rows, which close none.
func (w *Work) rejectLimit(c *schemas.Contract) gate.RejectLimit {
	if c.Vendor() == schemas.Own {
		return gate.RejectLimit{Share: 1}
	}
	return gate.RejectLimit{Share: w.opt.RejectShare, Min: w.opt.RejectMin}
}

// acceptCommand is the command that loads an export all the same.
func (w *Work) acceptCommand(e *schemas.Export) string {
	command := w.opt.Run.Command
	if w.ledger != nil {
		command = w.ledger.Run().Command
	}
	_, plural, _ := strings.Cut(e.Dataset, ".")
	name := e.Source + "." + plural
	if w.opt.AcceptWith != nil {
		return w.opt.AcceptWith(name)
	}
	return command + " --accept " + name
}

// fault is err with source, dataset and step, unless it names them already.
func (l *loading) fault(step string, err error) error {
	var x *ExportError
	var r *gate.RejectLimitError
	var h *gate.HeldError
	var s *gate.ShortError
	if err == nil || errors.As(err, &x) || errors.As(err, &r) || errors.As(err, &h) || errors.As(err, &s) {
		return err // it names source and dataset already
	}
	return &ExportError{Source: l.Source, Dataset: l.Dataset, Step: step, Err: err}
}

// outcome is what the ledger records of the export. err is why it was not loaded.
func (l *loading) outcome(err error) ledger.Outcome {
	o := ledger.Outcome{Export: l.Export.Export, Filtered: l.IsFiltered(), Result: l.result, Drift: l.Stream.Drift,
		Mode: string(l.Contract.Mode), Contract: l.Contract.Fingerprint, Gate: l.verdict.Ledger(), Parts: l.Parts()}
	if err == nil {
		return o
	}
	if o.Gate != nil {
		o.Gate.Accepted = false
	}
	o.Error, o.Failure = err.Error(), ledger.FailureLoad
	if x := (*gate.RejectLimitError)(nil); errors.As(err, &x) {
		o.Failure = ledger.FailureRejects
	}
	switch l.result.Status {
	case ledger.Held:
		o.Failure = ledger.FailureGate
	case ledger.Incomplete:
		o.Failure = schemas.FailureVendor
	}
	if l.Before != nil && l.Before.Error != "" {
		o.Error = l.Before.Error // which names the limits of that time
	}
	return o
}

func (l *loading) step(name string) {
	l.w.step(name, "source", l.Source, "dataset", l.Dataset)
}

// prepare reads the export into the stage, or into transactions that stay open, finds
// out what it would change, and asks the gate.
func (l *loading) prepare(ctx context.Context) error {
	if !l.Complete {
		return l.fault("read", errors.New("the export is not complete"))
	}
	if err := l.read(ctx); err != nil {
		return l.fault("read", err)
	}
	l.step("export staged")
	var err error
	if l.Last, err = ledger.Last(ctx, l.db, l.ID()); err != nil {
		return l.fault("count", err)
	}
	if err := l.close(); err != nil {
		return l.fault("count", err)
	}
	if err := l.TooManyRejects(); err != nil {
		return l.fault("count", errors.Join(err, l.keepRejects(ctx)))
	}
	if err := l.Short(); err != nil {
		return l.fault("count", err)
	}
	if err := l.compareStaged(ctx); err != nil {
		return l.fault("apply", err)
	}
	if l.verdict, err = l.Judge(ctx, l.tables()); err != nil {
		return l.fault("apply", err)
	}
	return l.verdict.Err()
}

// close compares what the stream says that it made with what DuckDB took.
func (l *loading) close() error {
	n := l.Stream.Counts()
	l.result.RecordCount, l.result.LoadedCount, l.result.RejectCount, l.result.ItemRejectCount = n.Framed, n.Loaded, n.Rejected, n.ItemRejects
	l.Findings, l.result.Dialect = l.Stream.Findings, l.Stream.Dialect
	rejected := int64(0)
	if k := l.sinks[schemas.RejectsTable]; k != nil {
		rejected = k.taken
	}
	return errors.Join(
		database.Expect("records loaded and rejected", n.Loaded+n.Rejected, n.Framed),
		database.Expect("rows of the vendor table", l.sinks[l.Stream.Vendor].taken, n.Loaded),
		database.Expect("rows of meta.rejects", rejected, n.Rejected+n.ItemRejects))
}

// keepRejects commits the rejects of an export, and nothing else of it.
func (l *loading) keepRejects(ctx context.Context) error {
	l.result.LoadedCount = 0
	if k := l.sinks[schemas.RejectsTable]; k != nil {
		return k.tx.Commit(ctx)
	}
	return nil
}

// finish makes the changes that prepare found, and commits.
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

// commit commits all transactions of the export and counts again.
func (l *loading) commit(ctx context.Context) error {
	for _, k := range l.sinks {
		if k.tx == nil {
			continue
		}
		if err := k.tx.Commit(ctx); err != nil {
			return err
		}
	}
	if l.tx != nil {
		if err := l.tx.Commit(ctx); err != nil {
			return err
		}
	}
	l.result.RepeatCount = l.sinks[l.Stream.Vendor].repeats
	for t, k := range l.sinks {
		if t == schemas.RejectsTable {
			continue
		}
		target := k.target()
		if err := target.Verify(ctx, l.db, k.counts.Rows); err != nil {
			return err
		}
		l.result.Tables[t.Schema+"."+t.Name] = ledger.TableCounts(k.counts)
		if t.IsCommon() {
			l.result.InsertedCount += k.counts.Inserted
			l.result.ClosedCount += k.counts.Closed
			l.result.UnchangedCount += k.counts.Unchanged
		}
	}
	return nil
}

// cleanUp rolls back what is still open and empties the stage.
func (l *loading) cleanUp(ctx context.Context) error {
	var errs []error
	var drop database.SQL
	if l.rejected.table != "" {
		drop += "drop table if exists " + l.rejected.table + ";"
	}
	for _, k := range l.sinks {
		for _, f := range k.feeds {
			f.Drain()
		}
		if k.tx != nil {
			errs = append(errs, k.tx.Rollback())
		}
		for _, name := range k.stages() {
			drop += "drop table if exists " + name + ";"
		}
	}
	if l.tx != nil {
		errs = append(errs, l.tx.Rollback())
	}
	if drop != "" {
		if _, err := l.db.Exec(context.WithoutCancel(ctx), drop); err != nil {
			l.db.Break(err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
