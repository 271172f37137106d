package main

import (
	"fmt"
	"slices"
	"testing"
)

// risksAreThePlanted holds which risks BalkanID's two lists are in main, how they stand, and of
// which account and person, against what was planted. They name the account by e-mail and
// integration alone; entities and entitlements list it.
func (f *fixture) risksAreThePlanted(t *testing.T) {
	t.Helper()
	truth := f.sim.Truth()
	status := map[string]string{"": "", "created": "open", "started": "in_progress", "stopped": "unknown", "completed": "unknown"}
	var want []string
	for _, k := range slices.Concat(truth.Findings, truth.Lone) {
		want = append(want, k.ID+" "+status[k.Status]+" "+k.NativeID+" "+k.Employee)
	}
	var got []string
	for _, r := range f.query(t, `select r.native_id as id, coalesce(r.status, '') as status, coalesce(i.email, '') as employee,
			coalesce((select string_agg(distinct a.native_id) from meta.links l join observed.accounts a on a.account_key = l.statement_key and a._dataset = l.dataset
				where l.kind = 'accounts' and l.key = r.account_key and l.strength <> 'mentions'), '') as account
		from main.risks r
		left join observed.risks o on o.risk_key = r.risk_key and o._dataset in ('balkanid.findings', 'balkanid.entity_insights')
		left join observed.identities i on i.identity_key = o.identity_key and i._dataset = 'balkanid.employees'
		where r.source = 'balkanid' and r.risk_key similar to '.*:(finding|insight).*'`) {
		got = append(got, fmt.Sprint(r["id"], " ", r["status"], " ", r["account"], " ", r["employee"]))
	}
	equal(t, "risks of BalkanID", got, want)
	if n := f.query(t, "select count(*) as n from main.risks where source = 'balkanid' and (account_key is null or application_key is null)")[0]["n"]; n != float64(0) {
		t.Errorf("%v risks of BalkanID lead to no account or application", n)
	}
	if len(truth.Findings) == 0 || len(truth.Lone) == 0 {
		t.Error("none planted")
	}
}
