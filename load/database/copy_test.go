package database

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is the path of a file that is not there yet.
func site(t *testing.T) string { return filepath.Join(t.TempDir(), "access.duckdb") }

// opened is a copy of the file at path that is open.
func opened(t *testing.T, path string) *Copy {
	t.Helper()
	c, err := Lock(t.Context(), Options{Path: path, Threads: 2, Log: slog.New(slog.DiscardHandler)}, Owner{Run: "r1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Discard() })
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func exec(t *testing.T, c *Copy, query SQL) {
	t.Helper()
	if _, err := c.DB().Exec(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// published is a file with a ledger and one value.
func published(t *testing.T, value string) string {
	t.Helper()
	path := site(t)
	c := opened(t, path)
	exec(t, c, "create schema meta; create table meta.runs (run_id varchar); create table x as select "+Text(value)+" as v")
	put(t, c)
	return path
}

func put(t *testing.T, c *Copy) {
	t.Helper()
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Replace(t.Context(), "r1", Earlier{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Discard(); err != nil {
		t.Fatal(err)
	}
}

// valueOf is the value in the file, by DuckDB alone.
func valueOf(t *testing.T, path string) (v string) {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("select v from x").Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCopy_replacesTheFile(t *testing.T) {
	path := published(t, "one")
	c := opened(t, path)
	if sum, err := c.Digest(); err != nil || len(sum) != 64 {
		t.Errorf("digest %q, %v", sum, err)
	}
	exec(t, c, "update x set v = 'two'")
	if got := valueOf(t, path); got != "one" {
		t.Errorf("the published file has %s while the copy is at work", got)
	}
	put(t, c)
	if got := valueOf(t, path); got != "two" {
		t.Errorf("the published file has %s", got)
	}
}

// Where nobody can tell what lies beside the file, it is not replaced.
func TestCopy_replacesNothingWithoutALookRound(t *testing.T) {
	path := published(t, "one")
	c := opened(t, path)
	exec(t, c, "update x set v = 'two'")
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.way = []string{"\x00"}
	if _, err := c.Replace(t.Context(), "r1", Earlier{}); err == nil {
		t.Fatal("it was replaced")
	}
	if err := c.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := valueOf(t, path); got != "one" {
		t.Errorf("the published file has %s", got)
	}
	if left, _ := filepath.Glob(path + ".w*"); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// Who may not write to the folder reads a copy.
func TestAlone_aCopyIsReadAsTheFileIs(t *testing.T) {
	path := published(t, "one")
	left := func(dir string) []string { l, _ := filepath.Glob(filepath.Join(dir, "*")); return l }
	tmp := t.TempDir()
	if _, _, err := privately(path, tmp, func(string, string) error { return os.ErrPermission }); !errors.Is(err, os.ErrPermission) || len(left(tmp)) != 0 {
		t.Errorf("%v, left %v", err, left(tmp))
	}
	private, done, err := privately(path, tmp, func(src, dst string) error { return copyFile(dst, src) })
	if err != nil || valueOf(t, private) != "one" {
		t.Errorf("the copy is not the file: %v", err)
	}
	if err := done(); err != nil || len(left(tmp)) != 0 {
		t.Errorf("%v, left %v", err, left(tmp))
	}
}

// late is a context that is found to have ended at its nth look.
type late struct {
	context.Context
	looks int
}

func (l *late) Err() error {
	if l.looks--; l.looks < 0 {
		return context.Canceled
	}
	return nil
}

// A statement that is given up between being planned and being run is ended by
// the next one on its connection, which then asks for its batches. They must
// still be there.
func TestTake_givenUpBeforeItRuns(t *testing.T) {
	c := opened(t, site(t))
	exec(t, c, "create table taken (record bigint)")
	schema := arrow.NewSchema([]arrow.Field{{Name: "record", Type: arrow.PrimitiveTypes.Int64}}, nil)
	failed := 0
	for looks := range 12 {
		b := array.NewRecordBuilder(Outside, schema)
		b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
		f := NewFeed(t.Context(), schema)
		f.in <- waiting{batch: b.NewRecordBatch()}
		b.Release()
		f.End()
		if _, err := c.DB().Take(&late{t.Context(), looks}, f, func(feed SQL) SQL { return "insert into taken from " + feed }); err != nil {
			failed++
		}
		f.Drain()
	}
	if failed == 0 || failed == 12 {
		t.Errorf("%d of 12 statements failed; the point between was not met", failed)
	}
}

func TestTemplate_quotes(t *testing.T) {
	got := Parse("select {{.a}}, {{.b}} from {{.t}} where {{.n}} = {{.f}}").Fill(Values{"a": `it's "x"; --` + "\x00", "b": Ident(`a"b`), "t": Name("main", "x y"), "n": 7, "f": true})
	if want := SQL(`select 'it''s "x"; --', "a""b" from "main"."x y" where 7 = true`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for what, values := range map[string]Values{"without a value": {}, "a value of another type": {"a": 1.5}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: it was filled", what)
				}
			}()
			Parse("{{.a}}").Fill(values)
		}()
	}
	if got := Texts([]string{"a'b", "c"}); got != "['a''b', 'c']::varchar[]" {
		t.Error(got)
	}
	if !strings.Contains(string(Texts(nil)), "[]::varchar[]") {
		t.Error(Texts(nil))
	}
}

// A file whose main holds what exports state is not worked on, and the error says what
// makes it anew.
func TestCopy_refusesTheFirstEdition(t *testing.T) {
	path := site(t)
	c := opened(t, path)
	exec(t, c, "create schema meta; create table meta.runs (run_id varchar); create table main.grants (grant_key varchar)")
	put(t, c)
	again, err := Lock(t.Context(), c.opt, Owner{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = again.Open(t.Context())
	if !errors.Is(err, ErrFirstEdition) || !strings.Contains(err.Error(), "accessmart rebuild") {
		t.Errorf("got %v", err)
	}
	if err := again.Discard(); err != nil {
		t.Error(err)
	}
}
