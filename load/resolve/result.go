package resolve

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sync"
)

// Result is what a resolution found. Its sequences come in an order that depends
// on statements alone.
type Result struct {
	r      *Resolver
	owners *owners
	kinds  sync.WaitGroup
}

// Link says to which thing a statement belongs, and why.
type Link struct {
	Source, Dataset string
	Key, Part       string
	Thing           string
	Founder         bool
	Founded         int64   // first moment of the thing
	FirstSeen       int64   // first moment of the statement
	Rule            string  // the weakest rule on the way to the founder; founder, or alone
	Evidence        string  // the value that joins, with its namespace; "" for none
	Confidence      float64 // of that rule
	Strength        Strength
	IsDescribed     bool // some statement of the thing describes it
	IsReference     bool // a reference by Key means the thing: see [Result.References]
	// Was is the link that the run before had of this source, dataset, key and part, by its
	// number among those of its kind that [Resolver.Earlier] was given; -1 for none.
	Was int
}

// Statements is how many statements of a kind there are.
func (res *Result) Statements(kind string) int { return len(res.r.population(kind).rows) }

// Links gives the links of a kind, in the order of the statements' keys' hashes.
func (res *Result) Links(kind string) iter.Seq[Link] {
	return func(yield func(Link) bool) {
		p := res.r.population(kind)
		reach, meant := p.reach(), p.areMeant()
		texts := make([]uint32, 0, 4*together)
		for i := range int32(len(p.rows)) {
			if i%together == 0 {
				texts = texts[:0]
				for j := i; j < min(i+together, int32(len(p.rows))); j++ {
					texts = append(texts, p.rows[j].key, p.rows[j].part, p.thing(p.forest.find(j)).key)
					if reach[j] >= 0 {
						texts = append(texts, p.forest.joins[reach[j]].value)
					}
				}
				p.text.Bring(texts)
			}
			if !yield(p.link(i, reach[i], meant[i])) {
				return
			}
		}
	}
}

// link is that of a statement: via is the weakest join between it and the founder, and meant
// tells whether a reference by its key means its thing.
func (p *population) link(i, via int32, meant bool) Link {
	s, root := &p.rows[i], p.forest.find(i)
	it := p.thing(root)
	l := Link{
		Source: p.names[s.source], Dataset: p.names[s.dataset], Key: p.text.String(s.key), Part: p.text.String(s.part),
		Thing: p.text.String(it.key), Founder: it.founder == i, Founded: it.founded, FirstSeen: p.first(i), Was: int(p.things.last(i)),
		Rule: "founder", Confidence: 1, Strength: s.strength, IsDescribed: p.forest.traits[root]&isDescribed != 0, IsReference: meant,
	}
	switch {
	case p.forest.next[i] == i:
		l.Rule = "alone"
	case !l.Founder && via >= 0:
		j := p.forest.joins[via]
		l.Rule, l.Confidence = p.ruleName(j.rule)
		l.Evidence = p.evidence(j.space, j.value)
	}
	return l
}

// references finds for each statement the root of the thing that a reference by its key
// means, -1 for none.
func (p *population) references() []int32 {
	keys := p.keyed(p.text.Len())
	out := make([]int32, len(p.rows))
	keys.each(func(_ uint32, stmts []int32) {
		root, _ := p.meant(stmts)
		for _, s := range stmts {
			out[s] = root
		}
	})
	return out
}

// areMeant tells of each statement whether a reference by its key means its thing.
func (p *population) areMeant() []bool {
	keys := p.keyed(p.text.Len())
	out := make([]bool, len(p.rows))
	keys.each(func(_ uint32, stmts []int32) {
		root, _ := p.meant(stmts)
		for _, s := range stmts {
			out[s] = p.forest.find(s) == root
		}
	})
	return out
}

