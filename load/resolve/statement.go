package resolve

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// Statement is one row of the observed layer, as far as resolution looks at it.
// All texts may share memory with a buffer that is used again: what is needed
// is copied.
type Statement struct {
	Source  string // name of the source
	Dataset string // dataset that makes it
	Key     string // its key in the observed layer, <source>:<kind>:<native id>
	// Part tells statements of one dataset and key apart, such as two people
	// under one address: the native id. "" where the vendor tells none.
	Part     string
	Strength Strength
	Nature   Nature
	// Ended: the source says that the person left, or the thing is gone.
	Ended bool
	// Application is the key of the application statement in which the thing
	// lives; "" for none, or where the vendor does not say.
	Application string
	Name        string // as shown; compared word by word, and never joins by itself
	Title       string // job title, or what else names like do not share
	// From and Until are days since 1970 between which the person is employed;
	// NoDay where nobody said.
	From, Until int32
	FirstSeen   int64 // moment at which the statement was first stored, in microseconds since 1970
	Identifiers []Identifier
}

// NoDay stands for a day that nobody told.
const NoDay = -1 << 31

// Identifier is a value by which a statement names its thing.
type Identifier struct {
	Namespace string // of the kind's closed list
	Value     string
	// In is the product or the directory within which the value counts, for
	// namespaces of such a scope. "" for a directory means the source's own.
	In string
}

// Strength says how much an export knows of the things that it names.
type Strength uint8

const (
	Mentions    Strength = iota // names the thing in passing
	Supplements                 // adds facts about things that others list
	Describes                   // lists such things, each once
)

func (s Strength) String() string {
	return [...]string{"mentions", "supplements", "describes"}[s]
}

// Nature tells people from machines.
type Nature uint8

const (
	Unsaid Nature = iota
	Human
	NonHuman
)

// Resolver takes statements and resolves them. Use [New]. Statements and links of different kinds
// may be added at the same time; claims may not beside those of accounts and identities.
type Resolver struct {
	rules       *schemas.Resolution
	kinds       []*population
	claims      []claim
	user        []UserLink
	directories map[string]bool
	besides     map[string]bool // words that names have besides
	aliases     map[string]string
}

// Options are what the configuration says about links.
type Options struct {
	// Domains maps a mail domain to the one that it is another name of.
	Domains map[string]string
}

// New makes a resolver for one resolution.
func New(rules *schemas.Resolution, o Options) *Resolver {
	r := &Resolver{rules: rules, directories: map[string]bool{}, besides: map[string]bool{}, aliases: map[string]string{}}
	for from, to := range o.Domains {
		r.aliases[lower(from)] = lower(to)
	}
	for _, d := range rules.Directories {
		r.directories[d] = true
	}
	for _, w := range rules.Besides {
		r.besides[lower(w)] = true
	}
	for _, k := range rules.Kinds {
		r.kinds = append(r.kinds, newPopulation(k))
	}
	return r
}

// Add takes statements of a kind, which is the name of its table. Many at a time take less time.
func (r *Resolver) Add(kind string, list ...*Statement) error {
	p := r.population(kind)
	if p == nil {
		return fmt.Errorf("links: %s is no kind of thing", kind)
	}
	if len(p.rows)+len(list) > 1<<30 {
		return fmt.Errorf("links: more than %d statements of %s", 1<<30, kind)
	}
	for some := range slices.Chunk(list, together) {
		if err := p.add(some); err != nil {
			return err
		}
	}
	return nil
}

// together is how many statements, or keys, are looked up at a time.
const together = 64

// added is what statements say that are being added.
type added struct {
	texts   []string
	numbers []uint32 // of the texts
	idents  []addedIdent
}

// addedIdent is an identifier; value and within are places in added.texts, within -1 for none.
type addedIdent struct {
	space, stmt, value, within int
}

// textsOf are the first of the texts of each statement.
const textsOf = 5

