// Package gate decides whether an export that was read may be loaded. It may not if too
// many of its records were rejected, if a part has fewer records than the vendor counts,
// or if it says so much less than the last one that a list which was cut short could be
// read as 'has no access'. The package looks at what is staged and at the ledger, and
// changes nothing.
package gate

import "github.com/accessmart/accessmart/load/ledger"

// Gate is how far the rows of a complete snapshot may fall against those in the file. An
// export is held, that is not loaded, if the rows of one of its tables or parts fell by
// more than both Share and Rows, or to none.
type Gate struct {
	Share      float64 // of the current rows, 0 to 1
	Rows       int64   // number of rows
	AllowEmpty bool    // a table may fall to no rows if that is within the limits
	Small      bool    // there are further limits for small tables, see [Default]
}

// Default holds an export whose rows fell by more than a fifth and more than 100 rows. A
// small table could lose nearly all of its rows below that, so it also holds one that fell
// by more than 30 % and at least 25 rows, or by more than half and at least 10 rows.
var Default = Gate{Share: 0.20, Rows: 100, Small: true}

var smallLimits = []ledger.Limit{{Share: 0.30, Rows: 24}, {Share: 0.50, Rows: 9}}

// Own is the limit of the gate, without those for small tables.
func (g Gate) Own() ledger.Limit { return ledger.Limit{Share: g.Share, Rows: g.Rows} }

// stops reports whether a fall from before to after rows is too deep, and the limit that
// it is beyond.
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

// smallTurn is the limit for rows that are replaced by others: more than half of them,
// and at least 10.
var smallTurn = ledger.Limit{Share: 0.50, Rows: 9}

// turns reports whether too many of the keys before are gone, with others in their place,
// and the limit that this is beyond.
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
