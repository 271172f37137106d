package resolve

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
)

// Earlier is what the run before said of a statement, or the last run that knew
// it.
type Earlier struct {
	Source, Dataset string
	Key, Part       string
	Thing           string // key of its thing
	Founder         bool   // the thing's key is made of this statement's
	Founded         int64  // first moment of the thing, in microseconds since 1970
	FirstSeen       int64  // first moment of the statement; 0 where that is not known
}

// Earlier takes links of the run before, each of which [Link.Was] knows by its number among
// those of its kind. Links of statements that are gone may be among them: a statement that
// returns then gets its thing's key back, if that is free. Many at a time take less time.
func (r *Resolver) Earlier(kind string, list ...Earlier) {
	p := r.population(kind)
	if p == nil {
		return
	}
	a := &p.added
	for some := range slices.Chunk(list, together) {
		a.texts = a.texts[:0]
		for i := range some {
			a.texts = append(a.texts, some[i].Key, some[i].Part, some[i].Thing)
		}
		a.numbers = p.text.IDs(a.texts, a.numbers[:0])
		for i := range some {
			e, at := &some[i], a.numbers[3*i:]
			p.things.earlier = append(p.things.earlier, earlier{source: p.number(&p.sources, e.Source), dataset: p.number(&p.datasets, e.Dataset), founder: e.Founder,
				key: at[0], part: at[1], thing: at[2], founded: p.moments.number(e.Founded), first: p.moments.number(e.FirstSeen)})
		}
	}
}

// ExpectEarlier makes room for links of the run before.
func (r *Resolver) ExpectEarlier(kind string, links int) {
	if p := r.population(kind); p != nil {
		p.things.earlier = slices.Grow(p.things.earlier, links)
	}
}

type earlier struct {
	source, dataset  uint16
	founder          bool
	key, part, thing uint32
	founded, first   uint32 // in population.moments
}

// things are the keys of a population's components.
type things struct {
	earlier []earlier
	had     []int32  // of a statement: which of them the run before said of it, -1 for none; nil without any
	number  []uint32 // of a root: that of its thing in the list, as few statements are roots
	list    []thing
	changes []change
}

// change is a key that is no more, or a part that left it.
type change struct {
	old, new uint32
	reason   ChangeReason
}

// ChangeReason says why a statement's thing has another key than before.
type ChangeReason string

const (
	Merged ChangeReason = "merge" // the old key's thing is one with an older one
	Split  ChangeReason = "split" // a part of the old key's thing is a thing of its own
	Moved  ChangeReason = "move"  // a part of the old key's thing went over to another
)

// kindPrefix is what keys of a kind begin with.
var kindPrefix = map[string]string{
	"applications": "application", "accounts": "account", "identities": "identity", "groups": "group",
	"roles": "role", "resources": "resource", "entitlements": "entitlement",
}

var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// founding is the key of a thing founded by a statement: 80 bits of the hash of
// its key and part. turn counts the keys of it that are taken.
func (p *population) founding(s *row, turn int) uint32 {
	sum := p.digest(s)
	b := sum[:10]
	if turn > 0 {
		sum = sha256.Sum256(append(strconv.AppendInt(nil, int64(turn), 10), b...))
	}
	buf := append(make([]byte, 0, 32), kindPrefix[p.rules.Table]...)
	return p.text.Bytes(letters.AppendEncode(append(buf, ':'), b))
}

// older orders statements by the moment at which they were first seen, then by
// rank.
func (p *population) older(a, b int32) int {
	return cmp.Or(cmp.Compare(p.first(a), p.first(b)), cmp.Compare(a, b))
}

// last is which of the links of the run before is that of a statement, -1 for none.
func (t *things) last(i int32) int32 {
	if t.had == nil {
		return -1
	}
	return t.had[i]
}

// of is what the run before said of a statement; its thing is 0 where it said nothing.
func (t *things) of(i int32) earlier {
	if n := t.last(i); n >= 0 {
		return t.earlier[n]
	}
	return earlier{}
}

