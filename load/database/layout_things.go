package database

import (
	"fmt"

	"github.com/accessmart/accessmart/schemas"
)

// aboutThing are the last columns of each table of main, of things and edges.
var aboutThing = []Column{
	{"sources", "VARCHAR[]", "names of the sources that have it, in alphabetical order"},
	{"source_count", "BIGINT", "number of those sources"},
	{"is_described", "BOOLEAN", "true: some export describes it; false: exports only mention it, for example as the member of a list or the owner of something"},
	{"disagreements", "JSON", "what each source says in the columns in which sources differ, as JSON {column: {source: value}}; NULL: they do not differ"},
	{"first_seen_at", "TIMESTAMPTZ", "time of the run that saw the first statement about it"},
	{"_valid_from", "TIMESTAMPTZ", "time of the run that first saw this version"},
	{schemas.HashColumn, "UUID", "fingerprint of all columns except first_seen_at and _valid_from; versions with the same fingerprint are the same"},
}

// ofOwnership are the columns by which an edge between identity and account says why it is
// there.
var ofOwnership = []Column{
	{"rule", "VARCHAR", "why the account belongs to the identity: links file, vendor, email or login; see docs/linking.md"},
	{"evidence", "VARCHAR", "the value by which the rule found it, with its namespace; NULL: none"},
	{"confidence", "DOUBLE", "how certain the rule is, from 0 to 1"},
}

// Thing is the layout of a table of main: one row for each thing or edge of which rows of
// the common table t are statements. nil where main has only a view of t.
func Thing(t *schemas.Table) *Table {
	if t.Thing == "" {
		return nil
	}
	out := &Table{Schema: ThingsSchema, Name: t.Name, Comment: t.Thing, Compression: map[string]string{schemas.HashColumn: "uncompressed"}}
	if t.Key != "" {
		out.Compression[t.Key] = "fsst"
	}
	for _, f := range t.Fields {
		if f.Merge == schemas.None {
			continue
		}
		if f.Enum != nil {
			out.Compression[f.Name] = "dictionary"
		}
		if f.Thing != "" {
			f.Comment = f.Thing
		}
		out.Columns = append(out.Columns, Fields([]schemas.Field{f})...)
	}
	if t.Name == "identity_accounts" {
		out.Columns = append(out.Columns, ofOwnership...)
	}
	for _, c := range aboutThing {
		if c.Name != "is_described" || schemas.IsThing(t.Name) { // edges are never only mentioned
			out.Columns = append(out.Columns, c)
		}
	}
	return out
}

// Closed is the layout of the table in schema history that holds the closed versions of a
// table of main, or of meta.links.
func Closed(of *Table) *Table {
	h := *of
	h.Schema = HistorySchema
	h.Comment = fmt.Sprintf("Closed versions of %s.%s, true from _valid_from until before _valid_to. %s", of.Schema, of.Name, of.Comment)
	h.Columns = append(append([]Column{}, of.Columns...), closing...)
	return &h
}

// KindOf is the expression for the kind of thing, as a table of the common model, to which
// the field f of a row of t refers; "" where it refers to none. row is the row's name in the
// statement.
func KindOf(t *schemas.Table, f *schemas.Field, row SQL) SQL {
	switch {
	case f.Refers != "":
		return Text(f.Refers)
	case f.RefersBy != "":
		kind := "case " + row + "." + Ident(f.RefersBy)
		for _, word := range t.Field(f.RefersBy).Enum {
			if word != "unknown" {
				kind += " when " + Text(word) + " then " + Text(schemas.RefersTo(word))
			}
		}
		return kind + " end"
	}
	return ""
}
