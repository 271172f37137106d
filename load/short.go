package load

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// ShortError is an export of which a part has fewer records than the vendor
// counts for it. Nothing of it was loaded, and last time's rows stay.
type ShortError struct {
	Source  string
	Dataset string
	Parts   int   // how many are short
	Got     int64 // records of the first of them
	Want    int64 // as the vendor counts

	accept string // the command that loads it all the same
	first  bool   // nothing of the source and dataset was loaded before
}

func (e *ShortError) Error() string {
	what := "a part of it has"
	if e.Parts > 1 {
		what = fmt.Sprintf("%d parts of it are short: one has", e.Parts)
	}
	return fmt.Sprintf("source %s, dataset %s: incomplete: %s %d of the %d records that the vendor counts: %s; "+
		"run again, and if it stays so ask the vendor; where the count is wrong: %s",
		e.Source, e.Dataset, what, e.Got, e.Want, notLoaded(e.first), e.accept)
}

// countParts adds the records of a batch to those of their parts, where the
// vendor says how many there should be.
func (l *loading) countParts(b schemas.Batch) {
	if b.Table != l.s.Vendor && b.Table != schemas.RejectsTable ||
		!slices.ContainsFunc(l.e.Parts, func(p schemas.Part) bool { return p.Expected > 0 }) {
		return
	}
	if l.records == nil {
		l.records = make([]int64, len(l.e.Parts))
	}
	column := func(name string) int { return b.Rows.Schema().FieldIndices(name)[0] }
	parts := b.Rows.Column(column(schemas.PartColumn)).(*array.Int32)
	var level *array.String
	if b.Table == schemas.RejectsTable {
		level = b.Rows.Column(column("level")).(*array.String)
	}
	for i, part := range parts.Int32Values() {
		if level == nil || level.Value(i) == schemas.LevelRecord {
			l.records[part]++
		}
	}
}

// short finds parts with fewer records than the vendor counts. A run that is
// done again decides as then.
func (l *loading) short() error {
	if l.w.decided(l.e) != nil || l.w.accepts(l.e) {
		return nil
	}
	e := &ShortError{Source: l.e.Source, Dataset: l.e.Dataset, accept: l.acceptCommand(), first: l.last.run == ""}
	for i, p := range l.e.Parts {
		got := int64(0)
		if l.records != nil {
			got = l.records[i]
		}
		if got >= p.Expected {
			continue
		}
		if e.Parts++; e.Parts == 1 {
			e.Got, e.Want = got, p.Expected
		}
	}
	if e.Parts == 0 {
		return nil
	}
	return e
}
