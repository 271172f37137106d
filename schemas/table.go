package schemas

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// Table describes one table of the database file: a table of the common model
// (schema observed), a vendor's dataset (schema named like the vendor) or rejects
// (schema meta).
type Table struct {
	Schema  string
	Name    string
	Comment string
	// Thing is the comment of the table of the same name in schema main, which has one
	// row for each thing or edge of which rows of this one are statements; "" where main
	// has only a view of them.
	Thing string
	// Past tells that rows say what once happened, so that what they name may be gone:
	// a key that they alone have makes no thing.
	Past bool
	Key  string // name of the key column; "" where the table has none of its own
	// Needs are the columns besides the key without which there is no row: the
	// two ends of an edge.
	Needs  []string
	Fields []Field
}

// Field is one column of a [Table], without the provenance that every table gets.
type Field struct {
	Name    string
	Type    Type
	Merge   Merge   // how a thing has it
	Compare Compare // when sources disagree on it
	Comment string
	Thing   string   // comment of the column in schema main; "" for Comment
	Enum    []string // closed set of words, nil for open; a text column only
	// Volatile columns do not count in [HashColumn]: a change of theirs alone
	// makes no new version of the row, which keeps the value of the export in
	// which its version was first seen.
	Volatile bool
	// Identifies tells that the text identifies a person or an account, by
	// which others join: a placeholder is none, see [IsNobody].
	Identifies bool
	// NullFinding is the rule of the finding that counts the rows in which it is NULL,
	// where readers would take that for an answer; "" where they do not.
	NullFinding string
	Refers      string // common table whose key the column holds; "" where it holds none, or RefersBy tells
	RefersBy    string // column whose word says which common table it is: see [RefersTo]
	// KeptFor is the column, which refers to a thing, whose key in main this one holds as it was
	// when the row was written; "" where it holds none.
	KeptFor string
	// Person tells that the address <x>_email names a person, so that the view of the
	// table in main has whom it means, as <x>_identity_key.
	Person bool
}

// Merge says how a column of a thing comes from the statements about it.
type Merge string

const (
	Prefer Merge = "prefer" // that of the strongest statement that tells it, of equal ones the freshest
	AnyOf  Merge = "any"    // true if one says so
	Max    Merge = "max"
	Min    Merge = "min"
	Union  Merge = "union" // one JSON object with the members of all
	None   Merge = "none"  // things do not have it
)

// Compare says which values of a column are no disagreement of the sources that tell them.
type Compare string

const (
	Whole Compare = "" // equal ones, but for letter case and blanks around them
	// Beginning: also one that, up to a comma, is how the other one begins.
	Beginning Compare = "beginning"
)

// RefersTo is the table of the common model that a word of a kind column means.
func RefersTo(word string) string {
	if word == "identity" {
		return "identities"
	}
	return word + "s"
}

// Columns that each batch carries after the table's own fields, in this order.
// Load turns PartColumn into _artifact and adds _source, _dataset, _valid_from.
const (
	PartColumn   = "_part"   // int32: index into [Export].Parts
	RecordColumn = "_record" // int64: ordinal of the record in its artifact, from 0
	HashColumn   = "_hash"   // 16 bytes: fingerprint of all fields that are not volatile
)

// Field returns the field of that name, or nil.
func (t *Table) Field(name string) *Field {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

// PersonKey is the name of the column of a view in main that says whom the address in f
// means; "" where it names nobody.
func (f *Field) PersonKey() string {
	if !f.Person {
		return ""
	}
	return f.personKey()
}

func (f *Field) personKey() string {
	if x, ok := strings.CutSuffix(f.Name, "_email"); ok {
		return x + "_identity_key"
	}
	return f.Name
}

// IsCommon reports whether t belongs to the common model.
func (t *Table) IsCommon() bool { return t.Schema == CommonSchema }

// CommonSchema is the DuckDB schema of the common model as the exports state it.
const CommonSchema = "observed"

// Arrow is the schema of the batches of t: its fields, then [PartColumn],
// [RecordColumn] and, but for [RejectsTable], whose rows are never compared
// with those of the last refresh, [HashColumn].
func (t *Table) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, 0, len(t.Fields)+3)
	for _, f := range t.Fields {
		fields = append(fields, f.Type.field(f.Name))
	}
	fields = append(fields,
		arrow.Field{Name: PartColumn, Type: arrow.PrimitiveTypes.Int32},
		arrow.Field{Name: RecordColumn, Type: arrow.PrimitiveTypes.Int64})
	if t != RejectsTable {
		fields = append(fields, Hash.field(HashColumn))
	}
	return arrow.NewSchema(fields, nil)
}

