package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Dictionary is the data dictionary of the database file in Markdown: each
// table of the common model with its columns and what fills them, then each
// dataset with its vendor table. It is generated into docs/data-dictionary.md.
func (s *Set) Dictionary() string {
	var b strings.Builder
	b.WriteString(dictionaryHead)
	fills := s.fills()
	for _, t := range s.Common.Tables {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", t.Name, t.Comment)
		b.WriteString("| column | type | meaning | filled by |\n| --- | --- | --- | --- |\n")
		for _, f := range t.Fields {
			meaning := f.Comment
			if f.Enum != nil {
				meaning += ". One of: " + strings.Join(f.Enum, ", ")
			}
			tableRow(&b, f.Name, f.Type.SQL(), meaning, strings.Join(fills[t.Name+"."+f.Name], ", "))
		}
	}
	b.WriteString(dictionaryThings)
	for _, t := range s.Common.Tables {
		t.thing(&b)
	}
	b.WriteString(dictionaryFacts)
	for _, t := range s.Common.Tables {
		t.fact(&b)
	}
	b.WriteString(dictionaryVendors)
	for _, c := range s.All() {
		c.dictionary(&b, s.Common)
	}
	return b.String()
}

const dictionaryHead = `# Data dictionary

Generated from ` + "`schemas/`" + ` by ` + "`make generate`" + `; do not edit.

The second column of each table of ` + "`observed`" + ` is ` + "`source`" + `, the name that the user gave to the source. The last columns of each table of ` + "`observed`" + ` and of the
vendors' schemas are ` + "`_source`, `_dataset`, `_artifact` and `_record`" + ` (where the row was first seen), ` + "`_valid_from`" + ` (when), and ` + "`_hash`" + ` (a fingerprint of its fields, by which
a row that is delivered again is recognised). NULL means that the vendor did not say; it never means no. Times are UTC. Tables of ` + "`meta`" + ` and views are not listed here; like all
tables and columns they have comments in the file: ` + "`from duckdb_columns()`" + `.

## The common model: schema observed
`

const dictionaryThings = `
## What is: schema main

One row for each real thing, and for each edge between things, whichever sources have it; [things](things.md) says how its values come from the statements. Closed versions are in ` + "`history`" + `.
The last columns of each table are ` + "`sources`, `source_count`, `is_described` (things only), `disagreements`, `first_seen_at`, `_valid_from` and `_hash`; `identity_accounts` has `rule`, `evidence` and `confidence`" + ` before them.
`

const dictionaryFacts = `
### Facts

Views over ` + "`observed`" + `, with one row for each statement and with all its columns. Keys of things are those of ` + "`main`" + `. Beside an address that names a person there is the key of that person. Closed versions are in ` + "`history`" + `.

| view | columns that name things |
| --- | --- |
`

const dictionaryVendors = `
## The vendors' tables: schemas oleria, sailpoint and balkanid

One table for each dataset, with the latest export as delivered: first the typed columns of the contract, then ` + "`_extra`" + `, one JSON object with what the vendor sent beyond them. A dataset
without listed columns is loaded as text, with the columns that it comes with.
How far the vendor documents the columns: *vendor* means that its page lists them, *partly* that it lists some, or those of a similar dataset, and *assumed* that it lists none.
`

// thing writes the table of main that has one row for each thing of which rows of t are
// statements.
func (t *Table) thing(b *strings.Builder) {
	if t.Thing == "" {
		return
	}
	fmt.Fprintf(b, "\n### main.%s\n\n%s\n\n| column | type | meaning | merged by |\n| --- | --- | --- | --- |\n", t.Name, t.Thing)
	for _, f := range t.Fields {
		if f.Merge == None {
			continue
		}
		meaning, merge := f.Comment, string(f.Merge)
		if f.Thing != "" {
			meaning = f.Thing
		}
		if f.Name == t.Key {
			merge = ""
		}
		tableRow(b, f.Name, f.Type.SQL(), meaning, merge)
	}
}

// fact writes the line of a view of facts.
func (t *Table) fact(b *strings.Builder) {
	if t.Thing != "" {
		return
	}
	var names []string
	for _, f := range t.Fields {
		if f.RefersBy != "" || IsThing(f.Refers) {
			names = append(names, f.Name)
		}
		if key := f.PersonKey(); key != "" && t.Field(key) == nil {
			names = append(names, key)
		}
	}
	tableRow(b, t.Name, strings.Join(names, ", "))
}

// fills lists the datasets that set each column of the common model.
func (s *Set) fills() map[string][]string {
	out := map[string][]string{}
	for _, c := range s.All() {
		for _, m := range c.Mappings(s.Common) {
			if k := m.Table + "." + m.Target; m.Rule != Decides && !slices.Contains(out[k], c.Dataset) {
				out[k] = append(out[k], c.Dataset)
			}
		}
	}
	return out
}

func (c *Contract) dictionary(b *strings.Builder, common *Common) {
	fmt.Fprintf(b, "\n### %s\n\n%s. Columns: %s. Mode: %s.", c.Dataset, strings.TrimSuffix(c.Grain, "."), c.Documented, c.Mode)
	if c.Doc != "" {
		fmt.Fprintf(b, " [Vendor's page](%s).", c.Doc)
	}
	if c.ByHand() {
		b.WriteString(" Comes only as a file that somebody hands over.")
	}
	b.WriteString("\n")
	if !c.Typed() {
		return
	}
	targets := map[string][]string{}
	for _, m := range c.Mappings(common) {
		if t := m.Table + "." + m.Target; m.Target != "" && m.Rule != Decides && !slices.Contains(targets[m.Column], t) {
			targets[m.Column] = append(targets[m.Column], t)
		}
	}
	b.WriteString("\n| column | type | comes from | goes to |\n| --- | --- | --- | --- |\n")
	for _, col := range c.Columns {
		tableRow(b, col.Name, col.Type.SQL(), col.origin(), strings.Join(targets[col.Name], ", "))
	}
}

func (c *Column) origin() string {
	var parts []string
	if len(c.From) > 0 {
		parts = append(parts, strings.Join(c.From, " or "))
	}
	if c.Context != "" {
		parts = append(parts, "the request's "+c.Context)
	}
	text := strings.Join(parts, ", else ")
	for _, note := range []struct {
		is   bool
		text string
	}{
		{c.Part != nil, "a piece of the cell"}, {c.Required, "required"}, {c.Mask != nil, "secrets replaced by ***"}, {c.Comment != "", c.Comment},
	} {
		if note.is {
			text += "; " + note.text
		}
	}
	return text
}

func tableRow(b *strings.Builder, cells ...string) {
	b.WriteString("|")
	for _, c := range cells {
		b.WriteString(" " + strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "***", "\\*\\*\\*").Replace(c) + " |")
	}
	b.WriteString("\n")
}
