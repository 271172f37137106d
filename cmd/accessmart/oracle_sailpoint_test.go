package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// sailPointsAccess holds who has what, by SailPoint's lists, against the lists as they were
// delivered: accounts name entitlements by the values of an attribute, and in main these must
// be the entitlements that are listed with source and value.
func (f *fixture) sailPointsAccess(t *testing.T) {
	type ref struct{ ID string }
	var entitlements []struct {
		ID, Value string
		Source    ref
	}
	f.sailPointList(t, "sailpoint.entitlements", &entitlements)
	listed := map[string]string{}
	for _, e := range entitlements {
		listed[e.Source.ID+" "+e.Value] = e.ID
	}
	var accounts []struct {
		ID, SourceID string
		Attributes   struct{ Groups any }
	}
	f.sailPointList(t, "sailpoint.accounts", &accounts)
	var want []string
	for _, a := range accounts {
		values, many := a.Attributes.Groups.([]any)
		if !many && a.Attributes.Groups != nil {
			values = []any{a.Attributes.Groups}
		}
		for _, v := range values {
			want = append(want, a.ID+" "+listed[a.SourceID+" "+fmt.Sprint(v)])
		}
	}
	// The key of a statement ends with SailPoint's id of the account or entitlement.
	equal(t, "entitlements that accounts hold", f.texts(t, `select split_part(a.statement_key, ':', 3) || ' ' || split_part(e.statement_key, ':', 3) as name
		from main.grants g
		join meta.links a on a.kind = 'accounts' and a.key = g.principal_key and a.dataset = 'sailpoint.accounts'
		join meta.links e on e.kind = 'entitlements' and e.key = g.target_key and e.dataset = 'sailpoint.entitlements'
		where g.principal_kind = 'account' and g.target_kind = 'entitlement'`), want)
	if undescribed := f.texts(t, "select value as name from main.entitlements where not is_described and list_contains(sources, 'sailpoint')"); undescribed != nil {
		t.Errorf("entitlements that no list describes: %v", undescribed)
	}

	table, _ := f.sim.Table("sailpoint.role_assignments", f.sim.Generation())
	var roles []string
	for _, r := range table.Rows {
		var who ref
		if err := json.Unmarshal([]byte(r.Cells[0]), &who); err != nil {
			t.Fatal(err)
		}
		roles = append(roles, who.ID+" "+r.Part)
	}
	equal(t, "roles that people have", f.texts(t, rolesHeld("sailpoint.roles")), roles)

	var found []struct {
		ID     string
		Access []struct{ ID, Type string }
	}
	f.sailPointList(t, "sailpoint.search_identities", &found)
	var profiles []string
	for _, who := range found {
		for _, a := range who.Access {
			if a.Type == "ACCESS_PROFILE" {
				profiles = append(profiles, who.ID+" "+a.ID)
			}
		}
	}
	equal(t, "access profiles that people have", f.texts(t, rolesHeld("sailpoint.access_profiles")), profiles)
	f.shadowsAreNobody(t)
	if len(want) < 100 || len(roles) < 100 {
		t.Errorf("only %d entitlements and %d roles are held", len(want), len(roles))
	}
	if unread := f.query(t, "select finding_count as n from meta.checks where check_name = 'entitlement_attributes_unread' order by run_id desc limit 1"); slices.ContainsFunc(unread, func(r map[string]any) bool { return r["n"] != float64(0) }) {
		t.Errorf("attributes that are not read: %v", unread)
	}
}

// shadowsAreNobody: the identities that SailPoint makes for accounts which belong to nobody are
// told of, are no people, and do not own those accounts either.
func (f *fixture) shadowsAreNobody(t *testing.T) {
	t.Helper()
	var shadows []struct{ ID string }
	f.sailPointList(t, "sailpoint.uncorrelated_identities", &shadows)
	var want []string
	for _, s := range shadows {
		want = append(want, s.ID)
	}
	linked := `from meta.links l where l.kind = 'identities' and l.dataset = 'sailpoint.uncorrelated_identities'`
	equal(t, "identities of accounts that belong to nobody", f.texts(t, "select split_part(l.statement_key, ':', 3) as name "+linked), want)
	for what, with := range map[string]string{"people": "people", "owners of accounts": "main.identity_accounts"} {
		if wrong := f.texts(t, "select l.statement_key as name "+linked+" and l.key in (select identity_key from "+with+")"); len(wrong) > 0 || len(want) == 0 {
			t.Errorf("of %d identities that are nobody these are %s: %v", len(want), what, wrong)
		}
	}
}

// rolesHeld asks which identity has which of the roles of a dataset, both by their ids.
func rolesHeld(dataset string) string {
	return `select split_part(i.statement_key, ':', 3) || ' ' || split_part(r.statement_key, ':', 3) as name
		from main.grants g
		join meta.links i on i.kind = 'identities' and i.key = g.principal_key and i.dataset = 'sailpoint.identities'
		join meta.links r on r.kind = 'roles' and r.key = g.target_key and r.dataset = '` + dataset + `'
		where g.principal_kind = 'identity' and g.target_kind = 'role'`
}

// sailPointList reads the records of a list as the simulator delivers them today.
func (f *fixture) sailPointList(t *testing.T, dataset string, out any) {
	t.Helper()
	table, ok := f.sim.Table(dataset, f.sim.Generation())
	if !ok {
		t.Fatalf("the simulator has no %s", dataset)
	}
	var list []json.RawMessage
	for _, r := range table.Rows {
		list = append(list, json.RawMessage(r.Cells[0]))
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
}
