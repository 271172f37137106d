package load

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/transform/fingerprint"
)

// once lets a row of a common table through when its content comes for the
// first time, so that what many records repeat (their application, their
// group) is not written and removed again. It knows the fingerprints of the
// rows so far, up to a bound; of what came after that the database removes the
// rows that come again, see [sink.distinct].
type once struct {
	known  fingerprint.Set
	off    bool // knows none any more
	rows   int  // looked at
	again  int  // of them known
	forgot bool // rows were let through that are not known
}

const (
	mostKnown = 1 << 19 // fingerprints: 7 to 9 MiB
	// Rows that come again so seldom are left to the database: one in so many
	// when the set is full, one in many more after the first rows.
	fewAgain   = 16
	hardlyEver = 4096
	firstRows  = 1 << 16
)

// knownRows is mostKnown: a variable for tests, which want few or none.
var knownRows = mostKnown

// pick makes the pick column of a batch, and tells how many rows it picks. The
// caller releases it.
func (o *once) pick(records *array.Int64, hashes *array.FixedSizeBinary) (arrow.Array, int) {
	n := hashes.Len()
	if o.off {
		records.Retain()
		return records, n
	}
	picks := make([]int64, n)
	kept := 0
	for i := range picks {
		if !o.isNew([fingerprint.Size]byte(hashes.Value(i))) {
			picks[i] = -1
			continue
		}
		picks[i] = records.Value(i)
		kept++
	}
	o.rows += n
	o.again += n - kept
	if o.forgot && o.again < o.rows/fewAgain || o.rows >= firstRows && o.again < o.rows/hardlyEver {
		o.known, o.off, o.forgot = fingerprint.Set{}, true, true
	}
	if kept == n {
		records.Retain()
		return records, kept
	}
	b := array.NewInt64Builder(database.Outside)
	defer b.Release()
	b.AppendValues(picks, nil)
	return b.NewArray(), kept
}

// isNew reports whether a fingerprint is not known, and makes it known while
// there is room.
func (o *once) isNew(h [fingerprint.Size]byte) bool {
	if o.known.Len() < knownRows {
		return o.known.Add(h)
	}
	if o.known.Has(h) {
		return false
	}
	o.forgot = true
	return true
}
