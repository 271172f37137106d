package resolve

import (
	"cmp"
	"math"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// proposal is statements that one value would join.
type proposal struct {
	from, to uint32 // in level.stmts
	space    int16
	value    uint32
	within   uint32
	loose    bool // what agrees besides is a word at the most
}

// level is one rule at work: all that it proposes is judged by what the rules
// before it have joined, and only then joined.
type level struct {
	r     *Resolver
	p     *population
	rule  *schemas.JoinRule
	nth   int16
	agree []int // namespaces, nameSpace for the display name

	stmts     []int32
	proposals []proposal
	roots     []int32
	count     map[[2]uint16]int
	several   map[uint16]bool
	votes     map[[2]uint16]*votes // by two sources; see outvote
}

// displayName stands for the display name among namespaces.
const displayName = -1

func (r *Resolver) newLevel(p *population, rule *schemas.JoinRule, nth int16) *level {
	l := &level{r: r, p: p, rule: rule, nth: nth, stmts: p.stmts[:0], proposals: p.proposals[:0], count: map[[2]uint16]int{}, several: map[uint16]bool{}}
	for _, a := range rule.Agree {
		l.agree = append(l.agree, p.namespace(a))
	}
	return l
}

// keys joins the statements of one source and key: the vendor's own name of the
// thing.
func (r *Resolver) joinKeys(p *population) {
	rule := &schemas.JoinRule{Rule: "key", Current: true, Confidence: 1}
	l := r.newLevel(p, rule, ruleKey)
	keys := p.keyed(p.text.Len())
	var same []ident
	keys.each(func(key uint32, stmts []int32) {
		if len(stmts) == 1 {
			return
		}
		same = same[:0]
		for _, s := range stmts {
			same = append(same, ident{within: uint32(p.rows[s].source), value: key, stmt: s})
		}
		slices.SortStableFunc(same, func(a, b ident) int { return cmp.Compare(a.within, b.within) })
		l.blocks(-1, same)
	})
	l.decide()
}

// values proposes to join what has one value of a namespace.
func (l *level) values(space int, idents []ident) {
	l.blocks(space, l.p.sort.byValue(idents, l.p.text.Len()))
}

// blocks does so for sorted identifiers.
func (l *level) blocks(space int, idents []ident) {
	for i := 0; i < len(idents); {
		j := i + 1
		for j < len(idents) && idents[j].value == idents[i].value && idents[j].within == idents[i].within {
			j++
		}
		if j-i > 1 {
			l.propose(int16(space), idents[i:j])
		}
		i = j
	}
}

// aliased proposes to join addresses that are one under the aliases of domains,
// and not one as they are.
func (l *level) aliased(space int, idents []ident) {
	if len(l.r.aliases) == 0 {
		return
	}
	list := slices.Clone(idents)
	for i := range list {
		list[i].value = l.p.text.ID(l.r.alias(l.p.text.String(list[i].value)))
	}
	list = l.p.sort.byValue(list, l.p.text.Len())
	for i := 0; i < len(list); {
		j := i + 1
		other := false
		for ; j < len(list) && list[j].value == list[i].value; j++ {
			other = other || !l.p.tells(space, list[j].stmt, list[i])
		}
		other = other || !l.p.tells(space, list[i].stmt, list[i])
		if j-i > 1 && other {
			l.propose(int16(space), list[i:j])
		}
		i = j
	}
}

// tells tells whether a statement has the very value.
func (p *population) tells(space int, stmt int32, id ident) bool {
	return slices.ContainsFunc(p.spaces[space].of(stmt), func(own ident) bool { return own.value == id.value && own.within == id.within })
}

func (l *level) propose(space int16, block []ident) {
	l.roots = l.roots[:0]
	l.p.epoch++
	for _, id := range block {
		if root := l.p.forest.find(id.stmt); l.p.mark(root) {
			l.roots = append(l.roots, root)
			if len(l.roots) > l.r.rules.Crowd && l.crowds(space) {
				l.p.share(space, block)
				return
			}
		}
	}
	if len(l.roots) < 2 {
		return
	}
	l.judge(space, block[0].value, block[0].within, func(root int32) int32 {
		for _, id := range block {
			if l.p.forest.find(id.stmt) == root {
				return id.stmt
			}
		}
		return root
	})
}

// crowds tells whether a value of the namespace may be that of a crowd: not one
// that its source gives to one thing, and not one that counts only where each
// source has it once.
func (l *level) crowds(space int16) bool {
	return !l.rule.Alone && space >= 0 && l.p.spaces[space].rule.Within != schemas.WithinSource
}

// judge decides whether the roots may be joined, and which of them.
func (l *level) judge(space int16, value, within uint32, member func(root int32) int32) {
	all := l.roots
	if l.rule.Alone {
		l.alone()
		if len(l.roots) < 2 {
			return
		}
	}
	if w, bad := l.p.clash(l.roots...); bad {
		kept := l.roots
		if l.rule.Current {
			kept = l.current()
		}
		if len(kept) > 1 {
			if _, still := l.p.clash(kept...); still {
				kept = l.people(kept)
			}
		}
		l.p.refuse(l, w, space, value, all, kept)
		if l.roots = kept; len(kept) < 2 {
			return
		}
	}
	if l.rule.Current && space >= 0 && l.otherMachines() {
		l.p.refuse(l, whyUnlike, space, value, l.roots, nil)
		return
	}
	if l.rule.Current && l.succeeded() {
		kept := l.current()
		l.p.refuse(l, whyUnlike, space, value, l.roots, kept)
		if l.roots = kept; len(kept) < 2 {
			return
		}
	}
	loose := false
	if len(l.agree) > 0 {
		var got agreement
		switch got, loose = l.agreement(); got {
		case differs:
			l.p.refuse(l, whyUnlike, space, value, l.roots, nil)
			return
		case silent:
			if l.rule.How == schemas.HowAccount {
				l.p.doubt(l.roots, value)
				return
			}
		}
	}
	from := uint32(len(l.stmts))
	for _, root := range l.roots {
		l.stmts = append(l.stmts, member(root))
	}
	slices.Sort(l.stmts[from:])
	l.proposals = append(l.proposals, proposal{from, uint32(len(l.stmts)), space, value, within, loose})
}

// mark tells whether a root was not marked since the epoch began.
func (p *population) mark(root int32) bool {
	if p.stamp == nil {
		p.stamp = make([]uint32, len(p.rows))
	}
	if p.stamp[root] == p.epoch {
		return false
	}
	p.stamp[root] = p.epoch
	return true
}

// alone keeps the roots that are the only one of each of their sources. Two
// exports of a source may name one thing, so it is several if one export has it
// twice.
func (l *level) alone() {
	clear(l.count)
	clear(l.several)
	var seen []uint16
	for _, root := range l.roots {
		seen = seen[:0]
		l.p.forest.members(root, func(i int32) {
			if s := &l.p.rows[i]; !slices.Contains(seen, s.dataset) {
				seen = append(seen, s.dataset)
				l.count[[2]uint16{s.source, s.dataset}]++
				l.several[s.source] = l.several[s.source] || l.count[[2]uint16{s.source, s.dataset}] > 1
			}
		})
	}
	l.roots = slices.DeleteFunc(slices.Clone(l.roots), func(root int32) bool {
		several := false
		l.p.forest.members(root, func(i int32) { several = several || l.several[l.p.rows[i].source] })
		return several
	})
}

// current keeps the roots of which somebody is there. Where all have left, all
// are kept.
func (l *level) current() []int32 {
	kept := slices.DeleteFunc(slices.Clone(l.roots), l.p.hasEnded)
	if len(kept) == 0 {
		return l.roots
	}
	return kept
}

// succeeded tells whether somebody who left has another name than somebody who
// is there: then the value went over to a successor. Of who came when the other had
// gone a word in common is not enough: an address such as a.lee goes from Ann Lee to
// Adam Lee.
func (l *level) succeeded() bool {
	for _, a := range l.roots {
		if !l.p.hasEnded(a) {
			continue
		}
		for _, b := range l.roots {
			if l.p.hasEnded(b) {
				continue
			}
			if l.p.compareNames(l.r, a, b) == differs || l.p.cameAfter(a, b) && l.p.otherNames(l.r, a, b) {
				return true
			}
		}
	}
	return false
}

// cameAfter tells whether all days told of a are over when the first of b begins.
func (p *population) cameAfter(a, b int32) bool {
	until, from := int32(NoDay), int32(math.MaxInt32)
	p.forest.members(a, func(i int32) { until = max(until, p.days(&p.rows[i]).until) })
	p.forest.members(b, func(i int32) {
		if day := p.days(&p.rows[i]).from; day != NoDay {
			from = min(from, day)
		}
	})
	return until != NoDay && from != math.MaxInt32 && until <= from
}

// hasEnded tells whether all that describe a thing say that it ended.
func (p *population) hasEnded(root int32) bool {
	return p.forest.traits[root]&(hasLeft|isPresent) == hasLeft
}

// agreement is differs where two of the roots have something to compare and none
// of it is the same, agrees where each two agree. loose: some two do so in a word alone, or
// have nothing to compare; it is told where the rule counts votes.
func (l *level) agreement() (out agreement, loose bool) {
	out = agrees
	for i, a := range l.roots {
		for _, b := range l.roots[:i] {
			switch l.p.compare(l.r, a, b, l.agree) {
			case differs:
				if l.rule.Outvoted {
					l.vote(a, b, false)
				}
				return differs, false
			case silent:
				out, loose = silent, true
			default:
				if !l.rule.Outvoted {
					continue
				}
				if l.wholly(a, b) {
					l.vote(a, b, true)
				} else {
					loose = true
				}
			}
		}
	}
	return out, loose
}

// decide joins what was proposed, unless a chain of proposals joins what must
// not be: then none of the chain is joined.
func (l *level) decide() {
	p := l.p
	l.outvote()
	slices.SortFunc(l.proposals, func(a, b proposal) int {
		if c := slices.Compare(l.stmts[a.from:a.to], l.stmts[b.from:b.to]); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.space, b.space), l.p.text.Compare(a.value, b.value), cmp.Compare(a.within, b.within))
	})
	chains := l.chains()
	for n, pr := range l.proposals {
		if chains[n] {
			continue
		}
		for _, s := range l.stmts[pr.from+1 : pr.to] {
			p.forest.unite(join{l.stmts[pr.from], s, l.nth, pr.space, pr.value})
		}
	}
	l.p.stmts, l.p.proposals = l.stmts, l.proposals // their memory serves the next level
}

