package main

import (
	"strings"
	"testing"
)

// balkanIDsRowsLeadToThings holds that rows of BalkanID's smaller datasets are about the things
// that its entities and employees describe, and that none is lost.
func (f *fixture) balkanIDsRowsLeadToThings(t *testing.T) {
	staff := 0
	for _, r := range f.delivered(t, "balkanid.rbac") {
		staff += len(strings.Split(r["Employees"], ", "))
	}
	given := 0
	for _, r := range f.delivered(t, "balkanid.purposes") {
		given += len(strings.Split(r["Entity BRNs"], ", "))
	}
	owned := 0
	for _, r := range f.delivered(t, "balkanid.relations") {
		if r["Relation type"] == "owns" {
			owned++
		}
	}
	for _, tc := range []struct {
		what, sql string
		want      int
	}{
		{"owners of described groups", `select count(distinct o.group_key) as n from observed.groups o
			join meta.links l on l.kind = 'groups' and l.dataset = o._dataset and l.statement_key = o.group_key
			join meta.links e on e.kind = 'groups' and e.dataset = 'balkanid.entities' and e.key = l.key
			where o._dataset = 'balkanid.business_owners' and o.owner_email is not null`, len(f.delivered(t, "balkanid.business_owners"))},
		{"what purposes give", `select count(*) as n from main.grants g join main.groups d on d.group_key = g.target_key and d.is_described
			where g.principal_key in (select key from meta.links where kind = 'roles' and dataset = 'balkanid.purposes') and g.effect = 'allow'`, given},
		{"purposes given without a request", `select count(*) as n from main.roles where is_birthright`, len(f.delivered(t, "balkanid.purposes"))},
		{"what roles of the RBAC model hold", `select count(*) as n from main.grants g join main.groups d on d.group_key = g.target_key and d.is_described
			join main.roles r on r.role_key = g.principal_key and r.is_described
			where r.role_key in (select key from meta.links where kind = 'roles' and dataset = 'balkanid.entity_rbac')`, len(f.delivered(t, "balkanid.entity_rbac#relations"))},
		{"people proposed for generated roles", `select count(*) as n from main.role_candidate_identities c
			join main.role_candidates r on r.candidate_key = c.candidate_key join people p on p.identity_key = c.identity_key and p.is_described
			where r.source = 'balkanid'`, staff},
		{"machines that somebody answers for", `select count(*) as n from main.identity_accounts o join main.accounts a on a.account_key = o.account_key and a.is_described
			join people p on p.identity_key = o.identity_key where o.relation = 'owns'`, owned},
		{"reviews of the reviewed person's account, by somebody known", `select count(*) as n from main.reviews r
			join main.accounts a on a.account_key = r.account_key and a.is_described and a.identity_key = r.identity_key
			where r.source = 'balkanid' and r.reviewer_identity_key is not null`, len(f.delivered(t, "balkanid.reviews"))},
		{"reviews that are done", `select count(*) as n from main.reviews where status = 'completed' and decided_at is not null`, f.completed(t)},
		{"steps of reviews", `select count(*) as n from main.activities where source = 'balkanid'`, len(f.delivered(t, "balkanid.reviews")) + f.completed(t)},
		{"steps that somebody known took", `select count(*) as n from main.activities a join people p on p.identity_key = a.actor_identity_key
			where a.source = 'balkanid' and a.action = 'completed'`, f.completed(t)},
		{"reviews of unknown state", `select count(*) as n from main.reviews where status is null or status = 'unknown'`, 0},
	} {
		if n := f.query(t, tc.sql)[0]["n"]; n != float64(tc.want) {
			t.Errorf("%s: %v, BalkanID delivers %d", tc.what, n, tc.want)
		}
	}
	equal(t, "accounts in BalkanID itself", f.texts(t, "select username as name from main.accounts where application_key is null and is_privileged"), f.sim.Truth().Administrators)
}

// completed counts the reviews that the vendor has as completed.
func (f *fixture) completed(t *testing.T) (n int) {
	for _, r := range f.delivered(t, "balkanid.reviews") {
		if r["Review Status"] == "completed" {
			n++
		}
	}
	if n == 0 {
		t.Error("no review is completed: that is not tried")
	}
	return n
}
