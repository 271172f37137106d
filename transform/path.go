package transform

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// worth says how much is lost with a value of another shape than its path needs,
// such as a text where an object should be.
type worth int

const (
	detail      worth = iota // only this value: a finding
	reference                // a reference to something else: an item reject
	wholeRecord              // what the record is about, or which rows it means: the record is a reject
)

// ruleShape is the rule of findings about a detail of another shape than the
// contract's path needs.
const ruleShape = "wrong_shape"

// pathOf compiles a path into a JSON column. Its result is text or, with raw, the
// JSON that is there.
func (c *compiler) pathOf(x *schemas.Expr, raw bool) kernel {
	column, _ := c.names.at(x.Column)
	path := scan.Steps(x.Path)
	return func(s *scope) arrow.Array {
		size, look := s.values(column)
		if look == nil {
			return s.b.nulls(schemas.Text, s.n)
		}
		out := columns.NewTexts(s.b.mem, s.n, size/4)
		for i := range s.n {
			found, stuck, repeat := look(i, path)
			text, ok := scan.Text(found)
			if repeat.Steps > 0 {
				c.duplicateKey(s, i, x, repeat)
			}
			switch {
			case stuck >= 0:
				c.stuck(s, i, x, stuck, scan.SortOf(found)+" where an object is needed", found)
				ok = false
			case c.id && ok && (text[0] == '{' || text[0] == '[') && found[0] != '"':
				c.stuck(s, i, x, len(path), scan.SortOf(found)+" where an id is needed", found)
				ok = false
			}
			switch {
			case !ok:
				out.Null()
			case raw:
				out.Add(found)
			default:
				out.Add(text)
			}
		}
		return s.b.text(out)
	}
}

// duplicateKey deals with an object on the path of x, in the i-th row, that has a
// key more than once.
func (c *compiler) duplicateKey(s *scope, i int, x *schemas.Expr, repeat scan.Repeat) {
	if repeat.Differs && c.worth == wholeRecord && !c.id && x.Column != schemas.Item {
		// The reject names the field and not the column, since keys that are made of
		// other members of the column are still certain.
		s.b.reject(row(s.rows, i), c.field, schemas.RuleType, nameOf(x.Column, x.Path[:repeat.Steps])+": "+contradictory)
		return
	}
	if repeat.Differs {
		c.stuck(s, i, x, repeat.Steps, contradictory, nil)
		return
	}
	s.b.emitFindings.Add(schemas.Finding{Rule: ruleDuplicate, Field: nameOf(x.Column, x.Path[:repeat.Steps]), Detail: "the key comes more than once, each time with the same value", Count: 1})
}

// stuck deals with a path of x that could not be followed in the i-th row, or that
// leads to no id. message says why, there is the JSON found after so many steps,
// nil for a key that comes more than once.
func (c *compiler) stuck(s *scope, i int, x *schemas.Expr, steps int, message string, there []byte) {
	name := nameOf(x.Column, x.Path[:steps])
	worth := c.worth
	if x.Column == schemas.Item {
		name = s.itemName(c.list, i)
		worth = min(worth, reference) // the other items are not affected
	}
	switch worth {
	case wholeRecord:
		s.b.reject(row(s.rows, i), name, schemas.RuleType, message)
	case reference:
		s.b.rejectItemOnce(row(s.rows, i), name, schemas.RuleType, message, there)
	default:
		rule := ruleShape
		if there == nil {
			rule = ruleDuplicate
		}
		s.b.emitFindings.Add(schemas.Finding{Rule: rule, Field: nameOf(x.Column, x.Path[:steps]), Detail: message + "; " + c.field + " is NULL", Count: 1})
	}
}

// traced is k, the key x of a reference. A reference that names something, but
// lacks the id that the key is made of, becomes an item reject, so that the loss
// is seen.
func (c *compiler) traced(x *schemas.Expr, k kernel) kernel {
	id := referenceID(x)
	if id == nil {
		return k
	}
	up := schemas.Expr{Column: id.Column, Path: id.Path[:len(id.Path)-1]}
	around := scan.Steps(up.Path)
	at, _ := c.names.at(id.Column)
	return func(s *scope) arrow.Array {
		keys := k(s)
		if keys.NullN() == 0 {
			return keys
		}
		_, look := s.values(at)
		for i := 0; look != nil && i < s.n; i++ {
			if keys.IsValid(i) {
				continue
			}
			ref, stuck, _ := look(i, around) // faults on the way were reported when the key was made
			if stuck >= 0 || !namesSomething(ref) {
				continue
			}
			name := nameOf(up.Column, up.Path)
			if up.Column == schemas.Item {
				name = nameOf(s.itemName(c.list, i), up.Path)
			}
			s.b.rejectItemOnce(row(s.rows, i), name, schemas.RuleRequired,
				fmt.Sprintf("a reference without %s: %s is not known", id.Path[len(id.Path)-1], c.field), ref)
		}
		return keys
	}
}

// referenceID is the path to the id where x is a key made of one path alone; nil
// otherwise.
func referenceID(x *schemas.Expr) *schemas.Expr {
	if x.Key == "" || len(x.Of) != 1 || len(x.When) > 0 {
		return nil
	}
	id := &x.Of[0]
	if id.Column == "" || len(id.Path) == 0 || id.Column != schemas.Item && len(id.Path) < 2 {
		return nil
	}
	return id
}

// namesSomething tells whether a reference has a value besides its type.
func namesSomething(ref []byte) (something bool) {
	ref = scan.Trim(ref)
	if len(ref) == 0 || ref[0] != '{' {
		return false
	}
	scan.EachMember(ref, func(key, raw []byte) bool {
		_, says := scan.Text(raw)
		something = says && schemas.NormalHeader(string(key)) != "type"
		return !something
	})
	return something
}

// looksInside tells whether an emit follows paths into its items.
func looksInside(e *schemas.Emit) bool {
	inside := func(w schemas.Condition) bool { return takesApart(&w.Value) }
	return slices.ContainsFunc(e.When, inside) ||
		slices.ContainsFunc(e.Set, func(a schemas.Assign) bool { return takesApart(&a.Value) })
}

// takesApart tells whether x follows a path into the item.
func takesApart(x *schemas.Expr) bool {
	either := func(xs []schemas.Expr) bool {
		return slices.ContainsFunc(xs, func(y schemas.Expr) bool { return takesApart(&y) })
	}
	return x.Column == schemas.Item && len(x.Path) > 0 || either(x.First) || either(x.Of) ||
		slices.ContainsFunc(x.When, func(w schemas.Condition) bool { return takesApart(&w.Value) })
}
