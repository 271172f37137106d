package schemas

import (
	"slices"
	"strings"
)

// Mapping is one way in which a common column, or a row of a common table, gets
// what it has.
type Mapping struct {
	Column string // contract column; "" for a constant, or the record as a whole
	Path   Path   // into its JSON, nil for the whole value
	Table  string // common table
	Target string // column there; "" where the column decides whether there is a row
	Rule   string // how the value is made, in words; [Decides] where the column is only looked at
	When   string // conditions under which it counts, in words; "" for always
	Choice int    // among several ways the place of this one, from 1: the first that gives a value counts; 0 for the only one
}

// Decides is the rule of a column that no value is made of, but on which it
// depends whether there is a value or a row.
const Decides = "decides"

// Mappings lists every way in which c fills the common model, in the order of
// the file. It is the one walk over emits by which this is told: the ledger's
// meta.column_map, the dictionary and listings are made from it.
func (c *Contract) Mappings(common *Common) []Mapping {
	var out []Mapping
	for i := range c.Emit {
		e := &c.Emit[i]
		w := walk{emit: e, table: common.Table(e.Table)}
		w.row()
		for k := range e.Set {
			w.assign(&e.Set[k])
		}
		out = append(out, w.out...)
	}
	return out
}

// walk goes over the expressions of one emit.
type walk struct {
	emit   *Emit
	table  *Table
	target string
	choice int // ways so far
	out    []Mapping
}

// row notes what rows depend on.
func (w *walk) row() {
	w.decides("", w.emit.When, "")
	if e := w.emit.Each; e != nil {
		w.add(Mapping{Column: e.Column, Path: e.Path, Rule: "each", When: conditionText(w.emit.When)})
	}
}

func (w *walk) assign(a *Assign) {
	w.target, w.choice = a.Target, 0
	first := len(w.out)
	w.value(&a.Value, nil)
	made := w.out[first:]
	if w.choice == 1 { // one way is no choice
		for i := range made {
			made[i].Choice = 0
		}
	}
	raw := a.Target + "_raw"
	if w.table == nil || w.table.Field(raw) == nil || slices.ContainsFunc(w.emit.Set, func(b Assign) bool { return b.Target == raw }) {
		return
	}
	// The word that was mapped goes there, where the contract sets nothing else.
	for _, m := range slices.Clone(made) {
		if m.Rule == Decides || strings.HasPrefix(m.Rule, rulePrefix) {
			m.Target = raw
			if m.Rule != Decides {
				m.Rule = "word"
			}
			w.out = append(w.out, m)
		}
	}
}

const rulePrefix = "values "

// value adds the ways of one value.
func (w *walk) value(x *Expr, outer []Condition) {
	when := slices.Concat(outer, x.When)
	if x.First != nil {
		for i := range x.First {
			w.value(&x.First[i], when)
		}
		return
	}
	w.choice++
	text := conditionText(when)
	w.decides(w.target, when, text)
	switch {
	case x.Const != nil:
		w.add(Mapping{Rule: "const " + *x.Const, When: text})
	case x.Column != "":
		w.add(Mapping{Column: x.Column, Path: x.Path, Rule: x.rule(), When: text})
	case x.Object != nil:
		for _, name := range x.Object {
			w.add(Mapping{Column: name, Rule: "object", When: text})
		}
	default:
		w.parts(x, (&Expr{Key: x.Key, Of: x.Of}).String(), text)
	}
}

// parts adds what a key is made of.
func (w *walk) parts(key *Expr, rule, when string) {
	var leaves []Mapping
	var collect func(x *Expr, outer string)
	collect = func(x *Expr, outer string) {
		if len(x.When) > 0 {
			outer = strings.TrimPrefix(outer+" and "+conditionText(x.When), " and ")
		}
		if x.Column != "" {
			leaves = append(leaves, Mapping{Column: x.Column, Path: x.Path, Rule: rule, When: outer})
		}
		for i := range x.First {
			collect(&x.First[i], outer)
		}
		for i := range x.Of {
			collect(&x.Of[i], outer)
		}
		w.decides(w.target, x.When, outer)
	}
	for i := range key.Of {
		collect(&key.Of[i], when)
	}
	if leaves == nil {
		leaves = []Mapping{{Rule: rule, When: when}}
	}
	for _, m := range leaves {
		w.add(m)
	}
}

// decides adds the columns that conditions look at.
func (w *walk) decides(target string, when []Condition, text string) {
	if text == "" {
		text = conditionText(when)
	}
	for i := range when {
		columns := map[string]bool{}
		when[i].Value.reads(columns)
		for _, name := range sorted(columns) {
			m := Mapping{Column: name, Target: target, Rule: Decides, When: text, Choice: w.choice}
			w.put(m)
		}
	}
}

func (w *walk) add(m Mapping) {
	m.Target, m.Choice = w.target, w.choice
	w.put(m)
}

// put adds a way, each once. What is made of an item is made of the list that
// has it.
func (w *walk) put(m Mapping) {
	m.Table = w.emit.Table
	if each := w.emit.Each; m.Column == Item && each != nil {
		m.Column, m.Path = each.Column, slices.Concat(each.Path, Path{"*"}, m.Path)
		if m.Rule == "copy" {
			m.Rule = "item"
		}
	}
	if !slices.ContainsFunc(w.out, func(o Mapping) bool {
		return o.Column == m.Column && slices.Equal(o.Path, m.Path) && o.Target == m.Target && o.Rule == m.Rule && o.When == m.When && o.Choice == m.Choice
	}) {
		w.out = append(w.out, m)
	}
}

// rule is how x makes a value of its column.
func (x *Expr) rule() string {
	switch {
	case x.Values != nil:
		return rulePrefix + mapping(x.Values)
	case x.Only != "":
		return "copy only " + x.Only
	case x.Path != nil:
		return "path " + x.Path.String()
	}
	return "copy"
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
