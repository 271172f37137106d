package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// ownRules are rules on separation of duties across vendors: nested groups of one application
// and an entitlement of another, a role and an entitlement, and one that nobody can break.
const ownRules = `rules:
  - name: nested and network
    left: [{application: GitHub, kind: group, name: "*-all"}]
    right: [{application: okta, name: "VPN-*"}, {kind: group, name: "pilot-?"}]
  - name: roles and bills
    left: [{kind: role, name: "*member"}]
    right: [{application: "amazon *", kind: entitlement, name: billing}]
  - name: idle
    left: [{name: "no such thing"}]
    right: [{name: "*"}]
`

// dutyPatterns are the same in words of this test: application, kind and name in lower case.
var dutyPatterns = map[string][2][][3]string{
	"nested and network": {{{"github", "group", "*-all"}}, {{"okta", "*", "vpn-*"}, {"*", "group", "pilot-?"}}},
	"roles and bills":    {{{"*", "role", "*member"}}, {{"amazon *", "entitlement", "billing"}}},
	"idle":               {{{"*", "*", "no such thing"}}, {{"*", "*", "*"}}},
}

// reach is what identities and their accounts have, walked grant by grant, without the closure.
type reach struct {
	grants map[string][]map[string]any // by principal
	starts map[string][]string         // identity -> itself and its accounts in which somebody can log in
}

func (f *fixture) reach(t *testing.T) reach {
	r := reach{map[string][]map[string]any{}, map[string][]string{}}
	for _, g := range f.query(t, "select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, effect from main.grants") {
		r.grants[cellText(g["principal_key"])] = append(r.grants[cellText(g["principal_key"])], g)
	}
	for _, i := range f.query(t, "select identity_key from main.identities") {
		r.starts[cellText(i["identity_key"])] = []string{cellText(i["identity_key"])}
	}
	for _, a := range f.query(t, `select r.identity_key, a.account_key from main.identity_accounts r join main.accounts a using (account_key)
		where r.relation is distinct from 'owns' and (a.status is null or a.status not in ('inactive', 'terminated') or coalesce(list_has_any(json_extract_string(a.disagreements, '$.status.*'), ['active', 'suspended', 'unknown']), false))`) {
		r.starts[cellText(a["identity_key"])] = append(r.starts[cellText(a["identity_key"])], cellText(a["account_key"]))
	}
	return r
}

// has is what an identity has: targets with their privileges.
func (r reach) has(identity string) map[[2]string]bool {
	out := map[[2]string]bool{}
	for _, start := range r.starts[identity] {
		allowed := map[[2]string]bool{}
		seen, queue := map[string]bool{start: true}, []string{start}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, g := range r.grants[at] {
				to := [2]string{cellText(g["target_key"]), fmt.Sprint(g["privilege"])}
				denied := g["effect"] == "deny"
				if was, known := allowed[to]; known {
					allowed[to] = was && !denied
				} else {
					allowed[to] = !denied
				}
				if kind := g["target_kind"]; !denied && (kind == "group" || kind == "role" || kind == "entitlement") && !seen[to[0]] {
					seen[to[0]] = true
					queue = append(queue, to[0])
				}
			}
		}
		for to, ok := range allowed {
			if ok {
				out[to] = true
			}
		}
	}
	return out
}

// dutiesAreJudged holds violations of policies and of rules of the user's own against the truth
// and against a walk over all grants.
func (f *fixture) dutiesAreJudged(t *testing.T) {
	r := f.reach(t)
	var want []string
	things := f.query(t, `select 'entitlement' as kind, entitlement_key as key, coalesce(t.name, t.value) as name, t.value, a.name as application from main.entitlements t left join main.applications a using (application_key)
		union all select 'role', role_key, t.name, null, a.name from main.roles t left join main.applications a using (application_key)
		union all select 'group', group_key, t.name, null, a.name from main.groups t left join main.applications a using (application_key)`)
	named := func(patterns [][3]string) map[string]bool {
		out := map[string]bool{}
		for _, thing := range things {
			for _, p := range patterns {
				matches := func(pattern, column string) bool {
					ok, err := path.Match(pattern, strings.ReplaceAll(strings.ToLower(cellText(thing[column])), "/", "-"))
					return err == nil && ok && (thing[column] != nil || pattern == "*" && column != "name")
				}
				if matches(p[0], "application") && matches(p[1], "kind") && (matches(p[2], "name") || thing["value"] != nil && matches(p[2], "value")) {
					out[cellText(thing["key"])] = true
				}
			}
		}
		return out
	}
	people := f.texts(t, "select identity_key as name from main.identities where kind is null or kind not in ('service', 'machine')")
	for rule, patterns := range dutyPatterns {
		left, right := named(patterns[0]), named(patterns[1])
		for _, who := range people {
			var lefts, rights []string
			for to := range r.has(who) {
				if left[to[0]] {
					lefts = append(lefts, to[0])
				}
				if right[to[0]] {
					rights = append(rights, to[0])
				}
			}
			if lefts != nil && rights != nil {
				slices.Sort(lefts)
				slices.Sort(rights)
				want = append(want, fmt.Sprint(rule, " ", who, " ", slices.Compact(lefts), " ", slices.Compact(rights)))
			}
		}
	}
	var got []string
	for _, v := range f.query(t, "select policy_name, identity_key, left_keys, right_keys from report.sod_violations where source = 'rules file'") {
		got = append(got, fmt.Sprint(v["policy_name"], " ", v["identity_key"], " ", v["left_keys"], " ", v["right_keys"]))
	}
	if equal(t, "breaches of own rules", got, want); len(want) < 10 {
		t.Errorf("only %d breaches of own rules", len(want))
	}
	equal(t, "rules that nobody can break", f.texts(t, "select name from report.sod_rules where not is_judged"), []string{"Contractors with administrator access", "idle"})
	if n := f.query(t, "select finding_count as n from meta.checks where check_name = 'sod_rules_without_target' order by run_id desc limit 1"); n[0]["n"] != float64(1) {
		t.Errorf("the check counts %v rules", n[0]["n"])
	}

	// What each side of a policy's violation holds is what was planted.
	want, got = nil, nil
	for _, c := range f.sim.Truth().SoDConflicts {
		want = append(want, c.PolicyName+" "+c.LeftEntitlement+" "+c.RightEntitlement)
	}
	for _, v := range f.query(t, `select v.policy_name, l.statement_key as l, r.statement_key as r from report.sod_violations v
		join meta.links l on l.dataset = 'sailpoint.entitlements' and l.key = v.left_keys[1] join meta.links r on r.dataset = 'sailpoint.entitlements' and r.key = v.right_keys[1]
		where v.source = 'sailpoint' and len(v.left_keys) = 1 and len(v.right_keys) = 1`) {
		last := func(key any) string { return cellText(key)[strings.LastIndex(cellText(key), ":")+1:] }
		got = append(got, fmt.Sprint(v["policy_name"], " ", last(v["l"]), " ", last(v["r"])))
	}
	equal(t, "sides of violations of policies", got, want)
	// Open violations that the vendor states are those that are computed, or will be when it looks again.
	if n := f.query(t, "select count(*) as n from report.sod_violations where source = 'sailpoint' and risk_keys is not null"); n[0]["n"] == float64(0) {
		t.Error("no violation is stated by the vendor too")
	}
	f.pathsLead(t)
}

