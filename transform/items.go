package transform

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// A record can be right but for one entry of a list in it, or for one of the
// rows that it means. Such a part becomes a reject of its own.

// rowItem names a part, or a key, of a row of the frame.
type rowItem struct {
	row  int32
	name string
}

// rejectItemOnce is [run.rejectItem] for a part that may have been met already:
// several emits look at one list. text is the part as JSON, nil to show all of
// the record.
func (b *run) rejectItemOnce(row int32, field, rule, message string, text []byte) {
	at := rowItem{row, field}
	if b.lost[at] {
		return
	}
	if b.lost == nil {
		b.lost = map[rowItem]bool{}
	}
	b.lost[at] = true
	b.rejectItem(row, field, rule, message)
	b.items[len(b.items)-1].text = bytes.Clone(text)
}

// settleItems drops what is said of parts of records that are rejects whole,
// but for the tables in which entries of lists may stand for rows.
func (b *run) settleItems() {
	b.items = slices.DeleteFunc(b.items, func(x itemReject) bool {
		_, rejected := b.rejected[x.row]
		if rejected && x.text != nil {
			for _, table := range b.tablesOfItem(x.field) {
				b.unname(x.row, table)
			}
		}
		return rejected
	})
}

// itemName names the i-th row of the scope as an entry of its list.
func (s *scope) itemName(list string, i int) string {
	return list + "[" + strconv.Itoa(int(s.place[i])) + "]"
}

// itemText is the entry itself.
func (s *scope) itemText(i int) []byte {
	v := columns.ViewText(s.item)
	return v.At(i)
}

// nameOf is a column, with its path, as rejects name it.
func nameOf(column string, path schemas.Path) string {
	if len(path) == 0 {
		return column
	}
	return column + "." + path.String()
}

// objects keeps those items that are objects, where the emit looks into them.
func (e *emitter) objects(s *scope) *scope {
	v := columns.ViewText(s.item)
	sel := make([]int32, 0, s.n)
	for i := range s.n {
		item := v.At(i)
		if item[0] == '{' {
			sel = append(sel, int32(i))
			continue
		}
		s.b.rejectItemOnce(row(s.rows, i), s.itemName(e.list, i), schemas.RuleType, scan.SortOf(item)+" where an object is needed", item)
	}
	if len(sel) == s.n {
		return s
	}
	return s.filter(sel)
}

// wanting makes rejects of the records that say nothing where the emit needs
// something.
func (e *emitter) wanting(s *scope) {
	for k, at := range e.wants {
		a := s.column(at)
		_, isText := a.(*array.String)
		var v columns.TextView
		if isText {
			v = columns.ViewText(a)
		}
		inside := e.inside[k]
		var look func(i int, path []scan.Step) ([]byte, int, scan.Repeat)
		if isText && len(inside) > 0 {
			_, look = s.values(at)
		}
		for i := range s.n {
			if a.IsNull(i) || isText && scan.HoldsNothing(v.At(i)) {
				s.b.reject(row(s.rows, i), s.b.p.vendor.Fields[at].Name, schemas.RuleRequired,
					fmt.Sprintf("nothing is there, though a row of %s needs it", e.table.Name))
			} else if look != nil && isObject(v.At(i)) && !readsAny(i, look, inside) && wraps(v.At(i), inside) {
				s.b.reject(row(s.rows, i), s.b.p.vendor.Fields[at].Name, schemas.RuleType,
					fmt.Sprintf("the object is inside another one, where a row of %s does not look for it", e.table.Name))
			}
		}
	}
}

// isObject tells whether a JSON value is an object.
func isObject(v []byte) bool {
	at := scan.Blank(v, 0)
	return at < len(v) && v[at] == '{'
}

// readsAny tells whether the object of the i-th row has any of the members.
func readsAny(i int, look func(i int, path []scan.Step) ([]byte, int, scan.Repeat), members [][]scan.Step) bool {
	return slices.ContainsFunc(members, func(m []scan.Step) bool { found, _, _ := look(i, m); return found != nil })
}

// membersOf lists the first steps of the paths by which the contract reads a
// column.
func (p *program) membersOf(column string, common *schemas.Common) (out [][]scan.Step) {
	for _, m := range p.contract.Mappings(common) {
		known := func(s []scan.Step) bool { return len(m.Path) > 0 && s[0].Key == m.Path[0] }
		if m.Column == column && len(m.Path) > 0 && !slices.ContainsFunc(out, known) {
			out = append(out, scan.Steps(m.Path[:1]))
		}
	}
	return out
}

// wraps reports whether an object inside of another one has several of the
// members that are read: a reference may have one, its name.
func wraps(object []byte, members [][]scan.Step) (wraps bool) {
	scan.EachMember(object, func(_, raw []byte) bool {
		wraps = wraps || readMembers(raw, members) > 1
		return !wraps
	})
	return wraps
}

// readMembers counts the members that an object has, up to two.
func readMembers(object []byte, members [][]scan.Step) (n int) {
	object = scan.Trim(object)
	if len(object) == 0 || object[0] != '{' {
		return 0
	}
	for _, m := range members {
		if found, _, _ := scan.Lookup(object, m); found != nil {
			n++
		}
		if n > 1 {
			break
		}
	}
	return n
}

// refuseScalars makes rejects of the records that have a single value where
// the list should be.
func (e *emitter) refuseScalars(s *scope, lists arrow.Array) {
	if _, ok := lists.(*array.String); !ok {
		return
	}
	v := columns.ViewText(lists)
	for i := range s.n {
		if v.Null(i) {
			continue
		}
		if list := scan.Trim(v.At(i)); list[0] != '[' && list[0] != '{' {
			s.b.reject(row(s.rows, i), e.list, schemas.RuleType, scan.SortOf(list)+" where a list is needed")
		}
	}
}

// lacking finds the rows that lack the key or one of the ends that the table
// needs. Without a key a record is a reject, since what it is cannot be told;
// an entry of a list, or an edge, is one of its own.
func (e *emitter) lacking(s *scope, cols []arrow.Array) (lack map[int32]bool) {
	for _, at := range e.needs {
		a := cols[at]
		if a.NullN() == 0 {
			continue
		}
		name := e.table.Name + "." + e.table.Fields[at].Name
		for i := range s.n {
			if a.IsValid(i) {
				continue
			}
			r := row(s.rows, i)
			if at == e.key && s.item == nil {
				s.b.reject(r, name, schemas.RuleRequired, fmt.Sprintf("a row of %s would have no key", e.table.Name))
				continue
			}
			if lack == nil {
				lack = map[int32]bool{}
			}
			if lack[int32(i)] {
				continue
			}
			lack[int32(i)] = true
			message := fmt.Sprintf("a row of %s would have no %s", e.table.Name, e.table.Fields[at].Name)
			if s.item == nil {
				s.b.rejectItemOnce(r, name, schemas.RuleRequired, message, nil)
			} else {
				s.b.rejectItemOnce(r, s.itemName(e.list, i), schemas.RuleRequired, message, s.itemText(i))
			}
		}
	}
	return lack
}
