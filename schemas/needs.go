package schemas

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Need is a value of the common model that tells rows apart or joins them,
// with the columns of which it is made.
type Need struct {
	Table, Target string
	Given         string // column without which there are no such rows; "" where there always are
	Ways          []Way  // tried in this order; each is enough
}

// Way is one way to make the value of a [Need]. It takes all of Columns to make
// it as it is meant.
type Way struct {
	Columns  []string
	Deciding []string // those that the contract asks to be present, else all
}

// Needs lists what the contract makes keys, user names and e-mails of. Ways
// that read no column, such as the fingerprint of the whole record, are left
// out, and needs without any other.
func (c *Contract) Needs(common *Common) (needs []Need) {
	for i := range c.Emit {
		e := &c.Emit[i]
		t := common.Table(e.Table)
		if t == nil {
			continue
		}
		for k := range e.Set {
			a := &e.Set[k]
			if !t.identifies(a.Target) {
				continue
			}
			n := Need{Table: e.Table, Target: a.Target, Given: e.Given}
			ways := []Expr{a.Value}
			if a.Value.First != nil {
				ways = a.Value.First
			}
			for w := range ways {
				if way := wayOf(&ways[w], a.Value.When); len(way.Columns) > 0 {
					n.Ways = append(n.Ways, way)
				}
			}
			if len(n.Ways) > 0 {
				needs = append(needs, n)
			}
		}
	}
	return needs
}

// identifies reports whether rows of t are told apart or joined by a field.
func (t *Table) identifies(field string) bool {
	switch {
	case field == t.Key, t.Key == "" && strings.HasSuffix(field, "_key"):
		return true
	case t.Name == "grants":
		return field == "principal_key" || field == "target_key"
	case t.Name == "identities" || t.Name == "accounts":
		return field == "email" || field == "username"
	}
	return false
}

func wayOf(x *Expr, outer []Condition) (w Way) {
	columns, deciding := map[string]bool{}, map[string]bool{}
	if x.Of == nil {
		x.reads(columns)
	}
	for i := range x.Of {
		if !x.Of[i].hasElse() {
			x.Of[i].reads(columns)
		}
	}
	for _, when := range [][]Condition{x.When, outer} {
		for i := range when {
			when[i].Value.reads(columns)
			when[i].Value.reads(deciding)
		}
	}
	w.Columns, w.Deciding = sorted(columns), sorted(deciding)
	if len(w.Deciding) == 0 {
		w.Deciding = w.Columns
	}
	return w
}

// hasElse reports whether x has a value for each record, as a constant is its last resort.
func (x *Expr) hasElse() bool {
	return slices.ContainsFunc(x.First, func(f Expr) bool { return f.Const != nil && len(f.When) == 0 })
}

// Feeds lists the columns whose values the common model holds, be it among
// attributes: where one of them is absent, every row is another.
func (c *Contract) Feeds() []string {
	columns := map[string]bool{}
	for i := range c.Emit {
		e := &c.Emit[i]
		if e.Each != nil {
			e.Each.reads(columns)
		}
		for k := range e.When {
			e.When[k].Value.reads(columns)
		}
		for k := range e.Set {
			e.Set[k].Value.reads(columns)
			for _, name := range e.Set[k].Value.Object {
				if name != ExtraColumn {
					columns[name] = true
				}
			}
		}
	}
	return sorted(columns)
}

