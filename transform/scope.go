package transform

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// scope is what the expressions of an emit see: the columns of some rows of the
// frame or, with `each`, one row for each item of a list in them.
type scope struct {
	b    *run
	n    int
	rows []int32       // rows of the frame; nil: all of them
	cols []arrow.Array // trusted columns for these rows, once needed
	raw  []arrow.Array // columns as delivered, where they differ, once needed

	// With `each` a row of the frame comes once for each of its items. What does
	// not depend on the item is computed in records, where each row comes once,
	// since a record can have a hundred thousand items.
	item    arrow.Array
	place   []int32 // of the item in its list, from 0
	records *scope  // nil without `each`
	at      []int32 // by row of the scope: the row of records, ascending
	lent    bool    // another scope releases records
}

// all is the scope of all rows of the frame.
func (b *run) all() *scope { return &scope{b: b, n: b.n} }

// release gives up the columns that were gathered for the scope.
func (s *scope) release() {
	release(s.cols)
	release(s.raw)
	if s.item != nil {
		s.item.Release()
	}
	if s.records != nil && !s.lent {
		s.records.release()
	}
}

// column is the k-th column of the vendor table without cells in doubt, for the
// rows of the scope, which owns it.
func (s *scope) column(k int) arrow.Array {
	if k == itemColumn {
		return s.item
	}
	return s.gathered(k, s.b.trusted, func(s *scope) *[]arrow.Array { return &s.cols })
}

// delivered is the k-th column as the vendor table has it, cells in doubt included.
func (s *scope) delivered(k int) arrow.Array {
	if k == itemColumn || s.b.trusted[k] == s.b.base[k] {
		return s.column(k)
	}
	return s.gathered(k, s.b.base, func(s *scope) *[]arrow.Array { return &s.raw })
}

// gathered is the k-th column of all for the rows of the scope. The scope keeps it
// in the list that kept points to.
func (s *scope) gathered(k int, all []arrow.Array, kept func(*scope) *[]arrow.Array) arrow.Array {
	if s.rows == nil {
		return all[k]
	}
	have := kept(s)
	if *have == nil {
		*have = make([]arrow.Array, len(all))
	}
	switch {
	case (*have)[k] != nil:
	case s.records != nil:
		(*have)[k] = s.repeat(s.records.gathered(k, all, kept), s.b.p.vendor.Fields[k].Name)
	default:
		(*have)[k] = s.b.gather(all[k], s.rows)
	}
	return (*have)[k]
}

// values gives access to the k-th column, which is JSON: size is about how many
// bytes its values take for the rows of the scope, look is [scan.Lookup] in the
// value of the i-th row. look is nil where no row has a value.
func (s *scope) values(k int) (size int, look func(i int, path []scan.Step) (found []byte, stuck int, repeat scan.Repeat)) {
	if k != itemColumn {
		all := s.b.trusted[k]
		if all.NullN() == s.b.n {
			return 0, nil
		}
		x := s.b.membersIn(k)
		return x.v.Size() / max(s.b.n, 1) * s.n, func(i int, path []scan.Step) ([]byte, int, scan.Repeat) { return x.lookup(int(row(s.rows, i)), path) }
	}
	if s.item.NullN() == s.n {
		return 0, nil
	}
	v := columns.ViewText(s.item)
	return v.Size(), func(i int, path []scan.Step) ([]byte, int, scan.Repeat) { return scan.Lookup(v.At(i), path) }
}

// itemColumn stands for schemas.Item among column numbers.
const itemColumn = -1

// filter is the scope of the rows of s in sel. It takes s over: the caller must not
// use or release s any more.
func (s *scope) filter(sel []int32) *scope {
	out := s.some(sel)
	if out.lent {
		out.lent, s.lent = s.lent, true
	}
	s.release()
	return out
}

// some is the scope of the rows of s in sel. s stays the caller's, and must not be
// released before the result.
func (s *scope) some(sel []int32) *scope {
	out := &scope{b: s.b, n: len(sel), rows: make([]int32, len(sel))}
	for i, k := range sel {
		out.rows[i] = row(s.rows, int(k))
	}
	if s.item == nil {
		return out
	}
	out.item = s.b.gather(s.item, sel)
	out.place = make([]int32, len(sel))
	for i, k := range sel {
		out.place[i] = s.place[k]
	}
	out.within(s.records, func(i int) int32 { return s.at[sel[i]] })
	return out
}

// within sets s.records to those rows of records that at gives for the rows of s.
// Rows without items are left out, as computing something for them might reject
// them.
func (s *scope) within(records *scope, at func(i int) int32) {
	s.at = make([]int32, s.n)
	used := make([]int32, 0, min(s.n, records.n))
	for i := range s.n {
		k := at(i)
		if len(used) == 0 || used[len(used)-1] != k {
			used = append(used, k)
		}
		s.at[i] = int32(len(used) - 1)
	}
	if len(used) == records.n {
		s.records, s.lent = records, true
		return
	}
	s.records = records.some(used)
}

// A value of a record is repeated for each of its items. mostRepeated is how many
// bytes that may make of one value, mostInFrame of all values of a column in a frame.
const mostRepeated, mostInFrame = 64 << 20, 1 << 30

// repeat makes of a column of s.records one of s. A record whose value would take
// more than mostRepeated becomes a reject.
func (s *scope) repeat(a arrow.Array, field string) arrow.Array {
	t, ok := a.(*array.String)
	if !ok {
		return s.b.gather(a, s.at)
	}
	v := columns.ViewText(t)
	total := 0
	for _, k := range s.at {
		total += int(v.Off[k+1] - v.Off[k])
	}
	if total <= mostRepeated {
		return s.b.gather(a, s.at)
	}
	return s.repeatSome(&v, field)
}

// repeatSome is repeat where some values may be too large.
func (s *scope) repeatSome(v *columns.TextView, field string) arrow.Array {
	times := make([]int, s.records.n)
	for _, k := range s.at {
		times[k]++
	}
	total, tooLarge := 0, make([]bool, s.records.n)
	for k, n := range times {
		size := n * len(v.At(k))
		if tooLarge[k] = size > mostRepeated || total+size > mostInFrame; !tooLarge[k] {
			total += size
			continue
		}
		s.b.reject(row(s.records.rows, k), field, schemas.RuleLimit,
			fmt.Sprintf("repeated for each of %d items it takes %d bytes", n, size))
	}
	out := columns.NewTexts(s.b.mem, s.n, total)
	for _, k := range s.at {
		if tooLarge[k] || v.Null(int(k)) {
			out.Null()
		} else {
			out.Add(v.At(int(k)))
		}
	}
	return s.b.text(out)
}

// names are the columns that expressions can name, with their types.
type names struct {
	index map[string]int
	types []schemas.Type // by column
	item  schemas.Type   // "" without `each`
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

// at is the number of a column, or itemColumn, and its type. The name must be known.
func (n *names) at(name string) (int, schemas.Type) {
	if name == schemas.Item {
		return itemColumn, n.item
	}
	k := n.index[name]
	return k, n.types[k]
}
