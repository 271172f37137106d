package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// reportsAreThePlanted holds further reports against what was planted, by the ids and
// addresses of the vendors, today: nothing is missing, and nothing is listed besides.
func (f *fixture) reportsAreThePlanted(t *testing.T) {
	t.Helper()
	truth := f.sim.Truth()
	asOf := f.asOf(t)
	var gaps, admins, idle []string
	for _, l := range truth.Logins {
		if !l.Open {
			continue
		}
		if !l.MFA {
			gaps = append(gaps, l.NativeID)
		}
		if l.Admin {
			admins = append(admins, l.NativeID)
		}
		days := asOf.Sub(l.LastActivity) / (24 * time.Hour)
		if l.LastActivity.IsZero() { // Oleria counts to its first day
			first, ok := f.sim.TruthAt(0)
			if !ok {
				t.Fatal("the first day is forgotten")
			}
			days = first.Today.Sub(l.Created) / (24 * time.Hour)
		}
		if days >= 30 {
			idle = append(idle, l.NativeID)
		}
	}
	states := func(keys string) []string { // ids of what Oleria lists, among accounts that it lists
		return f.texts(t, strings.Replace(statedAccounts("oleria", keys), "as id", "as name", 1)+
			" and o._dataset = 'oleria.access_inventory_application_accounts_v2'")
	}
	holders := states("select principal_key from main.grants where principal_kind = 'account' and effect is distinct from 'deny'")
	holds(t, "accounts without a second factor", states("select account_key from report.mfa_gaps"), gaps)
	holds(t, "privileged accounts", states("select principal_key from report.privileged_access where evidence = 'account'"), admins)
	holds(t, "accounts idle for 30 days", states("select account_key from report.dormant_accounts"), idle)
	holds(t, "accounts with unused access", states("select principal_key from report.unused_privileges where evidence = 'account'"),
		slices.DeleteFunc(slices.Clone(idle), func(id string) bool { return !slices.Contains(holders, id) }))

	var differ []string
	for _, a := range truth.Disagreements {
		differ = append(differ, a.NativeID)
	}
	holds(t, "accounts on whose state the sources differ", states(`select key from report.disagreements where kind = 'says_otherwise' and table_name = 'accounts'
		and column_name = 'status' and json_extract_string(said, '$.oleria') = 'inactive' and json_extract_string(said, '$.balkanid') = 'active'`), differ)

	ending := map[string]bool{}
	for _, e := range truth.Ends {
		if left := e.Ends.Sub(asOf); !e.Refused && left >= 0 && left <= 30*24*time.Hour {
			ending[fmt.Sprint(e.Vendor, " ", e.RequestID, " ", e.Ends.UTC().Format("2006-01-02T15:04:05"))] = true
		}
	}
	holds(t, "requests for access that ends", f.texts(t, `select distinct r.source || ' ' || r.request_id || ' ' || strftime(e.expires_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%S') as name
		from report.expiring_access e join main.access_requests r on r.request_key = e.key where e.kind = 'request' and not e.is_overdue`), slices.Collect(maps.Keys(ending)))
}

// holds is [equal] for what must have been planted.
func holds(t *testing.T, what string, got, want []string) {
	t.Helper()
	equal(t, what, got, want)
	if len(want) == 0 {
		t.Errorf("%s: none planted", what)
	}
}

// asOf is the moment of the run that made the file.
func (f *fixture) asOf(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, cellText(f.query(t, "select max(as_of) as name from meta.runs")[0]["name"]))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// moversAreThePlanted holds who changed department since the first day, and which groups they
// kept, against the company.
func (f *fixture) moversAreThePlanted(t *testing.T) {
	t.Helper()
	first, ok := f.sim.TruthAt(0)
	if !ok {
		t.Fatal("the first day is forgotten")
	}
	before := map[string]string{}
	for _, p := range first.People {
		before[p.Employee] = p.Department
	}
	now := f.sim.Truth()
	var moved, kept []string
	for _, p := range now.People {
		if was := before[p.Employee]; was == "" || was == p.Department || p.Left || len(p.Groups) == 0 {
			continue
		}
		moved = append(moved, fmt.Sprintf("%s: %s to %s", p.BalkanIDEmail, before[p.Employee], p.Department))
		for _, g := range p.Groups {
			if g.Since.Before(now.Today) {
				kept = append(kept, fmt.Sprintf("%s: %s/%s", p.BalkanIDEmail, g.Application, g.Group))
			}
		}
	}
	by := ` from report.movers_with_old_access m join (select l.key, max(o.email) as email from meta.links l
		join observed.identities o on o._dataset = l.dataset and o.identity_key = l.statement_key where l.kind = 'identities' and l.dataset = 'balkanid.employees' group by l.key) p on p.key = m.identity_key `
	holds(t, "people who moved", f.texts(t, "select distinct p.email || ': ' || old_department || ' to ' || new_department as name"+by), moved)
	groups := map[string]bool{}
	for _, a := range now.Applications {
		for _, g := range a.Groups {
			groups[a.Slug+"/"+g] = true
		}
	}
	listed := f.texts(t, "select distinct p.email || ': ' || a.app || '/' || target_name as name"+by+
		"join main.applications a on a.application_key = m.application_key where m.target_kind in ('group', 'entitlement')")
	listed = slices.DeleteFunc(listed, func(s string) bool { // SailPoint has groups as entitlements, and what they allow is one too
		_, group, _ := strings.Cut(s, ": ")
		return !groups[group]
	})
	holds(t, "groups that they kept", listed, kept)
}
