package transform

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
)

// ruleMentioned is the rule of the finding that things are told in several ways.
const ruleMentioned = "mentioned_differently"

// mentions holds the rows of tables that records only mention until all are
// there. Which one is kept of a key must not hang on the order of the records,
// or rows would change from one export to the next.
type mentions struct {
	tables []*schemas.Table // in the order in which they came
	rows   map[*schemas.Table][]arrow.RecordBatch
}

// keep takes a batch that is lent.
func (m *mentions) keep(b schemas.Batch) {
	if m.rows == nil {
		m.rows = map[*schemas.Table][]arrow.RecordBatch{}
	}
	if m.rows[b.Table] == nil {
		m.tables = append(m.tables, b.Table)
	}
	b.Rows.Retain()
	m.rows[b.Table] = append(m.rows[b.Table], b.Rows)
}

// release gives up what is left.
func (m *mentions) release() {
	for _, batches := range m.rows {
		for _, b := range batches {
			b.Release()
		}
	}
	m.tables, m.rows = nil, nil
}

// candidate is the best row of a key so far. It has no pointers: there can be a
// million.
type candidate struct {
	batch, row int32
	differs    bool // there were others
}

// settle hands out one row of each key.
func (m *mentions) settle(p *program, found *frame.Findings, yield func(schemas.Batch, error) bool) bool {
	chosen := make([][][]int32, len(m.tables))
	differs := make([]int64, len(m.tables))
	var each sync.WaitGroup
	for i, t := range m.tables {
		each.Go(func() { chosen[i], differs[i] = choose(t, m.rows[t]) })
	}
	each.Wait()
	for i, t := range m.tables {
		best, differ := chosen[i], differs[i]
		if differ > 0 {
			found.Add(schemas.Finding{Rule: ruleMentioned, Field: t.Name, Count: differ,
				Detail: fmt.Sprintf("keys of %s that records tell in several ways; of each the row that says most is kept", t.Name)})
		}
		for i, b := range m.rows[t] {
			if len(best[i]) == 0 {
				continue
			}
			rows, err := pick(p, b, best[i])
			if err != nil {
				yield(schemas.Batch{}, err)
				return false
			}
			ok := yield(schemas.Batch{Table: t, Rows: rows}, nil)
			rows.Release()
			if !ok {
				return false
			}
		}
	}
	return true
}

// choose finds the row of each key that says most, the first by its
// fingerprint among such, and counts the keys that come with several contents.
func choose(t *schemas.Table, batches []arrow.RecordBatch) (best [][]int32, differ int64) {
	place := map[string]int32{} // in all; the texts are those of the batches
	var all []candidate
	hashes := make([]*array.FixedSizeBinary, len(batches))
	for i, b := range batches {
		key := b.Column(b.Schema().FieldIndices(t.Key)[0]).(*array.String)
		hashes[i] = b.Column(b.Schema().FieldIndices(schemas.HashColumn)[0]).(*array.FixedSizeBinary)
		for k := range int(b.NumRows()) {
			at, known := place[key.Value(k)]
			if !known {
				place[key.Value(k)] = int32(len(all))
				all = append(all, candidate{batch: int32(i), row: int32(k)})
				continue
			}
			old := &all[at]
			order := bytes.Compare(hashes[i].Value(k), hashes[old.batch].Value(int(old.row)))
			if order == 0 {
				continue // the same is said again
			}
			if !old.differs {
				old.differs = true
				differ++
			}
			says, said := valuesIn(b, len(t.Fields), k), valuesIn(batches[old.batch], len(t.Fields), int(old.row))
			if says > said || says == said && order < 0 {
				old.batch, old.row = int32(i), int32(k)
			}
		}
	}
	marks := make([][]bool, len(batches))
	for i, b := range batches {
		marks[i] = make([]bool, b.NumRows())
	}
	for _, x := range all {
		marks[x.batch][x.row] = true
	}
	best = make([][]int32, len(batches))
	for i, rows := range marks {
		for k, kept := range rows {
			if kept {
				best[i] = append(best[i], int32(k))
			}
		}
	}
	return best, differ
}

// valuesIn counts the first columns that have a value in a row.
func valuesIn(b arrow.RecordBatch, columns, row int) (n int) {
	for c := range columns {
		if b.Column(c).IsValid(row) {
			n++
		}
	}
	return n
}

// pick is a batch of some rows of b.
func pick(p *program, b arrow.RecordBatch, sel []int32) (arrow.RecordBatch, error) {
	if len(sel) == int(b.NumRows()) {
		b.Retain()
		return b, nil
	}
	cols := make([]arrow.Array, b.NumCols())
	defer func() { release(cols) }()
	for c := range cols {
		if a, is := b.Column(c).(*array.FixedSizeBinary); is {
			cols[c] = pickHashes(p, a, sel)
			continue
		}
		var ok bool
		if cols[c], ok = columns.Gather(p.o.Mem, b.Column(c), sel); !ok {
			return nil, frame.Fault(frame.KindLimit, "", "rows that are mentioned hold more than 2 GiB of text")
		}
	}
	return array.NewRecordBatch(b.Schema(), cols, int64(len(sel))), nil
}

func pickHashes(p *program, a *array.FixedSizeBinary, sel []int32) arrow.Array {
	buf := p.o.Mem.Allocate(max(16*len(sel), 1))
	for i, k := range sel {
		copy(buf[16*i:], a.Value(int(k)))
	}
	return columns.NewArray(schemas.Hash.Arrow(), p.o.Mem, len(sel), &columns.Bitmap{}, buf)
}
