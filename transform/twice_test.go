package transform

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestTwice_headers has a column under two headers.
func TestTwice_headers(t *testing.T) {
	yaml := "columns:\n  a: {from: [a, old a], type: text}\n  b: {from: [b], type: text}\n  c: {from: [c], type: text}\n" + keyOfA
	for name, tc := range map[string]struct {
		in      string
		rows    []string
		refused string
		finding string
	}{
		"alike":                            {"a,b,a,c\n1,x,1,y\n2,x,2,y\n", []string{"1|x|y", "2|x|y"}, "", ""},
		"the first empty":                  {"A,b,a,c\n,x,1,y\n,x,2,y\n", []string{"1|x|y", "2|x|y"}, "", ""},
		"the last empty":                   {"a,b,A,c\n1,x,,y\n2,x,,y\n", []string{"1|x|y", "2|x|y"}, "", ""},
		"both empty":                       {"a,b,c,b\n1,,y,\n2,,y,\n", []string{"1||y", "2||y"}, "", ""},
		"different":                        {"a,b,a,c\n1,x,1,y\n2,x,3,y\n", nil, "the header stands twice, over different values, so that nobody knows which is a", ""},
		"one with a gap":                   {"a,b,a,c\n1,x,1,y\n,x,3,y\n", nil, "(columns 1 and 3)", ""},
		"three, two of them filled":        {"a,a,b,a,c\n,1,x,2,y\n", nil, "(columns 2 and 4)", ""},
		"two names, alike":                 {"old a,b,a,c\n1,x,1,y\n", []string{"1|x|y"}, "", ""},
		"two names, the better one empty":  {"old a,b,a,c\n1,x,,y\n", []string{"1|x|y"}, "", ""},
		"two names, different":             {"old a,b,a,c\n1,x,2,y\n", []string{"2|x|y"}, "", "the contract prefers a to old a"},
		"a header that is no column twice": {"a,z,b,z,c\n1,p,x,q,y\n", []string{"1|x|y"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 8} {
				r, err := transformed(t, yaml, Options{chunk: chunk}, input(tc.in))
				var e *Error
				if tc.refused != "" {
					if !errors.As(err, &e) || e.Kind != KindHeader || !strings.Contains(err.Error(), tc.refused) {
						t.Errorf("got %v", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); !slices.Equal(got, tc.rows) {
					t.Errorf("rows %q", got)
				}
				found := ""
				for _, f := range r.stream.Findings {
					if f.Rule == ruleTwice {
						found = f.Detail
					}
				}
				if (tc.finding == "") != (found == "") || !strings.Contains(found, tc.finding) {
					t.Errorf("finding %q", found)
				}
			}
		})
	}
}
