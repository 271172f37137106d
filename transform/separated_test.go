package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// Where no contract knows the columns, the lines tell what separates them.
func TestSeparated_withoutColumns(t *testing.T) {
	long := strings.Repeat("x;y\n", 32<<10)
	for name, tc := range map[string]struct {
		in, dialect string // "" for a text that is refused
		second      []string
	}{
		"semicolons":                     {"a;b\n1;2\n", "csv, utf-8, semicolon, lf", []string{"2"}},
		"tabs":                           {"a\tb\r\n1\t2\r\n", "csv, utf-8, tab, crlf", []string{"2"}},
		"pipes":                          {"a|b\n1|2\n", "csv, utf-8, pipe, lf", []string{"2"}},
		"CR alone":                       {"a;b\r1;2\r", "csv, utf-8, semicolon, cr", []string{"2"}},
		"UTF-16":                         {utf16le("a\tb\r\n1\t2\r\n", true), "csv, utf-16le, tab, crlf", []string{"2"}},
		"quotes":                         {"\"a\";\"b\"\n\"1;1\";\"2\n2\"\n", "csv, utf-8, semicolon, lf", []string{"2\n2"}},
		"commas in the values":           {"a;b\n1,5;Marsh, Ada\n2;x\n", "csv, utf-8, semicolon, lf", []string{"Marsh, Ada", "x"}},
		"another separator in one value": {"a;b\n1;2|3\n", "csv, utf-8, semicolon, lf", []string{"2|3"}},
		"lists in all of them":           {"a;b\n1;2|3\n1;2|3\n", "csv, utf-8, semicolon, lf", []string{"2|3", "2|3"}},
		"a line that is cut at the look": {"a;b\n" + long, "csv, utf-8, semicolon, lf", nil},
		"commas":                         {"a,b;c\n1,2\n", "csv, utf-8, comma, lf", []string{"2"}},
		"no record":                      {"a;b\n", "", nil},
		"a line of fewer":                {"a;b\n1;2\n3\n", "", nil},
		"a line of more":                 {"a;b\n1;2;3\n", "", nil},
		"two that do":                    {"a;b|c\n1;2|3\n", "", nil},
		"a message":                      {"Not found; try later\nrequest 12; 3 ms\n", "", nil},
		"no name":                        {"a;\n1;2\n", "", nil},
	} {
		for _, chunk := range []int{0, 7} {
			if chunk > 0 && len(tc.in) > 99 {
				continue
			}
			r, err := transformed(t, "", Options{chunk: chunk}, input(tc.in))
			if tc.dialect == "" {
				if err == nil || !strings.Contains(err.Error(), "separated by") && !strings.Contains(err.Error(), "is not certain") {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := column(r.rows["balkanid.test"], "b"); tc.second != nil && tc.dialect != "csv, utf-8, comma, lf" && !cmp.Equal(tc.second, got) {
				t.Errorf("%s: %v", name, got)
			}
			if got := r.stream.Dialect; got != tc.dialect {
				t.Errorf("%s: %s, want %s", name, got, tc.dialect)
			}
		}
	}
}

// A title above a header that nobody knows is passed over where the records show which
// line the header is; elsewhere the text is refused where it is as wide as they are.
func TestTitle_withoutColumns(t *testing.T) {
	const records = "Ada,ada@example.com,3\nBob,bob@example.com,4\n"
	for name, tc := range map[string]struct {
		in, dialect string // "" for a text that is refused
		names       []string
	}{
		"padded":                     {"Access report,,\nName,Mail,Count\n" + records, "csv, utf-8, comma, lf, header in line 2", []string{"Ada", "Bob"}},
		"several lines":              {"Access report,,\n,,\n\nExported 2026,,\nName,Mail,Count\n" + records, "csv, utf-8, comma, lf, header in line 5", []string{"Ada", "Bob"}},
		"not padded":                 {"Access report\nName,Mail,Count\n" + records, "csv, utf-8, comma, lf, header in line 2", []string{"Ada", "Bob"}},
		"in the middle":              {",Access report,\nName,Mail,Count\n" + records, "csv, utf-8, comma, lf, header in line 2", []string{"Ada", "Bob"}},
		"two cells of five":          {"Report,2026-11-01,,,\nName,Mail,Count,Team,Site\nAda,a@example.com,1,x,y\n", "csv, utf-8, comma, lf, header in line 2", []string{"Ada"}},
		"two columns":                {"Access report,\nName,Mail\nAda,ada@example.com\n", "csv, utf-8, comma, lf, header in line 2", []string{"Ada"}},
		"semicolons":                 {"Access report;;\nName;Mail;Count\nAda;ada@example.com;3\n", "csv, utf-8, semicolon, lf, header in line 2", []string{"Ada"}},
		"stated":                     {"sep=;\nAccess report;;\nName;Mail;Count\nAda;ada@example.com;3\n", "csv, utf-8, semicolon, lf, header in line 3", []string{"Ada"}},
		"a cell more on each line":   {"Access report,,,\nName,Mail,Count,\nAda,ada@example.com,3,\n", "csv, utf-8, comma, lf, header in line 2", []string{"Ada"}},
		"CR alone":                   {"Access report,,\rName,Mail,Count\rAda,ada@example.com,3\r", "csv, utf-8, comma, cr, header in line 2", []string{"Ada"}},
		"none":                       {"Name,Mail,Count\n" + records, "csv, utf-8, comma, lf", []string{"Ada", "Bob"}},
		"none, and few values":       {"Name,Mail,Count\nAda,,\nBob,,\n", "csv, utf-8, comma, lf", []string{"Ada", "Bob"}},
		"an index without a name":    {",Name\n0,Ada\n1,Bob\n", "csv, utf-8, comma, lf", []string{"Ada", "Bob"}},
		"one column":                 {"Name\nAda\nBob\n", "csv, utf-8, comma, lf", []string{"Ada", "Bob"}},
		"one column, commas":         {"Name,\nAda,\nBob,\n", "csv, utf-8, comma, lf", []string{"Ada", "Bob"}},
		"words only":                 {"Access report,,\nName,Team,Site\nAda,Red,Oslo\n", "", nil},
		"no record":                  {"Access report,,\nName,Mail,Count\n", "", nil},
		"a column without a name":    {"Access report,,,\nName,Mail,,Count\nAda,ada@example.com,3,4\n", "", nil},
		"a header over part of them": {"Name,,\nAda,ada@example.com,3\nBob,bob@example.com,4\n", "", nil},
		"eleven lines":               {strings.Repeat("Access report,,\n", 11) + "Name,Mail,Count\n" + records, "", nil},
	} {
		for _, chunk := range []int{0, 7} {
			r, err := transformed(t, "", Options{chunk: chunk}, input(tc.in))
			if tc.dialect == "" {
				if err == nil || !strings.Contains(err.Error(), "which line is the header is not certain") {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := column(r.rows["balkanid.test"], "name"); !cmp.Equal(tc.names, got) || len(r.rejects) > 0 {
				t.Errorf("%s: %v, rejects %v", name, r.rows, r.rejects)
			}
			if got := r.stream.Dialect; got != tc.dialect {
				t.Errorf("%s: %s, want %s", name, got, tc.dialect)
			}
		}
	}
}

func TestTitle_workbook(t *testing.T) {
	for title, dialect := range map[string]string{"": "xlsx, sheet Sheet1", "Access report": "xlsx, sheet Sheet1, header in line 3"} {
		r, err := transformed(t, "", Options{}, fileNamed("tests.xlsx", workbook(t, func(f *excelize.File) {
			line := 1
			if title != "" {
				line = 3
				_ = f.SetCellStr("Sheet1", "A1", title)
			}
			for i, row := range [][]any{{"Name", "Mail", "Count"}, {"Ada", "ada@example.com", 3}} {
				_ = f.SetSheetRow("Sheet1", fmt.Sprint("A", line+i), &row)
			}
		})))
		if err != nil {
			t.Fatal(err)
		}
		if got := column(r.rows["balkanid.test"], "name"); !cmp.Equal([]string{"Ada"}, got) || r.stream.Dialect != dialect {
			t.Errorf("%s: %v, %s", title, r.rows, r.stream.Dialect)
		}
	}
}
