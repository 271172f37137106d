package transform

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

const formsContract = `
columns:
  brn:    {from: [BRN]}
  parent: {from: [Parent]}
  child:  {from: [Child]}
  note:   {from: [Note]}
emit:
  - table: roles
    when: {parent: absent}
    set: {role_key: {key: role, of: [brn]}}
  - table: grants
    given: parent
    set:
      grant_key: {key: grant, of: [parent, child]}
      principal_kind: {const: role}
      principal_key: {key: role, of: [parent]}
      target_kind: {const: role}
      target_key: {key: role, of: [child]}
      effect: {const: allow}
`

// What one file has, another need not: only what all of them lack is missing.
func TestForms_columnsOfAnotherFormAreNotMissing(t *testing.T) {
	for _, tc := range []struct {
		what    string
		members []string // names and texts
		missing []string
		rows    map[string]int
		rejects int
	}{
		{"both forms", []string{"a.csv", "BRN,Note\nr1,x\nr2,y\n", "b.csv", "Parent,Child\nr1,r2\n"}, nil, map[string]int{"observed.roles": 2, "observed.grants": 1}, 0},
		{"one form", []string{"a.csv", "BRN,Note\nr1,x\n"}, []string{"child", "parent"}, map[string]int{"observed.roles": 1}, 0},
		{"a column that no form has", []string{"a.csv", "BRN\nr1\n", "b.csv", "Parent,Child\nr1,r2\n,r2\n"}, []string{"note"}, map[string]int{"observed.roles": 1, "observed.grants": 1}, 1},
	} {
		t.Run(tc.what, func(t *testing.T) {
			r, err := transformed(t, formsContract, Options{}, input(zipped(t, tc.members...)))
			if err != nil {
				t.Fatal(err)
			}
			var missing []string
			for _, d := range r.stream.Drift {
				if d.Change == "column_missing" {
					missing = append(missing, d.Column)
				}
			}
			slices.Sort(missing)
			if diff := cmp.Diff(tc.missing, missing); diff != "" {
				t.Errorf("missing: %s", diff)
			}
			if diff := cmp.Diff(schemas.Absence{Headers: tc.missing}, r.stream.Absent[0]); diff != "" {
				t.Errorf("absent: %s", diff)
			}
			for table, want := range tc.rows {
				if n := len(r.rows[table]); n != want {
					t.Errorf("%s: %d rows, want %d", table, n, want)
				}
			}
			if len(r.rejects) != tc.rejects {
				t.Errorf("rejects: %v", r.rejects)
			}
		})
	}
}
