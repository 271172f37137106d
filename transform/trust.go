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

// The vendor table keeps each cell as it was delivered. Expressions see less:
// what is no address in an e-mail column, a date that stands for none, and a
// placeholder in a column that keys or identifiers are made of, is NULL for them,
// so that it neither keys nor joins. A key of several parts is void where one of them is such a cell,
// rather than a key of the other parts.

// trust is how closely a text is looked at before expressions see it.
type trust int

const (
	anyText   trust = iota
	named           // part of a key: it names something
	something       // is the id of a thing
	someone         // identifies a person or an account
)

// trusts says how closely each column is looked at. Columns that are part of
// the key of an application name a thing, whatever else they are a part of.
func trusts(c *schemas.Contract, common *schemas.Common) []trust {
	out := make([]trust, len(c.Columns))
	things := map[string]bool{}
	raise := func(x *schemas.Expr, to trust) {
		for _, name := range x.Names() {
			k := slices.IndexFunc(c.Columns, func(col schemas.Column) bool { return col.Name == name })
			if k >= 0 && c.Columns[k].Type == schemas.Text {
				out[k] = max(out[k], to)
			}
		}
	}
	for i := range c.Emit {
		e := &c.Emit[i]
		for j := range e.Set {
			a := &e.Set[j]
			for _, key := range a.Value.Keys() {
				for n := range key.Of {
					raise(&key.Of[n], keyTrust(c, key))
					if key.Key == "application" {
						for _, name := range key.Of[n].Names() {
							things[name] = true
						}
					}
				}
			}
			if t := common.Table(e.Table); t != nil {
				if f := t.Field(a.Target); f != nil && f.Identifies {
					raise(&a.Value, someone)
				}
			}
		}
	}
	for k := range out {
		if things[c.Columns[k].Name] {
			out[k] = min(out[k], named)
		}
	}
	return out
}

// keyTrust is how closely the components of a key are looked at. Of a thing that is no person
// and no account, a component beside others may be a name, such as a group called None; one
// that is the whole key is an id, unless it is what the thing is called, too.
func keyTrust(c *schemas.Contract, key *schemas.Expr) trust {
	switch key.Key {
	case "identity", "account":
		return someone
	case "application":
		return named
	}
	var only *schemas.Expr
	for i := range key.Of {
		if key.Of[i].Const != nil {
			continue
		}
		if only != nil {
			return named
		}
		only = &key.Of[i]
	}
	if only == nil || slices.ContainsFunc(only.Names(), func(column string) bool { return isTitle(c, column) }) {
		return named
	}
	return something
}

// isTitle tells whether a column is what a row of the common model is called.
func isTitle(c *schemas.Contract, column string) bool {
	return slices.ContainsFunc(c.Emit, func(e schemas.Emit) bool {
		return slices.ContainsFunc(e.Set, func(a schemas.Assign) bool {
			return a.Target == "name" && slices.Contains(a.Value.Names(), column)
		})
	})
}

// nothing tells whether s stands for no value under t.
func (t trust) nothing(s []byte) bool {
	switch t {
	case named:
		return schemas.IsPlaceholder(s)
	case something:
		return schemas.IsNoID(s)
	case someone:
		return schemas.IsNobody(s)
	}
	return false
}

// doubt is a cell that expressions must not see.
type doubt struct {
	at   int32
	rule string
}

// doubt notes that expressions must not see the cell at a place of the column being read.
func (b *run) doubt(at int, rule string) {
	b.doubts = append(b.doubts, doubt{int32(at), rule})
}

// doubted is what findings say of cells in doubt.
const doubted = "kept as delivered, but no value in keys, addresses and identifiers"

// withoutDoubts is a text column without the cells in doubt, which become findings
// about field and are forgotten. The result is the caller's to release.
func (b *run) withoutDoubts(a arrow.Array, field string) arrow.Array {
	if len(b.doubts) == 0 {
		a.Retain()
		return a
	}
	counts := map[string]int64{}
	v := columns.ViewText(a)
	out := columns.NewTexts(b.mem, a.Len(), v.Size())
	k := 0
	for i := range a.Len() {
		doubted := false
		for ; k < len(b.doubts) && int(b.doubts[k].at) == i; k++ {
			doubted = true
			counts[b.doubts[k].rule]++
		}
		if doubted || v.Null(i) {
			out.Null()
		} else {
			out.Add(v.At(i))
		}
	}
	for rule, n := range counts {
		b.find(rule, field, doubted, n)
	}
	b.doubts = b.doubts[:0]
	return b.text(out)
}

