package database

import (
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Table is a table as the file has it: fields and provenance, with SQL types.
type Table struct {
	Schema, Name, Comment string
	Columns               []Column
	Compression           map[string]string // method by column; DuckDB chooses for the others
}

// Column is a column of a table, of one of DuckDB's types.
type Column struct{ Name, Type, Comment string }

// SQL is the table's name with its schema, quoted.
func (t *Table) SQL() SQL { return Name(t.Schema, t.Name) }

// Names are those of the columns, in their order.
func (t *Table) Names() []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}

// Column finds a column by its name, nil where the table has none.
func (t *Table) Column(name string) *Column { return find(t.Columns, name) }

// provenance are the last columns of each table of observed and of the vendors' schemas.
var provenance = []Column{
	{"_source", "VARCHAR", "name of the configured source that the row comes from"},
	{"_dataset", "VARCHAR", "dataset that the row comes from, <vendor>.<plural>"},
	{"_artifact", "VARCHAR", "SHA-256, in hex, of the delivered file that the row comes from; see meta.artifacts"},
	{"_record", "BIGINT", "position of the record in that file, counted from 0"},
	{"_valid_from", "TIMESTAMPTZ", "time of the run that first saw this version of the row"},
}

var hashColumn = Column{schemas.HashColumn, "UUID", "fingerprint of all fields of the row; rows with the same fingerprint say the same"}

var sourceColumn = Column{"source", "VARCHAR", "name of the configured source that states this"}

const (
	// ThingsSchema is the schema of what is: one row for each real thing.
	ThingsSchema = "main"
	// HistorySchema holds the closed versions of the tables of main.
	HistorySchema = "history"
	// StatedSchema holds the closed versions of the tables of observed.
	StatedSchema = "observed_history"
)

// Fields are the columns that hold fields of the common model or of a contract.
func Fields(fields []schemas.Field) []Column {
	out := make([]Column, len(fields))
	for i, f := range fields {
		out[i] = Column{f.Name, f.Type.SQL(), f.Comment}
		if f.Enum != nil {
			out[i].Comment += " (one of: " + strings.Join(f.Enum, ", ") + ")"
		}
	}
	return out
}

// Common is the layout of a table of observed: its first field, source, the other fields,
// provenance and hash.
func Common(t *schemas.Table) *Table {
	fields := Fields(t.Fields)
	cols := make([]Column, 0, len(fields)+len(provenance)+2)
	cols = append(cols, fields[0], sourceColumn)
	cols = append(cols, fields[1:]...)
	cols = append(cols, provenance...)
	cols = append(cols, hashColumn)
	return &Table{t.Schema, t.Name, t.Comment, cols, compression(t)}
}

// compression names the method for columns of which it is known which one DuckDB would
// choose: they have few values, all different ones, or random ones. The file is the same,
// but DuckDB need not try out the methods, which takes up to 40 % of the time of writing a
// text column.
func compression(t *schemas.Table) map[string]string {
	out := map[string]string{hashColumn.Name: "uncompressed"}
	for _, c := range provenance {
		if c.Type == "VARCHAR" {
			out[c.Name] = "dictionary"
		}
	}
	if !t.IsCommon() {
		return out
	}
	out[sourceColumn.Name] = "dictionary"
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

// History is the layout of the table of the closed versions of t.
func History(t *schemas.Table) *Table {
	h := Common(t)
	h.Schema = StatedSchema
	delete(h.Compression, t.Key) // each version has it: whether it repeats is not known
	h.Comment = "Closed versions of observed." + t.Name + ", true from _valid_from until before _valid_to. " + t.Comment
	h.Columns = append(h.Columns, closing...)
	return h
}

// closing are the last columns of each table of closed versions.
var closing = []Column{
	{"_valid_to", "TIMESTAMPTZ", "end of this version: time of the run that no longer saw it"},
	{"_ended_by", "VARCHAR", "run_id of the run that closed this version; see meta.runs"},
}

// Of is the layout of the table that takes the batches of t.
func Of(t *schemas.Table) *Table {
	if t.IsCommon() {
		return Common(t)
	}
	return Vendor(t)
}

// Vendor is the layout of the table of a dataset as delivered.
func Vendor(t *schemas.Table) *Table {
	return &Table{t.Schema, t.Name, t.Comment, append(append(Fields(t.Fields), provenance...), hashColumn), compression(t)}
}

// schemaNames are the schemas of the file. DuckDB has no comments on schemas.
var schemaNames = []string{schemas.CommonSchema, StatedSchema, HistorySchema, "oleria", "sailpoint", "balkanid", schemas.Own, "meta", "report"}

// create is the statement that makes an empty table.
func create(t *Table) SQL {
	var b strings.Builder
	fmt.Fprintf(&b, "create table %s (", t.SQL())
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", Ident(c.Name), c.Type)
		if method, ok := t.Compression[c.Name]; ok {
			b.WriteString(" using compression " + method)
		}
	}
	b.WriteString(");\n")
	return SQL(b.String())
}

// comment is the statements that comment on t and those of its columns
// for which want says so.
func comment(t *Table, have func(column string) string) SQL {
	var b strings.Builder
	if have("") != t.Comment {
		fmt.Fprintf(&b, "comment on table %s is %s;\n", t.SQL(), Text(t.Comment))
	}
	for _, c := range t.Columns {
		if have(c.Name) != c.Comment {
			fmt.Fprintf(&b, "comment on column %s.%s is %s;\n", t.SQL(), Ident(c.Name), Text(c.Comment))
		}
	}
	return SQL(b.String())
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
