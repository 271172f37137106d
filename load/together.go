package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// Exports may refer to one another's rows: then those of one run go together,
// or references lead to nothing.

// Delivery is an export with the contract to read it by and its stream.
type Delivery struct {
	Export   *schemas.Export
	Contract *schemas.Contract
	Stream   *schemas.Stream
}

// LoadTogether is [Work.Load] for exports of one source that refer to one
// another: where one of them is held, all are; where one fails, or is among
// failed, the datasets that the run asked for in vain, those are that refer to
// it. It returns what became of each.
func (w *Work) LoadTogether(ctx context.Context, deliveries []Delivery, failed []string) ([]Result, []error) {
	loads, errs := make([]*loading, len(deliveries)), make([]error, len(deliveries))
	results := make([]Result, len(deliveries))
	failed = slices.Clone(failed)
	run := slices.Clone(failed)
	var cause *HeldError
	for i, d := range deliveries {
		run = append(run, d.Export.Dataset)
		loads[i], errs[i] = w.prepare(ctx, d)
		switch h := (*HeldError)(nil); {
		case errors.As(errs[i], &h):
			if cause == nil {
				cause = h
			}
		case errs[i] != nil:
			failed = append(failed, d.Export.Dataset)
		}
	}
	lacks := w.lacking(deliveries, errs, failed)
	for i, l := range loads {
		switch {
		case errs[i] != nil || w.decided(l.e) != nil:
		case cause != nil:
			l.holdWith(cause)
			errs[i] = l.held
		case lacks[i] != "":
			errs[i] = l.holdWithout(lacks[i])
		}
		if errs[i] == nil {
			errs[i] = l.fault("read", l.findAlone(ctx, run))
		}
		results[i], errs[i] = w.conclude(ctx, l, errs[i])
	}
	return results, errs
}

// lacking finds for each delivery that could be read the dataset to which it
// refers and that is among failed, or is lacking itself; "" for none.
func (w *Work) lacking(deliveries []Delivery, errs []error, failed []string) []string {
	lacks := make([]string, len(deliveries))
	for more := true; more; {
		more = false
		for i, d := range deliveries {
			at := slices.IndexFunc(d.Contract.With, func(name string) bool { return slices.Contains(failed, name) })
			if at < 0 || errs[i] != nil || lacks[i] != "" {
				continue
			}
			lacks[i] = d.Contract.With[at]
			if !w.accepts(d.Export) {
				failed, more = append(failed, d.Export.Dataset), true
			}
		}
	}
	return lacks
}

func (w *Work) accepts(e *schemas.Export) bool {
	return w.opt.Accept != nil && w.opt.Accept(e.Source, e.Dataset)
}

// holdWith holds the export because another one, to which it belongs, is held.
func (l *loading) holdWith(cause *HeldError) {
	l.held = l.newHeld([]Fall{l.fallFor(ReasonTogether, cause.Dataset)})
	l.held.accept, l.accepted = cause.accept, false
}

// holdWithout holds the export because another one, to which it refers, failed,
// unless a person lets it through.
func (l *loading) holdWithout(dataset string) error {
	fall := l.fallFor(ReasonWithout, dataset)
	if l.held != nil { // and let through
		fall.Limit = l.held.Gate.own()
		l.held.Falls = append(l.held.Falls, fall)
	} else {
		l.held = l.newHeld([]Fall{fall})
	}
	l.accepted = l.w.accepts(l.e)
	return l.verdict()
}

func (l *loading) fallFor(reason, dataset string) Fall {
	return Fall{Table: l.vendorName(), Before: l.last.rows, After: l.sinks[l.s.Vendor].taken, Reason: reason, What: dataset}
}

// findAlone finds datasets to which the export refers, that the run did not ask
// for and of which the newest export was not loaded: whoever asks for one
// dataset alone gets it, and is told.
func (l *loading) findAlone(ctx context.Context, run []string) error {
	for _, name := range l.c.With {
		if slices.Contains(run, name) || l.w.asked(l.e.Source, name) {
			continue
		}
		var status string
		err := l.w.db.QueryRowContext(ctx, "select status from "+objects.LatestExports()+" where source = ? and dataset = ?", l.e.Source, name).Scan(&status)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		state := "whose newest export is " + status
		switch Status(status) {
		case Loaded, Unchanged:
			continue
		case "":
			state = "which was never loaded"
		}
		l.result.Findings = append(l.result.Findings, schemas.Finding{Rule: "without_companion", Count: l.result.LoadedCount,
			Detail: fmt.Sprintf("its rows refer to those of %s, which this run did not ask for and %s: references may lead to nothing until it is loaded, too", name, state)})
	}
	return nil
}

// asked reports whether the run asked for a dataset.
func (w *Work) asked(source, dataset string) bool {
	if _, ok := w.exports[exportKey{source, dataset}]; ok {
		return true
	}
	r := w.opt.Run.Record
	return r != nil && slices.ContainsFunc(r.Exports, func(x schemas.RunExport) bool { return x.Source == source && x.Dataset == dataset })
}