// ExtraColumn is the vendor-table column that keeps, as one JSON object for a
// record, what the contract does not name.
const ExtraColumn = "_extra"

// VendorTable is the table of a dataset whose columns are known: the
// contract's columns in order, then [ExtraColumn].
func (c *Contract) VendorTable() *Table {
	t := &Table{Schema: c.Vendor(), Name: c.Plural(), Comment: c.Grain}
	for _, col := range c.Columns {
		t.Fields = append(t.Fields, Field{Name: col.Name, Type: col.Type, Comment: col.describe()})
	}
	t.Fields = append(t.Fields, Field{Name: ExtraColumn, Type: JSON,
		Comment: "what the vendor sent beyond the contract, as one JSON object; NULL when nothing"})
	return t
}

// TextTable is the table of a dataset without typed columns: each name, in
// order, as text, then [ExtraColumn] for what only some parts delivered.
func (c *Contract) TextTable(names []string) *Table {
	t := &Table{Schema: c.Vendor(), Name: c.Plural(), Comment: c.Grain}
	for _, n := range names {
		t.Fields = append(t.Fields, Field{Name: n, Type: Text, Comment: "as delivered"})
	}
	t.Fields = append(t.Fields, Field{Name: ExtraColumn, Type: JSON,
		Comment: "what could not be a column of its own, as one JSON object; NULL when nothing"})
	return t
}

// RejectsTable is the table of the records that could not become rows. Load
// adds run, source and dataset.
var RejectsTable = &Table{
	Schema: "meta", Name: "rejects",
	Comment: "One row for each record, or entry of a list in a record, that could not be read, with the reason and the text as delivered",
	Fields: []Field{
		{Name: "byte_offset", Type: Int, Comment: "offset of the record, in bytes, in the decompressed artifact or archive member; NULL: not known"},
		{Name: "line", Type: Int, Comment: "line on which the record starts, counted from 1; NULL: not known"},
		{Name: "level", Type: Text, Enum: RejectLevels, Comment: "record: the record as a whole was rejected; item: one entry of a list in it, or one row that it would have become, was rejected (see field), and the rest of the record was loaded"},
		{Name: "field", Type: Text, Comment: "column of the contract at fault, for an item with the path of the entry; NULL: the record as a whole is at fault"},
		{Name: "rule", Type: Text, Enum: RejectRules, Comment: "rule that was broken"},
		{Name: "message", Type: Text, Comment: "what is wrong, without any value"},
		{Name: "row_keys", Type: List, Comment: "keys of the rows of the common model that the record would have become, as far as they are certain; this export does not close rows with these keys"},
		{Name: "unnamed_tables", Type: List, Comment: "tables of the common model in which the record, or entry, may stand for rows whose keys are not certain; this export closes no row there"},
		{Name: "record_text", Type: Text, Comment: "the record as delivered, with masked cells replaced; NULL: it could not be kept safely"},
	},
}

// RejectLevels tell how much became no row.
var RejectLevels = []string{LevelRecord, LevelItem}

// The levels of rejects.
const (
	LevelRecord = "record" // the record as a whole
	LevelItem   = "item"   // one entry of a list in it, or one row that it means
)

// RejectRules are the reasons for which a record becomes a reject.
var RejectRules = []string{RuleFrame, RuleRequired, RuleType, RuleEnum, RuleRange, RuleLimit, RuleUnfit}

// The reject rules.
const (
	RuleFrame    = "frame"    // the bytes are not one record of the format
	RuleRequired = "required" // a required column is empty
	RuleType     = "type"     // a cell does not read as its type
	RuleEnum     = "enum"     // a word outside a closed set that has no 'unknown'
	RuleRange    = "range"    // a number, date or duration that the type cannot hold
	RuleLimit    = "limit"    // a record or cell over a size limit
	RuleUnfit    = "unfit"    // it can be read, and does not fit the others or what it was made of
)
