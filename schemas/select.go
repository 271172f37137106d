package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Select is an emit of a contract as the SELECT that it amounts to, in DuckDB's
// SQL, of the vendor's table. It calls the macros of [SelectMacros].
type Select struct {
	Table    string            // common table
	Text     string            // without a semicolon at its end
	Columns  []string          // those that it selects, in order
	NotInSQL map[string]string // of these, those that it does not give as the program does, with the reason
}

// SelectMacros defines what the statements of [Contract.Selects] call.
const SelectMacros = `-- A part of a key: a BRN or a prefixed id counts by its last piece, and a bar in it is escaped.
CREATE OR REPLACE TEMP MACRO key_part(part) AS
  regexp_replace(regexp_replace(regexp_replace(trim(part), '^brn:(?:[^:]*:){6}(.+)$', '\1'), '^(?:id|email)/(.+)$', '\1'), '([|\\])', '\\\1', 'g');

-- The key of a row, <source>:<kind>:<parts>; NULL where no part is there.
CREATE OR REPLACE TEMP MACRO row_key(source, kind, parts) AS
  CASE WHEN len(list_filter(parts, lambda part: part IS NOT NULL)) > 0
    THEN source || ':' || kind || ':' || array_to_string(list_transform(parts, lambda part: coalesce(key_part(part), '')), '|') END;

-- The members of an object that say something; NULL where none does.
CREATE OR REPLACE TEMP MACRO said(names, members) AS
  CASE WHEN len(list_filter(members, lambda member: member IS NOT NULL)) > 0
    THEN CAST('{' || array_to_string(list_transform(list_filter(list_zip(names, members), lambda pair: pair[2] IS NOT NULL),
      lambda pair: to_json(pair[1]) || ':' || pair[2]), ',') || '}' AS JSON) END;
`

// selectHead says, before the statements, what they do not.
const selectHead = `-- %s
--
-- What accessmart makes of each record, as SQL over the vendor's table: one SELECT for each entry of emit
-- in %s. It is to be read, and to be tried: it changes nothing in the file,
-- and the tables of observed are not made by it. It does not say:
--   * that a record which breaks a rule of the contract is a reject, in meta.rejects, and makes no row;
--   * that placeholders (N/A, none, 0) and what is no address count as NULL in keys, ids and addresses;
--   * that keys of JSON match whatever their case, spaces, _, - and ., and that a list of one object is taken for it;
--   * that keys are made of one spelling of letters and blanks;
--   * that rows which are gone move to observed_history.
-- Where a column is told of as 'not in SQL', the reason stands beside it.
`

// SQL is the contract as the statements that it amounts to, for people.
func (c *Contract) SQL(common *Common) string {
	var b strings.Builder
	fmt.Fprintf(&b, selectHead, strings.TrimSuffix(c.Dataset+": "+oneLine(c.Grain), ".")+".", c.File)
	selects := c.Selects(common)
	if len(selects) == 0 {
		fmt.Fprintf(&b, "\n-- The dataset fills no table of the common model: it is its own table alone.\n%s;\n", c.bareSelect())
		return b.String()
	}
	b.WriteString("\n" + SelectMacros)
	for _, s := range selects {
		fmt.Fprintf(&b, "\n%s;\n", s.Text)
	}
	return b.String()
}