// was is the link that the run before had of the very statement, -1 for none.
func (p *population) was(i int32) int32 {
	n := p.things.had[i]
	if n < 0 {
		return -1
	}
	if s, e := &p.rows[i], &p.things.earlier[n]; e.source != s.source || e.dataset != s.dataset || e.part != s.part {
		return -1
	}
	return n
}

// name gives each component its key: that which it had, else one of its oldest
// statement.
func (r *Resolver) name(p *population) {
	t := &p.things
	n := len(p.rows)
	p.listThings()
	r.recall(p)
	r.succession(p)
	for i := range int32(n) {
		e := t.of(i)
		if e.thing == 0 {
			continue
		}
		if first := p.moments.values[e.first]; first != 0 && first < p.first(i) {
			p.rows[i].first = e.first
		}
	}
	for i := range int32(n) {
		root := p.forest.find(i)
		if it := p.thing(root); it.founder < 0 || p.older(i, it.founder) < 0 {
			it.founder, it.founded = i, p.first(i)
		}
	}
	r.inherit(p)
	base := uint32(p.text.Len())
	var taken map[uint32]bool // made when a key is found that was a text before
	for i := range int32(n) {
		if p.forest.find(i) != i || p.thing(i).key != 0 {
			continue
		}
		for turn := 0; p.thing(i).key == 0; turn++ {
			known := uint32(p.text.Len())
			k := p.founding(&p.rows[p.thing(i).founder], turn)
			if k >= known { // a text that was not there is nobody's key
				p.thing(i).key = k
				continue
			}
			if taken == nil {
				taken = make(map[uint32]bool, len(t.earlier))
				for n := range t.earlier {
					taken[t.earlier[n].thing] = true
				}
			}
			if k < base && !taken[k] {
				p.thing(i).key, taken[k] = k, true
			}
		}
	}
	r.changed(p)
}

// recall finds for each statement what the run before said of it.
func (r *Resolver) recall(p *population) {
	t := &p.things
	if len(t.earlier) == 0 {
		return
	}
	t.had = make([]int32, len(p.rows))
	for i := range t.had {
		t.had[i] = -1
	}
	order := t.byKey(p.text.Len())
	keys, at := p.keyed(p.text.Len()), 0
	keys.each(func(key uint32, stmts []int32) {
		for at < len(order) && t.earlier[order[at]].key < key {
			at++
		}
		from := at
		for at < len(order) && t.earlier[order[at]].key == key {
			at++
		}
		was := order[from:at]
		if len(was) > 1 {
			slices.SortFunc(was, func(x, y int32) int {
				a, b := &t.earlier[x], &t.earlier[y]
				return cmp.Or(cmp.Compare(p.names[a.dataset], p.names[b.dataset]), bytes.Compare(p.text.Get(a.part), p.text.Get(b.part)),
					cmp.Compare(p.moments.values[a.founded], p.moments.values[b.founded]), bytes.Compare(p.text.Get(a.thing), p.text.Get(b.thing)))
			})
		}
		t.recallKey(p, stmts, was)
	})
}

// byKey gives the links in the order of the numbers of their keys, which are below texts.
func (t *things) byKey(texts int) []int32 {
	start := make([]uint32, texts+1)
	for i := range t.earlier {
		start[t.earlier[i].key+1]++
	}
	for i := range texts {
		start[i+1] += start[i]
	}
	order := make([]int32, len(t.earlier))
	for i := range t.earlier {
		k := t.earlier[i].key
		order[start[k]] = int32(i)
		start[k]++
	}
	return order
}

// recallKey does so for the statements of one key: by dataset and part, else by
// part. A part that the run before did not know takes over from the statement
// without it, if only one can.
func (t *things) recallKey(p *population, stmts []int32, list []int32) {
	if len(list) == 0 {
		return
	}
	if s := &p.rows[stmts[0]]; len(stmts) == 1 && len(list) == 1 && t.earlier[list[0]].part == s.part {
		t.had[stmts[0]] = list[0]
		return
	}
	used := make([]bool, len(list))
	left := stmts[:0:0]
	for _, s := range stmts {
		n := slices.IndexFunc(list, func(n int32) bool {
			return t.earlier[n].part == p.rows[s].part && t.earlier[n].dataset == p.rows[s].dataset
		})
		if n < 0 {
			left = append(left, s)
			continue
		}
		t.had[s], used[n] = list[n], true
	}
	stmts, left = left, nil
	for _, s := range stmts {
		if e, ok := t.only(list, func(n int) bool { return t.earlier[list[n]].part == p.rows[s].part }); ok {
			t.had[s] = e
			continue
		}
		left = append(left, s)
	}
	rest, ok := t.only(list, func(n int) bool { return !used[n] })
	if !ok {
		return
	}
	if !oneBy(left, func(s int32) uint32 { return p.rows[s].part }) {
		left = slices.DeleteFunc(left, func(s int32) bool { return p.rows[s].ended })
	}
	if oneBy(left, func(s int32) uint32 { return p.rows[s].part }) {
		for _, s := range left {
			t.had[s] = rest
		}
	}
}

