package access

import (
	"cmp"
	"slices"
)

// Who lists which accounts and identities reach a target, by start and
// privilege. A row of an account counts for the identities that use it.
func (g *Graph) Who(target Node) (rows []Access) {
	type last struct {
		privilege uint32
		deny      bool
	}
	lasts := map[last]bool{}
	for _, e := range g.in.of(target) {
		lasts[last{g.edges[e].Privilege, g.edges[e].Deny}] = true
	}
	type row struct {
		start     Node
		privilege uint32
	}
	found := map[row]int{}
	for l := range lasts {
		b := g.back(target, l.privilege, l.deny)
		for start, hops := range b.starts {
			k, ok := found[row{start, l.privilege}]
			if !ok {
				k = len(rows)
				found[row{start, l.privilege}] = k
				rows = append(rows, Access{Start: start, Target: target, Privilege: l.privilege})
			}
			a := &rows[k]
			if l.deny {
				a.Deny, a.DenyHops, a.Path = true, hops, b.path(start, hops)
			} else if a.AllowHops = hops; !a.Deny {
				a.Path = b.path(start, hops)
			}
		}
	}
	slices.SortFunc(rows, func(a, b Access) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Privilege, b.Privilege))
	})
	return rows
}

// backward is the ways to a target by last edges of one privilege and effect.
type backward struct {
	g         *Graph
	target    Node
	privilege uint32
	deny      bool
	holders   map[uint32]int // by place among holders: edges to the target
	starts    map[Node]int
}

func (b *backward) isLast(e uint32) bool {
	x := &b.g.edges[e]
	return x.To == b.target && x.Privilege == b.privilege && x.Deny == b.deny
}

func (g *Graph) back(target Node, privilege uint32, deny bool) *backward {
	b := &backward{g, target, privilege, deny, map[uint32]int{}, map[Node]int{}}
	var queue []Node
	reach := func(n Node, hops int) {
		if g.kinds[n].Starts() {
			if _, ok := b.starts[n]; !ok {
				b.starts[n] = hops
			}
		}
		if h := g.holder[n]; h != none {
			if _, ok := b.holders[h]; !ok {
				b.holders[h] = hops
				queue = append(queue, n)
			}
		}
	}
	for _, e := range g.in.of(target) {
		if b.isLast(e) {
			reach(g.edges[e].From, 1)
		}
	}
	for i := 0; i < len(queue); i++ {
		hops := b.holders[g.holder[queue[i]]] + 1
		for _, e := range g.in.of(queue[i]) {
			if !g.edges[e].Deny {
				reach(g.edges[e].From, hops)
			}
		}
	}
	return b
}

// path goes from a start by the first edge that comes nearer, again and again.
func (b *backward) path(start Node, hops int) []uint32 {
	path := make([]uint32, 0, hops)
	for at := start; hops > 0; hops-- {
		for _, e := range b.g.out.of(at) {
			nearer := hops == 1 && b.isLast(e)
			if h := b.g.opens(e); hops > 1 && h != none {
				d, ok := b.holders[h]
				nearer = ok && d == hops-1
			}
			if nearer {
				path, at = append(path, e), b.g.edges[e].To
				break
			}
		}
	}
	return path
}
