package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
)

// Strength says how much the rows of an emit know of the things they are about.
type Strength string

const (
	Describes   Strength = "describes"   // the export lists such things, each once
	Supplements Strength = "supplements" // it adds facts about things that others list
	Mentions    Strength = "mentions"    // it names them in passing, perhaps in several ways
)

// Identify says which column of the common table is an identifier of which
// namespace: the first of Columns that is not NULL.
type Identify struct {
	Namespace string
	Columns   []string
}

// Statements says what the rows of one dataset in one common table are to the
// resolution of things.
type Statements struct {
	Dataset  string
	Table    string
	Strength Strength
	Identify []Identify // in the order of the namespaces of the kind
}

// Statements lists what the contracts state of things, by table in the order of
// the rules and then by dataset.
func (s *Set) Statements() (out []Statements) {
	for _, k := range rules().Kinds {
		for _, c := range s.All() {
			for i := range c.Emit {
				if e := &c.Emit[i]; e.Table == k.Table {
					out = append(out, Statements{c.Dataset, e.Table, e.Strength, e.Identify})
					break // validate holds the other emits of the table to the same
				}
			}
		}
	}
	return out
}

var rules = sync.OnceValue(func() *Resolution {
	r, err := LoadResolution()
	if err != nil {
		panic(err) // a built-in file, which a test reads
	}
	return r
})

// IsThing tells whether rows of a table are statements about things.
func IsThing(table string) bool { return rules().Kind(table) != nil }

type identifies struct {
	list  []Identify
	given bool
}

// UnmarshalYAML reads a mapping from a namespace to a column, or to a list of
// columns of which the first counts that is not NULL.
func (ids *identifies) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	ids.given = true
	for _, e := range entries {
		id := Identify{Namespace: key(e)}
		if s, ok := scalar(e.Value); ok {
			id.Columns = []string{s}
		} else if err := strict(e.Value, &id.Columns); err != nil {
			return fmt.Errorf("identify %s: %w", id.Namespace, err)
		}
		ids.list = append(ids.list, id)
	}
	return nil
}

// identified fills in what an emit of a kind of thing leaves out: that it
// describes, and, for the user's own, that each namespace is the column of its
// name if it is set.
func (e *Emit) identified() {
	k := rules().Kind(e.Table)
	if e.Strength == "" {
		e.Strength = Describes
	}
	e.Mentions = e.Strength == Mentions
	if k == nil {
		return
	}
	if !e.identifies {
		for _, n := range k.Namespaces {
			if e.sets(n.Name) {
				e.Identify = append(e.Identify, Identify{n.Name, []string{n.Name}})
			}
		}
	}
	order := func(name string) int {
		return slices.IndexFunc(k.Namespaces, func(n Namespace) bool { return n.Name == name })
	}
	e.Identify = slices.Clone(e.Identify)
	slices.SortStableFunc(e.Identify, func(a, b Identify) int { return order(a.Namespace) - order(b.Namespace) })
}

func (e *Emit) sets(column string) bool {
	return slices.ContainsFunc(e.Set, func(a Assign) bool { return a.Target == column })
}

// checkIdentify holds an emit to the closed list of namespaces, and to columns
// that it sets.
func (c *Contract) checkIdentify(e *Emit) error {
	k := rules().Kind(e.Table)
	if !slices.Contains([]Strength{Describes, Supplements, Mentions}, e.Strength) {
		return fmt.Errorf("strength: %q is none of describes, supplements, mentions", e.Strength)
	}
	if k == nil {
		if len(e.Identify) > 0 {
			return errors.New("identify: rows of this table are no things")
		}
		return nil
	}
	for i, id := range e.Identify {
		if k.Namespace(id.Namespace) == nil {
			return fmt.Errorf("identify: %s is none of %s", id.Namespace, strings.Join(k.names(), ", "))
		}
		if i > 0 && e.Identify[i-1].Namespace == id.Namespace {
			return fmt.Errorf("identify: %s stands twice", id.Namespace)
		}
		for _, col := range id.Columns {
			if !e.sets(col) {
				return fmt.Errorf("identify: %s: the emit sets no column %s", id.Namespace, col)
			}
		}
	}
	for i := range c.Emit {
		if o := &c.Emit[i]; o.Table == e.Table && (o.Strength != e.Strength || !slices.EqualFunc(o.Identify, e.Identify, sameIdentify)) {
			return errors.New("identify, strength: the emits of one contract into one table must say the same")
		}
	}
	return nil
}

