package resolve

// forest is the components of statements, and the joins that made them.
type forest struct {
	parent []int32
	next   []int32 // the members of a component form a ring
	low    []int32 // of a root: the first member by rank
	joins  []join
}

// join is an edge of the spanning tree of a component.
type join struct {
	a, b  int32  // statements
	rule  int16  // of the kind, or one of the rules below
	space int16  // namespace of the value, -1 for none
	value uint32 // interned
}

// Rules that stand in no file: they are the ground of the others.
const (
	ruleUser int16 = -1 - iota // the user's links
	ruleKey                    // one source, one key
)

func (f *forest) init(n int) {
	f.parent, f.next, f.low = make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range f.parent {
		f.parent[i], f.next[i], f.low[i] = int32(i), int32(i), int32(i)
	}
}

func (f *forest) find(i int32) int32 {
	for f.parent[i] != i {
		f.parent[i] = f.parent[f.parent[i]]
		i = f.parent[i]
	}
	return i
}

// unite joins the components of two statements. The smaller rank is the root, so
// that roots do not depend on the order of joins.
func (f *forest) unite(j join) bool {
	a, b := f.find(j.a), f.find(j.b)
	if a == b {
		return false
	}
	if b < a {
		a, b = b, a
	}
	f.parent[b] = a
	f.next[a], f.next[b] = f.next[b], f.next[a]
	f.joins = append(f.joins, j)
	return true
}

// members calls do for each statement of a component.
func (f *forest) members(of int32, do func(int32)) {
	for i := of; ; {
		do(i)
		if i = f.next[i]; i == of {
			return
		}
	}
}
