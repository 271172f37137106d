package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// eventsAndFiguresOfOleria holds what Oleria tells of the past and of use against the company, on
// the second day.
func (f *fixture) eventsAndFiguresOfOleria(t *testing.T) {
	t.Run("failedStepsAreOpenAccounts", f.failedStepsAreOpenAccounts)
	t.Run("logKeepsBothDays", f.logKeepsBothDays)
	t.Run("risksAreThereOnce", f.risksAreThereOnce)
	t.Run("figuresAreTheVendors", f.figuresAreTheVendors)
}

// What was done to the accounts of those who left is in the file as it was, each account found
// by its login: what failed are the accounts that stayed open.
func (f *fixture) failedStepsAreOpenAccounts(t *testing.T) {
	truth := f.sim.Truth()
	left := map[string]bool{}
	for _, p := range truth.People {
		left[p.Employee] = p.Left
	}
	want := truth.LeaversWithAccess("oleria")
	for _, a := range truth.Disagreements { // disabled in Oleria's list alone
		if left[a.Employee] {
			want = append(want, a.NativeID)
		}
	}
	equal(t, "accounts of leavers that a step failed to close",
		f.texts(t, `select distinct a.native_id as name from main.lifecycle_events e
			join meta.links l on l.kind = 'accounts' and l.key = e.account_key and l.dataset = 'oleria.access_inventory_application_accounts_v2'
			join observed.accounts a on a.account_key = l.statement_key and a._dataset = l.dataset
			where e.step = 'account_action' and e.kind = 'leaver' and e.status = 'Failed'`), want)
	if len(want) == 0 {
		t.Error("no step failed")
	}
	if n := f.query(t, `select count(*) as n from main.lifecycle_events where kind = 'unknown' or application_key is null and step not in ('event', 'workflow')
		or account_key is null and step = 'account_action' or identity_key is null and step in ('event', 'workflow')`)[0]["n"]; n != 0.0 {
		t.Errorf("%v events lack whom or what they are about", n)
	}
}

// The log keeps what was delivered once, and knows whose account it was.
func (f *fixture) logKeepsBothDays(t *testing.T) {
	const dataset = "oleria.activity_analysis"
	keys := map[string]bool{}
	for _, generation := range []int{0, 1} {
		for key := range f.sim.Records(dataset, generation) {
			keys[key] = true
		}
	}
	got := f.query(t, "select count(*) as n, count(actor_account_key) as known from main.activities where source = 'oleria'")[0]
	if n := float64(len(keys)); got["n"] != n || got["known"] != n || len(keys) <= len(f.sim.Records(dataset, 1)) {
		t.Errorf("%v events, of %v the account is known; two days had %v, the last one %d", got["n"], got["known"], n, len(f.sim.Records(dataset, 1)))
	}
}

// risksAreThereOnce holds that each risk is in main once, though four lists tell each of them; what the fullest list tells of the
// account is there too.
func (f *fixture) risksAreThereOnce(t *testing.T) {
	const fullest = "oleria.risk_monitoring_detail"
	n := len(f.sim.Records(fullest, f.sim.Generation()))
	got := f.query(t, "select count(*) as n, count(attributes ->> 'mfa_enabled') as told, count(account_key) as accounts, min(_dataset) as dataset from main.risks where source = 'oleria'")[0]
	if n == 0 || got["n"] != float64(n) || got["told"] != float64(n) || got["accounts"] != float64(n) || got["dataset"] != fullest {
		t.Errorf("%v; the company has %d risks", got, n)
	}
	if stated := f.query(t, "select count(*) as n from observed.risks where source = 'oleria'")[0]["n"]; stated != float64(4*n) {
		t.Errorf("%v statements about %d risks", stated, n)
	}
}

// figures are the columns of exports of which each cell is one figure of usage.
var figures = []struct{ dataset, name, cell, table, key, metric string }{
	{"oleria.identity_assessment_entitlement_utilization", "entitlement", "utilization", "entitlements", "entitlement_key", "utilization"},
	{"oleria.identity_assessment_entitlement_utilization", "entitlement", "totalAccounts", "entitlements", "entitlement_key", "total_accounts"},
	{"oleria.identity_assessment_entitlement_utilization", "entitlement", "activeAccounts", "entitlements", "entitlement_key", "active_accounts"},
	{"oleria.identity_assessment_resource_instance_utilization", "resourceName", "utilization", "resources", "resource_key", "utilization"},
	{"oleria.identity_assessment_resource_instance_utilization", "resourceName", "dormantDays", "resources", "resource_key", "dormant_days"},
}

// Each figure is there once, beside the thing that has the name.
func (f *fixture) figuresAreTheVendors(t *testing.T) {
	for _, x := range figures {
		tab, ok := f.sim.Table(x.dataset, f.sim.Generation())
		if !ok {
			t.Fatal(x.dataset)
		}
		got := f.texts(t, fmt.Sprintf(`select t.name || ' ' || u.value::bigint as name from main.usage u join main.%s t on t.%s = u.subject_key where u.metric = '%s' and u._dataset = '%s'`,
			x.table, x.key, x.metric, x.dataset))
		equal(t, x.dataset+": "+x.cell, got, twoCellsOf(tab, x.name, x.cell))
	}
}

// twoCellsOf are two cells of each record of a table.
func twoCellsOf(tab vendorsim.Table, a, b string) (out []string) {
	i, k := slices.Index(tab.Columns, a), slices.Index(tab.Columns, b)
	for _, r := range tab.Rows {
		out = append(out, r.Cells[i]+" "+r.Cells[k])
	}
	return out
}
