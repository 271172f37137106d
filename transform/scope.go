package transform

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
)

// scope is what the expressions of an emit see: the columns of some rows of
// the frame, perhaps repeated, and the current item of each.
type scope struct {
	b    *run
	n    int
	rows []int32     // rows of the frame; nil: all of them
	item arrow.Array // nil without `each`
	cols []arrow.Array
}

func (b *run) all() *scope { return &scope{b: b, n: b.n} }

// release gives up the columns that were gathered for the scope.
func (s *scope) release() {
	release(s.cols)
	if s.item != nil {
		s.item.Release()
	}
}

// column is the k-th column of the vendor table for the rows of the scope;
// it stays the scope's.
func (s *scope) column(k int) arrow.Array {
	switch {
	case k == itemColumn:
		return s.item
	case s.rows == nil:
		return s.b.base[k]
	}
	if s.cols == nil {
		s.cols = make([]arrow.Array, len(s.b.base))
	}
	if s.cols[k] == nil {
		s.cols[k] = s.b.gather(s.b.base[k], s.rows)
	}
	return s.cols[k]
}

// itemColumn stands for schemas.Item among column numbers.
const itemColumn = -1

// filter is the scope of the rows of s in sel. It takes s over.
func (s *scope) filter(sel []int32) *scope {
	out := &scope{b: s.b, n: len(sel), rows: make([]int32, len(sel))}
	for i, k := range sel {
		out.rows[i] = row(s.rows, int(k))
	}
	if s.item != nil {
		out.item = s.b.gather(s.item, sel)
	}
	s.release()
	return out
}

// some is the scope of the rows of s in sel; s stays as it is.
func (s *scope) some(sel []int32) *scope {
	out := &scope{b: s.b, n: len(sel), rows: make([]int32, len(sel))}
	for i, k := range sel {
		out.rows[i] = row(s.rows, int(k))
	}
	if s.item != nil {
		out.item = s.b.gather(s.item, sel)
	}
	return out
}

// names are the columns that expressions can name, with their types.
type names struct {
	index map[string]int
	types []schemas.Type
	item  schemas.Type
}

func (p *program) names() names {
	n := names{index: map[string]int{}}
	for i := range p.cols {
		n.index[p.cols[i].Name] = i
		n.types = append(n.types, p.cols[i].Type)
	}
	n.index[schemas.ExtraColumn] = len(n.types)
	n.types = append(n.types, schemas.JSON)
	return n
}

func (n *names) at(name string) (int, schemas.Type) {
	if name == schemas.Item {
		return itemColumn, n.item
	}
	k := n.index[name]
	return k, n.types[k]
}
