package access

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// given is a graph as a test makes it.
type given struct {
	kinds []Kind
	edges []Edge
	uses  []Use
}

func (in *given) graph(t testing.TB) *Graph {
	t.Helper()
	g, err := New(in.kinds, in.edges, in.uses)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// random is a graph with rings, self-members, parallel edges, denied
// memberships and edges into accounts and identities.
func random(seed uint64, nodes, edges int) *given {
	r := rand.New(rand.NewPCG(seed, 12))
	in := &given{}
	for range nodes {
		in.kinds = append(in.kinds, []Kind{Other, Identity, Account, Account, Group, Group, Group, Role, Entitlement, Resource}[r.IntN(10)])
	}
	for range edges {
		in.edges = append(in.edges, Edge{Node(r.IntN(nodes)), Node(r.IntN(nodes)), uint32(r.IntN(3)), r.IntN(8) == 0})
	}
	for range nodes / 4 {
		in.uses = append(in.uses, Use{Node(r.IntN(nodes)), Node(r.IntN(nodes))})
	}
	return in
}

// reference answers by the definition alone: for one start, breadth first over
// all nodes, the paths in full. It shares no code with the package.
func (in *given) reference(start Node) (rows []Access) {
	passes := func(n Node) bool {
		return in.kinds[n] == Group || in.kinds[n] == Role || in.kinds[n] == Entitlement
	}
	ways := map[Node][]uint32{start: {}} // the best path to each node that passes on
	for level := (map[Node][]uint32{start: {}}); len(level) > 0; {
		next := map[Node][]uint32{}
		for i, e := range in.edges {
			path, ok := level[e.From]
			if _, known := ways[e.To]; !ok || known || e.Deny || !passes(e.To) {
				continue
			}
			path = append(slices.Clone(path), uint32(i))
			if old, ok := next[e.To]; !ok || slices.Compare(path, old) < 0 {
				next[e.To] = path
			}
		}
		for n, p := range next {
			ways[n] = p
		}
		level = next
	}
	type key struct {
		target    Node
		privilege uint32
	}
	best := map[key]map[bool][]uint32{}
	for i, e := range in.edges {
		path, ok := ways[e.From]
		if !ok {
			continue
		}
		path = append(slices.Clone(path), uint32(i))
		k := key{e.To, e.Privilege}
		if best[k] == nil {
			best[k] = map[bool][]uint32{}
		}
		old := best[k][e.Deny]
		if old == nil || len(path) < len(old) || len(path) == len(old) && slices.Compare(path, old) < 0 {
			best[k][e.Deny] = path
		}
	}
	for k, by := range best {
		a := Access{Start: start, Target: k.target, Privilege: k.privilege, Deny: by[true] != nil, AllowHops: len(by[false]), DenyHops: len(by[true]), Path: by[false]}
		if a.Deny {
			a.Path = by[true]
		}
		rows = append(rows, a)
	}
	slices.SortFunc(rows, func(a, b Access) int {
		return slices.Compare([]uint32{a.Target, a.Privilege}, []uint32{b.Target, b.Privilege})
	})
	return rows
}

// differ is cmp.Diff, asked only where there is a difference, as it takes long.
func differ(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// everywhere runs a test on many graphs: small dense ones, where odd things
// meet, and some of the size of a team's tool.
func everywhere(t *testing.T, test func(t *testing.T, in *given, g *Graph)) {
	for seed := range uint64(400) {
		in := random(seed, 6+int(seed%20), int(seed%60))
		test(t, in, in.graph(t))
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, in)
		}
	}
	for seed := range uint64(5) {
		in := random(seed, 300, 700)
		test(t, in, in.graph(t))
		if t.Failed() {
			t.Fatalf("seed %d of the larger graphs", seed)
		}
	}
}

func TestOf_asTheReference(t *testing.T) {
	everywhere(t, func(t *testing.T, in *given, g *Graph) {
		for n := range in.kinds {
			want := in.reference(Node(n))
			for a := range in.kinds { // each account once, whoever says so how often
				if slices.Contains(in.uses, Use{Node(n), Node(a)}) {
					want = append(want, in.reference(Node(a))...)
				}
			}
			if diff := differ(want, g.Of(Node(n))); diff != "" {
				t.Errorf("node %d: %s", n, diff)
			}
		}
	})
}

func TestWho_asTheReference(t *testing.T) {
	everywhere(t, func(t *testing.T, in *given, g *Graph) {
		want := map[Node][]Access{}
		for n, k := range in.kinds {
			if k == Account || k == Identity {
				for _, a := range in.reference(Node(n)) {
					want[a.Target] = append(want[a.Target], a)
				}
			}
		}
		for n := range in.kinds {
			if diff := differ(want[Node(n)], g.Who(Node(n))); diff != "" {
				t.Errorf("target %d: %s", n, diff)
			}
		}
	})
}

