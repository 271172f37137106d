package transform

import (
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// TestMistaken has files of one dataset under the name of another.
func TestMistaken(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	const (
		identities = `[{"identityName":"A","accountEmail":"a@x.com","identityType":"User","application":"Okta","applicationInstance":"i","assignedApplicationCount":2,"assignedGroupsCount":3,"assignedRolesCount":0,"authenticationMethods":"Push","dormantDays":33,"isAdmin":false,"department":"Support"}]`
		members    = "Group Name,Application,Application Instance,Account,User Type,Dormant Days,Last Activity,Created Date\ng,Okta,i,a,user,3,,\n"
		staff      = "Employee ID,Full Name,First Name,Last Name,Work Email,Department,Title,Start Date,End Date,Employment Type,Manager,Manager Work Email,Source Employee ID,BalkanID Roles,Metadata Version,Metadata\n1,A B,A,B,a@x.com,IT,Dev,,,,,,,,,\n"
	)
	const mined = "identityId,name,firstName,lastName,jobTitle,department,location,email,manager,status,startDate,endDate\n1,A B,A,B,Dev,IT,Berlin,a@x.com,,,,\n"
	for name, tc := range map[string]struct{ dataset, text, refused string }{
		"attributes as columns":  {"sailpoint.potential_role_identities", mined, ""},
		"few attributes":         {"sailpoint.potential_role_identities", "identityId,name,firstName,jobTitle,department,location,email\n1,A B,A,Dev,IT,Berlin,a@x.com\n", ""},
		"people as those":        {"sailpoint.potential_role_identities", strings.Replace(mined, "identityId", "employeeId", 1), "1 of 12 headers"},
		"members as accounts":    {"oleria.access_inventory_application_accounts_v2", members, "it looks like oleria.group_utilization_accounts"},
		"members as members":     {"oleria.group_utilization_accounts", members, ""},
		"identities as accounts": {"oleria.access_inventory_application_accounts_v2", identities, "it looks like oleria.access_inventory_identities_v2"},
		"identities":             {"oleria.access_inventory_identities_v2", identities, ""},
		"of another vendor":      {"oleria.employees", staff, "it looks like balkanid.employees"},
		"of this vendor":         {"balkanid.employees", staff, ""},
		"a narrow one":           {"oleria.employees", "Full Name,Work Email,Department,Title\nA B,a@x.com,IT,Dev\n", ""},
		"as the vendor calls it": {"oleria.employees", "Employee Name,Email,Department,Job Title,Manager,Employee Type,Status,Start Date,Office Location\nA,a@x.com,,,,,,,\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, common := contractOf(t, tc.dataset)
			in := input(tc.text)
			if c.Dataset == "sailpoint.potential_role_identities" {
				in.Context = map[string]string{"potential_role_id": "7"}
			}
			r, err := transformedBy(t, c, common, Options{Contracts: set.All()}, in)
			if err == nil && slices.ContainsFunc(r.stream.Findings, func(f schemas.Finding) bool { return f.Rule == ruleLookalike }) {
				t.Errorf("findings %v", r.stream.Findings)
			}
			if tc.refused == "" && err != nil || tc.refused != "" && (err == nil || !strings.Contains(err.Error(), tc.refused)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
