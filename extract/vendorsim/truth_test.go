package vendorsim

import (
	"encoding/json"
	"flag"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// cells reads a table's cells by the name on the vendor's page.
func cells(t testing.TB, tab Table, name string) func(Row) string {
	t.Helper()
	i := slices.Index(tab.Columns, name)
	if i < 0 {
		t.Fatalf("%s has no column %s", tab.Dataset, name)
	}
	return func(r Row) string { return r.Cells[i] }
}

var seed = flag.Int64("seed", 7, "of the company whose findings are searched for")

// company2 is a company large enough for all findings, two generations old.
func company2(t testing.TB) *Sim {
	t.Helper()
	s := New(Config{Seed: *seed, People: 500})
	s.Advance()
	s.Advance()
	return s
}

func (s *Sim) tab(t testing.TB, dataset string) Table {
	t.Helper()
	tab, ok := s.Table(dataset, s.Generation())
	if !ok {
		t.Fatalf("no dataset %s", dataset)
	}
	return tab
}

func sameSet(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%s: found %d, planted %d", what, len(got), len(want))
	}
}

func TestTruth_dormantAccountsAreThoseOleriaShows(t *testing.T) {
	s := company2(t)
	tab := s.tab(t, "oleria.access_inventory_application_accounts_v2")
	id, status, days := cells(t, tab, "userId"), cells(t, tab, "userStatus"), cells(t, tab, "dormantDays")
	var got []string
	for _, r := range tab.Rows {
		if n, err := strconv.Atoi(strings.TrimSuffix(days(r), "+")); err != nil {
			t.Fatal(err)
		} else if n > 90 && status(r) == "enabled" {
			got = append(got, id(r))
		}
	}
	sameSet(t, "dormant", got, s.Truth().DormantAccounts("oleria"))
}

func TestTruth_leaversWithAccess(t *testing.T) {
	s := company2(t)
	staff := s.tab(t, "balkanid.employees")
	left := map[string]bool{}
	for _, r := range staff.Rows {
		left[cells(t, staff, "Employee ID")(r)] = cells(t, staff, "End Date")(r) != ""
	}
	tab := s.tab(t, "balkanid.entitlements")
	id, employee, value := cells(t, tab, "Identity ID"), cells(t, tab, "Employee ID"), cells(t, tab, "Privilege Value")
	var got []string
	for _, r := range tab.Rows {
		if left[employee(r)] && value(r) == "true" && !slices.Contains(got, id(r)) {
			got = append(got, id(r))
		}
	}
	sameSet(t, "leavers in BalkanID", got, s.Truth().LeaversWithAccess("balkanid"))

	staff = s.tab(t, "oleria.employees")
	gone := map[string]bool{}
	for _, r := range staff.Rows {
		if cells(t, staff, "status")(r) == "terminated" {
			gone[cells(t, staff, "email")(r)] = true
		}
	}
	alias := map[string]string{}
	for _, p := range s.Truth().SamePeople {
		alias[p.BalkanIDEmail] = p.OleriaEmail
	}
	tab = s.tab(t, "oleria.access_inventory_application_accounts_v2")
	got = nil
	for _, r := range tab.Rows {
		email := strings.ToLower(cells(t, tab, "email")(r))
		if cells(t, tab, "userStatus")(r) == "enabled" && (gone[email] || gone[alias[email]]) {
			got = append(got, cells(t, tab, "userId")(r))
		}
	}
	sameSet(t, "leavers in Oleria", got, s.Truth().LeaversWithAccess("oleria"))
}

func TestTruth_orphansBelongToNobody(t *testing.T) {
	s := company2(t)
	staff := s.tab(t, "balkanid.employees")
	known := map[string]bool{}
	for _, r := range staff.Rows {
		known[cells(t, staff, "Work Email")(r)] = true
	}
	for _, p := range s.Truth().SamePeople {
		known[p.OleriaEmail] = true
	}
	tab := s.tab(t, "oleria.access_inventory_application_accounts_v2")
	var got []string
	for _, r := range tab.Rows {
		email := strings.ToLower(cells(t, tab, "email")(r))
		if cells(t, tab, "accountType")(r) == "user" && !known[email] {
			got = append(got, cells(t, tab, "userId")(r))
		}
	}
	sameSet(t, "orphans in Oleria", got, s.Truth().OrphanAccounts("oleria"))
	if len(s.Truth().OrphanAccounts("balkanid")) == 0 {
		t.Error("no orphans in BalkanID")
	}
}