func TestAll_isEveryStart(t *testing.T) {
	everywhere(t, func(t *testing.T, in *given, g *Graph) {
		got := map[Node][]Access{}
		for n, rows := range g.All() {
			got[n] = rows
		}
		want := map[Node][]Access{}
		for n, k := range in.kinds {
			if rows := in.reference(Node(n)); len(rows) > 0 && (k == Account || k == Identity) {
				want[Node(n)] = rows
			}
		}
		if diff := differ(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What the file answers by SQL: first edge, pair, last edge.
func TestClosure_joinsToTheReference(t *testing.T) {
	for _, limits := range []Limits{DefaultLimits, {Ring: 1, Steps: 20}, {Ring: 3, Steps: 0}} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			everywhere(t, func(t *testing.T, in *given, g *Graph) {
				c := g.Closure(limits)
				got := in.product(c)
				for n, k := range in.kinds {
					if k != Account && k != Identity {
						continue
					}
					if diff := differ(in.known(c, in.reference(Node(n)), got[Node(n)]), got[Node(n)]); diff != "" {
						t.Errorf("start %d: %s", n, diff)
					}
				}
			})
		})
	}
}

// product joins edges and pairs. Hops are -1 where a pair does not know them,
// and a path is nil where it is not kept.
func (in *given) product(c *Closure) map[Node][]Access {
	pairs := map[Node][]Pair{}
	for p := range c.All() {
		p.Path = slices.Clone(p.Path)
		pairs[p.Holder] = append(pairs[p.Holder], p)
	}
	out := map[Node][]Access{}
	add := func(a Access) {
		rows := out[a.Start]
		k := slices.IndexFunc(rows, func(b Access) bool { return a.Target == b.Target && a.Privilege == b.Privilege })
		if k < 0 {
			out[a.Start] = append(rows, a)
			return
		}
		b := &rows[k]
		before := func(x, y int) bool { return y == 0 || x != 0 && rank(x) < rank(y) }
		swap := a.Deny && !b.Deny || a.Deny == b.Deny && (before(a.Hops(), b.Hops()) || a.Hops() == b.Hops() && slices.Compare(a.Path, b.Path) < 0)
		if swap {
			b.Path = a.Path
		}
		if before(a.AllowHops, b.AllowHops) {
			b.AllowHops = a.AllowHops
		}
		if before(a.DenyHops, b.DenyHops) {
			b.DenyHops = a.DenyHops
		}
		b.Deny = b.Deny || a.Deny
	}
	row := func(start Node, e Edge, hops int, path []uint32) Access {
		a := Access{Start: start, Target: e.To, Privilege: e.Privilege, Deny: e.Deny, Path: path}
		if e.Deny {
			a.DenyHops = hops
		} else {
			a.AllowHops = hops
		}
		return a
	}
	lasts := map[Node][]uint32{}
	for i, e := range in.edges {
		if unit, ok := c.Unit(e.From); ok {
			lasts[unit] = append(lasts[unit], uint32(i))
		}
	}
	for i, first := range in.edges {
		if k := in.kinds[first.From]; k != Account && k != Identity {
			continue
		}
		add(row(first.From, first, 1, []uint32{uint32(i)}))
		unit, ok := c.Unit(first.To)
		if first.Deny || !ok {
			continue
		}
		for _, p := range pairs[unit] {
			for _, k := range lasts[p.Via] {
				last := in.edges[k]
				switch {
				case p.Hops < 0:
					add(row(first.From, last, -1, nil))
				case p.Path == nil:
					add(row(first.From, last, p.Hops+2, nil))
				default:
					add(row(first.From, last, p.Hops+2, slices.Concat([]uint32{uint32(i)}, p.Path, []uint32{k})))
				}
			}
		}
	}
	for _, rows := range out {
		slices.SortFunc(rows, func(a, b Access) int {
			return slices.Compare([]uint32{a.Target, a.Privilege}, []uint32{b.Target, b.Privilege})
		})
	}
	return out
}

// rank is the order of hops, of which those not known (-1) may be 2, by another path.
func rank(hops int) int {
	if hops < 0 {
		return 3
	}
	return 2 * hops
}

// known is the right answer as far as the closure may know it: where got says
// that it does not, the graph must have a ring or a path that is too long.
func (in *given) known(c *Closure, want, got []Access) []Access {
	want = slices.Clone(want)
	for i := range want {
		if i >= len(got) {
			break
		}
		if got[i].AllowHops < 0 && want[i].AllowHops > 0 && c.Rings > 0 {
			want[i].AllowHops = -1
		}
		if got[i].DenyHops < 0 && want[i].DenyHops > 0 && c.Rings > 0 {
			want[i].DenyHops = -1
		}
		if want[i].Hops() < 0 || got[i].Path == nil && want[i].Hops()-2 > c.Longest {
			want[i].Path = nil
		}
	}
	return want
}
