package access

import (
	"cmp"
	"iter"
	"slices"
)

// Access is what one start has of one target: a row of effective access.
type Access struct {
	Start     Node
	Target    Node
	Privilege uint32
	Deny      bool // some walk denies the privilege

	// Edges of the shortest walk that allows, and that denies; 0: there is none.
	AllowHops, DenyHops int

	// Path is the numbers of the edges of the shortest walk that denies where
	// one does, else of the shortest that allows.
	Path []uint32
}

// Hops is the number of edges of Path.
func (a *Access) Hops() int {
	if a.Deny {
		return a.DenyHops
	}
	return a.AllowHops
}

// Of lists what a node reaches, by target and privilege; for an identity its
// own rows, then those of each account that it uses. Any node may be asked
// about: what a group reaches is what its members have through it.
func (g *Graph) Of(node Node) []Access {
	w := newWalker(g)
	rows := w.of(node)
	for _, a := range g.Accounts(node) {
		rows = append(rows, w.of(a)...)
	}
	return rows
}

// All goes through the accounts and identities, ascending, each with what it
// reaches by itself: the whole product, of which one start is in memory at a time.
func (g *Graph) All() iter.Seq2[Node, []Access] {
	return func(yield func(Node, []Access) bool) {
		w := newWalker(g)
		for n, k := range g.kinds {
			if !k.Starts() || len(g.out.of(Node(n))) == 0 {
				continue
			}
			if rows := w.of(Node(n)); len(rows) > 0 && !yield(Node(n), rows) {
				return
			}
		}
	}
}

// walker walks from one node after another.
type walker struct {
	g     *Graph
	round uint32
	seen  []uint32 // by holder: the round in which it was found
	queue []step
	found map[had]int
}

// step is a holder on the way: the edge by which it was found, and from which step.
type step struct {
	node Node
	edge uint32
	from int32
	hops int32
}

type had struct {
	target    Node
	privilege uint32
}

func newWalker(g *Graph) *walker {
	return &walker{g: g, seen: make([]uint32, len(g.nodes)), found: map[had]int{}}
}

// walk fills the queue with the node and the holders that it reaches: nearer
// ones first and, of those as near, in the order of their paths. Since the edges
// of each are looked at in that order too, the first way found is the one wanted.
func (w *walker) walk(start Node) {
	w.round++
	w.queue = append(w.queue[:0], step{node: start, from: -1})
	if h := w.g.holder[start]; h != none {
		w.seen[h] = w.round
	}
	for i := 0; i < len(w.queue); i++ {
		s := w.queue[i]
		for _, e := range w.g.out.of(s.node) {
			if h := w.g.opens(e); h != none && w.seen[h] != w.round {
				w.seen[h] = w.round
				w.queue = append(w.queue, step{w.g.nodes[h], e, int32(i), s.hops + 1})
			}
		}
	}
}

func (w *walker) of(start Node) (rows []Access) {
	w.walk(start)
	clear(w.found)
	for i := range w.queue {
		hops := int(w.queue[i].hops) + 1
		for _, e := range w.g.out.of(w.queue[i].node) {
			edge := &w.g.edges[e]
			k, ok := w.found[had{edge.To, edge.Privilege}]
			if !ok {
				k = len(rows)
				w.found[had{edge.To, edge.Privilege}] = k
				rows = append(rows, Access{Start: start, Target: edge.To, Privilege: edge.Privilege})
			}
			switch a := &rows[k]; {
			case edge.Deny && !a.Deny:
				a.Deny, a.DenyHops, a.Path = true, hops, w.path(i, e)
			case !edge.Deny && a.AllowHops == 0:
				if a.AllowHops = hops; !a.Deny {
					a.Path = w.path(i, e)
				}
			}
		}
	}
	slices.SortFunc(rows, func(a, b Access) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Privilege, b.Privilege))
	})
	return rows
}

// path is the edges to a step of the queue, and the last one.
func (w *walker) path(at int, last uint32) []uint32 {
	s := &w.queue[at]
	path := make([]uint32, s.hops+1)
	path[s.hops] = last
	for ; s.hops > 0; s = &w.queue[s.from] {
		path[s.hops-1] = s.edge
	}
	return path
}
