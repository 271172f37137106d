package resolve

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/intern"
	"github.com/accessmart/accessmart/schemas"
)

// population is all statements of one kind. Once it is settled, statements are
// known by their rank in an order that depends on their keys alone.
type population struct {
	rules     *schemas.KindRules
	text      *intern.Texts // of this kind alone, so that kinds can be read and resolved side by side
	sources   numbers
	datasets  numbers
	names     []string // of sources and datasets, by their numbers
	fold      folder
	added     added // by one call after the other
	buf       []byte
	sort      sorter
	stmts     []int32 // of levels, which use this memory one after the other
	proposals []proposal

	people bool // words such as 'none' name nobody: people and accounts
	rows   []row
	stated numberSet // keys of statements, until they are settled
	spaces []space
	name   int // the namespace called name, -1 where there is none: then it is the display name

	forest  forest
	tokens  tokens
	ordered map[uint32][]int32 // statements that the user names, by key
	spans   numbered[span]     // days of employment, each two once
	moments numbered[int64]    // each once
	back    []int32            // statement as added -> rank
	stamp   []uint32           // roots seen in the present epoch
	epoch   uint32

	blank     map[blank]*int
	conflicts []conflict
	shared    []shared
	alikes    []alike
	things    things
	// joined is closed when it is decided which statements are about one thing, so that owners can
	// be found: of the population they look at rows, at the forest, at what is in neededLater, and
	// at what was said by then.
	joined chan struct{}
	said   intern.View
	known  chan struct{} // closed when all of it is decided
}

// row is a statement. There are millions of them, so it is small.
type row struct {
	key, part       uint32
	scope           uint32 // key of the application; its scope, once the statements are settled
	name, title     uint32
	span            uint32 // in population.spans
	source, dataset uint16
	strength        Strength
	nature          Nature
	ended           bool
	first           uint32 // in population.moments: when the statement was first seen
}

// span is the days between which a person is employed, NoDay for what nobody said.
type span struct{ from, until int32 }

// numbered are values, each once, with their numbers.
type numbered[T comparable] struct {
	values []T
	of     map[T]uint32
}

// number is the number of a value, which is mostly that of the newest one.
func (l *numbered[T]) number(value T) uint32 {
	if n := len(l.values); n > 0 && l.values[n-1] == value {
		return uint32(n - 1)
	}
	n, ok := l.of[value]
	if !ok {
		n = uint32(len(l.values))
		l.values = append(l.values, value)
		l.of[value] = n
	}
	return n
}

// first is the moment at which a statement was first seen.
func (p *population) first(i int32) int64 { return p.moments.values[p.rows[i].first] }

// days are those between which a person is employed.
func (p *population) days(s *row) span { return p.spans.values[s.span] }

