package transform

import (
	"bytes"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// Names in schemas.ExtraColumn that the program makes: lists of the JSON
// columns of the record that were not valid JSON, and of those that became so
// by a repair.
const (
	extraInvalid  = "_invalid"
	extraRepaired = "_repaired"
)

// extra makes schemas.ExtraColumn: one JSON object of all that the contract
// does not name.
func (b *run) extra(raw []*array.String) arrow.Array {
	l := b.f.layout
	if l.Members >= 0 {
		all := hide{}
		for _, place := range b.p.contract.Plain {
			all.plain = append(all.plain, place.Path)
		}
		seen := all.members(b, raw[l.Members])
		raw[l.Members].Release()
		if raw[l.Members] = seen; len(b.flags) == 0 {
			seen.Retain()
			return seen
		}
	}
	if l.Members < 0 && len(l.extras) == 0 && len(b.flags) == 0 {
		return b.nulls(schemas.JSON, b.n)
	}
	views, keys := make([]columns.TextView, len(l.extras)), make([][]byte, len(l.extras))
	size := 0
	for k, x := range l.extras {
		views[k] = columns.ViewText(raw[x.slot])
		b.hiddenWords(x.name, views[k], &x.hide)
		keys[k] = append(scan.Quote(nil, []byte(x.name)), ':')
		size += views[k].Size() + b.n*(len(keys[k])+4)
	}
	var members columns.TextView
	if l.Members >= 0 {
		members = columns.ViewText(raw[l.Members])
		size += members.Size() + b.n*4
	}
	out := columns.NewTexts(b.mem, b.n, min(size, 64<<20))
	var obj []byte
	for i := range b.n {
		obj = obj[:0]
		if l.Members >= 0 && !members.Null(i) {
			obj = append(obj, bytes.TrimSuffix(members.At(i)[1:], []byte{'}'})...)
		}
		for k := range views {
			if views[k].Null(i) {
				continue
			}
			obj = member(obj, keys[k])
			if l.extras[k].hidden {
				obj = append(obj, maskedJSON...)
			} else {
				obj = scan.Quote(obj, l.extras[k].hide.cell(views[k].At(i), b.p.o.MaxDepth))
			}
		}
		if f := b.flags[int32(i)]; f != nil {
			obj = nameList(obj, extraInvalid, f.invalid)
			obj = nameList(obj, extraRepaired, f.repaired)
			if len(f.unread) > 0 {
				obj = append(append(member(obj, []byte(`"`+extraUnread+`":`)), f.unread...), '}')
			}
		}
		out.Object(obj)
	}
	return b.text(out)
}

// member appends a key, with its colon, and the comma before it.
func member(obj, key []byte) []byte {
	if len(obj) > 0 {
		obj = append(obj, ',')
	}
	return append(obj, key...)
}

func nameList(obj []byte, key string, names []string) []byte {
	if len(names) == 0 {
		return obj
	}
	slices.Sort(names)
	obj = append(member(obj, append(scan.Quote(nil, []byte(key)), ':')), '[')
	for i, n := range names {
		if i > 0 {
			obj = append(obj, ',')
		}
		obj = scan.Quote(obj, []byte(n))
	}
	return append(obj, ']')
}
