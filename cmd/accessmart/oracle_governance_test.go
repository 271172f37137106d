package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// governanceIsSailPoints holds requests, reviews, risks and governance groups against
// what SailPoint has: each once, although it tells requests and policies twice.
func (f *fixture) governanceIsSailPoints(t *testing.T) {
	t.Helper()
	truth := f.sim.Truth().Governed
	of := func(list map[string]string) (out []string) {
		for id, state := range list {
			out = append(out, strings.TrimSpace(id+" "+state))
		}
		return out
	}
	var members []string
	for _, id := range slices.Sorted(maps.Keys(truth.Members)) {
		for _, who := range truth.Members[id] {
			members = append(members, id+" "+who)
		}
	}
	for _, tc := range []struct {
		what, sql string
		want      []string
	}{
		{"requests", "select split_part(request_key, ':', 3) || ' ' || status as name from main.access_requests where source = 'sailpoint'", of(truth.Requests)},
		{"reviews", "select trim(split_part(review_key, ':', 3) || ' ' || coalesce(decision, '')) as name from main.reviews where source = 'sailpoint'", of(truth.Reviews)},
		{"accounts under review", `select distinct split_part(r.review_key, ':', 3) || ' ' || p.name || ' ' || s.native_id as name from main.reviews r
			join main.accounts a on a.account_key = r.account_key and a.is_described and a.identity_key = r.identity_key join main.applications p on p.application_key = a.application_key
			join meta.links l on l.kind = 'accounts' and l.key = a.account_key and l.dataset = 'sailpoint.accounts' join observed.accounts s on s.account_key = l.statement_key and s._dataset = l.dataset
			where r.source = 'sailpoint'`, of(truth.Reviewed)},
		{"violations", "select native_id || ' ' || status as name from main.risks where kind = 'sod_violation' and source = 'sailpoint'", of(truth.Violations)},
		{"outliers", "select replace(split_part(risk_key, 'outlier|', 2), '|', ' ') || ' ' || status as name from observed.risks where _dataset = 'sailpoint.outliers'", of(truth.Outliers)},
		{"members of governance groups", "select split_part(target_key, ':', 3) || ' ' || split_part(principal_key, ':', 3) as name from observed.grants where _dataset = 'sailpoint.workgroup_members'", members},
	} {
		if equal(t, tc.what, f.texts(t, tc.sql), tc.want); len(tc.want) < 4 {
			t.Errorf("%s: only %d planted", tc.what, len(tc.want))
		}
	}
	// Who asks, decides and is reviewed is a person whom HR knows too.
	for what, sql := range map[string]string{
		"of two exports one policy": "select policy_key as name from main.policies where source = 'sailpoint' group by 1 having count(*) > 1",
		"a member of a group is nobody whom HR knows": `select g.principal_key as name from main.grants g join main.groups w on w.group_key = g.target_key left join main.people p on p.identity_key = g.principal_key
			where g.principal_kind = 'identity' and w.application_key is null and p.identity_key is null`,
		"a review without reviewer": "select review_key as name from main.reviews where source = 'sailpoint' and reviewer_identity_key is null",
	} {
		if got := f.texts(t, sql); len(got) > 0 {
			t.Errorf("%s: %v", what, got)
		}
	}
}
