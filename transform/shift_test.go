package transform

import (
	"fmt"
	"strings"
	"testing"
)

// TestShortRows_shifted has short records that lost a cell in their middle, or
// have one too many: those alone are rejects.
func TestShortRows_shifted(t *testing.T) {
	const header = "Project,Privilege Name,Privilege Value,Email,Identity ID,Username,Name,Connection,Connection Type,Resource,Resource Type,Employee ID,Labels,Identity Type,Connection Provider,Connection Provider Type,Metadata\n"
	full := func(i int) string {
		return fmt.Sprintf("acme,push,true,u%d@x.com,10%d,u%d,Jo Doe,web%d,team,repo%d,repository,,,employee,,,{}", i, i, i, i, i)
	}
	for name, tc := range map[string]struct {
		line string
		row  bool
	}{
		"short as it should be":      {"acme,push,true,u8@x.com,108,u8,Roe Bob,web,team,repo1,repository,,,employee", true},
		"without an employee":        {"acme,pull,false,u8@x.com,108,u8,Roe Bob,ops,team,repo1,repository", true},
		"with other words":           {"acme,pull,true,u8@x.com,108,u8,Roe Bob,ops,group,org,organization,,,service account", true},
		"with a word nobody knows":   {"acme,pull,true,u8@x.com,108,u8,Roe Bob,ops,team,org,organization,,,robot", true},
		"a comma in the name":        {"acme,push,true,u8@x.com,108,u8,Roe,Bob,web,team,repo1,repository,,,employee", false},
		"in the connection":          {"acme,push,true,u8@x.com,108,u8,Roe Bob,web,west,team,repo1,repository,,,employee", false},
		"in the resource":            {"acme,push,true,u8@x.com,108,u8,Roe Bob,web,team,repo,1,repository", false},
		"a name that is lost":        {"acme,push,true,u8@x.com,108,u8,web,team,repo1,repository,,,employee", false},
		"a resource that is lost":    {"acme,push,true,u8@x.com,108,u8,Roe Bob,web,team,repository,,,employee", false},
		"an employee id that is":     {"acme,push,true,u8@x.com,108,u8,Roe Bob,web,team,repo1,repository,,employee", false},
		"of an account of a service": {"acme,push,true,u8@x.com,108,u8,Roe Bob,web,team,repo1,repository,,service account", false},
	} {
		t.Run(name, func(t *testing.T) {
			c, common := contractOf(t, "balkanid.entitlements")
			for _, n := range []int{1, 5, 40} {
				var file []string
				for i := range n {
					file = append(file, full(i))
				}
				file = append(file, tc.line, full(n))
				in := input(header + strings.Join(file, "\n") + "\n")
				in.Context = map[string]string{"integration_id": "github/1"}
				for _, chunk := range []int{0, 64} {
					r, err := transformedBy(t, c, common, Options{chunk: chunk}, in)
					if err != nil {
						t.Fatal(err)
					}
					if got := len(r.rejects) == 0; got != tc.row {
						t.Errorf("%d others: rejects %v", n, r.rejects)
					}
				}
			}
		})
	}
}
