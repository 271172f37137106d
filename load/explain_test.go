package load

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database/read"
	why "github.com/accessmart/accessmart/load/explain"
	"github.com/accessmart/accessmart/load/find"
)

// explained is what a file says of an identity and a target, both named by their nodes.
func (g *graph) explained(t *testing.T, f *read.File, identity, target uint32) *why.Answer {
	t.Helper()
	thing := func(n uint32) find.Thing { return find.Thing{Kind: g.kinds[n], Key: g.key(n), Name: g.key(n)} }
	a, err := why.Why(t.Context(), f, thing(identity), thing(target))
	if err == nil {
		err = why.Not(t.Context(), f, a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestExplain_asPackageAccess holds paths, denials and missing hops against package access,
// which has a reference of its own: also where the closure keeps no paths, as of large rings.
func TestExplain_asPackageAccess(t *testing.T) {
	empty := unpublished(t, everything())
	for seed, limits := range []access.Limits{access.DefaultLimits, access.DefaultLimits, {Ring: 2, Steps: 40}} {
		g := randomGraph(t, uint64(seed)+40, 22+9*seed, 46+24*seed)
		s := newAccessFile(t, empty, limits)
		g.fill(s, uint64(seed))
		s.finish()
		f, err := read.Open(t.Context(), s.path)
		if err != nil {
			t.Fatal(err)
		}
		gaps := 0
		for n := range g.kinds {
			if g.kinds[n] != "identity" {
				continue
			}
			has := g.Of(uint32(n))
			for target := n % 4; target < len(g.kinds); target += 4 {
				a := g.explained(t, f, uint32(n), uint32(target))
				var want, got []string
				allowed, otherwise := false, 0
				for _, x := range has {
					if int(x.Target) != target {
						continue
					}
					allowed = allowed || !x.Deny
					if x.Deny && x.AllowHops > 0 && (otherwise == 0 || x.AllowHops < otherwise) {
						otherwise = x.AllowHops
					}
					cells := strings.Split(g.line(g.key(uint32(n)), &x), "|")
					want = append(want, strings.Join(slices.Concat(cells[1:2], cells[5:8], cells[9:]), "|"))
				}
				for _, p := range a.Paths {
					got = append(got, pathLine(p))
				}
				if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
					t.Fatalf("seed %d, node %d, target %d: %s", seed, n, target, diff)
				}
				if a.Has() != allowed || a.Unknown != 0 || a.Missing.Otherwise != otherwise {
					t.Fatalf("seed %d, node %d, target %d: has %v, unknown %d, otherwise %d, want %d", seed, n, target, a.Has(), a.Unknown, a.Missing.Otherwise, otherwise)
				}
				if !allowed && otherwise == 0 {
					gaps += len(a.Missing.Nearest)
					g.gapsGive(t, a, uint32(n), uint32(target))
				}
			}
		}
		if gaps == 0 {
			t.Errorf("seed %d: no missing hop was found, so nothing was tried", seed)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func pathLine(p why.Path) string {
	account, privilege := "NULL", "NULL"
	if p.Account != nil {
		account = p.Account.Key
	}
	if p.Privilege != nil {
		privilege = *p.Privilege
	}
	var keys []string
	for _, h := range p.Hops {
		if h.Grant != "" {
			keys = append(keys, h.Grant)
		}
	}
	return strings.Join([]string{account, privilege, p.Effect, fmt.Sprint(p.IsDirect), strings.Join(keys, ">")}, "|")
}

// gapsGive holds that each missing hop, of a privilege that nobody has, leads to the target in
// so many hops as it says.
func (g *graph) gapsGive(t *testing.T, a *why.Answer, identity, target uint32) {
	t.Helper()
	number := func(key string) uint32 {
		for n := range g.kinds {
			if g.key(uint32(n)) == key {
				return uint32(n)
			}
		}
		t.Fatalf("no node %s", key)
		return 0
	}
	kinds := make([]access.Kind, len(g.kinds))
	for i, k := range g.kinds {
		kinds[i] = access.KindOf(k)
	}
	for i, gap := range a.Missing.Nearest {
		edges := append(slices.Clone(g.edges), access.Edge{From: number(gap.From.Key), To: number(gap.To.Key), Privilege: 9})
		with, err := access.New(kinds, edges, g.uses)
		if err != nil {
			t.Fatal(err)
		}
		hops := 0
		for _, x := range with.Of(identity) {
			if x.Target == target && x.AllowHops > 0 && (hops == 0 || x.AllowHops < hops) && (gap.To.Key != a.Target.Key || x.Privilege == 9) {
				hops = x.AllowHops
			}
		}
		if hops == 0 || hops > gap.Hops {
			t.Errorf("%s to %s: the grant %s to %s makes a path of %d hops, not %d", a.Person.Key, a.Target.Key, gap.From.Key, gap.To.Key, hops, gap.Hops)
		}
		if i > 0 && a.Missing.Nearest[i-1].Hops > gap.Hops {
			t.Errorf("%s to %s: the nearest does not come first", a.Person.Key, a.Target.Key)
		}
	}
}
