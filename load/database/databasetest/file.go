// Package databasetest opens working copies for tests of what works on them.
package databasetest

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/database"
)

// File is an open working copy, which ends with its test. Its methods end the test where
// something fails.
type File struct {
	testing.TB
	Copy *database.Copy
	DB   *database.DB
}

// Open opens an empty copy, in which tables are made.
func Open(t testing.TB, tables ...*database.Table) *File {
	t.Helper()
	c, err := database.Lock(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "access.duckdb"), Threads: 2, Log: slog.New(slog.DiscardHandler)}, database.Owner{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Discard() })
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(tables) > 0 {
		if err := database.Migrate(t.Context(), c.DB(), tables); err != nil {
			t.Fatal(err)
		}
	}
	return &File{t, c, c.DB()}
}

// Exec runs statements.
func (f *File) Exec(query database.SQL) {
	f.Helper()
	if _, err := f.DB.Exec(f.Context(), query); err != nil {
		f.Fatalf("%v in\n%.2000s", err, query)
	}
}

// Rows are those of a query with one text column, NULL as "NULL".
func (f *File) Rows(query database.SQL) (out []string) {
	f.Helper()
	err := f.DB.Each(f.Context(), query, func(r *sql.Rows) error {
		var s sql.NullString
		err := r.Scan(&s)
		if !s.Valid {
			s.String = "NULL"
		}
		out = append(out, s.String)
		return err
	})
	if err != nil {
		f.Fatalf("%s: %v", query, err)
	}
	return out
}

// Want holds the rows of a query to be these.
func (f *File) Want(query database.SQL, want ...string) {
	f.Helper()
	if got := f.Rows(query); !slices.Equal(got, want) {
		f.Errorf("%s\ngot  %s\nwant %s", query, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}
