package resolve

import (
	"cmp"
	"slices"
)

// rehires joins people of one export who have one name and one address, where
// one employment ended before the other began: the source numbers employments,
// not people. Their numbers and native ids then count as one.
func (l *level) rehires(space int, idents []ident) {
	p := l.p
	list := slices.Clone(idents)
	list = slices.DeleteFunc(list, func(id ident) bool { return p.rows[id.stmt].strength != Describes || p.rows[id.stmt].name == 0 })
	group := func(a, b ident) int {
		x, y := &p.rows[a.stmt], &p.rows[b.stmt]
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.within, b.within), cmp.Compare(x.source, y.source), cmp.Compare(x.dataset, y.dataset), cmp.Compare(x.name, y.name))
	}
	slices.SortFunc(list, func(a, b ident) int { return cmp.Or(group(a, b), cmp.Compare(a.stmt, b.stmt)) })
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && group(list[i], list[j]) == 0 {
			j++
		}
		if j-i > 1 && p.follow(list[i:j]) && !p.forbidden(list[i:j]) {
			for _, id := range list[i+1 : j] {
				p.forest.unite(join{list[i].stmt, id.stmt, l.nth, int16(space), id.value})
			}
			if _, bad := p.clash(list[i].stmt); bad {
				p.allow(p.forest.find(list[i].stmt))
			}
		}
		i = j
	}
}

// follow tells whether of each two employments one ended before the other began.
func (p *population) follow(list []ident) bool {
	for i, a := range list {
		for _, b := range list[:i] {
			x, y := &p.rows[a.stmt], &p.rows[b.stmt]
			if !p.before(x, y) && !p.before(y, x) {
				return false
			}
			if x.nature == NonHuman || y.nature == NonHuman {
				return false
			}
		}
	}
	return true
}

// before tells whether employment a is over when b begins. Where a day is not
// told, it must have ended and b not.
func (p *population) before(a, b *row) bool {
	if until, from := p.days(a).until, p.days(b).from; until != NoDay && from != NoDay {
		return until <= from
	}
	return a.ended && !b.ended
}

// forbidden tells whether the user says that they are several people.
func (p *population) forbidden(list []ident) bool {
	roots := make([]int32, len(list))
	for i, id := range list {
		roots[i] = p.forest.find(id.stmt)
	}
	w, bad := p.clash(roots...)
	return bad && w == whyUser
}
