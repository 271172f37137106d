package load

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

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
// meanwhile; the Reader goes on with the one it opened. It reads the file
// alone: what [ForeignLogs] finds beside it is not believed.
//
// Errors: a [FileError] with [ErrNoDatabase], [ErrNotDatabase] or what DuckDB
// says.
func OpenRead(ctx context.Context, path string) (*Reader, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := CheckFile(path); err != nil {
		return nil, err
	}
	r := &Reader{path: path}
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// CheckFile reports, without opening it as a database, whether there is a
// DuckDB file at path.
//
// Errors: a [FileError] with [ErrNoDatabase] or [ErrNotDatabase], or what the
// system says.
func CheckFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &FileError{path, ErrNoDatabase, "make one with: accessmart refresh, or try: accessmart demo"}
	}
	if err != nil {
		return err
	}
	return errors.Join(checkMagic(f, path), f.Close())
}

// open attaches the file by a path at which no log is beside it.
func (r *Reader) open(ctx context.Context) error {
	path, done, err := alone(r.path)
	if err != nil {
		return err
	}
	setup := readSetup(path, catalogName(r.path))
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) error { return run(conn, setup) })
	if err != nil {
		return errors.Join(err, done())
	}
	r.db = sql.OpenDB(c)
	r.db.SetMaxOpenConns(1) // the setup can run once only, because it locks itself
	r.db.SetMaxIdleConns(1)
	if err := errors.Join(r.db.PingContext(ctx), done()); err != nil {
		return &FileError{r.path, renamed{err, path, r.path}, "it could not be opened; name another with --database, or put a copy back"}
	}
	if path == r.path { // a log may have come while it was opened
		if found, err := ForeignLogs(path); err != nil || len(found) > 0 {
			return errors.Join(err, &FileError{path, ErrInUse, "a file of unsaved changes has just come to lie beside it; run this again"})
		}
	}
	var ledgers int
	err = r.db.QueryRowContext(ctx, "select count(*) from duckdb_tables() where database_name = current_database() and schema_name = 'meta' and table_name = 'runs'").Scan(&ledgers)
	if err == nil && ledgers == 0 {
		err = &FileError{r.path, ErrNotDatabase, "it holds no ledger of this program; name another with --database"}
	}
	return err
}

// renamed is an error of DuckDB with the name of the file that the user knows.
type renamed struct {
	error
	from, to string
}

func (e renamed) Error() string { return strings.ReplaceAll(e.error.Error(), e.from, e.to) }
func (e renamed) Unwrap() error { return e.error }

// readSetup are the statements that open the file at path under a name and give up all that
// reading it does not need.
//
// It is attached to a database in memory of its own: DuckDB shares an open file
// inside a process by its path, and would hand out the file of yesterday. To
// turn external access off is not enough, as DuckDB goes on to allow the file
// itself, its log and the temporary folder; but the file is open by then, so
// that no file system is needed any more.
func readSetup(path, name string) []string {
	name = ident(name)
	return []string{
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"set temp_directory = ''",
		"set secret_directory = ''",
		"set allow_persistent_secrets = false",
		"attach if not exists " + text(path) + " as " + name + " (read_only)",
		"use " + name,
		"set TimeZone = 'UTC'",
		"set enable_external_access = false",
		"set disabled_filesystems = 'LocalFileSystem'",
		"set lock_configuration = true",
	}
}

// Path is the file that is read.
func (r *Reader) Path() string { return r.path }

// Close ends the reading. Rows must have been closed or read to their end.
func (r *Reader) Close() error {
	if r.db == nil {
		return nil
	}
	return r.db.Close()
}

// Column is one column of an answer.
type Column struct {
	Name string
	Type string // DuckDB's words, such as VARCHAR, TIMESTAMP WITH TIME ZONE or DECIMAL(18,3)
}

// Rows is an answer. It holds the Reader's only connection until All ended or
// Close was called.
type Rows struct {
	Columns []Column
	conn    *sql.Conn
	reader  array.RecordReader
}

// Query runs one statement that only reads: a SELECT in any of its spellings,
// SHOW, DESCRIBE, SUMMARIZE, an EXPLAIN of one of these, or a PRAGMA that
// lists. Errors: [ErrNotReading], or what DuckDB says.
func (r *Reader) Query(ctx context.Context, query string) (*Rows, error) {
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	rows := &Rows{conn: conn}
	if err := rows.start(ctx, query); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return rows, nil
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
		a, err := arrowOf(c)
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
