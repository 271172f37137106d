package schemas

import (
	"fmt"
	"maps"
	"slices"
)

// cases are the branches of a case as those of first: each under its
// conditions. As the conditions of no two of them can hold for one record,
// their order does not count, and a branch that holds and has no value leaves
// the case without one.
func (r *resolver) cases(bs []branch) ([]Expr, error) {
	out := make([]Expr, len(bs))
	for i, b := range bs {
		then, err := r.expr(*b.then)
		if err != nil {
			return nil, fmt.Errorf("case, line %d: %w", b.line, err)
		}
		when, err := r.conditions(b.when)
		if err != nil {
			return nil, fmt.Errorf("case, line %d: %w", b.line, err)
		}
		if b.last {
			if when, err = otherwise(out[:i]); err != nil {
				return nil, fmt.Errorf("case, line %d: %w", b.line, err)
			}
		}
		for k := range i {
			if !b.last && !exclusive(when, bs[k].when) {
				return nil, fmt.Errorf("case, lines %d and %d: both may hold for one record; let them ask one column for different words, or use first, of which the order counts", bs[k].line, b.line)
			}
		}
		then.When = slices.Concat(when, then.When)
		out[i] = then
	}
	return out, nil
}

// otherwise is the conditions under which none of the branches holds. Where
// each is a constant none are needed: it has a value whenever it holds.
func otherwise(branches []Expr) ([]Condition, error) {
	constant := func(x Expr) bool { return x.Const != nil && *x.Const != "" }
	if !slices.ContainsFunc(branches, func(x Expr) bool { return !constant(x) }) {
		return nil, nil
	}
	var rest Condition
	words := map[string]bool{}
	for i, x := range branches {
		if len(x.When) != 1 || i > 0 && !x.When[0].of(&rest) {
			return nil, fmt.Errorf("else: the lines before it do not all ask one and the same column; say by when which records the last one is for")
		}
		w := x.When[0]
		rest.Value = w.Value
		switch {
		case w.In != nil && !w.Not:
			for _, word := range w.In {
				words[word] = true
			}
		case w.In == nil && !w.Empty && len(branches) == 1:
			rest.Present = !w.Present
		default:
			return nil, fmt.Errorf("else: behind %s it is not clear when it holds; say so by when", w.String())
		}
	}
	if len(words) > 0 {
		rest.In, rest.Not = slices.Sorted(maps.Keys(words)), true
	}
	return []Condition{rest}, nil
}

// of tells whether both look at the same.
func (c *Condition) of(other *Condition) bool {
	return c.Value.Column == other.Value.Column && slices.Equal(c.Value.Path, other.Value.Path)
}

// exclusive tells whether the conditions of both can never hold for one record.
func exclusive(a, b []Condition) bool {
	for i := range a {
		for k := range b {
			if a[i].of(&b[k]) && (a[i].excludes(&b[k]) || b[k].excludes(&a[i])) {
				return true
			}
		}
	}
	return false
}

// excludes tells whether c never holds where other, of the same value, does.
func (c *Condition) excludes(other *Condition) bool {
	absent := other.In == nil && !other.Present // or empty
	switch {
	case c.In == nil:
		return c.Present && absent
	case c.Not:
		return false
	case absent:
		return true
	case other.In == nil:
		return false
	}
	has := func(word string) bool { return slices.Contains(other.In, word) }
	if other.Not {
		return !slices.ContainsFunc(c.In, func(word string) bool { return !has(word) })
	}
	return !slices.ContainsFunc(c.In, has)
}
