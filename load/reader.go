package load

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go/v2"
)

// Reader answers queries from a published file and can change nothing: not
// the file, no other file, not even its own settings.
type Reader struct {
	db   *sql.DB
	path string
}

// OpenRead opens the published file at path. A refresh may replace the file
// meanwhile; the Reader goes on with the one it opened.
//
// Errors: a [FileError] with [ErrNoDatabase], [ErrNotDatabase] or what DuckDB
// says.
func OpenRead(ctx context.Context, path string) (*Reader, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &FileError{path, ErrNoDatabase, "make one with: accessmart refresh, or try: accessmart demo"}
	}
	if err != nil {
		return nil, err
	}
	err = checkMagic(f, path)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	// Attached to a database in memory of its own: DuckDB shares an open file
	// inside a process by its path, and would hand out the file of yesterday.
	name := ident(catalogName(path))
	setup := []string{
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"attach if not exists " + text(path) + " as " + name + " (read_only)",
		"use " + name,
		"set TimeZone = 'UTC'",
		"set enable_external_access = false",
		"set lock_configuration = true",
	}
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) error { return run(conn, setup) })
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1) // the setup can run once only, because it locks itself
	db.SetMaxIdleConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(&FileError{path, err, "it could not be opened"}, db.Close())
	}
	return &Reader{db, path}, nil
}

// Path is the file that is read.
func (r *Reader) Path() string { return r.path }

// Close ends the reading. Rows must have been closed or read to their end.
func (r *Reader) Close() error { return r.db.Close() }

// Column is one column of an answer.
type Column struct {
	Name string
	Type string // DuckDB's word, such as VARCHAR, TIMESTAMPTZ or DECIMAL(18,3)
}

// Rows is an answer. It holds the Reader's only connection until All ended or
// Close was called.
type Rows struct {
	Columns []Column
	conn    *sql.Conn
	reader  array.RecordReader
}

// Query runs one statement that only reads.
func (r *Reader) Query(ctx context.Context, query string) (*Rows, error) {
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	rows := &Rows{conn: conn}
	err = conn.Raw(func(c any) error {
		types, err := describe1(ctx, c.(*duckdb.Conn), query)
		if err != nil {
			return err
		}
		a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err != nil {
			return err
		}
		if rows.reader, err = a.QueryContext(ctx, query); err != nil {
			return err
		}
		rows.Columns = columnsOf(rows.reader.Schema(), types)
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return rows, nil
}

// describe1 checks that query is one statement and names its columns' types.
func describe1(ctx context.Context, c *duckdb.Conn, query string) (types []string, err error) {
	p, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := p.(*duckdb.Stmt)
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.NumInput() > 0 {
		return nil, errors.New("the query has parameters; write the values into it")
	}
	n, err := s.ColumnCount()
	if err != nil {
		return nil, err
	}
	for i := range n {
		info, err := s.ColumnTypeInfo(i)
		if err != nil {
			return nil, err
		}
		types = append(types, typeName(info))
	}
	return types, nil
}

// columnsOf joins the names of the answer with the types of the statement. JSON
// is text to the latter; only the answer tells.
func columnsOf(s *arrow.Schema, types []string) []Column {
	out := make([]Column, s.NumFields())
	for i, f := range s.Fields() {
		out[i] = Column{Name: f.Name}
		if i < len(types) {
			out[i].Type = types[i]
		}
		if isJSON(f) {
			out[i].Type = "JSON"
		}
	}
	return out
}

func isJSON(f arrow.Field) bool {
	if x, ok := f.Type.(arrow.ExtensionType); ok {
		return x.ExtensionName() == "arrow.json"
	}
	name, _ := f.Metadata.GetValue("ARROW:extension:name")
	return name == "arrow.json"
}

// All yields the rows in order; a row is lent until the next one.
func (r *Rows) All() iter.Seq2[[]Value, error] {
	return func(yield func([]Value, error) bool) {
		row := make([]Value, len(r.Columns))
		for r.reader.Next() {
			b := r.reader.RecordBatch()
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