// trustworthy is what expressions see of the k-th column of the vendor table, read
// as a.
func (b *run) trustworthy(a arrow.Array, k int) arrow.Array {
	t, field := b.p.trust[k], b.p.cols[k].Name
	if typ := b.p.cols[k].Type; typ == schemas.Date || typ == schemas.Timestamp {
		out := b.withoutNoMoments(a, field)
		for i := 0; b.p.cols[k].Required && i < a.Len(); i++ {
			if a.IsValid(i) && out.IsNull(i) {
				b.reject(int32(i), field, schemas.RuleRequired, "a placeholder stands where a value is required")
			}
		}
		return out
	}
	if t != anyText && a.NullN() < a.Len() {
		a = b.respelled(a)
		defer func(a arrow.Array) { a.Release() }(a)
		if t == someone {
			a = b.wholeNumbers(a, field)
			defer func(a arrow.Array) { a.Release() }(a)
		}
		v := columns.ViewText(a)
		var good []byte // records that follow one another often have the same cell
		for i := range a.Len() {
			s := v.At(i)
			if len(s) == 0 || letters[s[0]] && s[len(s)-1] > ' ' && !schemas.MayBePlaceholder(s) || bytes.Equal(s, good) {
				continue
			}
			if b.checkText(bareID(s), t, i, int32(i), field) {
				good = s
			}
		}
	}
	if b.p.cols[k].Required {
		for _, d := range b.doubts {
			b.reject(d.at, field, schemas.RuleRequired, "a placeholder stands where a value is required")
		}
	}
	return b.withoutDoubts(a, field)
}

// letters are the first bytes of what is no number and not without letters, and
// of which [bareID] cuts nothing but blanks: only words are to be looked for.
var letters = func() (t [256]bool) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c+'A'-'a'] = c != 'b' && c != 'i' && c != 'e', true
	}
	return t
}()

// checkText reports whether nothing is to be said of s.
func (b *run) checkText(s []byte, t trust, at int, row int32, field string) bool {
	switch {
	case t.nothing(s):
		b.doubt(at, findPlaceholder)
	case scientific(s):
		b.reject(row, field, schemas.RuleType, "a number in scientific notation, as spreadsheets round long numbers to: no identifier; make the column text and export again")
	default:
		return true
	}
	return false
}

// identifying is k, the value of a field that identifies a person or an
// account, without placeholders.
func (c *compiler) identifying(k kernel) kernel {
	return converted(k, func(s *scope, a arrow.Array) arrow.Array {
		a = s.b.respelled(a)
		defer a.Release()
		v := columns.ViewText(a)
		for i := range s.n {
			if text := v.At(i); len(text) > 0 && !v.Null(i) {
				s.b.checkText(scan.Trim(text), someone, i, row(s.rows, i), c.field)
			}
		}
		return s.b.withoutDoubts(a, c.field)
	})
}

// onlyAddresses is k where it is an address, and NULL elsewhere.
func onlyAddresses(k kernel) kernel {
	return converted(k, func(s *scope, a arrow.Array) arrow.Array {
		buf := make([]byte, 0, 128)
		return s.b.mapText(a.(*array.String), func(cell []byte) []byte {
			if len(cell) == 0 {
				return nil
			}
			addr, _ := address(buf, cell)
			return addr
		})
	})
}

// scientific tells whether s is a number as spreadsheets and programs write
// those that are long: 1.23457E+16. Without a point or a sign (12e45) it may
// be an id.
func scientific(s []byte) bool {
	n := len(s)
	if n < 5 || s[n-1] < '0' || s[n-1] > '9' || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return false
	}
	for e := n - 2; e > 0 && e >= n-5; e-- {
		if s[e]|0x20 == 'e' {
			return mantissa(s[:e]) && exponent(s[e+1:], slices.Contains(s[:e], '.') || slices.Contains(s[:e], ','))
		}
	}
	return false
}

func mantissa(s []byte) bool {
	if s[0] == '-' {
		s = s[1:]
	}
	i := scan.Digits(s, 0)
	if i == 0 || i == len(s) {
		return i > 0
	}
	return (s[i] == '.' || s[i] == ',') && scan.Digits(s, i+1) == len(s)
}

func exponent(s []byte, point bool) bool {
	if len(s) > 1 && (s[0] == '+' || s[0] == '-') {
		return scan.Digits(s, 1) == len(s)
	}
	return point && scan.Digits(s, 0) == len(s)
}
