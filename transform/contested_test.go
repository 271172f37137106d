package transform

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// TestDuplicateHeaders has a column under two headers.
func TestDuplicateHeaders(t *testing.T) {
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
		"a text that decides nothing":      {"a,b,c,B\n1,x,y,x\n2,x,y,z\n", []string{"1||y", "2||y"}, "", "the header b stands twice (columns 2 and 4), over different values: nobody knows which it is"},
		"two names, alike":                 {"old a,b,a,c\n1,x,1,y\n", []string{"1|x|y"}, "", ""},
		"two names, the better one empty":  {"old a,b,a,c\n1,x,,y\n", []string{"1|x|y"}, "", ""},
		"two names, different":             {"old a,b,a,c\n1,x,2,y\n", []string{"2|x|y"}, "", "the contract prefers a to old a"},
		"a header that is no column twice": {"a,z,b,z,c\n1,p,x,q,y\n", []string{"1|x|y"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 8} {
				r, err := transformed(t, yaml, Options{chunk: chunk}, input(tc.in))
				var e *frame.Error
				if tc.refused != "" {
					if !errors.As(err, &e) || e.Kind != frame.KindHeader || !strings.Contains(err.Error(), tc.refused) {
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
					if f.Rule == ruleSecondHeader {
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

// Of the columns of a vendor only plain texts may stand twice over different
// values; then both are kept, and the column has none of them.
func TestDuplicateHeaders_plainTextsOnly(t *testing.T) {
	for name, tc := range map[string]struct{ dataset, header string }{
		"department": {"oleria.employees", "Employee ID,Employee Name,Email,Department,Department,Status"},
		"title":      {"oleria.employees", "Employee ID,Employee Name,Email,Job Title,Job Title,Status"},
		"of another": {"balkanid.employees", "Employee ID,Full Name,Work Email,Department,Department,Start Date"},
	} {
		c, common := contractOf(t, tc.dataset)
		r, err := transformedBy(t, c, common, Options{}, input(tc.header+"\n1,A,a@x.com,IT,D1,\n2,B,b@x.com,HR,D2,\n"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		h := strings.Split(tc.header, ",")[3]
		row := r.rows[tc.dataset][0]
		extra, _ := row[schemas.ExtraColumn].(string)
		if column := schemas.ColumnName(h); row[column] != nil || !strings.Contains(extra, `"`+h+`":"IT"`) || !strings.Contains(extra, `"`+h+`#2":"D1"`) {
			t.Errorf("%s: %v, %s", name, row[column], extra)
		}
		if n := len(r.rows["observed.identities"]); n != 2 {
			t.Errorf("%s: %d identities", name, n)
		}
	}
	for _, header := range []string{
		"Employee ID,Employee Name,Email,Status,Status,Department", "Employee ID,Employee Name,Email,Manager,Manager,Department",
		"Employee ID,Employee Name,Department,Email,Email,Status", "Department,Employee Name,Email,Employee ID,Employee ID,Status",
	} {
		c, common := contractOf(t, "oleria.employees")
		if _, err := transformedBy(t, c, common, Options{}, input(header+"\n1,A,a@x.com,active,b@x.com,\n2,B,b@x.com,left,c@x.com,\n")); err == nil || !strings.Contains(err.Error(), "the header stands twice") {
			t.Errorf("%s: %v", header, err)
		}
	}
}
