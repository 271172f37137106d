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

Generated from ` + "`schemas/`" + ` by ` + "`go test ./schemas -update`" + `; do not edit.

Each row of ` + "`observed`" + ` has, as second column, ` + "`source`" + ` (the name the user chose), and each row of ` + "`observed`" + ` and of the vendors'
schemas ` + "`_source`, `_dataset`, `_artifact`, `_record`, `_valid_from` and `_hash`" + `: where it was first seen and when,
and the fingerprint of its fields, by which a row that comes again is known.
NULL means that the vendor did not say; it never means no. Times are UTC. Tables derived in SQL and those of ` + "`meta`" + ` carry
comments of their own in the file: ` + "`from duckdb_columns()`" + `.

## The common model: schema observed
`

const dictionaryThings = `
## What is: schema main

One row for each real thing and each edge between things, whoever speaks of it; docs/things.md says how its values come from the statements. Closed versions are in ` + "`history`" + `. Each table has, as last columns,
` + "`sources`, `source_count`, `is_described` (things only), `disagreements`, `first_seen_at`, `_valid_from` and `_hash`; `identity_accounts` has `rule`, `evidence` and `confidence`" + ` before them.
`

const dictionaryFacts = `
### Facts

Views over ` + "`observed`" + `, one row for each statement, with all its columns. Keys of things are those of ` + "`main`" + `, and beside an address that names a person stands whom it means. ` + "`history`" + ` has the closed versions.

| view | columns that name things |
| --- | --- |
`

const dictionaryVendors = `
## The vendors' tables: schemas oleria, sailpoint and balkanid

One table for each dataset, the latest export as delivered. Typed columns of the contract first, then ` + "`_extra`" + `: what
the vendor sent beyond it, as one JSON object. A dataset without listed columns loads as text, column by column.
How far the vendor documents the columns: *vendor* lists them, *partly* only some or those of a sibling, *assumed* not at all.
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
