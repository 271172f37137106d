package gate

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// An export may come in parts: one for each integration, or one for each file. If a part
// is missing all its rows would be closed, so parts are compared with those of the last
// load.

// Arrived counts what arrives of each part of an export.
type Arrived struct {
	parts    []schemas.Part
	rows     []int64 // by part: rows of the vendor's table
	records  []int64 // by part: records, rejects included; counted only with expected
	expected bool    // the vendor says of some part how many records it has
}

// NewArrived is the count for the parts of an export, at zero.
func NewArrived(parts []schemas.Part) Arrived {
	return Arrived{parts: parts, rows: make([]int64, len(parts)), records: make([]int64, len(parts)),
		expected: slices.ContainsFunc(parts, func(p schemas.Part) bool { return p.Expected > 0 })}
}

// Count counts a batch of the vendor's table or of rejects.
func (a *Arrived) Count(b schemas.Batch) {
	column := func(name string) int { return b.Rows.Schema().FieldIndices(name)[0] }
	rejects := b.Table == schemas.RejectsTable
	switch {
	case !a.expected && rejects:
		return
	case !a.expected && len(a.rows) == 1:
		a.rows[0] += b.Rows.NumRows()
		return
	}
	var level *array.String
	if rejects {
		level = b.Rows.Column(column("level")).(*array.String)
	}
	for i, part := range b.Rows.Column(column(schemas.PartColumn)).(*array.Int32).Int32Values() {
		if !rejects {
			a.rows[part]++
		}
		if !rejects || level.Value(i) == schemas.LevelRecord {
			a.records[part]++
		}
	}
}

// Parts lists the parts of the export by label, in the order of their coming.
func (x *Export) Parts() []ledger.Part {
	covers := x.covers()
	out := make([]ledger.Part, len(covers))
	for i, c := range covers {
		out[i] = c.Part
	}
	return out
}

// covered is a part, and whether the vendor counts the records of each of its files.
type covered struct {
	ledger.Part
	counted bool
}

func (x *Export) covers() (out []covered) {
	at := map[string]int{}
	for i, label := range x.PartLabels() {
		k, ok := at[label]
		if !ok {
			k = len(out)
			at[label] = k
			out = append(out, covered{ledger.Part{Label: label}, true})
		}
		c := &out[k]
		c.Files++
		c.counted = c.counted && x.Export.Parts[i].Expected > 0
		c.Records += x.Arrived.rows[i]
		a := x.Stream.Absent[i]
		for _, names := range [][]string{a.Headers, a.Keys} {
			for _, name := range names {
				if !slices.Contains(c.Absent, name) {
					c.Absent = append(c.Absent, name)
				}
			}
		}
	}
	return out
}

// partFalls are the parts that are missing or that would lose too many rows. A part that
// the vendor's own list no longer names is gone, which is only a finding. An export may
// have thousands of small parts; one whose records the vendor counts is not held to the
// limits for small tables.
func (x *Export) partFalls() (falls []ledger.Fall) {
	now := map[string]covered{}
	for _, c := range x.covers() {
		now[c.Label] = c
	}
	named := slices.ContainsFunc(x.Export.Parts, func(p schemas.Part) bool { return p.Name != "" })
	for _, last := range x.LastParts {
		c, there := now[last.Label]
		g := x.Limits
		g.Small = g.Small && !c.counted
		limit, deep := g.stops(last.Records, c.Records)
		fall := ledger.Fall{Table: x.vendorName(), Before: last.Records, After: c.Records, Reason: ledger.ReasonPart, What: last.Label}
		switch {
		case !there && last.Label == "" && !named:
		case !there && x.PartsListed != "":
			x.Find(schemas.Finding{Rule: "part_gone", Count: last.Records,
				Detail: fmt.Sprintf("%s is no longer in the vendor's list %s; its rows were closed", last.Label, x.PartsListed)})
		case !there, named && c.Files < last.Files:
			falls = append(falls, fall)
		case len(x.LastParts) > 1 && last.Records > 1 && deep: // a part of one record may well become empty
			fall.Reason, fall.Limit = ledger.ReasonRows, limit
			falls = append(falls, fall)
		}
	}
	return falls
}

// Short finds parts with fewer records than the vendor counts. It finds none in a run that
// is repeated, nor in an export that a person lets through.
//
// Errors: [ShortError].
func (x *Export) Short() error {
	if x.Before != nil || x.Accepted {
		return nil
	}
	e := &ShortError{Source: x.Source, Dataset: x.Dataset, accept: x.Accept, first: x.first()}
	for i, p := range x.Export.Parts {
		got := x.Arrived.records[i]
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
