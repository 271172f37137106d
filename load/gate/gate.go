// Package gate tells whether an export that was read may be loaded: whether too
// much of it was rejected, a part is short, or it says so much less than the last
// one that a short list would read as 'has no access'. It looks at what is staged
// and at the ledger, and changes nothing.
package gate

import "github.com/accessmart/accessmart/load/ledger"

// Gate is how far the rows of a whole snapshot may fall against what the file
// holds. An export is held, not loaded, when in one of its tables or parts they
// fell by more than both of a limit, or to none: a short list must not read as
// 'has no access'.
type Gate struct {
	Share      float64 // of the current rows, 0 to 1
	Rows       int64   // number of rows
	AllowEmpty bool    // lets an export through that fell to none but not beyond both limits
	Small      bool    // has limits for small tables beside these, see [Default]
}

// Default holds what fell by more than a fifth and more than 100 rows. Small
// tables would lose nearly all of theirs below that, so that it also holds what
// fell by more than 30 % and at least 25 rows, or by more than half and at least 10.
var Default = Gate{Share: 0.20, Rows: 100, Small: true}

var smallLimits = []ledger.Limit{{Share: 0.30, Rows: 24}, {Share: 0.50, Rows: 9}}

// Own is the limit of the gate itself.
func (g Gate) Own() ledger.Limit { return ledger.Limit{Share: g.Share, Rows: g.Rows} }

// stops reports whether a fall is too deep, and beyond which limit.
func (g Gate) stops(before, after int64) (ledger.Limit, bool) {
	fall := before - after
	if fall <= 0 {
		return ledger.Limit{}, false
	}
	limits := []ledger.Limit{g.Own()}
	if g.Small {
		limits = append(limits, smallLimits...)
	}
	for _, l := range limits {
		if fall > l.Rows && float64(fall) > l.Share*float64(before) {
			return l, true
		}
	}
	return g.Own(), after == 0 && !g.AllowEmpty
}

// smallTurn is the limit beyond which rows are replaced: more than half, and
// at least 10.
var smallTurn = ledger.Limit{Share: 0.50, Rows: 9}

// turns reports whether too many keys are replaced, and beyond which limit.
func (g Gate) turns(before, gone int64) (ledger.Limit, bool) {
	limit := smallTurn
	if !g.Small {
		limit = ledger.Limit{Share: max(limit.Share, g.Share), Rows: g.Rows}
	}
	if gone > limit.Rows && float64(gone) > limit.Share*float64(before) {
		return limit, true
	}
	return limit, gone == before && gone >= fewest && !g.AllowEmpty
}
