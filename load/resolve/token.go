package resolve

import (
	"cmp"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// A token is a constraint: two statements that have different values in one slot
// are never one thing. Each 'never' of the rules is made of tokens, so that a
// component is checked by looking for a slot with two values.
type token struct{ slot, value uint32 }

// why says what the tokens of a slot stand for.
type why uint8

const (
	whyApart  why = iota // one export lists them apart
	whyNative            // two native ids of one source
	whyNumber            // two values of what a thing has once
	whyNature            // a person and a machine
	whyUser              // the user says so
	whyUnlike            // what both sides tell besides differs
	whyCrowd             // too many things have the value
)

type tokens struct {
	start []uint32
	list  []token
	slots []why
	of    map[slotName]uint32
	equal map[token]token // values that a rehire or the user made one
	extra map[int32][]token
	buf   []token
}

type slotName struct {
	why  why
	a, b uint32
}

func (t *tokens) slot(w why, a, b uint32) uint32 {
	n, ok := t.of[slotName{w, a, b}]
	if !ok {
		n = uint32(len(t.slots))
		t.of[slotName{w, a, b}] = n
		t.slots = append(t.slots, w)
	}
	return n
}

// settle makes the tokens of all statements.
func (t *tokens) settle(p *population) {
	t.of, t.equal, t.extra = map[slotName]uint32{}, map[token]token{}, map[int32][]token{}
	t.start = make([]uint32, len(p.rows)+1)
	t.list = make([]token, 0, 2*len(p.rows))
	nature := t.slot(whyNature, 0, 0)
	native := p.namespace("native_id")
	for i := range p.rows {
		s := &p.rows[i]
		if s.strength == Describes {
			value := s.key | keyScope
			if native >= 0 {
				if ids := p.spaces[native].of(int32(i)); len(ids) > 0 {
					value = ids[0].value
				}
			}
			t.list = append(t.list, token{t.slot(whyApart, uint32(s.source)<<16|uint32(s.dataset), s.scope), value})
		}
		for n := range p.spaces {
			ns := &p.spaces[n]
			for _, id := range ns.of(int32(i)) {
				switch ns.rule.One {
				case schemas.OneSource:
					scope := uint32(0)
					if ns.rule.Within == schemas.WithinApplication {
						scope = s.scope
					}
					t.list = append(t.list, token{t.slot(whyNative, uint32(s.source)<<8|uint32(n), scope), id.value})
				case schemas.OneEverywhere:
					value := id.value
					if ns.rule.Form == schemas.FormNumber {
						value = p.text.Bytes(zeros(p.text.Get(value)))
					}
					t.list = append(t.list, token{t.slot(whyNumber, uint32(n), id.within), value})
				}
			}
		}
		if p.rules.Table == "identities" && s.nature != Unsaid {
			t.list = append(t.list, token{nature, uint32(s.nature)})
		}
		t.start[i+1] = uint32(len(t.list))
	}
}

func (t *tokens) value(k token) token {
	for len(t.equal) > 0 {
		to, ok := t.equal[k]
		if !ok {
			break
		}
		k = to
	}
	return k
}

// clash looks for a slot in which the components of these statements have two
// values. It gives the strongest reason: what a source itself tells apart comes
// last, as nobody proposes such a join.
func (p *population) clash(roots ...int32) (w why, found bool) {
	t := &p.tokens
	t.buf = t.buf[:0]
	for _, r := range roots {
		p.forest.members(r, func(i int32) {
			for _, k := range t.list[t.start[i]:t.start[i+1]] {
				t.buf = append(t.buf, t.value(k))
			}
			if len(t.extra) > 0 {
				for _, k := range t.extra[i] {
					t.buf = append(t.buf, t.value(k))
				}
			}
		})
	}
	if len(t.buf) < 2 {
		return 0, false
	}
	slices.SortFunc(t.buf, func(a, b token) int { return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.value, b.value)) })
	for i := 1; i < len(t.buf); i++ {
		if t.buf[i].slot == t.buf[i-1].slot && t.buf[i].value != t.buf[i-1].value {
			if t.buf[i-1].value == 0 && t.slots[t.buf[i].slot] == whyNature {
				continue // the user joined a person with a machine
			}
			if why := t.slots[t.buf[i].slot]; !found || why > w {
				w, found = why, true
			}
		}
	}
	return w, found
}

// allow makes all values that the component has in one slot one value, but for
// people and machines: there the component has no nature any more.
func (p *population) allow(root int32) {
	t := &p.tokens
	first := map[uint32]token{}
	p.forest.members(root, func(i int32) {
		for n := t.start[i]; n < t.start[i+1]; n++ {
			k := t.value(t.list[n])
			have, ok := first[k.slot]
			switch {
			case !ok:
				first[k.slot] = k
			case have == k || t.slots[k.slot] == whyUser:
			case t.slots[k.slot] == whyNature:
				first[k.slot] = token{k.slot, 0}
			case k.value < have.value:
				t.equal[have], first[k.slot] = k, k
			default:
				t.equal[k] = have
			}
		}
	})
	slot := t.of[slotName{whyNature, 0, 0}]
	if k, ok := first[slot]; !ok || k.value != 0 {
		return
	}
	p.forest.members(root, func(i int32) {
		for n := t.start[i]; n < t.start[i+1]; n++ {
			if t.list[n].slot == slot {
				t.list[n].value = 0
			}
		}
	})
}
