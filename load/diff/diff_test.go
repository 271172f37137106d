package diff

import (
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/load/database/read"
)

// A value in an object has its path; an object that came or went is told by its members.
func TestDifferences(t *testing.T) {
	object := func(text string) (out map[string]json.RawMessage) {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := differences("", object(`{"a":1,"b":{"c":{"d":"x","same":[1]},"e":null},"f":null,"gone":{"h":1},"list":[1,{"x":1}],"empty":{}}`),
		object(`{"a":1,"b":{"c":{"d":"y","same":[1]},"e":2},"f":{"g":true},"gone":null,"list":[1,{"x":2}],"empty":null,"new":"n"}`))
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	want := []Column{
		{"b.c.d", raw(`"x"`), raw(`"y"`)}, {"b.e", raw(`null`), raw(`2`)}, {"empty", raw(`{}`), raw(`null`)}, {"f.g", raw(`null`), raw(`true`)},
		{"gone.h", raw(`1`), raw(`null`)}, {"list", raw(`[1,{"x":1}]`), raw(`[1,{"x":2}]`)}, {"new", raw(`null`), raw(`"n"`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A file of a version that kept less is refused, not read as one in which nothing changed.
func TestFiles_ofEarlierVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `create schema meta; create schema history; create table meta.runs (run_id varchar, as_of timestamptz);
		create table main.grants (grant_key varchar); create view history.changes as select 1 as changed_at`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := read.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Files(t.Context(), f, f); !errors.Is(err, ErrNotComparable) {
		t.Errorf("compared: %v", err)
	}
	if _, err := SpanOf(t.Context(), f); !errors.Is(err, ErrTooOld) {
		t.Errorf("asked: %v", err)
	}
}