func TestTruth_disagreements(t *testing.T) {
	s := company2(t)
	entities := s.tab(t, "balkanid.entities")
	enabled := map[string]bool{}
	for _, r := range entities.Rows {
		if !strings.Contains(cells(t, entities, "BRN")(r), ":identity:") {
			continue
		}
		var m struct{ AccountEnabled bool }
		if err := json.Unmarshal([]byte(cells(t, entities, "Metadata")(r)), &m); err != nil {
			t.Fatal(err)
		}
		enabled[cells(t, entities, "Source ID")(r)] = m.AccountEnabled
	}
	tab := s.tab(t, "oleria.access_inventory_application_accounts_v2")
	var got, want []string
	for _, r := range tab.Rows {
		if id := cells(t, tab, "userId")(r); enabled[id] && cells(t, tab, "userStatus")(r) == "disabled" {
			got = append(got, id)
		}
	}
	for _, a := range s.Truth().Disagreements {
		want = append(want, a.NativeID)
	}
	sameSet(t, "disagreements", got, want)
}

func TestTruth_stillSeenAfterRevoke(t *testing.T) {
	s := company2(t)
	requests, grants := s.tab(t, "balkanid.requests"), s.tab(t, "balkanid.entitlements")
	listed := map[string]string{}
	for _, r := range grants.Rows {
		if cells(t, grants, "Privilege Value")(r) == "true" {
			listed[cells(t, grants, "Employee ID")(r)+"|"+r.Part+"|"+cells(t, grants, "Connection")(r)] = cells(t, grants, "Identity ID")(r)
		}
	}
	staff := s.tab(t, "balkanid.employees")
	number := map[string]string{}
	for _, r := range staff.Rows {
		number[cells(t, staff, "Work Email")(r)] = cells(t, staff, "Employee ID")(r)
	}
	place := func(r Row) string {
		return number[cells(t, requests, "Work Email")(r)] + "|" + cells(t, requests, "App ID")(r) + "|" + cells(t, requests, "Connection")(r)
	}
	provision := cells(t, requests, "Provision Date")
	granted := map[string]string{}
	for _, r := range requests.Rows {
		if cells(t, requests, "Request Type")(r) == "grant" && provision(r) > granted[place(r)] {
			granted[place(r)] = provision(r)
		}
	}
	var got, want []string
	for _, r := range requests.Rows {
		if id := listed[place(r)]; cells(t, requests, "Request Type")(r) == "revoke" && provision(r) != "" && id != "" && granted[place(r)] <= provision(r) {
			got = append(got, cells(t, requests, "Request ID")(r)+"|"+id)
		}
	}
	for _, f := range s.Truth().StillSeen {
		want = append(want, f.RequestID+"|"+f.IdentityID)
	}
	sameSet(t, "still seen", got, want)
}

func TestTruth_SoDConflicts(t *testing.T) {
	s := company2(t)
	type ref struct{ ID string }
	type side struct{ CriteriaList []ref }
	type policy struct {
		ID                        string
		ConflictingAccessCriteria *struct{ LeftCriteria, RightCriteria side }
	}
	var policies []policy
	members := map[string][]string{} // entitlement to identities
	for _, raw := range s.Records("sailpoint.config_objects", s.Generation()) {
		var o struct {
			Self   struct{ Type string }
			Object json.RawMessage
		}
		if err := json.Unmarshal([]byte(raw), &o); err != nil {
			t.Fatal(err)
		}
		switch o.Self.Type {
		case "SOD_POLICY":
			policies = append(policies, policy{})
			if err := json.Unmarshal(o.Object, &policies[len(policies)-1]); err != nil {
				t.Fatal(err)
			}
		case "ROLE":
			var role struct {
				Entitlements []ref
				Membership   struct{ Identities []ref }
			}
			if err := json.Unmarshal(o.Object, &role); err != nil {
				t.Fatal(err)
			}
			for _, e := range role.Entitlements {
				for _, m := range role.Membership.Identities {
					members[e.ID] = append(members[e.ID], m.ID)
				}
			}
		}
	}
	var got, want []string
	for _, p := range policies {
		if c := p.ConflictingAccessCriteria; c != nil {
			for _, id := range members[c.LeftCriteria.CriteriaList[0].ID] {
				if slices.Contains(members[c.RightCriteria.CriteriaList[0].ID], id) {
					got = append(got, p.ID+"|"+id)
				}
			}
		}
	}
	for _, c := range s.Truth().SoDConflicts {
		want = append(want, c.PolicyID+"|"+c.IdentityID)
	}
	sameSet(t, "SoD conflicts", got, want)
}

