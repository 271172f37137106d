package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/explain"
)

// companyGraph is all grants of the file, for package access, which has a reference of its own.
type companyGraph struct {
	*access.Graph
	numbers map[string]access.Node
	keys    []string
	grants  []string
	said    []string // privileges by number
}

func (f *fixture) companyGraph(t *testing.T) *companyGraph {
	t.Helper()
	g := &companyGraph{numbers: map[string]access.Node{}}
	var kinds []access.Kind
	number := func(kind, key string) access.Node {
		n, ok := g.numbers[key]
		if !ok {
			n = access.Node(len(g.keys))
			g.numbers[key] = n
			g.keys, kinds = append(g.keys, key), append(kinds, access.KindOf(kind))
		}
		return n
	}
	var edges []access.Edge
	for _, r := range f.query(t, "select *, coalesce('=' || privilege, '') as said from grants order by grant_key") {
		p := slices.Index(g.said, r["said"].(string))
		if p < 0 {
			p = len(g.said)
			g.said = append(g.said, r["said"].(string))
		}
		edges = append(edges, access.Edge{From: number(r["principal_kind"].(string), r["principal_key"].(string)), To: number(r["target_kind"].(string), r["target_key"].(string)),
			Privilege: uint32(p), Deny: r["effect"] == "deny"})
		g.grants = append(g.grants, r["grant_key"].(string))
	}
	var uses []access.Use
	for _, r := range f.query(t, "select identity_key, account_key from identity_accounts where relation is distinct from 'owns'") {
		uses = append(uses, access.Use{Identity: number("identity", r["identity_key"].(string)), Account: number("account", r["account_key"].(string))})
	}
	var err error
	if g.Graph, err = access.New(kinds, edges, uses); err != nil {
		t.Fatal(err)
	}
	return g
}

func (f *fixture) explained(t *testing.T, args ...string) (a explain.Answer) {
	t.Helper()
	out, _ := f.run(t, exitDone, append([]string{"explain", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// explanationsAreTheReferences holds the paths that explain prints, for some people and what
// they reach by the longest and the shortest ways, against package access, and each hop
// against the records that the vendors delivered.
func (f *fixture) explanationsAreTheReferences(t *testing.T) {
	g := f.companyGraph(t)
	long := 0
	people := f.query(t, `select identity_key, arg_max(target_key, (hops, target_key)) as far, arg_min(target_key, (hops, target_key)) as near, min(target_key) filter (effect = 'deny') as denied
		from effective_access where identity_key is not null group by identity_key order by max(hops) desc, denied nulls last, identity_key limit 6`)
	for _, p := range people {
		person := p["identity_key"].(string)
		for _, target := range []any{p["far"], p["near"], p["denied"]} {
			if target == nil {
				continue
			}
			var want, got []string
			for _, x := range g.Of(g.numbers[person]) {
				if g.keys[x.Target] == target {
					path := make([]string, len(x.Path))
					for i, e := range x.Path {
						path[i] = g.grants[e]
					}
					long = max(long, len(path))
					want = append(want, fmt.Sprint(g.keys[x.Start], g.said[x.Privilege], x.Deny, path))
				}
			}
			for _, path := range f.explained(t, person, target.(string)).Paths {
				start, said, keys := person, "", []string{}
				if path.Account != nil {
					start = path.Account.Key
				}
				if path.Privilege != nil {
					said = "=" + *path.Privilege
				}
				for _, h := range path.Hops {
					if h.Grant != "" {
						keys = append(keys, h.Grant)
					}
					f.hopIsStated(t, h)
				}
				got = append(got, fmt.Sprint(start, said, path.Effect == "deny", keys))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s to %s:\n%s\nwant\n%s", person, target, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	if long < 4 {
		t.Errorf("the longest path has %d grants, so that little was tried", long)
	}
}

// hopIsStated holds that each source of a hop has a record that says so.
func (f *fixture) hopIsStated(t *testing.T, h explain.Hop) {
	t.Helper()
	for _, s := range h.Sources {
		if h.Grant != "" && !slices.ContainsFunc(h.Statements, func(x explain.Statement) bool { return x.Source == s }) {
			t.Errorf("grant %s: no record of %s", h.Grant, s)
		}
	}
	for _, s := range h.Statements {
		if h.Grant != "" && !slices.Contains(h.Sources, s.Source) || s.Artifact == "" || s.FirstSeen.IsZero() || s.LastConfirmed.Before(s.FirstSeen) {
			t.Errorf("grant %s: %+v of %v", h.Grant, s, h.Sources)
		}
	}
	if len(h.Statements) == 0 {
		t.Errorf("from %s to %s: nobody says so", h.From.Key, h.To.Key)
	}
}

// lossesAreThePlanted holds that what was revoked on the second day is told as lost by that run.
func (f *fixture) lossesAreThePlanted(t *testing.T) {
	gone := f.query(t, `select distinct on (h.grant_key) u.identity_key, h.target_key, h.grant_key
		from history.grants h
		join (select identity_key, account_key as key from identity_accounts where relation is distinct from 'owns' union all select identity_key, identity_key from identities) u on u.key = h.principal_key
		anti join effective_access e on e.identity_key = u.identity_key and e.target_key = h.target_key
		where h._valid_to = (select max(as_of) from meta.runs) and h.effect is distinct from 'deny'
		order by h.grant_key limit 5`)
	for _, g := range gone {
		m := f.explained(t, "--not", g["identity_key"].(string), g["target_key"].(string)).Missing
		if m == nil || m.Lost == nil || len(m.Lost.Ended) == 0 || m.Lost.Ended[0].Cause != "data" || m.Lost.Ended[0].Change != "removed" {
			t.Errorf("%v was revoked, and explain says %+v", g, m)
		}
	}
	if len(gone) < 5 {
		t.Errorf("only %d were tried", len(gone))
	}
}