// only is the last of the chosen links, if all of them have one thing.
func (t *things) only(list []int32, choose func(n int) bool) (e int32, ok bool) {
	for n, link := range list {
		if !choose(n) {
			continue
		}
		if ok && t.earlier[link].thing != t.earlier[e].thing {
			return -1, false
		}
		e, ok = link, true
	}
	return e, ok
}

func oneBy(list []int32, part func(int32) uint32) bool {
	for _, s := range list {
		if part(s) != part(list[0]) {
			return false
		}
	}
	return true
}

// inherit gives each key of the run before to one component: that of its
// founder, else of its oldest statement. Of the keys that fall to one component
// the oldest stays.
func (r *Resolver) inherit(p *population) {
	t := &p.things
	if len(t.earlier) == 0 {
		return
	}
	type heir struct {
		thing   uint32
		stmt    int32
		founder bool
		founded int64
	}
	heirs := make([]heir, 0, len(p.rows)/4)
	of := p.sort.counts(p.text.Len()) // of a thing: its heir + 1
	for i := range int32(len(p.rows)) {
		e := t.of(i)
		if e.thing == 0 {
			continue
		}
		if of[e.thing] == 0 {
			heirs = append(heirs, heir{e.thing, i, e.founder, p.moments.values[e.founded]})
			of[e.thing] = uint32(len(heirs))
			continue
		}
		if h := &heirs[of[e.thing]-1]; e.founder && !h.founder || e.founder == h.founder && p.older(i, h.stmt) < 0 {
			*h = heir{e.thing, i, e.founder, p.moments.values[e.founded]}
		}
	}
	for n := range heirs {
		h := &heirs[n]
		root := p.forest.find(h.stmt)
		switch have := p.thing(root).key; {
		case have == 0,
			cmp.Or(cmp.Compare(h.founded, heirs[of[have]-1].founded), bytes.Compare(p.text.Get(h.thing), p.text.Get(have))) < 0:
			p.thing(root).key = h.thing
		}
	}
	for i := range int32(len(p.rows)) {
		if root := p.forest.find(i); root == i && p.thing(root).key != 0 {
			h := &heirs[of[p.thing(root).key]-1]
			p.thing(root).founder, p.thing(root).founded = h.stmt, h.founded
		}
	}
}

// changed notes each key of which a statement has another one today.
func (r *Resolver) changed(p *population) {
	t := &p.things
	seen := map[change]bool{}
	// Of these keys it counts whether a statement has them today, or had them before.
	today, before := map[uint32]bool{}, map[uint32]bool{}
	for i := range int32(len(p.rows)) {
		e, now := t.of(i), p.thing(p.forest.find(i)).key
		if e.thing != 0 && e.thing != now {
			seen[change{e.thing, now, ""}] = true
			today[e.thing], before[now] = false, false
		}
	}
	if len(seen) == 0 {
		return
	}
	mark := func(keys map[uint32]bool, key uint32) {
		if _, ok := keys[key]; ok {
			keys[key] = true
		}
	}
	for i := range int32(len(p.rows)) {
		mark(today, p.thing(p.forest.find(i)).key)
		mark(before, t.of(i).thing)
	}
	for c := range seen {
		c.reason = Split
		switch {
		case !today[c.old]:
			c.reason = Merged
		case before[c.new]:
			c.reason = Moved
		}
		t.changes = append(t.changes, c)
	}
}
