package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
				if err == nil || !strings.Contains(err.Error(), "separated by") {
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
