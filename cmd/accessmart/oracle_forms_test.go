package main

import (
	"path/filepath"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// The files that people make of SailPoint's lists by hand say by names what the lists say by ids:
// who there is, which roles and access profiles there are, who answers for each, what it holds,
// which entitlements there are, and which account has which of them.
func TestOracle_forms(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 7, People: 200})
	if err := f.sim.WriteForms(filepath.Join(f.dir, "forms")); err != nil {
		t.Fatal(err)
	}
	f.write(t, "database: access.duckdb\ndata: data\nsources:\n  forms: {vendor: sailpoint, files: forms}\n")
	f.run(t, exitDone, "refresh", "-q")

	type ref struct{ ID, Name string }
	var entitlements []struct {
		ID, Name, Value string
		Source          ref
	}
	f.sailPointList(t, "sailpoint.entitlements", &entitlements)
	var want []string
	named, valued := map[string]string{}, map[string]string{}
	for _, e := range entitlements {
		named[e.ID] = e.Source.Name + "/" + e.Name
		valued[e.Source.ID+" "+e.Value] = named[e.ID]
		want = append(want, named[e.ID])
	}
	equal(t, "entitlements", f.texts(t, `select a.name || '/' || e.name as name from main.entitlements e join main.applications a using (application_key) where e.is_described`), want)
	if n := f.query(t, "select count(*) as n from main.entitlements where not is_described")[0]["n"]; n != float64(0) {
		t.Errorf("%v entitlements are only mentioned: names of theirs lead nowhere", n)
	}

	var people []ref
	f.sailPointList(t, "sailpoint.identities", &people)
	var everybody []string
	for _, p := range people {
		everybody = append(everybody, p.ID+" "+p.Name)
	}
	equal(t, "people", f.texts(t, `select split_part(l.statement_key, ':', 3) || ' ' || p.display_name as name from people p
		join meta.links l on l.kind = 'identities' and l.key = p.identity_key and l.dataset = 'sailpoint.search_export_identities'`), everybody)

	var roles, profiles, dimensions []struct {
		Name                         string
		Owner                        ref
		AccessProfiles, Entitlements []ref
	}
	f.sailPointList(t, "sailpoint.roles", &roles)
	f.sailPointList(t, "sailpoint.access_profiles", &profiles)
	f.sailPointList(t, "sailpoint.role_dimensions", &dimensions)
	var names, holds, owners []string
	for _, list := range [][]struct {
		Name                         string
		Owner                        ref
		AccessProfiles, Entitlements []ref
	}{roles, profiles, dimensions} {
		for _, r := range list {
			names = append(names, r.Name)
			if len(dimensions) > 0 && &list[0] != &dimensions[0] { // whose file has no owners
				owners = append(owners, r.Owner.Name+" owns "+r.Name)
			}
			for _, p := range r.AccessProfiles {
				holds = append(holds, r.Name+" holds "+p.Name)
			}
			for _, e := range r.Entitlements {
				holds = append(holds, r.Name+" holds "+named[e.ID])
			}
		}
	}
	equal(t, "roles", f.texts(t, "select name from main.roles where is_described"), names)
	equal(t, "owners", f.texts(t, "select p.display_name || ' owns ' || r.name as name from main.roles r join people p on p.identity_key = r.owner_identity_key"), owners)
	equal(t, "what roles hold", f.texts(t, `select p.name || ' holds ' || coalesce(r.name, a.name || '/' || e.name) as name from main.grants g
		join main.roles p on p.role_key = g.principal_key
		left join main.roles r on r.role_key = g.target_key
		left join main.entitlements e on e.entitlement_key = g.target_key
		left join main.applications a on a.application_key = e.application_key
		where g.principal_kind = 'role'`), holds)

	var accounts []struct {
		NativeIdentity, SourceID, SourceName string
		Uncorrelated                         bool
		Attributes                           struct{ Groups any }
	}
	f.sailPointList(t, "sailpoint.accounts", &accounts)
	var have []string
	for _, a := range accounts {
		groups, many := a.Attributes.Groups.([]any)
		if !many && a.Attributes.Groups != nil {
			groups = []any{a.Attributes.Groups}
		}
		for _, g := range groups {
			have = append(have, a.SourceName+"/"+a.NativeIdentity+" has "+valued[a.SourceID+" "+g.(string)])
		}
	}
	equal(t, "what accounts have", f.texts(t, `select p.name || '/' || o.native_id || ' has ' || a.name || '/' || e.name as name from main.grants g
		join meta.links l on l.kind = 'accounts' and l.key = g.principal_key and l.dataset = 'sailpoint.extension_accounts'
		join (select distinct account_key, native_id from observed.accounts where _dataset = 'sailpoint.extension_accounts') o on o.account_key = l.statement_key
		join main.applications p on p.application_key = (select application_key from main.accounts where account_key = g.principal_key)
		join main.entitlements e on e.entitlement_key = g.target_key
		join main.applications a on a.application_key = e.application_key
		where g.principal_kind = 'account'`), have)
	if len(holds) < 50 || len(have) < 100 || len(dimensions) == 0 {
		t.Errorf("only %d are held by roles, %d by accounts, and %d dimensions are there", len(holds), len(have), len(dimensions))
	}
}
