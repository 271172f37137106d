package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// String writes x in the words of the contract language, short enough for a
// listing.
func (x *Expr) String() string {
	s := ""
	switch {
	case x.Column != "":
		s = joinPath(x.Column, x.Path)
		if x.Values != nil {
			s += " by " + mapping(x.Values)
		}
	case x.First != nil:
		s = "first of " + list(x.First)
	case x.Const != nil:
		s = fmt.Sprintf("%q", *x.Const)
	case x.Key != "" && len(x.Of) == 0:
		s = "key " + x.Key + " (fingerprint of the record)"
	case x.Key != "":
		s = "key " + x.Key + " " + list(x.Of)
	case x.Object != nil:
		s = "object {" + strings.Join(x.Object, ", ") + "}"
	}
	if x.Only != "" {
		s += " only " + x.Only
	}
	if x.Required {
		s += " required"
	}
	if len(x.When) > 0 {
		s += " when " + conditionText(x.When)
	}
	return s
}

func joinPath(column string, p Path) string {
	return strings.Join(append([]string{column}, p...), ".")
}

func list(xs []Expr) string {
	texts := make([]string, len(xs))
	for i := range xs {
		texts[i] = xs[i].String()
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func mapping(values map[string]string) string {
	texts := make([]string, 0, len(values))
	for from, to := range values {
		texts = append(texts, from+": "+to)
	}
	slices.Sort(texts)
	return "{" + strings.Join(texts, ", ") + "}"
}

func conditionText(cs []Condition) string {
	texts := make([]string, len(cs))
	for i := range cs {
		texts[i] = cs[i].String()
	}
	return strings.Join(texts, " and ")
}

// String writes c in words.
func (c *Condition) String() string {
	v := c.Value.String()
	switch {
	case c.In == nil && c.Present:
		return v + " present"
	case c.Empty:
		return v + " empty"
	case c.In == nil:
		return v + " absent"
	case c.Not:
		return v + " not in [" + strings.Join(c.In, ", ") + "]"
	}
	return v + " in [" + strings.Join(c.In, ", ") + "]"
}
