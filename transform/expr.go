package transform

import (
	"bytes"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// kernel computes one column for the rows of a scope. The result is the
// caller's to release.
type kernel func(*scope) arrow.Array

// compiler turns the expressions of one assignment into kernels. Contracts
// are valid when they come here, so nothing is checked again.
type compiler struct {
	p     *program
	names *names
	field string // table.column, for rejects
	list  string // what `each` names, for those of items
	worth worth
	id    bool // a part of a key is compiled
}

// assign is the value of a field of a common table.
func (c *compiler) assign(x *schemas.Expr, f *schemas.Field) kernel {
	k, t := c.value(x, f)
	k = c.cast(c.traced(x, k), t, f.Type)
	if f.Identifies && (x.Column == "" || x.Column == schemas.Item || x.Path != nil) {
		k = c.identifying(k) // a plain column was looked at when it was read
	}
	return c.once(x, k)
}

// once computes what does not look at the item once for each record.
func (c *compiler) once(x *schemas.Expr, k kernel) kernel {
	if c.names.item == "" || x.Const != nil || looksAtItem(x) {
		return k
	}
	return func(s *scope) arrow.Array {
		if s.whole == nil {
			return k(s)
		}
		a := k(s.whole)
		defer a.Release()
		return s.repeat(a, c.field)
	}
}

// looksAtItem tells whether the value of x depends on the item.
func looksAtItem(x *schemas.Expr) bool {
	either := func(xs []schemas.Expr) bool {
		return slices.ContainsFunc(xs, func(y schemas.Expr) bool { return looksAtItem(&y) })
	}
	return x.Column == schemas.Item || slices.Contains(x.Object, schemas.Item) || x.Key != "" && len(x.Of) == 0 || // which is of the item
		either(x.First) || either(x.Of) ||
		slices.ContainsFunc(x.When, func(w schemas.Condition) bool { return looksAtItem(&w.Value) })
}

// value compiles x for field f, not yet cast to its type.
func (c *compiler) value(x *schemas.Expr, f *schemas.Field) (kernel, schemas.Type) {
	k, t := c.bareValue(x, f)
	return c.once(x, k), t
}

func (c *compiler) bareValue(x *schemas.Expr, f *schemas.Field) (kernel, schemas.Type) {
	if len(x.When) > 0 {
		bare := *x
		bare.When = nil
		k, t := c.value(&bare, f)
		return c.guarded(k, t, x.When), t
	}
	if x.Required {
		bare := *x
		bare.Required = false
		whole := *c
		whole.worth = wholeRecord
		k, t := whole.value(&bare, f)
		return c.needed(k), t
	}
	switch {
	case x.Values != nil:
		k, t := c.source(x)
		return c.mapped(asText(k, t), x.Values, f), schemas.Text
	case x.First != nil:
		branches := make([]kernel, len(x.First))
		for i := range x.First {
			k, t := c.value(&x.First[i], f)
			branches[i] = c.cast(k, t, f.Type)
		}
		return first(branches), f.Type
	case x.Path != nil && f.Type == schemas.JSON:
		return c.pathOf(x, true), schemas.JSON
	}
	return c.source(x)
}

// source compiles x by itself.
func (c *compiler) source(x *schemas.Expr) (kernel, schemas.Type) {
	k, t := c.bareSource(x)
	if x.Column != "" && x.Path == nil && len(x.When) == 0 {
		return k, t // the scope itself keeps what it repeats
	}
	return c.once(x, k), t
}

func (c *compiler) bareSource(x *schemas.Expr) (kernel, schemas.Type) {
	if len(x.When) > 0 {
		bare := *x
		bare.When = nil
		k, t := c.source(&bare)
		return c.guarded(k, t, x.When), t
	}
	if x.Only != "" {
		bare := *x
		bare.Only = ""
		k, t := c.source(&bare)
		return onlyAddresses(asText(k, t)), schemas.Email
	}
	switch {
	case x.Column != "" && x.Path != nil:
		return c.pathOf(x, false), schemas.Text
	case x.Column != "":
		k, t := c.names.at(x.Column)
		return func(s *scope) arrow.Array {
			a := s.column(k)
			a.Retain()
			return a
		}, t
	case x.Const != nil:
		return constant(*x.Const), schemas.Text
	case x.Key != "":
		part := *c
		part.worth, part.id = max(part.worth, onePart), true
		return part.key(x), schemas.Text
	case x.Object != nil:
		return c.object(x.Object), schemas.JSON
	}
	// first, where no field says what type is wanted: that of its branches
	_, t := c.source(&x.First[0])
	return c.value(x, &schemas.Field{Type: t})
}

// guarded is k for the rows for which all conditions hold, NULL for the others.
func (c *compiler) guarded(k kernel, t schemas.Type, when []schemas.Condition) kernel {
	conds := make([]condition, len(when))
	for i := range when {
		conds[i] = c.condition(&when[i])
	}
	return func(s *scope) arrow.Array {
		holds := make([]bool, s.n)
		sel := s.matching(conds)
		if len(sel) == s.n {
			return k(s)
		}
		if len(sel) == 0 {
			return s.b.nulls(t, s.n)
		}
		for _, i := range sel {
			holds[i] = true
		}
		part := s.some(sel)
		a := k(part)
		part.release()
		defer a.Release()
		none := s.b.nulls(t, 1)
		defer none.Release()
		all, err := array.Concatenate([]arrow.Array{a, none}, s.b.mem)
		if err != nil {
			s.b.err = frame.Fault(frame.KindLimit, "", "joining columns: %w", err)
			return s.b.nulls(t, s.n)
		}
		defer all.Release()
		pick, at := make([]int32, s.n), int32(0)
		for i := range pick {
			pick[i] = int32(len(sel))
			if holds[i] {
				pick[i] = at
				at++
			}
		}
		return s.b.gather(all, pick)
	}
}

// needed is k, which must have a value: a record for which it has none is a reject.
func (c *compiler) needed(k kernel) kernel {
	return func(s *scope) arrow.Array {
		a := k(s)
		if a.NullN() > 0 {
			for i := range s.n {
				if a.IsNull(i) {
					s.b.reject(row(s.rows, i), c.field, schemas.RuleRequired, "the record does not say it, or not in a form that is known, and it must not be guessed")
				}
			}
		}
		return a
	}
}

// each compiles the list of an emit: a list column, or JSON kept raw.
func (c *compiler) each(x *schemas.Expr) (kernel, schemas.Type) {
	if x.Column != "" && x.Path != nil {
		return c.pathOf(x, true), schemas.JSON
	}
	return c.source(x)
}

// words is the vendor's own word behind a mapping: of the branch that counts.
func (c *compiler) words(x *schemas.Expr) kernel {
	switch {
	case x.First != nil:
		var values, words []kernel
		for i := range x.First {
			k, t := c.source(&x.First[i])
			values, words = append(values, asText(k, t)), append(words, c.words(&x.First[i]))
		}
		return chosen(values, words)
	case x.Const != nil:
		return func(s *scope) arrow.Array { return s.b.nulls(schemas.Text, s.n) }
	}
	y := *x
	y.Values = nil
	k, t := c.source(&y)
	return asText(k, t)
}

// constant is the same text for every row.
func constant(text string) kernel {
	return func(s *scope) arrow.Array {
		if text == "" {
			return s.b.nulls(schemas.Text, s.n)
		}
		out := columns.NewTexts(s.b.mem, s.n, s.n*len(text))
		for range s.n {
			out.Parts(text)
			out.Next()
		}
		return s.b.text(out)
	}
}

// mapped maps words by a closed table. What is not in it becomes 'unknown',
// or a reject where the field has no such word.
func (c *compiler) mapped(in kernel, values map[string]string, f *schemas.Field) kernel {
	unknown := f.Enum == nil || slices.Contains(f.Enum, schemas.Unknown)
	return func(s *scope) arrow.Array {
		a := in(s)
		defer a.Release()
		v := columns.ViewText(a)
		out := columns.NewTexts(s.b.mem, s.n, s.n*8)
		for i := range s.n {
			if v.Null(i) {
				out.Null()
				continue
			}
			word, ok := lookupWord(values, v.At(i))
			if !ok && !unknown {
				s.b.reject(row(s.rows, i), c.field, schemas.RuleEnum, "the vendor's word is none of those that the contract maps")
			}
			if !ok {
				word = schemas.Unknown
			}
			out.Parts(word)
			out.Next()
		}
		return s.b.text(out)
	}
}

func lookupWord(values map[string]string, s []byte) (string, bool) {
	s = scan.Trim(s)
	if w, ok := values[string(s)]; ok {
		return w, true
	}
	w, ok := values[string(bytes.ToLower(s))]
	return w, ok
}

// first is, for each row, the first branch that is not NULL.
func first(branches []kernel) kernel { return chosen(branches, branches) }

// chosen is, for each row, of the results that one whose value is the first
// that is not NULL. Branches are computed only as long as a row needs them.
func chosen(values, results []kernel) kernel {
	same := len(values) > 0 && &values[0] == &results[0]
	return func(s *scope) arrow.Array {
		pick := make([]int32, s.n) // branch, then place in the concatenation
		open := s.n
		for i := range pick {
			pick[i] = -1
		}
		var parts []arrow.Array
		defer func() { release(parts) }()
		for k := 0; k < len(values) && open > 0; k++ {
			a := values[k](s)
			for i := range pick {
				if pick[i] < 0 && a.IsValid(i) {
					pick[i] = int32(k)
					open--
				}
			}
			if same {
				parts = append(parts, a)
			} else {
				a.Release()
				parts = append(parts, results[k](s))
			}
			if k == 0 && open == 0 {
				parts[0].Retain()
				return parts[0]
			}
		}
		return merge(s.b, parts, pick)
	}
}

// merge takes the i-th value from the part that pick names, NULL for -1.
func merge(b *run, parts []arrow.Array, pick []int32) arrow.Array {
	all, err := array.Concatenate(parts, b.mem)
	if err != nil {
		b.err = frame.Fault(frame.KindLimit, "", "joining columns: %w", err)
		parts[0].Retain()
		return parts[0]
	}
	defer all.Release()
	n := int32(len(pick))
	sel := make([]int32, n)
	for i := range n {
		sel[i] = max(pick[i], 0)*n + i // where no part has a value, the first is NULL too
	}
	return b.gather(all, sel)
}
