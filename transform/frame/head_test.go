package frame

import (
	"fmt"
	"testing"
)

func TestHead(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"commas":                     {"a,b\n1,2\n3,4\n", `[["a" "b"] ["1" "2"]]`},
		"semicolons, commas in them": {"a;b;c\r\n1,5;2,5;3\r\n", `[["a" "b" "c"] ["1,5" "2,5" "3"]]`},
		"tabs, behind a title":       {"List of all, of today\n\na\tb\tc\n", `[["List of all, of today"] ["a" "b" "c"]]`},
		"a line that says so":        {"sep=|\na|b,c,d\n", `[["a" "b,c,d"]]`},
		"a separator that is none":   {"sep=#\na#b\n", `[]`},
		"marked as UTF-8":            {"\ufeffa,b\n", `[["a" "b"]]`},
		"carriage returns":           {"a,b\r1,2\r", `[["a" "b"] ["1" "2"]]`},
		"quoted, over two lines":     {"\"a,\nb\",c\n1,2\n", `[["a,\nb" "c"] ["1" "2"]]`},
		"a quote in a cell":          {"a,b\"c,d\n1,2,3\n", `[["a" "b\"c" "d"] ["1" "2" "3"]]`},
		"a quote that never ends":    {"a,b\n\"1,2\n", `[["a" "b"] ["\"1" "2"]]`},
		"cut off":                    {"a,b\n1", `[["a" "b"] ["1"]]`},
		"nothing":                    {"\n\n", `[]`},
	} {
		if got := fmt.Sprintf("%q", Head([]byte(tc.in), 2)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
