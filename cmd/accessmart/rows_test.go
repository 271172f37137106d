package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/report"
)

func TestRowWriter_json(t *testing.T) {
	var b strings.Builder
	w := newRowWriter(&b, formatJSON, []string{"a", "a", "a_1", "b"})
	for range 2 {
		if err := w.row([]any{1, 2, 3, nil}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(b.String()), &rows); err != nil || len(rows) != 2 || len(rows[0]) != 4 {
		t.Errorf("%v: %s", err, b.String())
	}
	if got := unique([]string{"a", "a", "a_1", "a"}); !slices.Equal(got, []string{"a", "a_2", "a_1", "a_3"}) {
		t.Error(got)
	}
}

func TestRowWriter_none(t *testing.T) {
	for format, want := range map[string]string{formatJSON: "[]\n", formatCSV: "a\n"} {
		var b strings.Builder
		if err := newRowWriter(&b, format, []string{"a"}).close(); err != nil || b.String() != want {
			t.Errorf("%s: %v: %q", format, err, b.String())
		}
	}
}

// A text cell that a spreadsheet would run gets an apostrophe; a number is one
// whatever its sign; nothing else changes.
func TestRowWriter_csvIsGuardedAgainstFormulas(t *testing.T) {
	for _, text := range []string{"=1+1", "=cmd|' /C calc'!A0", "+cmd", "-2+3", "-", "+", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", "-1e5x", "+-1", "=\"a\",b"} {
		if got := report.Guarded(text); got != "'"+text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, text := range []string{"", "-1", "+1", "-1.5e-7", "-0.25", "a=b", "a-b", " =1", "1+1", "'=1", "é", "\xff=1"} {
		if got := report.Guarded(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	var b strings.Builder
	w := newRowWriter(&b, formatCSV, []string{"=a", "n", "x"})
	if err := errors.Join(w.row([]any{"=b", -5, -0.5}), w.row([]any{nil, int64(-7), "-1,=2"}), w.close()); err != nil {
		t.Fatal(err)
	}
	if want := "'=a,n,x\n'=b,-5,-0.5\n,-7,\"'-1,=2\"\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestRowWriter_returnsWriteErrors(t *testing.T) {
	for _, format := range []string{formatJSON, formatCSV} {
		w := newRowWriter(fullDisk{}, format, []string{"a"})
		err := w.row([]any{strings.Repeat("x", 1<<17)})
		if err == nil {
			err = w.close()
		}
		if err == nil {
			t.Errorf("%s: no error", format)
		}
	}
}
