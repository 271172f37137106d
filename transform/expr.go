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

// kernel computes one column for the rows of a scope: a value or NULL for each.
// The caller releases the result.
type kernel func(*scope) arrow.Array

// compiler turns the expressions of one assignment into kernels. Package schemas
// has checked the contract, so nothing is checked here.
type compiler struct {
	p     *program
	names *names
	field string // table.column, for rejects
	list  string // name of the list of `each`, for rejects of items
	worth worth  // what a value costs that has another shape than its path needs
	id    bool   // a component of a key is compiled
}

// assign compiles the value of a field of a common table, cast to its type.
func (c *compiler) assign(x *schemas.Expr, f *schemas.Field) kernel {
	k, t := c.value(x, f)
	k = c.cast(c.traced(x, k), t, f.Type)
	if f.Identifies && (x.Column == "" || x.Column == schemas.Item || x.Path != nil) {
		k = c.identifying(k) // a plain column was checked when it was read
	}
	return c.perRecord(x, k)
}

// perRecord computes k once for each record, and repeats the result for its items,
// where x does not depend on the item.
func (c *compiler) perRecord(x *schemas.Expr, k kernel) kernel {
	if c.names.item == "" || x.Const != nil || looksAtItem(x) {
		return k
	}
	return func(s *scope) arrow.Array {
		if s.records == nil {
			return k(s)
		}
		a := k(s.records)
		defer a.Release()
		return s.repeat(a, c.field)
	}
}

// looksAtItem tells whether the value of x depends on the item.
func looksAtItem(x *schemas.Expr) bool {
	either := func(xs []schemas.Expr) bool {
		return slices.ContainsFunc(xs, func(y schemas.Expr) bool { return looksAtItem(&y) })
	}
	return x.Column == schemas.Item || slices.Contains(x.Object, schemas.Item) || x.Key != "" && len(x.Of) == 0 || // a key of the fingerprint of the item
		either(x.First) || either(x.Of) ||
		slices.ContainsFunc(x.When, func(w schemas.Condition) bool { return looksAtItem(&w.Value) })
}

// value compiles x for field f. The result has the type that it returns, which
// [compiler.cast] turns into that of the field.
func (c *compiler) value(x *schemas.Expr, f *schemas.Field) (kernel, schemas.Type) {
	k, t := c.bareValue(x, f)
	return c.perRecord(x, k), t
}

// bareValue is value without the repetition for items.
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
		strict := *c
		strict.worth = wholeRecord
		k, t := strict.value(&bare, f)
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

// source compiles x where no field says what type is wanted: within keys,
// conditions, mappings and lists.
func (c *compiler) source(x *schemas.Expr) (kernel, schemas.Type) {
	k, t := c.bareSource(x)
	if x.Column != "" && x.Path == nil && len(x.When) == 0 {
		return k, t // the scope repeats columns itself, and keeps them
	}
	return c.perRecord(x, k), t
}

// bareSource is source without the repetition for items.
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
		inKey := *c
		inKey.worth, inKey.id = max(inKey.worth, reference), true
		return inKey.key(x), schemas.Text
	case x.Object != nil:
		return c.object(x.Object), schemas.JSON
	}
	// A `first` has the type of its first branch.
	_, t := c.source(&x.First[0])
	return c.value(x, &schemas.Field{Type: t})
}

// guarded is k where all conditions hold, and NULL elsewhere. k is not computed
// for the other rows, as it might reject them.
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

// needed is k. A record for which it is NULL becomes a reject.
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

// each compiles the list of an emit's `each`: a list column, or raw JSON.
func (c *compiler) each(x *schemas.Expr) (kernel, schemas.Type) {
	if x.Column != "" && x.Path != nil {
		return c.pathOf(x, true), schemas.JSON
	}
	return c.source(x)
}

// words is the vendor's own word where x maps it; of a `first` that of the branch
// that gives the value.
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

// mapped maps words by a table. A word that is not in it becomes 'unknown', or
// makes its record a reject where the field does not allow 'unknown'.
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

// chosen is, for each row, the result that belongs to the first of the values that
// is not NULL. A branch is computed only if some row needs it.
func chosen(values, results []kernel) kernel {
	same := len(values) > 0 && &values[0] == &results[0]
	return func(s *scope) arrow.Array {
		pick := make([]int32, s.n) // by row: the branch that gives the value, or -1
		open := s.n                // rows without a branch so far
		for i := range pick {
			pick[i] = -1
		}
		var arrays []arrow.Array
		defer func() { release(arrays) }()
		for k := 0; k < len(values) && open > 0; k++ {
			a := values[k](s)
			for i := range pick {
				if pick[i] < 0 && a.IsValid(i) {
					pick[i] = int32(k)
					open--
				}
			}
			if same {
				arrays = append(arrays, a)
			} else {
				a.Release()
				arrays = append(arrays, results[k](s))
			}
			if k == 0 && open == 0 {
				arrays[0].Retain()
				return arrays[0]
			}
		}
		return merge(s.b, arrays, pick)
	}
}

// merge takes the i-th value from the array that pick names, NULL for -1.
func merge(b *run, arrays []arrow.Array, pick []int32) arrow.Array {
	all, err := array.Concatenate(arrays, b.mem)
	if err != nil {
		b.err = frame.Fault(frame.KindLimit, "", "joining columns: %w", err)
		arrays[0].Retain()
		return arrays[0]
	}
	defer all.Release()
	n := int32(len(pick))
	sel := make([]int32, n)
	for i := range n {
		sel[i] = max(pick[i], 0)*n + i // where no branch has a value, the first is NULL too
	}
	return b.gather(all, sel)
}
