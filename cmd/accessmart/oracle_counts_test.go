package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// countsAreTheCompanys holds that main has each person, account, application and group of the
// simulated company once, and nothing else but what is listed here.
func (f *fixture) countsAreTheCompanys(t *testing.T, people, accounts score, listed bool) {
	t.Helper()
	truth := f.sim.Truth()

	var twice []string
	for _, p := range truth.People {
		switch len(people[p.Employee]) {
		case 0:
			t.Errorf("nobody is %s, %s", p.Employee, p.Name)
		case 1:
		default:
			twice = append(twice, p.Employee)
		}
	}
	apart := apartBy(truth)
	for _, who := range slices.Sorted(maps.Keys(apart)) {
		t.Logf("twice: %s, as %s", who, apart[who])
	}
	equal(t, "people who are there twice", twice, slices.Sorted(maps.Keys(apart)))
	if len(twice) == 0 {
		t.Error("nobody is there twice: that is not tried")
	}
	if n := f.query(t, "select count(*) as n from people")[0]["n"]; n != float64(len(truth.People)+len(apart)+len(truth.Guests)) {
		t.Errorf("view people has %v; the company %d, of whom %d are there twice, and %d guests", n, len(truth.People), len(apart), len(truth.Guests))
	}
	equal(t, "external people", f.texts(t, "select email as name from people where is_external"), truth.Guests)

	applications := []string{
		"HR",            // SailPoint's source of identities, which has no accounts
		"Asana",         // an integration of BalkanID that is not in use, and not connected to Oleria
		"Figma", "Miro", // likewise not connected
		"Oleria", // itself, which has users
	}
	var groups, machines, resources []string
	logins := slices.Clone(truth.Administrators)                     // of BalkanID itself
	reviewed := slices.Collect(maps.Values(truth.Governed.Reviewed)) // which the items of reviews name
	for _, d := range []string{"Engineering", "Sales", "Support", "Finance", "Marketing"} {
		groups = append(groups, " / "+d+" reviewers") // SailPoint's own, in no application
	}
	for _, a := range truth.Applications {
		applications = append(applications, a.Name)
		if !a.Oleria && !a.BalkanID { // SailPoint knows its groups as entitlements
			for _, id := range a.Accounts {
				if listed || slices.Contains(reviewed, a.Name+" "+id) {
					logins = append(logins, id)
				}
			}
			continue
		}
		for _, g := range a.Groups {
			groups = append(groups, a.Name+" / "+g)
		}
		logins = append(logins, a.Accounts...)
		for _, r := range a.Resources {
			resources = append(resources, a.Name+" / "+r)
		}
		if a.Oleria {
			machines = append(machines, a.Machines...)
		}
	}
	users := f.delivered(t, "oleria.oleria_users")
	for _, u := range users {
		logins = append(logins, "user of Oleria "+u["emailAddress"])
	}
	equal(t, "applications", f.texts(t, "select name from main.applications"), applications)
	equal(t, "groups", f.texts(t, "select coalesce(a.name, '') || ' / ' || g.name as name from main.groups g left join main.applications a using (application_key)"), groups)
	equal(t, "resources", f.texts(t, "select coalesce(a.name, '') || ' / ' || r.name as name from main.resources r left join main.applications a using (application_key)"), resources)
	// Nothing that SailPoint tells of a machine identity is told by Oleria, too, so that both stand apart.
	lists, _ := f.sim.Table("sailpoint.machine_identities", f.sim.Generation())
	if n := f.query(t, "select count(*) as n from main.identities where kind in ('machine', 'service')")[0]["n"]; n != float64(len(machines)+len(lists.Rows)) {
		t.Errorf("%v machines among the identities, Oleria sees %d and SailPoint %d", n, len(machines), len(lists.Rows))
	}
	if n := f.query(t, "select count(distinct account_key) as n from main.accounts where account_key in (select principal_key from main.grants g join main.applications a using (application_key) where a.name = 'Oleria')")[0]["n"]; n != float64(len(users)) {
		t.Errorf("%v accounts have a role in Oleria, which has %d users", n, len(users))
	}
	equal(t, "accounts", slices.Collect(maps.Keys(accounts)), logins)
	if n := f.query(t, "select count(*) as n from main.accounts")[0]["n"]; n != float64(len(logins)) {
		t.Errorf("main.accounts has %v rows, the company %d accounts that are listed", n, len(logins))
	}
}

// apartBy are the people, by their numbers, whose two addresses nothing joins, and why. Only the
// Google account has both: its own address is the one that Oleria knows, and BalkanID's list of
// relations says that it is the person's with the other. A name alone never joins.
func apartBy(truth vendorsim.Truth) map[string]string {
	google := map[string]bool{} // employee numbers
	for _, p := range truth.People {
		google[p.Employee] = slices.ContainsFunc(p.Accounts, func(id string) bool { return strings.HasPrefix(id, "google/") })
	}
	apart := map[string]string{}
	for _, p := range truth.SamePeople {
		if !google[p.Employee] {
			apart[p.Employee] = p.OleriaEmail + " and " + p.BalkanIDEmail + " (" + p.Reason + "): no Google account"
		}
	}
	return apart
}

// texts is the answer to a query for a column name.
func (f *fixture) texts(t *testing.T, query string) (out []string) {
	t.Helper()
	for _, r := range f.query(t, query) {
		out = append(out, cellText(r["name"]))
	}
	return out
}

// equal holds two lists against each other, in any order.
func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if d := difference(want, got); d != "" || len(got) != len(want) {
		t.Errorf("%s: %d, the company has %d:\n%s", what, len(got), len(want), d)
	}
}
