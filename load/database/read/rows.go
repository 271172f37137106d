package read

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/database"
)

// Column is one column of an answer.
type Column struct {
	Name string
	Type string // DuckDB's words, such as VARCHAR, TIMESTAMP WITH TIME ZONE or DECIMAL(18,3)
}

// Rows is an answer. It holds the only connection of its [File] until All ended or
// Close was called.
type Rows struct {
	Columns []Column
	conn    *sql.Conn
	reader  array.RecordReader
}

// Query runs one statement that only reads: a SELECT in any of its spellings,
// SHOW, DESCRIBE, SUMMARIZE, an EXPLAIN of one of these, or a PRAGMA that
// lists. Errors: [ErrNotReading], or what DuckDB says.
func (f *File) Query(ctx context.Context, query string) (*Rows, error) {
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	rows := &Rows{conn: conn}
	if err := rows.start(ctx, query); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return rows, nil
}

// Each calls take for each row of an answer. A row is lent.
func (f *File) Each(ctx context.Context, query string, take func([]Value)) error {
	rows, err := f.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for row, err := range rows.All() {
		if err != nil {
			return err
		}
		take(row)
	}
	return nil
}

// texts reads the first column of an answer.
func (f *File) texts(ctx context.Context, query string) (out []string, err error) {
	err = f.Each(ctx, query, func(row []Value) { out = append(out, row[0].Text) })
	return out, err
}

func (r *Rows) start(ctx context.Context, query string) error {
	err := r.conn.Raw(func(c any) (err error) {
		query, err = reading(c.(*duckdb.Conn), query)
		return err
	})
	if err != nil {
		return err
	}
	types, err := r.describe(ctx, query)
	if err != nil {
		types = nil // not a select: show, explain, pragma, which yield plain types
	}
	return r.conn.Raw(func(c any) error {
		a, err := database.ArrowOf(c)
		if err != nil {
			return err
		}
		if r.reader, err = a.QueryContext(ctx, readable(query, types)); err != nil {
			return err
		}
		r.Columns = types
		if types == nil {
			for _, f := range r.reader.Schema().Fields() {
				r.Columns = append(r.Columns, Column{f.Name, "VARCHAR"})
			}
		}
		return nil
	})
}

// describe names the columns of a select with their types.
func (r *Rows) describe(ctx context.Context, query string) ([]Column, error) {
	rows, err := r.conn.QueryContext(ctx, "select column_name, column_type from (describe "+query+"\n)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Column{}
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.Type); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// inexact are types that DuckDB's Arrow export changes or cannot carry.
var inexact = regexp.MustCompile(`\b(UHUGEINT|BIGNUM|BIT|TIME WITH TIME ZONE|UNION|VARIANT|GEOMETRY)\b`)

// readable is the query with inexact columns turned to text by DuckDB itself.
func readable(query string, types []Column) string {
	if !slices.ContainsFunc(types, func(c Column) bool { return inexact.MatchString(c.Type) }) {
		return query
	}
	names, values := make([]string, len(types)), make([]string, len(types))
	for i, c := range types {
		names[i] = fmt.Sprintf("c%d", i)
		values[i] = names[i]
		if inexact.MatchString(c.Type) {
			values[i] += "::varchar"
		}
	}
	return "select " + strings.Join(values, ", ") + " from (" + query + "\n) t(" + strings.Join(names, ", ") + ")"
}

// All yields the rows in order, cell by cell; a row is lent until the next one.
func (r *Rows) All() iter.Seq2[[]Value, error] {
	return func(yield func([]Value, error) bool) {
		row := make([]Value, len(r.Columns))
		for b, err := range r.Batches() {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range int(b.NumRows()) {
				for j := range row {
					row[j] = valueAt(b.Column(j), i)
					if r.Columns[j].Type == "JSON" && !row[j].Null {
						row[j].raw = json.Valid([]byte(row[j].Text))
					}
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// Batches yields the rows as Arrow, in batches as DuckDB makes them; a batch is
// lent until the next one. Columns that Arrow cannot carry exactly are text.
func (r *Rows) Batches() iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for r.reader.Next() {
			if !yield(r.reader.RecordBatch(), nil) {
				return
			}
		}
		if err := r.reader.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Close gives the connection back.
func (r *Rows) Close() error {
	if r.reader != nil {
		r.reader.Release()
		r.reader = nil
	}
	return r.conn.Close()
}