// pathsLead holds that each path of a violation begins at the person and leads to its target,
// and that the violation is no older than the youngest grant of the ways that are there.
func (f *fixture) pathsLead(t *testing.T) {
	wrong := f.query(t, `with sides as (
			select identity_key, since, unnest(left_keys) as key, unnest(left_paths) as path from report.sod_violations
			union all select identity_key, since, unnest(right_keys), unnest(right_paths) from report.sod_violations
		), steps as (
			select identity_key, key, path, unnest(path) as grant_key, generate_subscripts(path, 1) as n from sides
		), named as (
			select s.*, g.principal_key, g.target_key, lag(g.target_key) over (partition by s.identity_key, s.key, s.path order by n) as before
			from (select distinct * from steps) s left join main.grants g using (grant_key)
		)
		select * from named where principal_key is null
			or n = 1 and principal_key <> identity_key and not exists (from main.identity_accounts r where r.account_key = principal_key and r.identity_key = named.identity_key)
			or n > 1 and principal_key <> before or n = len(path) and target_key <> key
		union all select identity_key, key, path, null, 0, null, null, null from sides where path is null or since is null`)
	if len(wrong) > 0 {
		t.Errorf("%d steps lead elsewhere, as %v", len(wrong), wrong[0])
	}
	if n := f.query(t, "select count(*) as n from report.sod_violations where list_max(list_transform(left_paths, lambda p: len(p))) > 1"); n[0]["n"] == float64(0) {
		t.Error("no violation comes through something else")
	}
}

// outliersAreRare holds report.peer_outliers against a count over all grants.
func (f *fixture) outliersAreRare(t *testing.T) {
	r := f.reach(t)
	type person struct{ key, department, title, manager string }
	var people []person
	groups := map[string][]string{} // of people who are alike
	for _, p := range f.query(t, `select identity_key, department, title, manager_identity_key from main.identities where (kind is null or kind not in ('service', 'machine'))
		and not coalesce(status = 'terminated' or end_on < (select max(as_of) from meta.runs)::date, false)`) {
		who := person{cellText(p["identity_key"]), "d " + cellText(p["department"]), "t " + cellText(p["title"]), "m " + cellText(p["manager_identity_key"])}
		people = append(people, who)
		for _, g := range []string{who.department, who.title, who.manager} {
			if len(g) > 2 {
				groups[g] = append(groups[g], who.key)
			}
		}
	}
	has := map[string]map[[2]string]bool{}
	for _, p := range people {
		has[p.key] = r.has(p.key)
	}
	var want []string
	for _, p := range people {
		by := ""
		for _, g := range []string{p.department, p.title, p.manager} {
			if by == "" && len(groups[g]) >= 10 {
				by = g
			}
		}
		if by == "" {
			continue
		}
		listed := map[[2]string]bool{}
		for _, start := range r.starts[p.key] {
			for _, g := range r.grants[start] {
				to := [2]string{cellText(g["target_key"]), fmt.Sprint(g["privilege"])}
				if g["target_kind"] == "application" || g["effect"] == "deny" || listed[to] || !has[p.key][to] {
					continue
				}
				listed[to] = true
				others := -1
				for _, q := range groups[by] {
					if has[q][to] {
						others++
					}
				}
				if float64(others) <= 0.05*float64(len(groups[by])-1) {
					want = append(want, fmt.Sprint(p.key, " ", to[0], " ", to[1], " ", others, " of ", len(groups[by])-1))
				}
			}
		}
	}
	var got []string
	for _, o := range f.query(t, `select identity_key, target_key, privilege, case judged_by when 'department' then department_holder_count when 'title' then title_holder_count else manager_holder_count end as holders,
		case judged_by when 'department' then department_peer_count when 'title' then title_peer_count else manager_peer_count end as peers from report.peer_outliers`) {
		got = append(got, fmt.Sprint(o["identity_key"], " ", o["target_key"], " ", o["privilege"], " ", o["holders"], " of ", o["peers"]))
	}
	if equal(t, "outliers", got, want); len(want) < 10 {
		t.Errorf("only %d outliers", len(want))
	}
}