// chains tells which proposals are of a chain that must not be.
func (l *level) chains() []bool {
	p := l.p
	refused := make([]bool, len(l.proposals))
	touched := make([]int32, len(p.rows)) // proposals that name a root
	for _, pr := range l.proposals {
		for _, s := range l.stmts[pr.from:pr.to] {
			touched[p.forest.find(s)]++
		}
	}
	chained := map[int32]int32{}
	var find func(int32) int32
	find = func(i int32) int32 {
		to, ok := chained[i]
		if !ok || to == i {
			return i
		}
		root := find(to)
		chained[i] = root
		return root
	}
	var together []int
	for n, pr := range l.proposals {
		several := false
		for _, s := range l.stmts[pr.from:pr.to] {
			several = several || touched[p.forest.find(s)] > 1
		}
		if !several {
			continue
		}
		together = append(together, n)
		first := find(p.forest.find(l.stmts[pr.from]))
		for _, s := range l.stmts[pr.from+1 : pr.to] {
			if root := find(p.forest.find(s)); root != first {
				chained[max(root, first)] = min(root, first)
				first = min(root, first)
			}
		}
	}
	slices.SortStableFunc(together, func(a, b int) int {
		return cmp.Compare(find(p.forest.find(l.stmts[l.proposals[a].from])), find(p.forest.find(l.stmts[l.proposals[b].from])))
	})
	for i := 0; i < len(together); {
		head := find(p.forest.find(l.stmts[l.proposals[together[i]].from]))
		var roots []int32
		j := i
		for ; j < len(together) && find(p.forest.find(l.stmts[l.proposals[together[j]].from])) == head; j++ {
			pr := l.proposals[together[j]]
			for _, s := range l.stmts[pr.from:pr.to] {
				roots = append(roots, p.forest.find(s))
			}
		}
		slices.Sort(roots)
		roots = slices.Compact(roots)
		if w, bad := p.clash(roots...); bad {
			for _, n := range together[i:j] {
				refused[n] = true
			}
			pr := l.proposals[together[i]]
			p.refuseChain(l, w, pr.space, pr.value, roots)
		}
		i = j
	}
	return refused
}
