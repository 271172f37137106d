package schemas

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLacks(t *testing.T) {
	set := load(t)
	for _, tc := range []struct{ dataset, absent, want string }{
		// Documented by the vendor: the first way to make a key must be there.
		{"balkanid.employees", "end_date manager source_system organization", ""},
		{"balkanid.employees", "work_email", "work_email"},
		{"balkanid.employees", "employee_id", ""},
		{"balkanid.entities", "brn", "brn"},
		{"balkanid.relations", "employee_email", "employee_email"},
		{"balkanid.requests", "request_id app_id", "app_id request_id"},
		// One form of two is enough; of the form that is there its keys are needed.
		{"balkanid.entity_rbac", "parent_source_id parent_type entity_source_id", ""},
		{"balkanid.entity_rbac", "parent_entity_brn parent_brn_type entity_brn", ""},
		{"balkanid.entity_rbac", "parent_source_id parent_brn_type", "parent_brn_type"},
		{"balkanid.entity_rbac", "brn brn_type", "brn brn_type"},
		// Assumed names: one way is enough, whichever it is.
		{"oleria.employees", "email", ""},
		{"oleria.employees", "employee_id", ""},
		{"oleria.employees", "email employee_id full_name", "email employee_id"},
		{"oleria.risks_v2", "risk_id user_name", ""},
		{"oleria.access_inventory_application_accounts_v2", "user_name email account_name", ""},
		{"oleria.access_inventory_application_accounts_v2", "user_name email account_name user_id", "account_name application application_instance email user_id user_name"},
	} {
		c, err := set.Contract(tc.dataset)
		if err != nil {
			t.Fatal(err)
		}
		absent := strings.Fields(tc.absent)
		got := c.Lacks(set.Common, absent)
		want := slices.DeleteFunc(strings.Fields(tc.want), func(s string) bool { return !slices.Contains(absent, s) })
		if !slices.Equal(got, want) {
			t.Errorf("%s without %s: %v, want %v", tc.dataset, tc.absent, got, want)
		}
	}
}

// Each key of the common model can be made without columns that are no part of
// it, and lacks something when none is delivered.
func TestLacks_eachContract(t *testing.T) {
	set := load(t)
	for _, c := range set.All() {
		var all []string
		for _, col := range c.Columns {
			all = append(all, col.Name)
		}
		if got := c.Lacks(set.Common, nil); len(got) > 0 {
			t.Errorf("%s, all delivered: %v", c.Dataset, got)
		}
		if len(c.Needs(set.Common)) > 0 && len(c.Lacks(set.Common, all)) == 0 {
			t.Errorf("%s, none delivered: nothing is missed", c.Dataset)
		}
	}
}

// The override can be pasted as it is.
func TestOverride_isAContract(t *testing.T) {
	set := load(t)
	for _, tc := range []struct{ dataset, columns, unknown, want string }{
		// As in a draft: too little in common, and a header that another column has a better claim to.
		{"balkanid.employees", "end_date", "Date of Manager Change", `{dataset: balkanid.employees, columns: {end_date: {from: ["<its header now>"]}}}`},
		{"balkanid.employees", "work_email", "Business Email|Private Email", `{dataset: balkanid.employees, columns: {work_email: {from: ["<its header now>"]}}}`},
		{"balkanid.employees", "start_date|end_date", "Hire Date", `{dataset: balkanid.employees, columns: {start_date: {from: [Hire Date]}, end_date: {from: ["<its header now>"]}}}`},
		{"balkanid.employees", "work_email", "Business Email", "{dataset: balkanid.employees, columns: {work_email: {from: [Business Email]}}}"},
		{"balkanid.employees", "end_date", "Salary|Termination Date", "{dataset: balkanid.employees, columns: {end_date: {from: [Termination Date]}}}"},
		{"balkanid.employees", "work_email", "userPrincipalName|givenName|surname|salary_band", "{dataset: balkanid.employees, columns: {work_email: {from: [userPrincipalName]}}}"},
		{"balkanid.employees", "work_email", "Foo", `{dataset: balkanid.employees, columns: {work_email: {from: ["<its header now>"]}}}`},
		{"balkanid.employees", "work_email", "E-Mail: private|E-Mail: work", `{dataset: balkanid.employees, columns: {work_email: {from: ["E-Mail: work"]}}}`},
		{"balkanid.employees", "work_email|end_date", "Date", "{dataset: balkanid.employees, columns: {work_email: {from: [\"<its header now>\"]}, end_date: {from: [Date]}}}"},
	} {
		c, err := set.Contract(tc.dataset)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Override(strings.Split(tc.columns, "|"), strings.Split(tc.columns, "|"), strings.Split(tc.unknown, "|"))
		if got != tc.want {
			t.Errorf("%s\nwant %s", got, tc.want)
		}
		over, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(got + "\n")}})
		if err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		c, _ = over.Contract(tc.dataset)
		if col := c.Column(strings.Split(tc.columns, "|")[0]); !slices.Contains(col.From, "Work Email") && col.Name == "work_email" {
			t.Errorf("%+v", col)
		}
	}
}