func (c *Contract) bareSelect() string {
	return "FROM " + sqlName(c.Vendor()) + "." + sqlName(c.Plural())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Selects are the statements of all emits, in the order of the contract.
func (c *Contract) Selects(common *Common) []Select {
	out := make([]Select, 0, len(c.Emit))
	for i := range c.Emit {
		w := selecting{c: c, e: &c.Emit[i], t: common.Table(c.Emit[i].Table), scope: map[string]Type{ExtraColumn: JSON}}
		for _, col := range c.Columns {
			w.scope[col.Name] = col.Type
		}
		out = append(out, w.statement())
	}
	return out
}

// selecting writes the statement of one emit.
type selecting struct {
	c        *Contract
	e        *Emit
	t        *Table
	scope    map[string]Type
	there    []string // values that are not NULL where the one being written counts
	notInSQL string   // why the value being written is not that of the program
}

func (w *selecting) statement() Select {
	s := Select{Table: w.e.Table, NotInSQL: map[string]string{}}
	from := w.from()
	var lines []string
	add := func(target, value string) {
		line := "  " + value
		if value != sqlName(target) {
			line += " AS " + sqlName(target)
		}
		if w.notInSQL != "" {
			s.NotInSQL[target] = w.notInSQL
		}
		lines = append(lines, line)
		s.Columns = append(s.Columns, target)
		w.notInSQL = ""
	}
	for i := range w.e.Set {
		a := &w.e.Set[i]
		add(a.Target, w.value(&a.Value, w.t.Field(a.Target), 1))
	}
	for i := range w.e.Set {
		a := &w.e.Set[i]
		if raw := w.t.Field(a.Target + "_raw"); raw != nil && a.Value.maps() && !slices.Contains(s.Columns, raw.Name) {
			add(raw.Name, w.word(&a.Value, w.t.Field(a.Target), 1))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "-- Rows of %s\nSELECT DISTINCT\n", w.e.Table)
	for i, line := range lines {
		b.WriteString(line)
		if i < len(lines)-1 {
			b.WriteString(",")
		}
		if reason := s.NotInSQL[s.Columns[i]]; reason != "" {
			b.WriteString(" -- not in SQL: " + reason)
		}
		b.WriteString("\n")
	}
	b.WriteString(from + w.where(s.NotInSQL))
	if w.e.Mentions {
		b.WriteString(most(w.t.Key, s.Columns))
	}
	s.Text = b.String()
	return s
}

// maps tells whether x maps words anywhere.
func (x *Expr) maps() bool {
	return x.Values != nil || slices.ContainsFunc(x.First, func(f Expr) bool { return f.maps() })
}

// from is the table, and the items of the list that each names.
func (w *selecting) from() string {
	from := w.c.bareSelect()
	if w.e.Each == nil {
		return from
	}
	list, t := w.bare(w.e.Each, &Field{Type: JSON}, 1)
	w.scope[Item] = JSON
	if t == List {
		w.scope[Item] = Text
	} else {
		// One object is a list of one, as tools write that.
		list = "CASE WHEN json_type(" + list + ") = 'OBJECT' THEN [" + list + "] ELSE TRY_CAST(" + list + " AS JSON[]) END"
	}
	w.notInSQL = ""
	return from + "\nCROSS JOIN unnest(" + list + ") AS each(" + Item + ")"
}

// where is the conditions of the emit, and those of its table: a record that
// has no key, or lacks an end of an edge, is a reject.
func (w *selecting) where(notInSQL map[string]string) string {
	conditions := w.conditions(w.e.When)
	for _, name := range slices.Concat(w.e.Needs, []string{w.t.Key}, w.t.Needs) {
		constant := slices.ContainsFunc(w.e.Set, func(a Assign) bool { return a.Target == name && a.Value.Const != nil })
		if name != "" && notInSQL[name] == "" && !constant {
			conditions = append(conditions, sqlName(name)+" IS NOT NULL")
		}
	}
	if len(conditions) == 0 {
		return ""
	}
	return "\nWHERE " + strings.Join(conditions, "\n  AND ")
}

// most keeps of the rows of one key that with the most columns.
func most(key string, columns []string) string {
	filled := make([]string, len(columns))
	for i, name := range columns {
		filled[i] = "(" + sqlName(name) + " IS NOT NULL)::INT"
	}
	return "\nQUALIFY row_number() OVER (PARTITION BY " + sqlName(key) + " ORDER BY " + strings.Join(filled, " + ") + " DESC) = 1"
}
