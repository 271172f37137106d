package access

import (
	"iter"
	"maps"
)

// Limits keep the closure of odd graphs small. A ring of n groups has n² pairs
// and their paths n³ steps, so that one wrong edge could fill a disk.
type Limits struct {
	// Ring is the most holders of a strongly connected part that are told apart.
	// A larger part is one unit: who reaches one of it reaches all, and hops
	// and paths through it are not known to the closure.
	Ring int
	// Steps is the most steps that the paths of the closure may have together.
	// Where they would have more, the longest paths are left out.
	Steps int
}

// DefaultLimits is what a refresh uses.
var DefaultLimits = Limits{Ring: 1000, Steps: 20_000_000}

// Closure is what each holder reaches among holders.
type Closure struct {
	g     *Graph
	units []Node // by place among holders: the holder that stands for its unit
	in    map[Node][]Node

	Pairs   int // how many pairs there are, those of a unit with itself included
	Steps   int // steps of the paths that are kept
	Longest int // hops of the longest path that is kept
	Rings   int // units of several holders
}

// Pair says that who is in Holder is in Via. Both are units of [Closure.Unit].
type Pair struct {
	Holder, Via Node
	Hops        int      // edges between the two; -1: not known
	Path        []uint32 // numbers of these edges, lent until the next pair; nil where it is not known or left out
}

// Closure derives the closure. It takes time in proportion to the pairs and
// the edges that holders have, and memory in proportion to the holders.
func (g *Graph) Closure(limits Limits) *Closure {
	c := &Closure{g: g, units: make([]Node, len(g.nodes)), in: map[Node][]Node{}}
	part, sizes := g.parts()
	stands := make([]uint32, len(sizes)) // by part: its first holder, plus 1
	for h, n := range g.nodes {
		p := part[h]
		if sizes[p] <= limits.Ring {
			c.units[h] = n
			continue
		}
		if stands[p] == 0 {
			stands[p] = n + 1
			c.Rings++
		}
		c.units[h] = stands[p] - 1
		c.in[c.units[h]] = append(c.in[c.units[h]], n)
	}
	c.count(limits.Steps)
	return c
}

// Unit is the node that stands for a node in the pairs: itself for a holder,
// the first of them for holders of a ring that is too large; false for others.
func (c *Closure) Unit(n Node) (Node, bool) {
	if h := c.g.holder[n]; h != none {
		return c.units[h], true
	}
	return 0, false
}

// count finds how many pairs there are and how long paths may be.
func (c *Closure) count(steps int) {
	var by []int // pairs by known hops
	for s := range c.spread() {
		c.Pairs += len(s.queue)
		for i := range s.queue {
			hops := s.queue[i].hops
			if hops < 0 {
				continue
			}
			for len(by) <= int(hops) {
				by = append(by, 0)
			}
			by[hops]++
		}
	}
	for hops, n := range by {
		if n > 0 && c.Steps+hops*n > steps {
			return
		}
		c.Steps += hops * n
		c.Longest = hops
	}
}

// All goes through the pairs by holder, ascending; of one holder the nearest
// come first.
func (c *Closure) All() iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		path := make([]uint32, 0, 16)
		for s := range c.spread() {
			for i := range s.queue {
				p := Pair{Holder: s.queue[0].node, Via: s.queue[i].node, Hops: int(s.queue[i].hops)}
				if p.Hops >= 0 && p.Hops <= c.Longest {
					path = s.back(i, path)
					p.Path = path
				}
				if !yield(p) {
					return
				}
			}
		}
	}
}

// spread walks from each unit in turn. The queue is that of a walker, of units
// instead of nodes, and with hops of -1 from the first ring on that lies on the way.
func (c *Closure) spread() iter.Seq[*walker] {
	return func(yield func(*walker) bool) {
		w := newWalker(c.g)
		for h, n := range c.g.nodes {
			if c.units[h] != n {
				continue // another stands for it
			}
			if w.units(c, n); !yield(w) {
				return
			}
		}
	}
}

func (w *walker) units(c *Closure, start Node) {
	w.round++
	w.queue = w.queue[:0]
	add := func(n Node, edge uint32, from int, hops int32) {
		h := w.g.holder[n]
		if h != none {
			h = w.g.holder[c.units[h]]
		}
		if h == none || w.seen[h] == w.round {
			return
		}
		w.seen[h] = w.round
		unit := w.g.nodes[h]
		if c.in[unit] != nil {
			hops = -1
		}
		w.queue = append(w.queue, step{unit, edge, int32(from), hops})
	}
	add(start, 0, -1, 0)
	for i := 0; i < len(w.queue); i++ {
		s := w.queue[i]
		hops := s.hops
		if hops >= 0 {
			hops++
		}
		members := c.in[s.node]
		if members == nil {
			members = []Node{s.node}
		}
		for _, n := range members {
			for _, e := range w.g.out.of(n) {
				if !w.g.edges[e].Deny {
					add(w.g.edges[e].To, e, i, hops)
				}
			}
		}
	}
}

// back is the edges from the first step of the queue to another, in space.
func (w *walker) back(at int, space []uint32) []uint32 {
	s := &w.queue[at]
	for len(space) < int(s.hops) {
		space = append(space, 0)
	}
	space = space[:s.hops]
	for ; s.hops > 0; s = &w.queue[s.from] {
		space[s.hops-1] = s.edge
	}
	return space
}

// Large goes through the rings that are one unit, each with its holders.
func (c *Closure) Large() iter.Seq2[Node, []Node] { return maps.All(c.in) }
