package resolve

import "slices"

// votes count, of the values that two sources share under one rule, how many name things that are
// alike in whole, and how many things of which nothing is alike.
type votes struct{ whole, unlike int }

// fewest is how many values must name unlike things before they can outvote others: less may be
// slips of the hand.
const fewest = 3

// vote counts a value for each two sources of which one tells of a and the other of b.
func (l *level) vote(a, b int32, whole bool) {
	if l.votes == nil {
		l.votes = map[[2]uint16]*votes{}
	}
	l.eachSources(a, b, func(pair [2]uint16) {
		v := l.votes[pair]
		if v == nil {
			v = &votes{}
			l.votes[pair] = v
		}
		if whole {
			v.whole++
		} else {
			v.unlike++
		}
	})
}

// eachSources calls f once with each two different sources of which one tells of a, the other of b.
func (l *level) eachSources(a, b int32, f func(pair [2]uint16)) {
	var seen [8][2]uint16
	told := seen[:0]
	l.p.forest.members(a, func(i int32) {
		l.p.forest.members(b, func(j int32) {
			x, y := l.p.rows[i].source, l.p.rows[j].source
			pair := [2]uint16{min(x, y), max(x, y)}
			if x != y && !slices.Contains(told, pair) {
				told = append(told, pair)
				f(pair)
			}
		})
	})
}

// wholly tells whether two components agree in more than a word of their names: in an address or
// a login, or in the whole name.
func (l *level) wholly(a, b int32) bool {
	for _, n := range l.agree {
		switch {
		case n == displayName:
			if l.p.compareNames(l.r, a, b) == agrees && !l.p.otherNames(l.r, a, b) {
				return true
			}
		case l.p.compareValues(a, b, &l.p.spaces[n]) == agrees:
			return true
		}
	}
	return false
}

// outvote refuses those proposals that rest on a word in common, or on nothing but the value, where
// two sources give more of the values that they share to unlike things than to one: they number
// each for itself, and among many such numbers some are those of two people of one given name.
func (l *level) outvote() {
	if len(l.votes) == 0 {
		return
	}
	l.proposals = slices.DeleteFunc(l.proposals, func(pr proposal) bool {
		if !pr.loose {
			return false
		}
		l.roots = l.roots[:0]
		for _, s := range l.stmts[pr.from:pr.to] {
			l.roots = append(l.roots, l.p.forest.find(s))
		}
		for i, a := range l.roots {
			for _, b := range l.roots[:i] {
				out := false
				l.eachSources(a, b, func(pair [2]uint16) {
					v := l.votes[pair]
					out = out || v != nil && v.unlike >= fewest && v.unlike > v.whole
				})
				if out {
					l.p.refuse(l, whyUnlike, pr.space, pr.value, l.roots, nil)
					return true
				}
			}
		}
		return false
	})
}
