package schemas

import "strings"

// Mapping is one way from a contract column into the common model.
type Mapping struct {
	Column string // contract column
	Path   Path   // into its JSON, nil for the whole value
	Table  string // common table
	Target string // column there
	Rule   string // the word of the contract that makes the value: column, values, first, key, object, each
}

// Mappings lists every use of a column in the emits of c, in the order of the
// file. A column that several targets read comes several times.
func (c *Contract) Mappings() []Mapping {
	var out []Mapping
	for _, e := range c.Emit {
		for _, a := range e.Set {
			for _, m := range a.Value.uses("column") {
				if m.Column == Item && e.Each != nil {
					m = Mapping{Column: e.Each.Column, Path: append(append(Path{}, e.Each.Path...), append(Path{"*"}, m.Path...)...), Rule: "each"}
				}
				m.Table, m.Target = e.Table, a.Target
				out = append(out, m)
			}
		}
	}
	return out
}

func (x *Expr) uses(rule string) (out []Mapping) {
	switch {
	case x.Column != "":
		if x.Values != nil {
			rule = "values"
		}
		return []Mapping{{Column: x.Column, Path: x.Path, Rule: rule}}
	case x.First != nil:
		for i := range x.First {
			out = append(out, x.First[i].uses("first")...)
		}
	case x.Key != "":
		for i := range x.Of {
			out = append(out, x.Of[i].uses("key")...)
		}
	case x.Object != nil:
		for _, name := range x.Object {
			out = append(out, Mapping{Column: name, Rule: "object"})
		}
	}
	return out
}

// Describe is m in words for people: the column, and the path into it.
func (m Mapping) Describe() string {
	return strings.TrimSuffix(m.Column+"."+m.Path.String(), ".")
}

// Names lists the columns that x is the value of, as they are or the first
// of several.
func (x *Expr) Names() (out []string) {
	if x.Column != "" && x.Path == nil && x.Column != Item {
		out = append(out, x.Column)
	}
	for i := range x.First {
		out = append(out, x.First[i].Names()...)
	}
	return out
}

// Keys lists the key expressions that x may yield.
func (x *Expr) Keys() (out []*Expr) {
	if x.Key != "" {
		return []*Expr{x}
	}
	for i := range x.First {
		out = append(out, x.First[i].Keys()...)
	}
	return out
}