// reads adds the columns that x reads one by one, not those it keeps as an
// object.
func (x *Expr) reads(columns map[string]bool) {
	if x.Column != "" && x.Column != Item {
		columns[x.Column] = true
	}
	for _, xs := range [][]Expr{x.First, x.Of} {
		for i := range xs {
			xs[i].reads(columns)
		}
	}
	for i := range x.When {
		x.When[i].Value.reads(columns)
	}
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for name := range set {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// Lacks lists the columns without which an export of the dataset cannot be
// read as it is meant, out of those that are absent from it: where the vendor
// documents the columns, those of keys, user names and e-mails that cannot be
// made in any way as it is meant; else only those of keys that cannot be made.
func (c *Contract) Lacks(common *Common, absent []string) (out []string) {
	gone := func(name string) bool { return slices.Contains(absent, name) }
	for _, n := range c.Needs(common) {
		enough := func(w Way) bool { return !slices.ContainsFunc(w.Columns, gone) }
		if c.Documented != DocumentedFully {
			enough = func(w Way) bool { return !n.isKey() || w.possible(gone) }
		}
		if n.Given != "" && gone(n.Given) || slices.ContainsFunc(n.Ways, enough) {
			continue
		}
		for _, way := range n.Ways {
			for _, name := range way.Columns {
				if gone(name) {
					out = append(out, name)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (n *Need) isKey() bool { return strings.HasSuffix(n.Target, "_key") }

// possible reports whether the way may make a value without the columns gone.
func (w *Way) possible(gone func(string) bool) bool {
	if len(w.Deciding) < len(w.Columns) {
		return !slices.ContainsFunc(w.Deciding, gone)
	}
	return slices.ContainsFunc(w.Columns, func(name string) bool { return !gone(name) })
}

// Override is the contract to lay over c, on one line of YAML, so that columns
// which arrive under other names are read. missing are all columns that nothing was
// delivered for, columns among them, and unknown the headers that no column claims. A
// header is proposed as in [Contract.Draft], but that no cell is looked at.
func (c *Contract) Override(columns, missing, unknown []string) string {
	proposed := c.Proposed(missing, unknown)
	parts := make([]string, len(columns))
	for i, name := range columns {
		parts[i] = fmt.Sprintf("%s: {from: [%s]}", name, Flow(cmp.Or(proposed[name], "<its header now>")))
	}
	return fmt.Sprintf("{dataset: %s, columns: {%s}}", c.Dataset, strings.Join(parts, ", "))
}

// Proposed gives columns that nothing delivers the headers, of those that no column claims,
// that are likely theirs by their names: as in [Contract.Draft], but that no cell is looked at.
func (c *Contract) Proposed(missing, unknown []string) map[string]string {
	fitting := map[string][]string{}
	for _, name := range missing {
		fitting[name] = unknown
	}
	return c.proposals(missing, fitting)
}

// Flow writes a text as an item of a YAML flow sequence.
func Flow(s string) string {
	for i, r := range s {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && (r >= '0' && r <= '9' || r == ' ' || r == '_' || r == '.' || r == '-')
		if !plain {
			return fmt.Sprintf("%q", s)
		}
	}
	return s
}

// alike are words that vendors use for the same thing.
var alike = map[string]string{
	"mail": "email", "upn": "email", "principalname": "email", "userprincipalname": "email", "address": "email", "emailaddress": "email",
	"number": "id", "no": "id", "identifier": "id", "key": "id", "guid": "id", "uuid": "id",
	"login": "username", "logon": "username", "samaccountname": "username", "handle": "username",
	"termination": "end", "terminated": "end", "leave": "end", "leaving": "end", "exit": "end", "last": "end",
	"hire": "start", "joining": "start", "join": "start", "begin": "start", "first": "start",
	"worker": "employee", "person": "employee", "staff": "employee",
}

// Likely is the header among unknown that shares most words with the names of
// the column; "" where none does or several do alike.
func (c *Column) Likely(unknown []string) string {
	best, most, tie := "", 0.0, false
	for _, h := range unknown {
		score := c.score(h)
		switch {
		case score > most:
			best, most, tie = h, score, false
		case score == most && score > 0:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return best
}

// score is how many of its words a header shares with the name of the column that
// is most like it, as a share of the words of both.
func (c *Column) score(header string) (score float64) {
	for _, from := range c.From {
		score = max(score, shared(headerWords(header), headerWords(from)))
	}
	return score
}

// shared is the share of the words of both that both have.
func shared(a, b map[string]bool) float64 {
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	return float64(n) / float64(max(len(a)+len(b)-n, 1))
}

func headerWords(header string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Split(ColumnName(header), "_") {
		if w == "" {
			continue
		}
		if other, ok := alike[w]; ok {
			w = other
		}
		out[w] = true
	}
	if whole := NormalHeader(header); alike[whole] != "" {
		out[alike[whole]] = true
	}
	return out
}

// Forms tells whether the files of an export differ in the columns that they have.
func (c *Contract) Forms() bool {
	return slices.ContainsFunc(c.Emit, func(e Emit) bool { return e.Given != "" })
}
