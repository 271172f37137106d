// Package read opens a finished database file, and can change nothing: not the
// file, no other file, not even its own settings. It answers with typed values
// or Arrow, and knows what the program itself asks of the ledger.
package read

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/database"
)

// File is a finished file, open for reading.
type File struct {
	db   *sql.DB
	path string
}

// Open opens the file at path. A refresh may replace it
// meanwhile; the File goes on with the one it opened. It reads the file
// alone: what [database.ForeignLogs] finds beside it is not believed.
//
// Errors: a [database.FileError] with [database.ErrNoDatabase], [database.ErrNotDatabase] or what DuckDB
// says.
func Open(ctx context.Context, path string) (*File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := database.Check(path); err != nil {
		return nil, err
	}
	f := &File{path: path}
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// open attaches the file by a path at which no log is beside it.
func (f *File) open(ctx context.Context) error {
	path, done, err := database.Alone(f.path)
	if err != nil {
		return err
	}
	statements := setup(path, f.path)
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) error { return database.Run(conn, statements) })
	if err != nil {
		return errors.Join(err, done())
	}
	f.db = sql.OpenDB(c)
	f.db.SetMaxOpenConns(1) // the setup can run once only, because it locks itself
	f.db.SetMaxIdleConns(1)
	if err := errors.Join(f.db.PingContext(ctx), done()); err != nil {
		return &database.FileError{Path: f.path, Err: renamed{err, path, f.path}, Hint: "it could not be opened; name another with --database, or put a copy back"}
	}
	if path == f.path { // a log may have come while it was opened
		if found, err := database.ForeignLogs(path); err != nil || len(found) > 0 {
			return errors.Join(err, &database.FileError{Path: path, Err: database.ErrInUse, Hint: "a file of unsaved changes has just come to lie beside it; run this again"})
		}
	}
	var ledgers int
	err = f.db.QueryRowContext(ctx, "select count(*) from duckdb_tables() where database_name = current_database() and schema_name = 'meta' and table_name = 'runs'").Scan(&ledgers)
	if err == nil && ledgers == 0 {
		err = &database.FileError{Path: f.path, Err: database.ErrNotDatabase, Hint: "it holds no ledger of this program; name another with --database"}
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

// setup are the statements that open the file at path, under the name of that
// which was asked for, and give up all that reading it does not need.
//
// It is attached to a database in memory of its own: DuckDB shares an open file
// inside a process by its path, and would hand out the file of yesterday. To
// turn external access off is not enough, as DuckDB goes on to allow the file
// itself, its log and the temporary folder; but the file is open by then, so
// that no file system is needed any more.
func setup(path, asked string) []database.SQL {
	name := database.Ident(database.CatalogName(asked))
	return []database.SQL{
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"set temp_directory = ''",
		"set secret_directory = ''",
		"set allow_persistent_secrets = false",
		"attach if not exists " + database.Text(path) + " as " + name + " (read_only)",
		"use " + name,
		"set TimeZone = 'UTC'",
		"set enable_external_access = false",
		"set disabled_filesystems = 'LocalFileSystem'",
		"set lock_configuration = true",
	}
}

// Path is the file that is read.
func (f *File) Path() string { return f.path }

// Close ends the reading. Rows must have been closed or read to their end.
func (f *File) Close() error {
	if f.db == nil {
		return nil
	}
	return f.db.Close()
}
