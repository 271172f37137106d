package gate

import (
	"context"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Verdict is what the gate decides about an export. The zero value lets it through.
type Verdict struct {
	Held     *HeldError // why it should be held, nil for nothing
	Accepted bool       // a person lets it through all the same
}

// Err is why the export must not be loaded: Held, or nil if it may.
func (v Verdict) Err() error {
	if v.Held == nil || v.Accepted {
		return nil
	}
	return v.Held
}

// Ledger is what the ledger records of the verdict, nil for nothing.
func (v Verdict) Ledger() *ledger.Gate {
	if v.Held == nil {
		return nil
	}
	return &ledger.Gate{Falls: v.Held.Falls, ContractChanged: v.Held.ContractChanged, ColumnsMissing: v.Held.ColumnsMissing, Accepted: v.Accepted}
}

// Judge decides whether the export is too different from the last one. It is if a column
// that keys are made of, or that had values, is no longer delivered. A complete snapshot,
// as it closes rows, also is if a part is missing, or if too many rows would go. tables
// are the staged ones of the common model. In a run that is repeated Judge decides as it
// did then.
func (x *Export) Judge(ctx context.Context, tables []Table) (Verdict, error) {
	closes := x.Contract.Mode != schemas.Append && !x.IsFiltered()
	var falls []ledger.Fall
	if closes {
		falls = x.partFalls()
	}
	if x.Before != nil {
		return x.formerVerdict(), nil
	}
	c := columns{x}
	gone, err := c.falls(ctx)
	if err != nil {
		return Verdict{}, err
	}
	falls = append(gone, falls...)
	if closes {
		falls = append(falls, x.rowFalls(tables)...)
	}
	falls = append(falls, x.newFalls(falls)...)
	if len(falls) == 0 {
		return Verdict{}, nil
	}
	held := x.hold(falls)
	if !x.first() {
		if held.ColumnsMissing, err = c.newlyMissing(ctx); err != nil {
			return Verdict{}, err
		}
	}
	c.tellNames(held, falls)
	return Verdict{held, x.Accepted}, nil
}

// hold is the error for these falls.
func (x *Export) hold(falls []ledger.Fall) *HeldError {
	for i := range falls {
		if falls[i].Limit == (ledger.Limit{}) {
			falls[i].Limit = x.Limits.Own() // meta.gates shows a limit with each fall
		}
	}
	return &HeldError{Source: x.Source, Dataset: x.Dataset, Gate: x.Limits, Falls: falls,
		first: x.first(), ContractChanged: !x.first() && x.Last.Contract != x.Contract.Fingerprint, accept: x.Accept}
}

// formerVerdict is what the gate decided in the run that is repeated.
func (x *Export) formerVerdict() Verdict {
	if len(x.Before.Gates) == 0 {
		return Verdict{}
	}
	g := x.Before.Gates[0]
	held := x.hold(nil)
	held.Gate = Gate{Share: g.Share, Rows: g.Rows}
	held.ContractChanged, held.ColumnsMissing = g.ContractChanged, g.ColumnsMissing
	for _, g := range x.Before.Gates {
		reason := g.Reason
		if reason == "" {
			reason = ledger.ReasonRows // the only one when records had no reason
		}
		held.Falls = append(held.Falls, ledger.Fall{Table: g.Table, Before: g.Before, After: g.After, Reason: reason, What: g.What,
			Limit: ledger.Limit{Share: g.Share, Rows: g.Rows}})
	}
	return Verdict{held, x.Before.Status == string(ledger.Loaded)}
}

// rowFalls are the tables that would lose too many rows.
func (x *Export) rowFalls(tables []Table) (falls []ledger.Fall) {
	for _, t := range tables {
		before := t.Counts.Rows - t.Counts.Inserted + t.Counts.Closed
		if limit, deep := x.Limits.stops(before, t.Counts.Rows); deep {
			falls = append(falls, ledger.Fall{Table: t.name(), Before: before, After: t.Counts.Rows, Reason: ledger.ReasonRows, Limit: limit})
		}
	}
	// If rows of the common model fell, so did the records that they come from.
	before, after := x.Last.Rows-x.Unasked, x.Stream.Counts().Loaded
	if limit, deep := x.Limits.stops(before, after); deep && falls == nil {
		falls = append(falls, ledger.Fall{Table: x.vendorName(), Before: before, After: after, Reason: ledger.ReasonRows, Limit: limit})
	}
	slices.SortFunc(falls, func(a, b ledger.Fall) int { return strings.Compare(a.Table, b.Table) })
	return falls
}

// newFalls are the weighed falls that known does not explain: if a table fell so did the
// kinds of its rows, and if a column is missing so are its values and the keys made of it.
func (x *Export) newFalls(known []ledger.Fall) []ledger.Fall {
	return slices.DeleteFunc(x.weighed, func(f ledger.Fall) bool {
		return slices.ContainsFunc(known, func(t ledger.Fall) bool {
			if f.Reason == ledger.ReasonRows {
				return t.Reason == ledger.ReasonRows && t.Table == f.Table
			}
			return t.Reason == ledger.ReasonColumn
		})
	})
}

// HoldWith holds the export because another one, to which it belongs, is held for cause.
func (x *Export) HoldWith(cause *HeldError) Verdict {
	held := x.hold([]ledger.Fall{x.fallFor(ledger.ReasonTogether, cause.Dataset)})
	held.accept = cause.accept
	return Verdict{Held: held}
}

// HoldWithout holds the export because dataset, to which it refers, failed, unless a
// person lets it through. v is the verdict on the export itself.
func (x *Export) HoldWithout(v Verdict, dataset string) Verdict {
	fall := x.fallFor(ledger.ReasonWithout, dataset)
	if v.Held != nil { // and let through
		fall.Limit = v.Held.Gate.Own()
		v.Held.Falls = append(v.Held.Falls, fall)
	} else {
		v.Held = x.hold([]ledger.Fall{fall})
	}
	v.Accepted = x.Accepted
	return v
}

func (x *Export) fallFor(reason, dataset string) ledger.Fall {
	return ledger.Fall{Table: x.vendorName(), Before: x.Last.Rows, After: x.Stream.Counts().Loaded, Reason: reason, What: dataset}
}