func (p *population) add(list []*Statement) error {
	a := &p.added
	p.fold.reset()
	a.texts, a.idents = a.texts[:0], a.idents[:0]
	for _, s := range list {
		a.texts = append(a.texts, s.Key, s.Part, s.Application, p.fold.lower(s.Name), p.fold.lower(s.Title))
	}
	for n, s := range list {
		for i := range s.Identifiers {
			if err := p.addIdent(a, n, s, &s.Identifiers[i]); err != nil {
				return err
			}
		}
	}
	a.numbers = p.text.IDs(a.texts, a.numbers[:0])
	first := len(p.rows)
	for n, s := range list {
		at := a.numbers[n*textsOf:]
		p.stated.add(at[0])
		p.rows = append(p.rows, row{
			key: at[0], part: at[1], scope: at[2], name: at[3], title: at[4], source: p.number(&p.sources, s.Source), dataset: p.number(&p.datasets, s.Dataset),
			span: p.spans.number(span{s.From, s.Until}), first: p.moments.number(s.FirstSeen), strength: s.Strength, nature: s.Nature, ended: s.Ended,
		})
	}
	for _, id := range a.idents {
		within := uint32(0)
		if id.within >= 0 {
			within = a.numbers[id.within]
		}
		p.spaces[id.space].add(ident{within: within, value: a.numbers[id.value], stmt: int32(first + id.stmt)})
	}
	return nil
}

// addIdent adds an identifier of the nth statement.
func (p *population) addIdent(a *added, n int, s *Statement, id *Identifier) error {
	at := p.namespace(id.Namespace)
	if at < 0 {
		return fmt.Errorf("links: %s has no identifier %s", p.rules.Table, id.Namespace)
	}
	ns := &p.spaces[at]
	value, ok := p.fold.value(ns.rule.Form, id.Value, p.people)
	if !ok {
		p.unusable(ns, id.Value)
		return nil
	}
	out := addedIdent{at, n, n*textsOf + 1, -1} // most native ids are the part
	within := ""
	switch ns.rule.Within {
	case schemas.WithinProduct:
		if within, ok = p.fold.value(schemas.FormCompact, id.In, false); !ok {
			return nil // an instance of nobody knows what
		}
	case schemas.WithinDirectory:
		within = p.fold.lower(id.In)
	}
	if value != s.Part {
		out.value = len(a.texts)
		a.texts = append(a.texts, value)
	}
	if within != "" {
		out.within = len(a.texts)
		a.texts = append(a.texts, within)
	}
	a.idents = append(a.idents, out)
	return nil
}

// Unknown calls do for each of some keys that no statement of a kind has which was added.
func (r *Resolver) Unknown(kind string, keys []string, do func(nth int)) {
	p := r.population(kind)
	for from := 0; from < len(keys); from += together {
		some := keys[from:min(from+together, len(keys))]
		p.text.FindAll(some, func(i int, n uint32, ok bool) {
			if !ok || !p.stated.has(n) {
				do(from + i)
			}
		})
	}
}

// digest is the hash of a statement's key and part: of it are made the order of statements and
// the keys of things.
func (p *population) digest(s *row) [sha256.Size]byte {
	p.buf = append(p.buf[:0], p.text.Get(s.key)...)
	if s.part != 0 {
		p.buf = append(append(p.buf, 0), p.text.Get(s.part)...)
	}
	return sha256.Sum256(p.buf)
}

// Expect makes room for statements of a kind, so that a million of them need no
// more memory than they must.
func (r *Resolver) Expect(kind string, statements int) {
	if p := r.population(kind); p != nil {
		p.rows = slices.Grow(p.rows, statements)
	}
}

func (r *Resolver) population(kind string) *population {
	for _, p := range r.kinds {
		if p.rules.Table == kind {
			return p
		}
	}
	return nil
}

// numbers are those of names, of which the last one mostly comes again.
type numbers struct {
	of    map[string]uint16
	name  string
	n     uint16
	known bool
}

func (p *population) number(m *numbers, s string) uint16 {
	if m.known && m.name == s {
		return m.n
	}
	n, ok := m.of[s]
	if !ok {
		n = uint16(len(p.names))
		p.names = append(p.names, string([]byte(s)))
		m.of[p.names[n]] = n
	}
	m.name, m.n, m.known = p.names[n], n, true
	return n
}

// Claim is a mapping of an account to an identity that a source states.
type Claim struct {
	Source            string
	Account, Identity string // keys of statements
	Owns              bool   // the person answers for it, but it is not the person's own
	// ByNativeID: Identity is a native id of the source, in a form that is not
	// certain. Such a mapping counts only where the names are alike.
	ByNativeID bool
}

type claim struct {
	source            uint16 // by the numbers of identities
	account, identity uint32 // texts of each kind
	byNativeID        bool
}

// Claim takes a mapping. Its ends need not be stated.
func (r *Resolver) Claim(c Claim) {
	if c.Owns {
		return
	}
	acc, ids := r.population("accounts"), r.population("identities")
	r.claims = append(r.claims, claim{ids.number(&ids.sources, c.Source), acc.text.ID(c.Account), ids.text.ID(c.Identity), c.ByNativeID})
}