// reach finds for each statement the weakest join between it and the founder of
// its thing; -1 for the founder.
func (p *population) reach() []int32 {
	n := len(p.rows)
	start := make([]int32, n+2)
	for _, j := range p.forest.joins {
		start[j.a+2]++
		start[j.b+2]++
	}
	for i := range n {
		start[i+2] += start[i+1]
	}
	edges := make([]int32, 2*len(p.forest.joins))
	for e, j := range p.forest.joins { // as in population.keyed
		for _, s := range [...]int32{j.a, j.b} {
			edges[start[s+1]] = int32(e)
			start[s+1]++
		}
	}
	out := make([]int32, n)
	for i := range out {
		out[i] = -1
	}
	var queue []int32
	for i := range int32(n) {
		if p.forest.find(i) != i || p.forest.next[i] == i {
			continue
		}
		founder := p.thing(i).founder
		queue = append(queue[:0], founder)
		for len(queue) > 0 {
			s := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, e := range edges[start[s]:start[s+1]] {
				j := p.forest.joins[e]
				to := j.a + j.b - s
				if to == founder || out[to] >= 0 {
					continue
				}
				out[to] = e
				if out[s] >= 0 && p.weaker(p.forest.joins[out[s]].rule, j.rule) {
					out[to] = out[s]
				}
				queue = append(queue, to)
			}
		}
	}
	return out
}

// weaker tells whether rule a is weaker than b.
func (p *population) weaker(a, b int16) bool {
	_, x := p.ruleName(a)
	_, y := p.ruleName(b)
	return cmp.Or(cmp.Compare(y, x), cmp.Compare(a, b)) > 0
}

func (p *population) ruleName(n int16) (string, float64) {
	switch n {
	case ruleUser:
		return "links_file", 1
	case ruleKey:
		return "key", 1
	}
	return p.rules.Join[n].Rule, p.rules.Join[n].Confidence
}

func (p *population) evidence(space int16, value uint32) string {
	if space < 0 {
		return p.text.String(value)
	}
	return p.spaces[space].rule.Name + " " + p.text.String(value)
}

// Refused is a join that a rule proposed and that was not made.
type Refused struct {
	Rule, Evidence string
	Reason         string   // what forbids it, in words
	Chain          bool     // each value alone would join; together they would join what is never joined
	Keys           []string // a statement of each thing concerned, with ' #part'
	Joined         []string // those of them that were joined, as the others have left
	Things         []string // keys of the things concerned
}

var reasons = map[why]string{
	whyApart: "one export lists them apart", whyNative: "two ids of one source", whyNumber: "two numbers", whyNature: "a person and a machine",
	whyUser: "the links file says that they are not the same", whyUnlike: "what else both sides tell differs", whyCrowd: "too many have this value",
}

// Conflicts gives the joins of a kind that were refused.
func (res *Result) Conflicts(kind string) []Refused {
	p := res.r.population(kind)
	var out []Refused
	for _, c := range p.conflicts {
		name, _ := p.ruleName(c.rule)
		out = append(out, Refused{name, p.evidence(c.space, c.value), reasons[c.why], c.chain, res.keys(p, c.stmts), res.keys(p, c.joined), res.things(p, c.stmts)})
	}
	slices.SortFunc(out, func(a, b Refused) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Evidence, b.Evidence), slices.Compare(a.Keys, b.Keys))
	})
	return out
}

func (res *Result) keys(p *population, stmts []int32) (out []string) {
	for _, i := range stmts {
		out = append(out, res.keyOf(p, i))
	}
	slices.Sort(out)
	return out
}

func (res *Result) things(p *population, stmts []int32) (out []string) {
	for _, i := range stmts {
		out = append(out, p.text.String(p.thing(p.forest.find(i)).key))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (res *Result) keyOf(p *population, i int32) string {
	s := &p.rows[i]
	if s.part == 0 {
		return p.text.String(s.key)
	}
	return p.text.String(s.key) + " #" + p.text.String(s.part)
}

// Suggestion is two things that look like one, and that no rule joins.
type Suggestion struct {
	Look, Evidence string
	Left, Right    string // keys of things
}

// Suggestions gives them for a kind.
func (res *Result) Suggestions(kind string) []Suggestion {
	p := res.r.population(kind)
	var out []Suggestion
	for _, a := range p.alikes {
		l, m := p.text.String(p.thing(p.forest.find(a.a)).key), p.text.String(p.thing(p.forest.find(a.b)).key)
		look, by := "one_account", "account"
		if a.look != lookAccount {
			look, by = p.rules.Alike[a.look].Look, p.rules.Alike[a.look].By
		}
		if l != m { // a later rule may have joined them
			out = append(out, Suggestion{look, by + " " + p.text.String(a.value), min(l, m), max(l, m)})
		}
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.Look, b.Look), cmp.Compare(a.Evidence, b.Evidence), cmp.Compare(a.Left, b.Left), cmp.Compare(a.Right, b.Right))
	})
	return slices.Compact(out)
}

