package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// WriteContracts makes meta.datasets and meta.column_map what the contracts say.
func WriteContracts(ctx context.Context, t *database.Tx, set *schemas.Set) error {
	datasets, columns := records{}, records{}
	for _, c := range set.All() {
		datasets.add(c.Dataset, c.Vendor(), c.Grain, string(c.Documented), c.Doc, string(c.Mode), c.Typed(), c.Fingerprint)
		columns.addMap(c, set.Common)
	}
	err := datasets.write(ctx, t, "meta.datasets", "dataset, vendor, grain, documented, doc_url, mode, is_typed, contract")
	if err != nil {
		return err
	}
	return columns.write(ctx, t, "meta.column_map", "dataset, vendor_column, contract_column, path, target_table, target_column, rule, condition, choice")
}

// Replace replaces all rows of a table. table names its columns too, and each row is a list
// of values in parentheses.
func Replace(ctx context.Context, t *database.Tx, table database.SQL, rows []database.SQL) error {
	name, _, _ := strings.Cut(string(table), " ")
	if _, err := t.Exec(ctx, "delete from "+database.SQL(name)); err != nil || len(rows) == 0 {
		return err
	}
	_, err := t.Exec(ctx, "insert into "+table+" values "+database.Join(rows, ",\n"))
	return err
}

// records are rows of cells: texts, numbers and flags. An empty text and the number 0 are NULL.
type records [][]any

func (r *records) add(cells ...any) { *r = append(*r, cells) }

// write makes the rows of a table these, unless it has them already.
func (r records) write(ctx context.Context, t *database.Tx, table, columns string) error {
	names := strings.Split(columns, ", ")
	was, err := printOf(ctx, t, table, names)
	if err != nil || was == r.print() {
		return err
	}
	if _, err := t.Exec(ctx, "delete from "+database.SQL(table)); err != nil {
		return err
	}
	rows, err := r.batch(names)
	if err != nil {
		return err
	}
	defer rows.Release()
	_, err = t.Take(ctx, rows, func(feed database.SQL) database.SQL {
		return database.SQL("insert into "+table+" ("+columns+") select "+columns+" from ") + feed
	})
	return err
}

// batch is the rows as texts, which DuckDB casts. To read as many literals takes it forty times
// as long.
func (r records) batch(names []string) (array.RecordReader, error) {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	shape := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(database.Outside, shape)
	defer b.Release()
	for _, cells := range r {
		for i, c := range cells {
			if text, isNull := textOf(c); isNull {
				b.Field(i).AppendNull()
			} else {
				b.Field(i).(*array.StringBuilder).Append(text)
			}
		}
	}
	rows := b.NewRecordBatch()
	defer rows.Release()
	return array.NewRecordReader(shape, []arrow.RecordBatch{rows})
}

// printOf is the fingerprint of the rows of a table, in their order.
func printOf(ctx context.Context, t *database.Tx, table string, columns []string) (print string, err error) {
	cells := make([]database.SQL, len(columns))
	for i, c := range columns {
		cells[i] = printedCell.Fill(database.Values{"text": database.SQL("cast(" + c + " as varchar)")})
	}
	err = t.Each(ctx, printedRows.Fill(database.Values{"cells": database.Join(cells, " || "), "table": database.SQL(table)}), func(rows *sql.Rows) error { return rows.Scan(&print) })
	return print, err
}

var (
	printedCell = database.Parse(`coalesce(strlen({{.text}}) || ':' || {{.text}}, '-')`)
	printedRows = database.Parse(`select coalesce(sha256(string_agg({{.cells}}, '' order by rowid)), '') from {{.table}}`)
)

// print is the fingerprint of a table that has these rows.
func (r records) print() string {
	h := sha256.New()
	for _, cells := range r {
		for _, c := range cells {
			if text, isNull := textOf(c); isNull {
				io.WriteString(h, "-")
			} else {
				fmt.Fprintf(h, "%d:%s", len(text), text)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func textOf(cell any) (text string, isNull bool) {
	switch v := cell.(type) {
	case string:
		return v, v == ""
	case int:
		return strconv.Itoa(v), v == 0
	case bool:
		return strconv.FormatBool(v), false
	default:
		panic(fmt.Sprintf("%T in a row of a contract", v))
	}
}

// addMap adds the rows of meta.column_map for one contract: each column into
// the vendor table, then each way into the common model.
func (r *records) addMap(c *schemas.Contract, common *schemas.Common) {
	for _, col := range c.Columns {
		r.add(c.Dataset, delivered(&col), col.Name, "", "", "", "copy", "", 0)
	}
	for _, m := range c.Mappings(common) {
		vendor := ""
		if col := c.Column(m.Column); col != nil {
			vendor = delivered(col)
		}
		r.add(c.Dataset, vendor, m.Column, m.Path.String(), m.Table, m.Target, m.Rule, m.When, m.Choice)
	}
}

func delivered(c *schemas.Column) string {
	if len(c.From) > 0 {
		return c.From[0]
	}
	return ""
}
