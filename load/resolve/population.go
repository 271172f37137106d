package resolve

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// population is all statements of one kind. Once it is settled, statements are
// known by their rank in an order that depends on their keys alone.
type population struct {
	rules  *schemas.KindRules
	people bool // words such as 'none' name nobody: people and accounts
	rows   []row
	spaces []space
	name   int // the namespace called name, -1 where there is none: then it is the display name

	forest  forest
	tokens  tokens
	ordered map[uint32][]int32 // statements that the user names, by key
	back    []int32            // statement as added -> rank
	stamp   []uint32           // roots seen in the present epoch
	epoch   uint32

	blank     map[blank]int
	conflicts []conflict
	shared    []shared
	alikes    []alike
	things    things
}

type row struct {
	hash            uint64 // of key and part: the order of statements, and keys of things
	hash2           uint16
	nth             int32 // as added
	key, part, app  uint32
	name, title     uint32
	source, dataset uint16
	first           int64
	from, until     int32
	strength        Strength
	nature          Nature
	ended           bool
	scope           uint32 // of the application, once applications are resolved
}

// space is the identifiers of one namespace.
type space struct {
	rule   schemas.Namespace
	idents []ident  // by statement, then value
	start  []uint32 // first identifier of each statement, and one behind the last
}

type ident struct {
	within, value uint32
	stmt          int32
}

// blank is a value that names nothing.
type blank struct {
	space int
	text  string
}

func newPopulation(k *schemas.KindRules) *population {
	p := &population{rules: k, people: k.Table == "identities" || k.Table == "accounts", name: -1, blank: map[blank]int{}}
	for i, n := range k.Namespaces {
		p.spaces = append(p.spaces, space{rule: n})
		if n.Name == "name" {
			p.name = i
		}
	}
	return p
}

func (p *population) namespace(name string) int {
	for i := range p.spaces {
		if p.spaces[i].rule.Name == name {
			return i
		}
	}
	return -1
}

// maxBlanks bounds the placeholders that are remembered of a kind.
const maxBlanks = 1000

func (p *population) unusable(r *Resolver, ns *space, value string) {
	b := blank{p.namespace(ns.rule.Name), lower(value)}
	if value != "" && (p.blank[b] > 0 || len(p.blank) < maxBlanks) {
		p.blank[b]++
	}
}

// settle puts the statements into their order and gives identifiers and
// constraints their numbers. apps tells the scope of an application's key.
func (p *population) settle(r *Resolver, apps func(row) uint32) {
	slices.SortFunc(p.rows, func(a, b row) int {
		if c := cmp.Compare(a.hash, b.hash); c != 0 {
			return c
		}
		for _, pair := range [][2]uint32{{a.key, b.key}, {a.part, b.part}} {
			if c := bytes.Compare(r.text.get(pair[0]), r.text.get(pair[1])); c != 0 {
				return c
			}
		}
		for _, pair := range [][2]uint16{{a.source, b.source}, {a.dataset, b.dataset}} {
			if c := cmp.Compare(r.names[pair[0]], r.names[pair[1]]); c != 0 {
				return c
			}
		}
		return 0
	})
	p.back = make([]int32, len(p.rows))
	for rank := range p.rows {
		s := &p.rows[rank]
		p.back[s.nth] = int32(rank)
		s.scope = apps(*s)
	}
	for i := range p.spaces {
		p.spaces[i].settle(p)
	}
	p.forest.init(len(p.rows))
	p.tokens.settle(r, p)
}

func (ns *space) settle(p *population) {
	for i := range ns.idents {
		id := &ns.idents[i]
		id.stmt = p.back[id.stmt]
		s := &p.rows[id.stmt]
		switch ns.rule.Within {
		case schemas.WithinSource:
			id.within = uint32(s.source)
		case schemas.WithinApplication:
			id.within = s.scope
		case schemas.WithinOrganisation:
			id.within = 0
		case schemas.WithinDirectory:
			if id.within == 0 {
				id.within = sourceScope | uint32(s.source)
			}
		}
	}
	slices.SortFunc(ns.idents, func(a, b ident) int { return cmp.Compare(a.stmt, b.stmt) })
	ns.start = make([]uint32, len(p.rows)+1)
	for _, id := range ns.idents {
		ns.start[id.stmt+1]++
	}
	for i := range p.rows {
		ns.start[i+1] += ns.start[i]
	}
}

func (ns *space) of(stmt int32) []ident { return ns.idents[ns.start[stmt]:ns.start[stmt+1]] }

// Scopes that are no application: a source, and the key of an application that
// nobody stated.
const (
	sourceScope = 1 << 31
	keyScope    = 1 << 30
)
