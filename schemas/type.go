package schemas

import "github.com/apache/arrow-go/v18/arrow"

// Type is the type of a column, in a contract or in a table. It fixes at once
// how a cell is read, the Arrow type in flight and the DuckDB type at rest.
type Type string

const (
	Text      Type = "text"      // UTF-8; an empty cell is NULL
	Email     Type = "email"     // text, trimmed and lower-cased
	Bool      Type = "bool"      // true/false, yes/no, 1/0, t/f, y/n in any case
	Int       Type = "int"       // decimal, 64 bits signed
	Float     Type = "float"     // decimal, 64 bits
	Timestamp Type = "timestamp" // microseconds, UTC
	Date      Type = "date"      // days
	Duration  Type = "duration"  // Go durations such as 68m0s, microseconds
	JSON      Type = "json"      // a JSON value as text
	List      Type = "list"      // list of text
	Hash      Type = "hash"      // 128 bits; only for columns that the program makes
)

type typeFacts struct {
	sql   string
	arrow arrow.DataType
}

var types = map[Type]typeFacts{
	Text:      {"VARCHAR", arrow.BinaryTypes.String},
	Email:     {"VARCHAR", arrow.BinaryTypes.String},
	Bool:      {"BOOLEAN", arrow.FixedWidthTypes.Boolean},
	Int:       {"BIGINT", arrow.PrimitiveTypes.Int64},
	Float:     {"DOUBLE", arrow.PrimitiveTypes.Float64},
	Timestamp: {"TIMESTAMPTZ", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
	Date:      {"DATE", arrow.FixedWidthTypes.Date32},
	Duration:  {"INTERVAL", &arrow.DurationType{Unit: arrow.Microsecond}},
	JSON:      {"JSON", arrow.BinaryTypes.String},
	List:      {"VARCHAR[]", arrow.ListOf(arrow.BinaryTypes.String)},
	Hash:      {"UUID", &arrow.FixedSizeBinaryType{ByteWidth: 16}},
}

// Valid reports whether t may stand in a YAML file.
func (t Type) Valid() bool {
	_, ok := types[t]
	return ok && t != Hash
}

// SQL is the DuckDB type that stores t.
func (t Type) SQL() string { return types[t].sql }

// Arrow is the Arrow type that carries t.
func (t Type) Arrow() arrow.DataType { return types[t].arrow }

// IsText reports whether values of t travel as plain UTF-8 text.
func (t Type) IsText() bool { return t == Text || t == Email || t == JSON }

// field is the Arrow field of a column of type t. A Hash travels under the
// canonical extension arrow.uuid, which DuckDB reads as UUID.
func (t Type) field(name string) arrow.Field {
	f := arrow.Field{Name: name, Type: t.Arrow(), Nullable: true}
	if t == Hash {
		f.Metadata = arrow.NewMetadata(
			[]string{"ARROW:extension:name", "ARROW:extension:metadata"},
			[]string{"arrow.uuid", ""})
	}
	return f
}
