package transform

import (
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
	for name, tc := range map[string]struct{ dataset, text, refused string }{
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
			_, err := transformedBy(t, c, common, Options{Contracts: set.All()}, input(tc.text))
			if tc.refused == "" && err != nil || tc.refused != "" && (err == nil || !strings.Contains(err.Error(), tc.refused)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