func sameIdentify(a, b Identify) bool {
	return a.Namespace == b.Namespace && slices.Equal(a.Columns, b.Columns)
}

func (k *KindRules) names() (out []string) {
	for _, n := range k.Namespaces {
		out = append(out, n.Name)
	}
	return out
}

// IdentifiersSQL is the query of the view of all identifiers: by which values the
// statements of a schema name their things, one row each.
func (s *Set) IdentifiersSQL(schema string) string {
	type column struct{ table, namespace, value string }
	datasets := map[column][]string{}
	var order []column
	for _, st := range s.Statements() {
		for _, id := range st.Identify {
			value := id.Columns[0]
			if len(id.Columns) > 1 {
				value = "coalesce(" + strings.Join(id.Columns, ", ") + ")"
			}
			c := column{st.Table, id.Namespace, value}
			if datasets[c] == nil {
				order = append(order, c)
			}
			datasets[c] = append(datasets[c], "'"+st.Dataset+"'")
		}
	}
	var b strings.Builder
	for i, c := range order {
		if i > 0 {
			b.WriteString("\nunion all\n")
		}
		fmt.Fprintf(&b, "select '%s' as kind, %s as statement_key, source, _dataset as dataset, '%s' as namespace, %s as value from %s.%s where _dataset in (%s) and %[4]s is not null",
			c.table, s.Common.Table(c.table).Key, c.namespace, c.value, schema, c.table, strings.Join(datasets[c], ", "))
	}
	return b.String()
}

// NativeIDColumn is the column that tells statements of one key apart, and by which they identify
// too.
const NativeIDColumn = "native_id"

// Identifying are the columns by which statements of a kind name their things, each once and
// without [NativeIDColumn]; see [Set.Statements] for which dataset uses which.
func (s *Set) Identifying(table string) (out []string) {
	for _, st := range s.Statements() {
		if st.Table != table {
			continue
		}
		for _, id := range st.Identify {
			for _, c := range id.Columns {
				if c != NativeIDColumn && !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// StatementsSQL is the query of all statements of a kind, one row each, as the
// resolution of things reads them: source, dataset, statement_key, part, nature
// (human, non-human or NULL), has_ended, application_key, name, title, start_on,
// end_on, first_seen (microseconds since 1970; of this version of the row), and a
// column for each of those by which statements of the kind identify, in their order.
// What a kind has no column for is NULL throughout.
func (s *Set) StatementsSQL(table, schema string) string {
	t := s.Common.Table(table)
	given := func(sql string, columns ...string) string {
		for _, c := range columns {
			if t.Field(c) == nil {
				return "null"
			}
		}
		return sql
	}
	list := []string{
		"source", "_dataset as dataset", t.Key + " as statement_key", given(NativeIDColumn, NativeIDColumn) + " as part",
		given("case when kind = 'human' then 'human' when kind in ('service', 'machine', 'system') then 'non-human' end", "kind", "kind_raw") + " as nature",
		given("coalesce(status = 'terminated', false)", "status", "status_raw") + " as has_ended",
		given("application_key", "application_key") + " as application_key",
		given("display_name", "display_name") + " as name",
		given("title", "title") + " as title", given("start_on", "start_on") + " as start_on", given("end_on", "end_on") + " as end_on",
		"epoch_us(_valid_from) as first_seen",
	}
	for _, c := range s.Identifying(table) {
		list = append(list, fmt.Sprintf("%s as \"by %[1]s\"", c))
	}
	return "select " + strings.Join(list, ",\n    ") + "\nfrom " + schema + "." + table
}
