package transform

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// scope is what the expressions of an emit see: the columns of some rows of
// the frame or, with `each`, the items of lists in them.
type scope struct {
	b    *run
	n    int
	rows []int32       // rows of the frame; nil: all of them
	cols []arrow.Array // believed columns for these rows, once needed
	raw  []arrow.Array // those as delivered, where they differ

	// With `each` the rows of the frame repeat. What does not look at the item
	// is computed for whole, the scope of those rows once each, since a record
	// can have a hundred thousand items.
	item  arrow.Array
	place []int32 // of the item in its list
	whole *scope
	at    []int32 // row of whole, ascending
	lent  bool    // whole is another scope's
}

func (b *run) all() *scope { return &scope{b: b, n: b.n} }

// release gives up the columns that were gathered for the scope.
func (s *scope) release() {
	release(s.cols)
	release(s.raw)
	if s.item != nil {
		s.item.Release()
	}
	if s.whole != nil && !s.lent {
		s.whole.release()
	}
}

// column is what may be believed of the k-th column of the vendor table, for
// the rows of the scope; it stays the scope's.
func (s *scope) column(k int) arrow.Array {
	if k == itemColumn {
		return s.item
	}
	return s.gathered(k, s.b.seen, func(s *scope) *[]arrow.Array { return &s.cols })
}

// delivered is the k-th column as the vendor table has it.
func (s *scope) delivered(k int) arrow.Array {
	if k == itemColumn || s.b.seen[k] == s.b.base[k] {
		return s.column(k)
	}
	return s.gathered(k, s.b.base, func(s *scope) *[]arrow.Array { return &s.raw })
}

// gathered is the k-th of all for the rows of the scope, which keeps it in kept.
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
	case s.whole != nil:
		(*have)[k] = s.repeat(s.whole.gathered(k, all, kept), s.b.p.vendor.Fields[k].Name)
	default:
		(*have)[k] = s.b.gather(all[k], s.rows)
	}
	return (*have)[k]
}

// values are the values of the k-th column, of JSON, for the rows of the scope: how
// many bytes they may take, and [lookup] in the i-th of them. Without any value
// look is nil.
func (s *scope) values(k int) (size int, look func(i int, path []scan.Step) (found []byte, stuck int, again scan.Repeat)) {
	if k != itemColumn {
		all := s.b.seen[k]
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

// filter is the scope of the rows of s in sel. It takes s over.
func (s *scope) filter(sel []int32) *scope {
	out := s.some(sel)
	if out.lent {
		out.lent, s.lent = s.lent, true
	}
	s.release()
	return out
}

// some is the scope of the rows of s in sel; s stays as it is, and as long as
// the result is in use.
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
	out.within(s.whole, func(i int) int32 { return s.at[sel[i]] })
	return out
}

// within makes the rows of whole that at names the whole of s. Rows without
// items must not take part: computing something for them may reject them.
func (s *scope) within(whole *scope, at func(i int) int32) {
	s.at = make([]int32, s.n)
	used := make([]int32, 0, min(s.n, whole.n))
	for i := range s.n {
		k := at(i)
		if len(used) == 0 || used[len(used)-1] != k {
			used = append(used, k)
		}
		s.at[i] = int32(len(used) - 1)
	}
	if len(used) == whole.n {
		s.whole, s.lent = whole, true
		return
	}
	s.whole = whole.some(used)
}

// mostRepeated is how many bytes the items of one record may make of one value
// of it, mostInFrame those of all records of a frame.
const mostRepeated, mostInFrame = 64 << 20, 1 << 30

// repeat makes of a column of the whole one of the scope. Where that would be
// out of proportion the record becomes a reject.
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

// repeatSome leaves out what is out of proportion.
func (s *scope) repeatSome(v *columns.TextView, field string) arrow.Array {
	times := make([]int, s.whole.n)
	for _, k := range s.at {
		times[k]++
	}
	total, left := 0, make([]bool, s.whole.n)
	for k, n := range times {
		size := n * len(v.At(k))
		if left[k] = size > mostRepeated || total+size > mostInFrame; !left[k] {
			total += size
			continue
		}
		s.b.reject(row(s.whole.rows, k), field, schemas.RuleLimit,
			fmt.Sprintf("repeated for each of %d items it takes %d bytes", n, size))
	}
	out := columns.NewTexts(s.b.mem, s.n, total)
	for _, k := range s.at {
		if left[k] || v.Null(int(k)) {
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
