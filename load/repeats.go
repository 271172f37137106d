package load

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/transform/fingerprint"
)

// repeatFilter lets a row of a common table through if its content has not come before,
// so that what many records repeat (their application, their group) is not written and
// then removed. It knows the fingerprints of the rows so far, up to a bound; repeats of
// later rows are removed by the database, see [sink.distinct].
type repeatFilter struct {
	known   fingerprint.Set
	off     bool // no fingerprints are kept any more
	rows    int  // looked at
	repeats int  // of them, rows whose content was known
	forgot  bool // rows were let through without being remembered, so some may be repeats
}

const (
	mostKnown = 1 << 19 // fingerprints: 7 to 9 MiB
	// Where repeats are so rare they are left to the database: one in fewRepeats once
	// the set is full, one in hardlyEver after the first rows.
	fewRepeats = 16
	hardlyEver = 4096
	firstRows  = 1 << 16
)

// knownRows is mostKnown; tests set it to a few or none.
var knownRows = mostKnown

// pick makes the pick column of a batch, see pickColumn, and returns how many rows it
// lets through. The caller releases the column.
func (f *repeatFilter) pick(records *array.Int64, hashes *array.FixedSizeBinary) (arrow.Array, int) {
	n := hashes.Len()
	if f.off {
		records.Retain()
		return records, n
	}
	picks := make([]int64, n)
	kept := 0
	for i := range picks {
		if !f.isNew([fingerprint.Size]byte(hashes.Value(i))) {
			picks[i] = -1
			continue
		}
		picks[i] = records.Value(i)
		kept++
	}
	f.rows += n
	f.repeats += n - kept
	if f.forgot && f.repeats < f.rows/fewRepeats || f.rows >= firstRows && f.repeats < f.rows/hardlyEver {
		f.known, f.off, f.forgot = fingerprint.Set{}, true, true
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

// isNew reports whether a fingerprint is not known, and remembers it while there is
// room.
func (f *repeatFilter) isNew(h [fingerprint.Size]byte) bool {
	if f.known.Len() < knownRows {
		return f.known.Add(h)
	}
	if f.known.Has(h) {
		return false
	}
	f.forgot = true
	return true
}