func TestTruth_samePeopleAreInBothVendors(t *testing.T) {
	s := company2(t)
	oleria, balkanid := s.tab(t, "oleria.employees"), s.tab(t, "balkanid.employees")
	emails := map[string]bool{}
	for _, r := range oleria.Rows {
		emails["o"+cells(t, oleria, "email")(r)] = true
	}
	for _, r := range balkanid.Rows {
		emails["b"+cells(t, balkanid, "Work Email")(r)] = true
	}
	for _, p := range s.Truth().SamePeople {
		if !emails["o"+p.OleriaEmail] || !emails["b"+p.BalkanIDEmail] || emails["b"+p.OleriaEmail] || emails["o"+p.BalkanIDEmail] {
			t.Errorf("%+v", p)
		}
	}
	if len(s.Truth().SamePeople) < 5 {
		t.Errorf("only %d", len(s.Truth().SamePeople))
	}
}

func TestTruth_groupsNestInACircle(t *testing.T) {
	s := company2(t)
	tab := s.tab(t, "balkanid.entity_relations")
	edges := map[string]bool{}
	for _, r := range tab.Rows {
		edges[cells(t, tab, "Parent Entity BRN")(r)+">"+cells(t, tab, "Entity BRN")(r)] = true
	}
	cycle := s.Truth().Cycle
	for i, g := range cycle {
		if !edges[g+">"+cycle[(i+1)%len(cycle)]] {
			t.Errorf("no edge from %d", i)
		}
	}
}

func TestTruth_secretsAreInTheVendorsBytes(t *testing.T) {
	s := company2(t)
	all := s.now().balkanid.Payload("balkanid.requests", export.Everything)
	all = append(append(all[:len(all):len(all)], s.now().balkanid.Payload("balkanid.integrations", export.Everything)...), s.now().balkanid.Payload("balkanid.webhook_templates", export.Everything)...)
	for _, secret := range s.Truth().Secrets {
		if !strings.Contains(string(all), secret) {
			t.Errorf("%s is nowhere", secret)
		}
	}
	if len(s.Truth().Secrets) < 10 {
		t.Error("too few secrets")
	}
}

func TestTruth_trapsAreThere(t *testing.T) {
	s := company2(t)
	requests := s.tab(t, "balkanid.requests")
	ids, repeated, denied, minus := map[string]int{}, 0, 0, 0
	for _, r := range requests.Rows {
		if ids[r.Cells[0]]++; ids[r.Cells[0]] == 2 {
			repeated++
		}
	}
	grants := s.tab(t, "balkanid.entitlements")
	for _, r := range grants.Rows {
		if cells(t, grants, "Privilege Value")(r) == "false" {
			denied++
		}
	}
	for _, r := range s.tab(t, "balkanid.entities").Rows {
		if strings.Contains(r.Cells[0], ":-") {
			minus++
		}
	}
	forms := map[export.Damage]int{}
	for _, d := range []string{"balkanid.requests", "balkanid.entities"} {
		for _, r := range s.now().table(d).Rows {
			forms[r.Damage]++
		}
	}
	if repeated == 0 || denied == 0 || minus == 0 || len(forms) != 4 {
		t.Errorf("repeated %d, denied %d, ids with minus %d, forms %v", repeated, denied, minus, forms)
	}
}

func TestTruth_badRecordsAreDelivered(t *testing.T) {
	s := company2(t)
	rules := map[string]int{}
	for _, b := range s.Truth().BadRecords {
		rules[b.Rule]++
		if !strings.Contains(string(s.now().table(b.Dataset).Payload(export.Everything)), b.Line) {
			t.Errorf("%s: bad line is not delivered", b.Dataset)
		}
	}
	if rules["frame"] != 2 || rules["cell"] != 2 || len(rules) != 2 {
		t.Errorf("rules %v", rules)
	}
}

func TestTruth_peopleAreThoseOfHR(t *testing.T) {
	s := company2(t)
	staff, accounts := s.tab(t, "balkanid.employees"), s.Records("oleria.access_inventory_application_accounts_v2", s.Generation())
	var got, want []string
	for _, r := range staff.Rows {
		got = append(got, cells(t, staff, "Employee ID")(r)+cells(t, staff, "Work Email")(r)+cells(t, staff, "Full Name")(r))
	}
	owned := 0
	for _, p := range s.Truth().People {
		want = append(want, p.Employee+p.BalkanIDEmail+p.Name)
		for _, a := range p.Accounts {
			if accounts[a] != "" {
				owned++
			}
		}
	}
	sameSet(t, "people", got, want)
	others := len(s.Truth().OrphanAccounts("oleria"))
	for _, a := range s.Truth().ServiceAccounts {
		if a.Vendor == "oleria" {
			others++
		}
	}
	if owned+others != len(accounts) {
		t.Errorf("%d owned and %d other accounts, of %d", owned, others, len(accounts))
	}
}
