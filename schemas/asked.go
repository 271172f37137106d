package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Asked is what of a common table an export was asked for: the rows whose
// column has one of the words, compared without case.
type Asked struct {
	Table, Column string
	Words         []string
	Sign          string // the member of the document that says so, for messages
}

// AskedOf is what a list of words at a sign means for the tables of the
// contract that may have rows of other words.
func (c *Contract) AskedOf(sign *PartialSign, words []string) (out []Asked) {
	for i := range c.Emit {
		if e := &c.Emit[i]; !e.within(sign) {
			out = append(out, Asked{Table: e.Table, Column: e.copies(sign.Of), Words: words, Sign: sign.Path.String()})
		}
	}
	return out
}

// within reports whether an emit makes rows only of words that the list must
// have anyway.
func (e *Emit) within(sign *PartialSign) bool {
	return slices.ContainsFunc(e.When, func(w Condition) bool {
		return w.Value.Column == sign.Of && w.Value.Path == nil && w.In != nil && !w.Not && !slices.ContainsFunc(w.In, func(word string) bool {
			return !slices.ContainsFunc(sign.Unless, func(u string) bool { return strings.EqualFold(u, word) })
		})
	})
}

// copies is the field that holds a column as it is, "" for none.
func (e *Emit) copies(column string) string {
	for i := range e.Set {
		x := &e.Set[i].Value
		if x.Column == column && x.Path == nil && x.Values == nil && x.When == nil && x.Only == "" {
			return e.Set[i].Target
		}
	}
	return ""
}

// checkAsked holds a contract whose document lists what was asked for to tell
// it of each table: rows are of words that the list must have anyway, or have
// their word in a column.
func (c *Contract) checkAsked(sign *PartialSign) error {
	if sign.Of == "" {
		return nil
	}
	col := c.Column(sign.Of)
	if sign.Unless == nil || col == nil || !col.Type.IsText() {
		return errors.New("of: want a text column, beside unless")
	}
	for _, a := range c.AskedOf(sign, nil) {
		for i := range c.Emit {
			if c.Emit[i].Table == a.Table && (a.Column == "" || c.Emit[i].copies(sign.Of) != a.Column) {
				return fmt.Errorf("of: rows of table %s may be of other words than those of unless, and not all have %s in one column", a.Table, sign.Of)
			}
		}
	}
	return nil
}
