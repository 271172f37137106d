package gate

import (
	"context"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Verdict is what the gate says of an export. The zero value lets it through.
type Verdict struct {
	Held     *HeldError // what it found, nil for nothing
	Accepted bool       // let through all the same
}

// Err is why the export is not to be loaded: Held, or nil.
func (v Verdict) Err() error {
	if v.Held == nil || v.Accepted {
		return nil
	}
	return v.Held
}

// Ledger is what the ledger keeps of the verdict, nil for nothing.
func (v Verdict) Ledger() *ledger.Gate {
	if v.Held == nil {
		return nil
	}
	return &ledger.Gate{Falls: v.Held.Falls, ContractChanged: v.Held.ContractChanged, ColumnsMissing: v.Held.ColumnsMissing, Accepted: v.Accepted}
}

// Judge holds an export that is not what the last one was. It looks at what would
// change: whether a column that makes keys, or that had values, is not delivered;
// and, since only a whole snapshot closes rows, whether of one a part is missing
// or too many rows would go. tables are those of the common model that would
// change.
func (x *Export) Judge(ctx context.Context, tables []Table) (Verdict, error) {
	closes := x.Contract.Mode != schemas.Append && !x.IsFiltered()
	var falls []ledger.Fall
	if closes {
		falls = x.partFalls()
	}
	if x.Before != nil {
		return x.judgeAgain(), nil
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

func (x *Export) hold(falls []ledger.Fall) *HeldError {
	for i := range falls {
		if falls[i].Limit == (ledger.Limit{}) {
			falls[i].Limit = x.Limits.Own() // what meta.gates tells beside it
		}
	}
	return &HeldError{Source: x.Source, Dataset: x.Dataset, Gate: x.Limits, Falls: falls,
		first: x.first(), ContractChanged: !x.first() && x.Last.Contract != x.Contract.Fingerprint, accept: x.Accept}
}

// judgeAgain says what the gate said when the run was done first.
func (x *Export) judgeAgain() Verdict {
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
			reason = ledger.ReasonRows // of before there were others
		}
		held.Falls = append(held.Falls, ledger.Fall{Table: g.Table, Before: g.Before, After: g.After, Reason: reason, What: g.What,
			Limit: ledger.Limit{Share: g.Share, Rows: g.Rows}})
	}
	return Verdict{held, x.Before.Status == string(ledger.Loaded)}
}

// rowFalls are the tables of which too many rows would go.
func (x *Export) rowFalls(tables []Table) (falls []ledger.Fall) {
	for _, t := range tables {
		before := t.Counts.Rows - t.Counts.Inserted + t.Counts.Closed
		if limit, deep := x.Limits.stops(before, t.Counts.Rows); deep {
			falls = append(falls, ledger.Fall{Table: t.name(), Before: before, After: t.Counts.Rows, Reason: ledger.ReasonRows, Limit: limit})
		}
	}
	// A fall of the common rows is one of the records that they come from, too.
	before, after := x.Last.Rows-x.Unasked, x.Stream.Counts().Loaded
	if limit, deep := x.Limits.stops(before, after); deep && falls == nil {
		falls = append(falls, ledger.Fall{Table: x.vendorName(), Before: before, After: after, Reason: ledger.ReasonRows, Limit: limit})
	}
	slices.SortFunc(falls, func(a, b ledger.Fall) int { return strings.Compare(a.Table, b.Table) })
	return falls
}

// newFalls are the weighed falls that others do not tell already: with a table
// fell its kinds, with a column that is missing its values and the keys made of it.
func (x *Export) newFalls(told []ledger.Fall) []ledger.Fall {
	return slices.DeleteFunc(x.weighed, func(f ledger.Fall) bool {
		return slices.ContainsFunc(told, func(t ledger.Fall) bool {
			if f.Reason == ledger.ReasonRows {
				return t.Reason == ledger.ReasonRows && t.Table == f.Table
			}
			return t.Reason == ledger.ReasonColumn
		})
	})
}

// HoldWith holds the export because another one, to which it belongs, is held.
func (x *Export) HoldWith(cause *HeldError) Verdict {
	held := x.hold([]ledger.Fall{x.fallFor(ledger.ReasonTogether, cause.Dataset)})
	held.accept = cause.accept
	return Verdict{Held: held}
}

// HoldWithout holds the export because another one, to which it refers, failed,
// unless a person lets it through. v is what the gate said of it before.
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
