package resolve

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"strconv"
)

// Earlier is what the run before said of a statement, or the last run that knew
// it.
type Earlier struct {
	Dataset   string
	Key, Part string
	Thing     string // key of its thing
	Founder   bool   // the thing's key is made of this statement's
	Founded   int64  // first moment of the thing, in microseconds since 1970
	FirstSeen int64  // first moment of the statement; 0 where that is not known
}

// Earlier takes a link of the run before. Links of statements that are gone may
// be among them: a statement that returns then gets its thing's key back, if
// that is free.
func (r *Resolver) Earlier(kind string, e Earlier) {
	p := r.population(kind)
	if p == nil {
		return
	}
	p.things.earlier = append(p.things.earlier, earlier{r.number(r.datasets, e.Dataset), r.text.id(e.Key), r.text.id(e.Part), r.text.id(e.Thing), e.Founder, e.Founded, e.FirstSeen})
}

type earlier struct {
	dataset          uint16
	key, part, thing uint32
	founder          bool
	founded, first   int64
}

// things are the keys of a population's components.
type things struct {
	earlier []earlier
	key     []uint32 // of a root: interned key
	founder []int32  // of a root: the statement that founded it
	founded []int64  // of a root
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
func (r *Resolver) founding(p *population, s *row, turn int) uint32 {
	var b [10]byte
	binary.BigEndian.PutUint64(b[:], s.hash)
	binary.BigEndian.PutUint16(b[8:], s.hash2)
	if turn > 0 {
		sum := sha256.Sum256(append(strconv.AppendInt(nil, int64(turn), 10), b[:]...))
		copy(b[:], sum[:])
	}
	buf := append(make([]byte, 0, 32), kindPrefix[p.rules.Table]...)
	return r.text.bytes(letters.AppendEncode(append(buf, ':'), b[:]))
}

// older orders statements by the moment at which they were first seen, then by
// rank.
func (p *population) older(a, b int32) int {
	return cmp.Or(cmp.Compare(p.rows[a].first, p.rows[b].first), cmp.Compare(a, b))
}

// name gives each component its key: that which it had, else one of its oldest
// statement.
func (r *Resolver) name(p *population) {
	t := &p.things
	n := len(p.rows)
	t.key, t.founder, t.founded = make([]uint32, n), make([]int32, n), make([]int64, n)
	had := r.recall(p)
	for i := range t.founder {
		t.founder[i] = -1
		if e := &had[i]; e.first != 0 {
			p.rows[i].first = min(p.rows[i].first, e.first)
		}
	}
	for i := range int32(n) {
		root := p.forest.find(i)
		if f := t.founder[root]; f < 0 || p.older(i, f) < 0 {
			t.founder[root], t.founded[root] = i, p.rows[i].first
		}
	}
	r.inherit(p, had)
	taken := make(map[uint32]bool, len(t.earlier))
	for _, e := range t.earlier {
		taken[e.thing] = true
	}
	base := uint32(len(r.text.where))
	for i := range int32(n) {
		if p.forest.find(i) != i || t.key[i] != 0 {
			continue
		}
		for turn := 0; t.key[i] == 0; turn++ {
			known := uint32(len(r.text.where))
			switch k := r.founding(p, &p.rows[t.founder[i]], turn); {
			case k >= known: // a text that was not there is nobody's key
				t.key[i] = k
			case k < base && !taken[k]:
				t.key[i], taken[k] = k, true
			}
		}
	}
	r.changed(p, had)
}

// recall finds for each statement what the run before said of it; the thing is 0
// where it said nothing.
func (r *Resolver) recall(p *population) []earlier {
	had := make([]earlier, len(p.rows))
	if len(p.things.earlier) == 0 {
		return had
	}
	list, start := byKey(p.things.earlier, len(r.text.where))
	keys := make([]ident, len(p.rows))
	for i := range p.rows {
		keys[i] = ident{value: p.rows[i].key, stmt: int32(i)}
	}
	keys = r.sort.byValue(keys, len(r.text.where))
	var stmts []int32
	for i := 0; i < len(keys); i += len(stmts) {
		key := keys[i].value
		stmts = stmts[:0]
		for _, id := range keys[i:] {
			if id.value != key {
				break
			}
			stmts = append(stmts, id.stmt)
		}
		was := list[start[key]:start[key+1]]
		if len(was) > 1 {
			slices.SortFunc(was, func(a, b earlier) int {
				return cmp.Or(cmp.Compare(r.names[a.dataset], r.names[b.dataset]), bytes.Compare(r.text.get(a.part), r.text.get(b.part)),
					cmp.Compare(a.founded, b.founded), bytes.Compare(r.text.get(a.thing), r.text.get(b.thing)))
			})
		}
		r.recallKey(p, stmts, was, had)
	}
	return had
}

// byKey groups links by their keys, which are numbers below texts: those of key k
// are list[start[k]:start[k+1]].
func byKey(links []earlier, texts int) (list []earlier, start []uint32) {
	start = make([]uint32, texts+2)
	for i := range links {
		start[links[i].key+2]++
	}
	for i := range texts {
		start[i+2] += start[i+1]
	}
	list = make([]earlier, len(links))
	for _, e := range links {
		list[start[e.key+1]] = e
		start[e.key+1]++
	}
	return list, start
}

// recallKey does so for the statements of one key: by dataset and part, else by
// part. A part that the run before did not know takes over from the statement
// without it, if only one can.
func (r *Resolver) recallKey(p *population, stmts []int32, list []earlier, had []earlier) {
	if len(list) == 0 {
		return
	}
	used := make([]bool, len(list))
	left := stmts[:0:0]
	for _, s := range stmts {
		n := slices.IndexFunc(list, func(e earlier) bool { return e.part == p.rows[s].part && e.dataset == p.rows[s].dataset })
		if n < 0 {
			left = append(left, s)
			continue
		}
		had[s], used[n] = list[n], true
	}
	stmts, left = left, nil
	for _, s := range stmts {
		if e, ok := only(list, func(n int) bool { return list[n].part == p.rows[s].part }); ok {
			had[s] = e
			continue
		}
		left = append(left, s)
	}
	rest, ok := only(list, func(n int) bool { return !used[n] })
	if !ok {
		return
	}
	if !oneBy(left, func(s int32) uint32 { return p.rows[s].part }) {
		left = slices.DeleteFunc(left, func(s int32) bool { return p.rows[s].ended })
	}
	if oneBy(left, func(s int32) uint32 { return p.rows[s].part }) {
		for _, s := range left {
			had[s] = rest
		}
	}
}

// only is the one thing that the chosen links have.
func only(list []earlier, choose func(n int) bool) (e earlier, ok bool) {
	for n := range list {
		if !choose(n) {
			continue
		}
		if ok && list[n].thing != e.thing {
			return earlier{}, false
		}
		e, ok = list[n], true
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
func (r *Resolver) inherit(p *population, had []earlier) {
	t := &p.things
	type heir struct {
		stmt    int32
		founder bool
		founded int64
	}
	heirs := make(map[uint32]heir, len(p.rows)/4)
	for i := range int32(len(p.rows)) {
		e := had[i]
		if e.thing == 0 {
			continue
		}
		h, ok := heirs[e.thing]
		if !ok || e.founder && !h.founder || e.founder == h.founder && p.older(i, h.stmt) < 0 {
			heirs[e.thing] = heir{i, e.founder, e.founded}
		}
	}
	for thing, h := range heirs {
		root := p.forest.find(h.stmt)
		switch have := t.key[root]; {
		case have == 0,
			cmp.Or(cmp.Compare(h.founded, heirs[have].founded), bytes.Compare(r.text.get(thing), r.text.get(have))) < 0:
			t.key[root] = thing
		}
	}
	for i := range int32(len(p.rows)) {
		if root := p.forest.find(i); root == i && t.key[root] != 0 {
			h := heirs[t.key[root]]
			t.founder[root], t.founded[root] = h.stmt, h.founded
		}
	}
}

// changed notes each key of which a statement has another one today.
func (r *Resolver) changed(p *population, had []earlier) {
	t := &p.things
	if !slices.ContainsFunc(p.back, func(i int32) bool { return had[i].thing != 0 && had[i].thing != t.key[p.forest.find(i)] }) {
		return
	}
	today := map[uint32]bool{}
	before := map[uint32]bool{}
	seen := map[change]bool{}
	for i := range int32(len(p.rows)) {
		today[t.key[p.forest.find(i)]] = true
		before[had[i].thing] = true
	}
	for i := range int32(len(p.rows)) {
		now := t.key[p.forest.find(i)]
		if had[i].thing == 0 || had[i].thing == now {
			continue
		}
		c := change{had[i].thing, now, Split}
		switch {
		case !today[c.old]:
			c.reason = Merged
		case before[now]:
			c.reason = Moved
		}
		if !seen[c] {
			seen[c] = true
			t.changes = append(t.changes, c)
		}
	}
}
