package load

import (
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// table is a table as the file holds it: fields plus provenance, SQL types.
type table struct {
	schema, name, comment string
	columns               []column
	compression           map[string]string // by column; DuckDB chooses for the others
}

type column struct{ name, sql, comment string }

func (t *table) qualified() string { return ident(t.schema) + "." + ident(t.name) }

func (t *table) names() []string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = c.name
	}
	return out
}

// provenance is the end of each row of main and of the vendors' schemas.
var provenance = []column{
	{"_source", "VARCHAR", "name of the configured source that the row came from"},
	{"_dataset", "VARCHAR", "dataset that the row came from, <vendor>.<plural>"},
	{"_artifact", "VARCHAR", "SHA-256, in hex, of the delivered file that the row came from; see meta.artifacts"},
	{"_record", "BIGINT", "ordinal of the record in that file, from 0"},
	{"_valid_from", "TIMESTAMPTZ", "when this version of the row was first seen: the time of the run that loaded it"},
}

var hashColumn = column{schemas.HashColumn, "UUID", "fingerprint of all fields of the row, by which versions are told apart"}

var sourceColumn = column{"source", "VARCHAR", "name of the configured source that described this"}

// historySchema holds the closed versions of the tables of main.
const historySchema = "history"

func fieldColumns(fields []schemas.Field) []column {
	out := make([]column, len(fields))
	for i, f := range fields {
		out[i] = column{f.Name, f.Type.SQL(), f.Comment}
		if f.Enum != nil {
			out[i].comment += " (one of: " + strings.Join(f.Enum, ", ") + ")"
		}
	}
	return out
}

// commonLayout is a table of main: its first field, source, the other fields,
// provenance and hash.
func commonLayout(t *schemas.Table) *table {
	fields := fieldColumns(t.Fields)
	cols := make([]column, 0, len(fields)+len(provenance)+2)
	cols = append(cols, fields[0], sourceColumn)
	cols = append(cols, fields[1:]...)
	cols = append(cols, provenance...)
	cols = append(cols, hashColumn)
	return &table{t.Schema, t.Name, t.Comment, cols, compression(t)}
}

// compression names the method for those columns of which it is known beforehand
// what DuckDB would choose: few values, all different, or random. The file is the
// same, without the trying, which takes up to 40 % of writing a text column.
func compression(t *schemas.Table) map[string]string {
	out := map[string]string{hashColumn.name: "uncompressed"}
	for _, c := range provenance {
		if c.sql == "VARCHAR" {
			out[c.name] = "dictionary"
		}
	}
	if !t.IsCommon() {
		return out
	}
	out[sourceColumn.name] = "dictionary"
	for _, f := range t.Fields {
		if f.Enum != nil {
			out[f.Name] = "dictionary"
		}
	}
	if t.Key != "" {
		out[t.Key] = "fsst"
	}
	return out
}

// historyLayout is the table of the closed versions of t.
func historyLayout(t *schemas.Table) *table {
	h := commonLayout(t)
	h.schema = historySchema
	delete(h.compression, t.Key) // each version has it: whether it repeats is not known
	h.comment = "Closed versions of main." + t.Name + ", true from _valid_from until before _valid_to. " + t.Comment
	h.columns = append(h.columns,
		column{"_valid_to", "TIMESTAMPTZ", "when this version was last current: the time of the run that no longer saw it"},
		column{"_ended_by", "VARCHAR", "run that closed this version; see meta.runs"})
	return h
}

// layoutOf is the table of the file that takes the batches of t.
func layoutOf(t *schemas.Table) *table {
	if t.IsCommon() {
		return commonLayout(t)
	}
	return vendorLayout(t)
}

// vendorLayout is the table of a dataset as delivered.
func vendorLayout(t *schemas.Table) *table {
	return &table{t.Schema, t.Name, t.Comment, append(append(fieldColumns(t.Fields), provenance...), hashColumn), compression(t)}
}

// schemaNames are the schemas of the file. DuckDB has no comments on schemas.
var schemaNames = []string{schemas.CommonSchema, historySchema, "oleria", "sailpoint", "balkanid", "meta", "report"}

func createTable(t *table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "create table %s (", t.qualified())
	for i, c := range t.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", ident(c.name), c.sql)
		if method, ok := t.compression[c.name]; ok {
			b.WriteString(" using compression " + method)
		}
	}
	b.WriteString(");\n")
	return b.String()
}

// commentTable is the statements that comment on t and those of its columns
// for which want says so.
func commentTable(t *table, have func(column string) string) string {
	var b strings.Builder
	if have("") != t.comment {
		fmt.Fprintf(&b, "comment on table %s is %s;\n", t.qualified(), text(t.comment))
	}
	for _, c := range t.columns {
		if have(c.name) != c.comment {
			fmt.Fprintf(&b, "comment on column %s.%s is %s;\n", t.qualified(), ident(c.name), text(c.comment))
		}
	}
	return b.String()
}

func uncommented(string) string { return "" }

// spelled is the type in the words of duckdb_columns().
func spelled(sql string) string {
	switch sql {
	case "TIMESTAMPTZ":
		return "TIMESTAMP WITH TIME ZONE"
	}
	return sql
}
