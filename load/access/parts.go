package access

// parts numbers the strongly connected parts of the holders: for each holder,
// by place, the number of its part, and how many holders each part has. It is
// Tarjan's algorithm with a stack of its own, as chains may be long.
func (g *Graph) parts() (part []uint32, sizes []int) {
	n := len(g.nodes)
	part = make([]uint32, n)
	low, order := make([]uint32, n), make([]uint32, n) // order 0: not seen
	type frame struct {
		holder uint32
		next   int // of its edges
	}
	var path []frame
	var open []uint32
	clock := uint32(0)
	enter := func(h uint32) {
		clock++
		low[h], order[h], part[h] = clock, clock, none
		open, path = append(open, h), append(path, frame{holder: h})
	}
	for root := range uint32(n) {
		if order[root] != 0 {
			continue
		}
		for enter(root); len(path) > 0; {
			f := &path[len(path)-1]
			h := f.holder
			if out := g.out.of(g.nodes[h]); f.next < len(out) {
				to := g.opens(out[f.next])
				f.next++
				switch {
				case to == none:
				case order[to] == 0:
					enter(to)
				case part[to] == none:
					low[h] = min(low[h], order[to])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				up := path[len(path)-1].holder
				low[up] = min(low[up], low[h])
			}
			if low[h] != order[h] {
				continue
			}
			sizes = append(sizes, 0)
			for last := uint32(none); last != h; {
				last = open[len(open)-1]
				open = open[:len(open)-1]
				part[last] = uint32(len(sizes) - 1)
				sizes[len(sizes)-1]++
			}
		}
	}
	return part, sizes
}