// Unlinkable is a value that identifies nothing.
type Unlinkable struct {
	Namespace, Value string
	Reason           string // placeholder: it names nothing; shared: several things of one source have it
	Count            int    // statements with a placeholder, things with a shared value
}

// Unlinkable gives the values of a kind that were not used.
func (res *Result) Unlinkable(kind string) []Unlinkable {
	p := res.r.population(kind)
	var out []Unlinkable
	for b, n := range p.blank {
		out = append(out, Unlinkable{p.spaces[b.space].rule.Name, b.text, "placeholder", *n})
	}
	for _, s := range p.shared {
		if s.space >= 0 {
			out = append(out, Unlinkable{p.spaces[s.space].rule.Name, p.text.String(s.value), "shared", s.things})
		}
	}
	slices.SortFunc(out, func(a, b Unlinkable) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Count, b.Count))
	})
	return out
}

// KeyChange is a key of the run before under which statements are no more.
type KeyChange struct {
	Old, New string
	Reason   ChangeReason
}

// KeyChanges gives them for a kind.
func (res *Result) KeyChanges(kind string) []KeyChange {
	p := res.r.population(kind)
	var out []KeyChange
	for _, c := range p.things.changes {
		out = append(out, KeyChange{p.text.String(c.old), p.text.String(c.new), c.reason})
	}
	slices.SortFunc(out, func(a, b KeyChange) int {
		return cmp.Or(cmp.Compare(a.Old, b.Old), cmp.Compare(a.New, b.New))
	})
	return out
}

// Owner says to whom an account belongs.
type Owner struct {
	Account, Identity string // keys of things
	Rule, Evidence    string
	Confidence        float64
}

// Owners gives them in the order of accounts.
func (res *Result) Owners() iter.Seq[Owner] {
	return func(yield func(Owner) bool) {
		o := res.owners
		for _, w := range o.list {
			out := Owner{o.acc.text.String(o.acc.thing(w.account).key), o.ids.text.String(o.ids.thing(w.identity).key), "links_file", "", 1}
			if w.rule >= 0 {
				rule := res.r.rules.Owners[w.rule]
				out.Rule, out.Confidence = rule.Rule, rule.Confidence
				if w.value != 0 {
					out.Evidence = rule.Rule + " " + o.acc.text.String(w.value)
				}
			}
			if !yield(out) {
				return
			}
		}
	}
}

// Addresses gives the addresses that one identity has, with its key: what a fact
// that names a person by address means. An address that several have is not
// among them.
func (res *Result) Addresses() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		o := res.owners
		var last uint32
		for _, id := range o.byEmail.idents {
			if id.value == last {
				continue
			}
			last = id.value
			if root := o.byEmail.holder(o.ids, id.value); root >= 0 {
				if !yield(o.ids.text.String(id.value), o.ids.text.String(o.ids.thing(root).key)) {
					return
				}
			}
		}
	}
}

// References gives for each key of a kind's statements the thing that a reference
// by that key means; "" where several things bear the key and none of them is the
// only one that has not ended.
func (res *Result) References(kind string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		p := res.r.population(kind)
		seen := make(map[uint32]bool, len(p.rows))
		for i, root := range p.references() {
			key := p.rows[i].key
			if seen[key] {
				continue
			}
			seen[key] = true
			thing := ""
			if root >= 0 {
				thing = p.text.String(p.thing(root).key)
			}
			if !yield(p.text.String(key), thing) {
				return
			}
		}
	}
}

// Claimed is an account that several identities are said to have.
type Claimed struct {
	Account    string
	Identities []string
}

// Claimed gives the accounts that belong to nobody as sources differ.
func (res *Result) Claimed() (out []Claimed) {
	o := res.owners
	for _, c := range o.conflicts {
		k := Claimed{Account: o.acc.text.String(o.acc.thing(c.account).key)}
		for _, i := range c.identities {
			k.Identities = append(k.Identities, o.ids.text.String(o.ids.thing(i).key))
		}
		slices.Sort(k.Identities)
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b Claimed) int { return bytes.Compare([]byte(a.Account), []byte(b.Account)) })
	return out
}
