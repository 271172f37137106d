package resolve

import (
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// alike is two things that no rule joins, and that look like one.
type alike struct {
	look  int8
	value uint32
	a, b  int32 // roots
}

// maxAlike bounds the things of one value that are told in pairs: what more
// things have in common says nothing.
const maxAlike = 3

// suggest looks for pairs that the rules leave apart.
func (r *Resolver) suggest(p *population) {
	for n := range p.rules.Alike {
		look := &p.rules.Alike[n]
		list := r.looks(p, look)
		list = p.sort.byValue(list, p.text.Len())
		l := r.newLevel(p, &schemas.JoinRule{}, 0)
		for i := 0; i < len(list); {
			j := i + 1
			p.epoch++
			l.roots = l.roots[:0]
			for ; j <= len(list) && (j == i+1 || list[j-1].value == list[i].value && list[j-1].within == list[i].within); j++ {
				if root := p.forest.find(list[j-1].stmt); p.mark(root) {
					l.roots = append(l.roots, root)
				}
			}
			if look.Alone && len(l.roots) > 1 {
				l.alone()
			}
			if len(l.roots) > 1 && len(l.roots) <= maxAlike {
				r.pair(p, int8(n), list[i].value, l.roots)
			}
			i = j - 1
		}
	}
}

// lookAccount stands for pairs that one account names, where nothing else says
// that they are one.
const lookAccount = -1

func (p *population) doubt(roots []int32, account uint32) {
	for i, b := range roots {
		for _, a := range roots[:i] {
			p.alikes = append(p.alikes, alike{lookAccount, account, min(a, b), max(a, b)})
		}
	}
}

// pair notes each two of the things. Those that have the very value, and not
// only one like it, are not alike: that a rule did not join them is a conflict.
func (r *Resolver) pair(p *population, look int8, value uint32, roots []int32) {
	rule := &p.rules.Alike[look]
	titles := rule.By == "name" && p.name < 0
	slices.Sort(roots)
	for i, b := range roots {
		for _, a := range roots[:i] {
			if titles && p.twoJobs(r, a, b) {
				p.alikes = append(p.alikes, alike{look, value, a, b})
				continue
			}
			if rule.Form == schemas.FormDigits {
				if x, ok := r.prefixed(p, rule, a, b); ok {
					p.alikes = append(p.alikes, alike{look, x, a, b})
				}
				continue
			}
			if titles && !p.sameTitle(a, b) || rule.Form != "" && p.compareValues(a, b, &p.spaces[p.namespace(rule.By)]) == agrees {
				continue
			}
			if w, bad := p.clash(a, b); !bad || w == whyNumber && !p.toldApart(a, b) {
				p.alikes = append(p.alikes, alike{look, value, a, b})
			}
		}
	}
}

// prefixed tells whether two things have numbers that are one but for what stands before the
// digits, and nothing else says that they are two; value is both numbers. Where the digits are
// two schemes', people of other names share them.
func (r *Resolver) prefixed(p *population, rule *schemas.AlikeRule, a, b int32) (value uint32, ok bool) {
	if w, bad := p.clash(a, b); !bad || w != whyNumber || p.toldApart(a, b) {
		return 0, false // without a clash they differ in zeros alone
	}
	var spaces []int
	for _, name := range rule.Unless {
		spaces = append(spaces, p.namespace(name))
	}
	if p.compare(r, a, b, spaces) == differs {
		return 0, false
	}
	ns := &p.spaces[p.namespace(rule.By)]
	var numbers []string
	for _, id := range p.valuesOf(b, ns, p.valuesOf(a, ns, nil)) {
		numbers = append(numbers, p.text.String(id.value))
	}
	slices.Sort(numbers)
	return p.text.Bytes([]byte(strings.Join(slices.Compact(numbers), " and "))), true
}

// twoJobsBy is the namespace by which people with two jobs are known.
const twoJobsBy = "email"

// twoJobs tells whether two people of one name, whom a source tells apart, may be one
// with two jobs: under one address, or of one title and one after the other.
func (p *population) twoJobs(r *Resolver, a, b int32) bool {
	if w, bad := p.clash(a, b); !bad || w == whyUser || w == whyNature || !p.toldApart(a, b) {
		return false
	}
	email := p.namespace(twoJobsBy)
	return email >= 0 && p.compareValues(a, b, &p.spaces[email]) == agrees || p.sameTitle(a, b) && (p.cameAfter(a, b) || p.cameAfter(b, a))
}

// sameTitle tells whether two things have a title in common, or one has none.
func (p *population) sameTitle(a, b int32) bool {
	told, same := false, false
	p.forest.members(a, func(i int32) {
		p.forest.members(b, func(j int32) {
			x, y := p.rows[i].title, p.rows[j].title
			told, same = told || x != 0 && y != 0, same || x != 0 && x == y
		})
	})
	return same || !told
}

// looks are the values by which a look compares, which are lent.
func (r *Resolver) looks(p *population, look *schemas.AlikeRule) []ident {
	if look.By == "name" && p.name < 0 {
		list := make([]ident, 0, len(p.rows))
		for i := range p.rows {
			if s := &p.rows[i]; s.name != 0 {
				list = append(list, ident{value: s.name, stmt: int32(i)})
			}
		}
		return list
	}
	list := p.spaces[p.namespace(look.By)].idents
	if look.Form == "" {
		return list
	}
	list = slices.Clone(list)
	if look.Form == schemas.FormDigits {
		list = slices.DeleteFunc(list, func(id ident) bool { return digits(p.text.Get(id.value)) == nil })
	}
	var buf []byte
	for i := range list {
		switch b := p.text.Get(list[i].value); look.Form {
		case schemas.FormZeros:
			list[i].value = p.text.Bytes(zeros(b))
		case schemas.FormDigits:
			list[i].value = p.text.Bytes(digits(b))
		case schemas.FormPlus:
			buf = plus(buf, b)
			list[i].value = p.text.Bytes(buf)
		}
	}
	return list
}
