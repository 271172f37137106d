package resolve

import (
	"slices"
	"strings"
)

// UserLink is a line of the user's links file.
type UserLink struct {
	Action Action
	Kind   string // table; accounts for link and unlink, where Right is an identity
	// Left and Right are keys of statements, with ' #part' behind where several
	// statements have one key.
	Left, Right string
	Line        int // of the file, for messages
}

// Action is what a line of the links file orders.
type Action string

const (
	SameAs    Action = "same as"     // two statements are about one thing
	NotSameAs Action = "not same as" // they are not, whatever the rules say
	LinkTo    Action = "link"        // an account belongs to an identity
	UnlinkOf  Action = "unlink"      // it does not
)

// User takes a line of the links file. It wins over all rules.
func (r *Resolver) User(u UserLink) error {
	if err := u.check(); err != nil {
		return err
	}
	r.user = append(r.user, u)
	return nil
}

// statements finds those of a key, or of a key and part.
func (r *Resolver) statements(p *population, key string) (out []int32) {
	if p.ordered == nil {
		p.ordered = map[uint32][]int32{}
		keys := map[uint32]bool{}
		for _, u := range r.user {
			for _, k := range []string{u.Left, u.Right} {
				for _, key := range []string{k, k[:max(0, strings.LastIndex(k, " #"))]} {
					if n, ok := p.text.Find(key); ok {
						keys[n] = true
					}
				}
			}
		}
		p.ordered = p.byKey(keys)
	}
	if n, ok := p.text.Find(key); ok && len(p.ordered[n]) > 0 {
		return p.ordered[n]
	}
	at := strings.LastIndex(key, " #")
	if at <= 0 {
		return nil
	}
	n, known := p.text.Find(key[:at])
	part, told := p.text.Find(key[at+2:])
	if !known || !told {
		return nil
	}
	for _, i := range p.ordered[n] {
		if p.rows[i].part == part {
			out = append(out, i)
		}
	}
	return out
}

// orders puts the user's links in force: first who is not the same, so that a
// contradiction within the file shows.
func (r *Resolver) orders(p *population) {
	var same []UserLink
	for n, u := range r.user {
		if u.Kind != p.rules.Table || u.Action != SameAs && u.Action != NotSameAs {
			continue
		}
		if u.Action == SameAs {
			same = append(same, u)
			continue
		}
		slot := p.tokens.slot(whyUser, uint32(n), 0)
		for side, key := range []string{u.Left, u.Right} {
			for _, i := range r.statements(p, key) {
				p.tokens.extra[i] = append(p.tokens.extra[i], token{slot, uint32(side)})
			}
		}
	}
	for _, u := range same {
		list := slices.Concat(r.statements(p, u.Left), r.statements(p, u.Right))
		for _, i := range list {
			a, b := p.forest.find(list[0]), p.forest.find(i)
			if a == b {
				continue
			}
			if w, bad := p.clash(a, b); bad && w == whyUser {
				p.conflicts = append(p.conflicts, conflict{rule: ruleUser, space: -1, why: whyUser, stmts: []int32{min(a, b), max(a, b)}})
				continue
			}
			p.forest.unite(join{list[0], i, ruleUser, -1, 0})
			p.allow(p.forest.find(i))
		}
	}
}