// space is the identifiers of one namespace.
type space struct {
	rule   schemas.Namespace
	added  [][]ident // until they are settled, in chunks, as lists that grow are copied
	idents []ident   // by statement, then value
	start  []uint32  // first identifier of each statement, and one behind the last; nil for none at all
	empty  bool      // there are none
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
	p := &population{rules: k, joined: make(chan struct{}), known: make(chan struct{}), sources: numbers{of: map[string]uint16{}}, datasets: numbers{of: map[string]uint16{}}, people: k.Table == "identities" || k.Table == "accounts", name: -1, blank: map[blank]*int{}, spans: numbered[span]{of: map[span]uint32{}}, moments: numbered[int64]{of: map[int64]uint32{}}}
	p.text = intern.New()
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

// unusable counts a value that names nothing. The value is lent: a map takes over the key that
// it is given even where it has an equal one, so a lent one is only looked up.
func (p *population) unusable(ns *space, value string) {
	b := blank{p.namespace(ns.rule.Name), lower(value)}
	if n := p.blank[b]; n != nil {
		*n++
		return
	}
	if value == "" || len(p.blank) == maxBlanks {
		return
	}
	b.text = strings.Clone(b.text)
	n := 1
	p.blank[b] = &n
}

// settle puts the statements into their order and gives identifiers and
// constraints their numbers. scopes are those of the keys of applications.
func (p *population) settle(scopes map[string]uint32) {
	p.stated = nil
	p.order()
	scope := p.scopes(scopes)
	for i := range p.rows {
		p.rows[i].scope = scope(&p.rows[i])
	}
	for i := range p.spaces {
		p.spaces[i].settle(p)
	}
	p.back = nil
	p.forest.init(p.rows)
	p.tokens.settle(p)
}

// order sorts the statements by the hash of their keys. The rest of the order is
// for statements of one key.
func (p *population) order() {
	hashes := make([]uint64, len(p.rows))
	for i := range p.rows {
		sum := p.digest(&p.rows[i])
		hashes[i] = binary.BigEndian.Uint64(sum[:])
	}
	list := byHash(hashes, func(a, b int32) int {
		x, y := &p.rows[a], &p.rows[b]
		return cmp.Or(p.text.Compare(x.key, y.key), p.text.Compare(x.part, y.part),
			cmp.Compare(p.names[x.source], p.names[y.source]), cmp.Compare(p.names[x.dataset], p.names[y.dataset]),
			p.text.Compare(x.name, y.name), p.text.Compare(x.title, y.title), cmp.Compare(p.moments.values[x.first], p.moments.values[y.first]))
	})
	p.back = make([]int32, len(p.rows))
	for rank := range list {
		p.back[list[rank].nth] = int32(rank)
	}
	// Each ring of rows that change places goes on by one, so that no second copy is needed.
	for i := range list {
		first := p.rows[i]
		for at := int32(i); list[at].nth >= 0; {
			from := list[at].nth
			list[at].nth = -1
			if from == int32(i) {
				p.rows[at] = first
				break
			}
			p.rows[at] = p.rows[from]
			at = from
		}
	}
}

// ranked is a statement, as added, with its hash.
type ranked struct {
	hash uint64
	nth  int32
}

// byHash sorts statements by their hashes, and those of one hash as compare says. The first
// bits of a hash tell almost where it belongs.
func byHash(hashes []uint64, compare func(a, b int32) int) []ranked {
	width := bits.Len(uint(len(hashes) / 8))
	shift := 64 - width
	ends := make([]uint32, 1<<width+1) // of the statements with the same first bits: where they begin, then where they end
	for _, h := range hashes {
		ends[h>>shift+1]++
	}
	for i := range 1 << width {
		ends[i+1] += ends[i]
	}
	list := make([]ranked, len(hashes))
	for i, h := range hashes {
		at := &ends[h>>shift]
		list[*at] = ranked{h, int32(i)}
		*at++
	}
	from := uint32(0)
	for _, to := range ends[:1<<width] {
		slices.SortFunc(list[from:to], func(a, b ranked) int {
			if a.hash != b.hash {
				return cmp.Compare(a.hash, b.hash)
			}
			return compare(a.nth, b.nth)
		})
		from = to
	}
	return list
}

// The chunks of a list of identifiers grow from the first size to the last.
const firstChunk, lastChunk = 1 << 4, 1 << 14

func (ns *space) add(id ident) {
	n := len(ns.added)
	if n == 0 || len(ns.added[n-1]) == cap(ns.added[n-1]) {
		ns.added = append(ns.added, make([]ident, 0, min(firstChunk<<min(n, 10), lastChunk)))
		n++
	}
	ns.added[n-1] = append(ns.added[n-1], id)
}

// settle sorts the identifiers by statement, and says within what each counts.
func (ns *space) settle(p *population) {
	if ns.empty = ns.added == nil; ns.empty {
		return
	}
	ns.start = make([]uint32, len(p.rows)+2)
	total := 0
	for _, chunk := range ns.added {
		total += len(chunk)
		for _, id := range chunk {
			ns.start[p.back[id.stmt]+2]++
		}
	}
	for i := range p.rows {
		ns.start[i+2] += ns.start[i+1]
	}
	ns.idents = make([]ident, total)
	for n, chunk := range ns.added { // as in population.keyed
		for _, id := range chunk {
			id.stmt = p.back[id.stmt]
			id.within = ns.within(id, &p.rows[id.stmt])
			at := &ns.start[id.stmt+1]
			ns.idents[*at] = id
			*at++
		}
		ns.added[n] = nil
	}
	ns.added, ns.start = nil, ns.start[:len(p.rows)+1]
}

// within is that within which the identifier of a statement counts.
func (ns *space) within(id ident, s *row) uint32 {
	switch ns.rule.Within {
	case schemas.WithinSource:
		return uint32(s.source)
	case schemas.WithinApplication:
		return s.scope
	case schemas.WithinOrganisation:
		return 0
	case schemas.WithinDirectory:
		if id.within == 0 {
			return sourceScope | uint32(s.source)
		}
	}
	return id.within
}

// sorter sorts identifiers by value, and keeps its memory for the next time.
type sorter struct {
	start []uint32
	out   []ident
}

// counts is a zero for each number below texts. It holds until the next use of the sorter.
func (b *sorter) counts(texts int) []uint32 {
	b.start = slices.Grow(b.start[:0], texts)[:texts]
	clear(b.start)
	return b.start
}

// byValue sorts by value, then scope, then statement. Values are numbers below
// texts; the identifiers come in the order of statements. The answer holds until
// the next one.
func (b *sorter) byValue(idents []ident, texts int) []ident {
	if len(idents) < texts/64 { // counting all texts would take longer
		b.out = append(b.out[:0], idents...)
		slices.SortFunc(b.out, func(x, y ident) int {
			return cmp.Or(cmp.Compare(x.value, y.value), cmp.Compare(x.within, y.within), cmp.Compare(x.stmt, y.stmt))
		})
		return b.out
	}
	start := b.counts(texts + 1)
	for i := range idents {
		start[idents[i].value+1]++
	}
	for i := range texts {
		start[i+1] += start[i]
	}
	b.out = slices.Grow(b.out[:0], len(idents))[:len(idents)]
	out := b.out
	for _, id := range idents {
		out[start[id.value]] = id
		start[id.value]++
	}
	for i := 0; i < len(out); {
		j := i + 1
		for j < len(out) && out[j].value == out[i].value {
			j++
		}
		if j-i > 1 && slices.ContainsFunc(out[i+1:j], func(id ident) bool { return id.within != out[i].within }) {
			slices.SortStableFunc(out[i:j], func(a, b ident) int { return cmp.Compare(a.within, b.within) })
		}
		i = j
	}
	return out
}

// of are the identifiers of a statement.
func (ns *space) of(stmt int32) []ident {
	if ns.empty {
		return nil
	}
	return ns.idents[ns.start[stmt]:ns.start[stmt+1]]
}

// Scopes that are no application: a source, and the key of an application that
// nobody stated.
const (
	sourceScope = 1 << 31
	keyScope    = 1 << 30
)
