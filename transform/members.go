package transform

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// memberIndex tells where the members of the objects in a JSON column are. A
// contract reads a column by many paths, and each of them would pass over the
// whole of every object, as a key may come twice.
type memberIndex struct {
	v       columns.TextView
	members []memberPlace
	ends    []uint32 // of the members of each row
	scanned []bool   // rows whose members are listed
}

// memberPlace is one member of an object: where its key, without quotes, and its
// value are in the text.
type memberPlace struct{ key, keyEnd, from, to uint32 }

// membersIn is the index of the k-th column, for all rows of the frame.
func (b *run) membersIn(k int) *memberIndex {
	if b.members == nil {
		b.members = make([]*memberIndex, len(b.trusted))
	}
	if b.members[k] == nil {
		b.members[k] = indexMembers(b.trusted[k].(*array.String))
	}
	return b.members[k]
}

// indexMembers lists the members of those values that are objects without
// escapes in their keys.
func indexMembers(a *array.String) *memberIndex {
	n := a.Len()
	x := &memberIndex{v: columns.ViewText(a), ends: make([]uint32, n), scanned: make([]bool, n)}
	s := scan.Scanner{EOF: true}
	for i := range n {
		cell := x.v.At(i)
		if at := scan.Blank(cell, 0); at < len(cell) && cell[at] == '{' {
			before := len(x.members)
			if x.scanned[i] = x.scan(&s, cell, at); !x.scanned[i] {
				x.members = x.members[:before]
			}
		}
		if i == 0 { // the others are mostly alike, but need not be
			x.members = slices.Grow(x.members, min((n-1)*len(x.members), x.v.Size()/32))
		}
		x.ends[i] = uint32(len(x.members))
	}
	return x
}

// scan lists the members of the object at i, and reports false for one with an
// escape in a key.
func (x *memberIndex) scan(s *scan.Scanner, object []byte, i int) bool {
	for i = scan.Blank(object, i+1); i < len(object) && object[i] == '"'; {
		m := memberPlace{key: uint32(i + 1)}
		end, st := s.Str(object, i+1)
		if st != scan.Good || s.Escaped {
			return false
		}
		m.keyEnd = uint32(end - 1)
		if i, st = s.Colon(object, end); st != scan.Good {
			return false
		}
		if end, st = s.Value(object, i); st != scan.Good {
			return false
		}
		m.from, m.to = uint32(i), uint32(end)
		x.members = append(x.members, m)
		if i = scan.Blank(object, end); i < len(object) && object[i] == ',' {
			i = scan.Blank(object, i+1)
		}
	}
	return true
}

// lookup is the function of that name for the value of a row.
func (x *memberIndex) lookup(i int, path []scan.Step) (found []byte, stuck int, repeat scan.Repeat) {
	cell := x.v.At(i)
	if !x.scanned[i] || len(path) == 0 {
		return scan.Lookup(cell, path)
	}
	from := uint32(0)
	if i > 0 {
		from = x.ends[i-1]
	}
	s := &path[0]
	var held scan.Held
	for _, m := range x.members[from:x.ends[i]] {
		if key := cell[m.key:m.keyEnd]; s.LeadsTo(key) {
			held.Add(cell[m.from:m.to])
		}
	}
	return held.Follow(path, 0, repeat)
}
