package transform

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// worth is what is lost with a value that has another shape than its path
// needs, such as a text where an object should be.
type worth int

const (
	aside       worth = iota // a detail: it is found and said
	onePart                  // a reference: it is a reject of its own
	wholeRecord              // what the record is, or what it has: the record is a reject
)

// ruleShape is the rule of findings about a detail of another shape than the
// contract's path needs.
const ruleShape = "wrong_shape"

// pathOf follows a path into a JSON column: to text, or to raw JSON.
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
			found, stuck, again := look(i, path)
			text, ok := scan.Text(found)
			if again.Steps > 0 {
				c.toldTwice(s, i, x, again)
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

// toldTwice settles that the i-th row has a key on the path of x more than once.
func (c *compiler) toldTwice(s *scope, i int, x *schemas.Expr, again scan.Repeat) {
	if again.Differs && c.worth == wholeRecord && !c.id && x.Column != schemas.Item {
		// Not under the name of the column: keys made of other parts of it are certain.
		s.b.reject(row(s.rows, i), c.field, schemas.RuleType, nameOf(x.Column, x.Path[:again.Steps])+": "+saidTwice)
		return
	}
	if again.Differs {
		c.stuck(s, i, x, again.Steps, saidTwice, nil)
		return
	}
	s.b.odd.Add(schemas.Finding{Rule: ruleDuplicate, Field: nameOf(x.Column, x.Path[:again.Steps]), Detail: "the key comes more than once, each time with the same value", Count: 1})
}

// stuck settles that for the i-th row the path of x could not be followed, or
// not be taken for an id, for what is there after so many steps.
func (c *compiler) stuck(s *scope, i int, x *schemas.Expr, steps int, message string, there []byte) {
	name := nameOf(x.Column, x.Path[:steps])
	worth := c.worth
	if x.Column == schemas.Item {
		name = s.itemName(c.list, i)
		worth = min(worth, onePart) // the other entries are right
	}
	switch worth {
	case wholeRecord:
		s.b.reject(row(s.rows, i), name, schemas.RuleType, message)
	case onePart:
		s.b.rejectPart(row(s.rows, i), name, schemas.RuleType, message, there)
	default:
		rule := ruleShape
		if there == nil {
			rule = ruleDuplicate
		}
		s.b.odd.Add(schemas.Finding{Rule: rule, Field: nameOf(x.Column, x.Path[:steps]), Detail: message + "; " + c.field + " is NULL", Count: 1})
	}
}

// traced finds, beside the key of a single reference, those references that
// name something without the id of which the key is made.
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
			ref, stuck, _ := look(i, around) // what is wrong on the way was said when the key was made
			if stuck >= 0 || !namesSomething(ref) {
				continue
			}
			name := nameOf(up.Column, up.Path)
			if up.Column == schemas.Item {
				name = nameOf(s.itemName(c.list, i), up.Path)
			}
			s.b.rejectPart(row(s.rows, i), name, schemas.RuleRequired,
				fmt.Sprintf("a reference without %s: %s is not known", id.Path[len(id.Path)-1], c.field), ref)
		}
		return keys
	}
}

// referenceID is the path of which alone x makes a key, nil for any other x.
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

// namesSomething tells whether a reference says more than of what type it is.
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

// looksInside tells whether an emit takes its items apart.
func looksInside(e *schemas.Emit) bool {
	inside := func(w schemas.Condition) bool { return takesApart(&w.Value) }
	return slices.ContainsFunc(e.When, inside) ||
		slices.ContainsFunc(e.Set, func(a schemas.Assign) bool { return takesApart(&a.Value) })
}

// takesApart tells whether x has a path into the item.
func takesApart(x *schemas.Expr) bool {
	either := func(xs []schemas.Expr) bool {
		return slices.ContainsFunc(xs, func(y schemas.Expr) bool { return takesApart(&y) })
	}
	return x.Column == schemas.Item && len(x.Path) > 0 || either(x.First) || either(x.Of) ||
		slices.ContainsFunc(x.When, func(w schemas.Condition) bool { return takesApart(&w.Value) })
}
