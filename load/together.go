package load

import (
	"context"
	"errors"
	"slices"

	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Exports may refer to one another's rows. Those of one run are loaded together, or some
// references would lead to nothing.

// Delivery is an export with the contract to read it by and its stream.
type Delivery struct {
	Export   *schemas.Export
	Contract *schemas.Contract
	Stream   *schemas.Stream
}

// LoadTogether is [Work.Load] for exports of one source that refer to one another. If
// one of them is held, all are. If one fails, those that refer to it are held. failed
// are further datasets that the run asked for and did not get. The results and errors
// are in the order of the deliveries.
func (w *Work) LoadTogether(ctx context.Context, deliveries []Delivery, failed []string) ([]ledger.Result, []error) {
	loads, errs := make([]*loading, len(deliveries)), make([]error, len(deliveries))
	results := make([]ledger.Result, len(deliveries))
	failed = slices.Clone(failed)
	run := slices.Clone(failed)
	var cause *gate.HeldError
	for i, d := range deliveries {
		run = append(run, d.Export.Dataset)
		loads[i], errs[i] = w.prepare(ctx, d)
		switch h := (*gate.HeldError)(nil); {
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
		case errs[i] != nil || l.Before != nil:
		case cause != nil:
			l.verdict = l.HoldWith(cause)
			errs[i] = l.verdict.Err()
		case lacks[i] != "":
			l.verdict = l.HoldWithout(l.verdict, lacks[i])
			errs[i] = l.verdict.Err()
		}
		if errs[i] == nil {
			errs[i] = l.fault("read", l.findAlone(ctx, run))
		}
		results[i], errs[i] = w.conclude(ctx, l, errs[i])
	}
	return results, errs
}

// lacking finds, for each delivery that could be read, a dataset to which it refers and
// that failed or is itself held for that; "" for none.
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
			if !w.opt.accepts(d.Export) {
				failed, more = append(failed, d.Export.Dataset), true
			}
		}
	}
	return lacks
}
