package load

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// pickColumn is a copy of _record, or -1 for a row whose content came before. A filter
// compares it with _record, since DuckDB would push a filter on one column down to the
// Arrow stream, which cannot filter. It cannot leave out an unused column either, so a
// statement that reads a feed uses all of its columns.
const pickColumn = "_pick"

const picked = pickColumn + " = " + schemas.RecordColumn

// jsonMark makes DuckDB take text as JSON without parsing it. Package transform has
// checked it.
var jsonMark = arrow.NewMetadata(
	[]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.json", ""})

// shape is how the batches of a table look to DuckDB: as they come, JSON
// marked, and for a common table the pick column behind.
func shape(t *schemas.Table) *arrow.Schema {
	fields := append([]arrow.Field(nil), t.Arrow().Fields()...)
	for i, f := range t.Fields {
		if f.Type == schemas.JSON {
			fields[i].Metadata = jsonMark
		}
	}
	if t.IsCommon() {
		fields = append(fields, arrow.Field{Name: pickColumn, Type: arrow.PrimitiveTypes.Int64})
	}
	return arrow.NewSchema(fields, nil)
}

// narrow has the columns of a common table by which rows are compared, origins those of
// a vendor table.
var (
	narrow  = arrow.NewSchema([]arrow.Field{recordField, hashField, {Name: pickColumn, Type: arrow.PrimitiveTypes.Int64}}, nil)
	origins = arrow.NewSchema([]arrow.Field{{Name: schemas.PartColumn, Type: arrow.PrimitiveTypes.Int32}, recordField, hashField}, nil)

	recordField = arrow.Field{Name: schemas.RecordColumn, Type: arrow.PrimitiveTypes.Int64}
	hashField   = arrow.Field{Name: schemas.HashColumn, Type: schemas.Hash.Arrow(), Metadata: arrow.NewMetadata(
		[]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.uuid", ""})}
)

// checkBatch refuses a batch that is not one of its table, or that names a
// part which the export does not have: rows would lose their origin.
func checkBatch(b schemas.Batch, parts int) error {
	want := b.Table.Arrow()
	got := b.Rows.Schema()
	if got.NumFields() != want.NumFields() {
		return fmt.Errorf("batch of %s.%s has %d columns, want %d", b.Table.Schema, b.Table.Name, got.NumFields(), want.NumFields())
	}
	for i, f := range want.Fields() {
		if g := got.Field(i); g.Name != f.Name || !arrow.TypeEqual(g.Type, f.Type) {
			return fmt.Errorf("batch of %s.%s: column %d is %s %s, want %s %s", b.Table.Schema, b.Table.Name, i, g.Name, g.Type, f.Name, f.Type)
		}
	}
	n := len(b.Table.Fields)
	for _, p := range b.Rows.Column(n).(*array.Int32).Int32Values() {
		if p < 0 || int(p) >= parts {
			return fmt.Errorf("batch of %s.%s: part %d of an export with %d", b.Table.Schema, b.Table.Name, p, parts)
		}
	}
	for i := n; i < want.NumFields(); i++ {
		if b.Rows.Column(i).NullN() > 0 {
			return fmt.Errorf("batch of %s.%s: NULL in %s", b.Table.Schema, b.Table.Name, want.Field(i).Name)
		}
	}
	return nil
}
