package resolve

import "iter"

// forest is the components of statements, and the joins that made them.
type forest struct {
	parent []int32
	next   []int32  // the members of a component form a ring
	traits []traits // of a root: those of its members together
	joins  []join
}

// traits are what statements say of a thing that is asked often.
type traits uint8

const (
	isDescribed traits = 1 << iota // some statement describes it
	hasLeft                        // one that describes it says that it ended
	isPresent                      // one that describes it does not
	hasPerson                      // some statement calls it a person
	hasMachine                     // some statement calls it a machine
)

func (s *row) traits() (t traits) {
	switch {
	case s.strength != Describes:
	case s.ended:
		t = isDescribed | hasLeft
	default:
		t = isDescribed | isPresent
	}
	switch s.nature {
	case Human:
		t |= hasPerson
	case NonHuman:
		t |= hasMachine
	}
	return t
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

func (f *forest) init(rows []row) {
	n := len(rows)
	f.parent, f.next, f.traits = make([]int32, n), make([]int32, n), make([]traits, n)
	f.joins = make([]join, 0, n) // a list that grows is copied
	for i := range f.parent {
		f.parent[i], f.next[i], f.traits[i] = int32(i), int32(i), rows[i].traits()
	}
}

func (f *forest) find(i int32) int32 {
	for {
		up := f.parent[i]
		root := f.parent[up]
		if root == up {
			return root
		}
		f.parent[i] = root
		i = root
	}
}

// settle makes all ways to roots as short as they can be, so that find changes nothing and may
// be called by several goroutines. Nothing is united from then on.
func (f *forest) settle() {
	for i := range f.parent {
		f.parent[i] = f.find(f.parent[i])
	}
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
	f.traits[a] |= f.traits[b]
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

// all gives the statements of a component, as members does.
func (f *forest) all(of int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i := of; yield(i); {
			if i = f.next[i]; i == of {
				return
			}
		}
	}
}
