package transform

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// file is the file of a case, ../testdata/cases/<name>.
func file(name string) Input {
	return Input{Artifact: strings.Repeat("c", 64), Name: filepath.Base(name),
		Open: func() (io.ReadCloser, error) { return os.Open(filepath.Join("..", "testdata", "cases", name)) }}
}

// people are the vendor's rows of a result without provenance.
func people(r *result) []map[string]any {
	var out []map[string]any
	for _, row := range r.rows["balkanid.employees"] {
		p := map[string]any{}
		for k, v := range row {
			if !strings.HasPrefix(k, "_") {
				p[k] = v
			}
		}
		out = append(out, p)
	}
	return out
}

func employees(t testing.TB, in ...Input) (*result, error) {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract("balkanid.employees")
	if err != nil {
		t.Fatal(err)
	}
	return transformedBy(t, c, set.Common, Options{}, in...)
}

// TestCases_dialects reads files as spreadsheets leave them. All portal-* files
// hold the same people.
func TestCases_dialects(t *testing.T) {
	same, err := employees(t, file("portal-07date_uk/employees.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(people(same)); n != 58 {
		t.Fatalf("%d people", n)
	}
	for name, tc := range map[string]struct {
		loaded, rejected int64
		dialect          string
		reject           string // message of the last one
	}{
		"24b-excel-sep-comma":    {3, 0, "csv, utf-8, comma, crlf, header in line 2", ""},
		"31-trailing-empty-rows": {3, 3, "csv, utf-8, comma, crlf", "no cell has a value"},
		"portal-03semi":          {58, 1, "csv, utf-8, semicolon, lf", "not a date"},
		"portal-05cr":            {58, 1, "csv, utf-8, comma, cr", "not a date"},
		"portal-06utf16":         {58, 1, "csv, utf-16le, comma, lf", "not a date"},
		"portal-16footer":        {58, 2, "csv, utf-8, comma, lf", "a line of a report, by its first word, and no record"},
		"portal-16titlerow":      {58, 1, "csv, utf-8, comma, lf, header in line 3", "not a date"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := employees(t, file(name+"/employees.csv"))
			if err != nil {
				t.Fatal(err)
			}
			if r.counts.Loaded != tc.loaded || r.counts.Rejected != tc.rejected {
				t.Errorf("%+v, want %d loaded, %d rejected", r.counts, tc.loaded, tc.rejected)
			}
			if want := int64(strings.Count(tc.reject, "no cell")*3 + strings.Count(tc.reject, "a report")); r.counts.NotRecords != want {
				t.Errorf("%d lines are no records, want %d", r.counts.NotRecords, want)
			}
			if r.stream.Dialect != tc.dialect {
				t.Errorf("dialect %q, want %q", r.stream.Dialect, tc.dialect)
			}
			if n := len(r.rejects); n > 0 && tc.reject != "not a date" && r.rejects[n-1]["message"] != tc.reject {
				t.Errorf("rejects %v, want %s", r.rejects, tc.reject)
			}
			if strings.HasPrefix(name, "portal-") {
				if diff := cmp.Diff(people(same), people(r)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestCases_refused(t *testing.T) {
	for name, want := range map[string][]string{
		"41-other-hr-file/employees.csv": {"4 of 13 headers are columns of the contract", "userPrincipalName, displayName",
			"{dataset: balkanid.employees, columns: {work_email: {from: [userPrincipalName]}"},
		"portal-09xlsx/employees.xlsx": {"the workbook has no sheets"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := employees(t, file(name))
			var e *frame.Error
			if !errors.As(err, &e) || e.Hint == "" {
				t.Fatalf("got %v", err)
			}
			for _, w := range want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v, want ...%s...", err, w)
				}
			}
		})
	}
}

// TestDialect_places reads each reject back at the place that is said of it.
func TestDialect_places(t *testing.T) {
	for name, tc := range map[string]struct{ in, text, dialect string }{
		"carriage returns":        {"\ra,b,c\r1,2,3\r\r4,5\r", "4,5", "csv, utf-8, comma, cr, header in line 2"},
		"semicolons":              {"a;b;c\n1;2;3\n4;5\n", "4;5", "csv, utf-8, semicolon, lf"},
		"tabs":                    {"a\tb\tc\n1\t2\t3\n4\t5\n", "4\t5", "csv, utf-8, tab, lf"},
		"pipes after a statement": {"sep=|\r\na|b|c\r\n1|2|3\r\n4|5\r\n", "4|5", "csv, utf-8, pipe, crlf, header in line 2"},
		"a statement in quotes":   {"\"sep=;\"\na;b;c\n1;2;3\n4;5\n", "4;5", "csv, utf-8, semicolon, lf, header in line 2"},
		"a title of two cells":    {"People,2026-11-01\na,b,c\n1,2,3\n4,5\n", "4,5", "csv, utf-8, comma, lf, header in line 2"},
		"ten lines of a title":    {strings.Repeat("Key;\"a value\"\n", 10) + "a;b;c\n1;2;3\n4;5\n", "4;5", "csv, utf-8, semicolon, lf, header in line 11"},
		"a title":                 {"People\n\n\na,b,c\n1,2,3\n4,5\n", "4,5", "csv, utf-8, comma, lf, header in line 4"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 16} {
				r, err := transformed(t, threeColumns, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); len(got) != 1 || got[0] != "1|2|3" || len(r.rejects) != 1 {
					t.Fatalf("rows %q, rejects %v", got, r.rejects)
				}
				x := r.rejects[0]
				if r.stream.Dialect != tc.dialect {
					t.Errorf("dialect %q, want %q", r.stream.Dialect, tc.dialect)
				}
				at, line := int(x["byte_offset"].(int64)), int(x["line"].(int64))
				if x["record_text"] != tc.text || !strings.HasPrefix(tc.in[at:], tc.text) {
					t.Errorf("reject %v at %q", x, tc.in[at:])
				}
				lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(tc.in, "\r\n", "\n"), "\r", "\n"), "\n")
				if lines[line-1] != tc.text {
					t.Errorf("line %d is %q", line, lines[line-1])
				}
			}
		})
	}
}

// What stands above a header is passed over only where it can be nothing but a
// title.
func TestDialect_noTitle(t *testing.T) {
	for name, in := range map[string]string{
		"as wide as a record":               "1,2,3\na,b,c\n4,5,6\n",
		"eleven lines":                      strings.Repeat("Key,value\n", 11) + "a,b,c\n4,5,6\n",
		"two cells above a doubtful header": "Key,value\na,b,x\n4,5,6\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, threeColumns, Options{}, input(in))
			var e *frame.Error
			if !errors.As(err, &e) || e.Kind != frame.KindHeader {
				t.Errorf("got %v, rows %q", err, cellsOf(r))
			}
		})
	}
}
