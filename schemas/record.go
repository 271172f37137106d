package schemas

import (
	"slices"
	"strings"
)

// own is the key of the table that an emit makes rows of.
func (e *Emit) own() (values []*Expr) {
	for i := range e.Set {
		a := &e.Set[i]
		if a.Target == e.key || e.key == "" && strings.HasSuffix(a.Target, "_key") {
			values = append(values, &a.Value)
		}
	}
	return values
}

// TellsApart lists the ways to tell whether two records of the dataset are
// about the same: the columns of the keys that each makes. What somebody has is
// left out where the record says who has it. A contract without keys has columns
// that are called ids or addresses.
func (c *Contract) TellsApart() (ways [][]string) {
	add := func(e *Emit) {
		for _, way := range product(e.own()) {
			if slices.Sort(way); len(way) > 0 && !slices.ContainsFunc(ways, func(w []string) bool { return slices.Equal(w, way) }) {
				ways = append(ways, way)
			}
		}
	}
	edges := slices.ContainsFunc(c.Emit, func(e Emit) bool { return e.Table == "grants" && e.Each == nil })
	for i := range c.Emit {
		e := &c.Emit[i]
		if who := e.Table == "grants" || e.Table == "identities" || e.Table == "accounts"; !e.Mentions && e.Each == nil && (who || !edges) {
			add(e)
		}
	}
	if ways != nil {
		return ways
	}
	for i := range c.Columns {
		col := &c.Columns[i]
		if n := col.Name; col.Type == Email || n == "email" || n == "id" || n == "brn" || n == "urn" || strings.HasSuffix(n, "_id") || strings.HasSuffix(n, "_brn") || strings.HasSuffix(n, "_email") {
			ways = append(ways, []string{n})
		}
	}
	return ways
}

// ways are the sets of columns of which x may be made, its conditions left out.
func (x *Expr) ways() (out [][]string) {
	switch {
	case x.Column != "" && x.Column != Item:
		return [][]string{{x.Column}}
	case x.First != nil:
		for i := range x.First {
			out = append(out, x.First[i].ways()...)
		}
		return out
	}
	parts := make([]*Expr, len(x.Of))
	for i := range x.Of {
		parts[i] = &x.Of[i]
	}
	return product(parts)
}

// product joins each way of a value with each of the others.
func product(values []*Expr) (out [][]string) {
	out = [][]string{nil}
	for _, v := range values {
		ways := v.ways()
		if len(ways) == 0 {
			ways = [][]string{nil}
		}
		var next [][]string
		for _, a := range out {
			for _, b := range ways {
				next = append(next, slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))))
			}
		}
		out = next
	}
	return out
}
