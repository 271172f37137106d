package resolve

import (
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// Resolve joins statements into things and accounts with identities. It or
// [Resolver.Begin] is called once.
func (r *Resolver) Resolve() *Result {
	res := r.Begin()
	res.Wait()
	return res
}

// Begin begins to resolve, so that links of a kind can be told while others are
// resolved, after [Result.WaitFor]. Before anything else is asked, and before the
// result is given up, [Result.Wait] must be called.
//
// Kinds are resolved side by side. Applications go first, as identifiers of the
// others count within them, and whose the accounts are is found when the rules
// have joined accounts and identities.
func (r *Resolver) Begin() *Result {
	res := &Result{r: r}
	apps := r.population("applications")
	r.join(apps, nil)
	scopes := r.scopes(apps)
	res.finish(apps)
	for _, p := range r.kinds {
		if p == apps {
			continue
		}
		res.kinds.Go(func() {
			account := r.join(p, scopes)
			if p.rules.Table == "identities" {
				res.owners = r.newOwners()
				res.owners.resolve(account)
				res.WaitFor("accounts")
				r.forget(res.owners)
			}
			res.finish(p)
			if p.rules.Table == "identities" {
				p.forgetIdentifiers(nil)
			}
		})
	}
	return res
}

// Wait waits until all is decided.
func (res *Result) Wait() { res.kinds.Wait() }

// WaitFor waits until the links of a kind are known.
func (res *Result) WaitFor(kind string) { <-res.r.population(kind).known }

// join applies the rules of a kind that join its statements, but for the one by which accounts
// join identities, if it has one: that is returned.
func (r *Resolver) join(p *population, scopes map[string]uint32) (account *level) {
	p.settle(scopes)
	r.orders(p)
	for n := range p.rules.Join {
		if rule := &p.rules.Join[n]; rule.How == schemas.HowRehire {
			at := p.namespace(rule.By)
			r.newLevel(p, rule, int16(n)).rehires(at, p.spaces[at].idents)
		}
	}
	r.joinKeys(p)
	for n := range p.rules.Join {
		rule := &p.rules.Join[n]
		l := r.newLevel(p, rule, int16(n))
		switch rule.How {
		case schemas.HowValue:
			at := p.namespace(rule.By)
			l.values(at, p.spaces[at].idents)
			l.decide()
		case schemas.HowAlias:
			at := p.namespace(rule.By)
			l.aliased(at, p.spaces[at].idents)
			l.decide()
		case schemas.HowAccount:
			account = l
		}
		p.forgetIdentifiers(p.neededAfter(n))
	}
	return account
}

// finish finds what looks alike in a kind of which all is joined, and gives its things their
// keys. Its links are known then, and other goroutines may look at it.
func (res *Result) finish(p *population) {
	p.forest.settle()
	res.r.suggest(p)
	p.forgetRules()
	orders := len(res.r.user) > 0 // of the links file, whose keys owners look for
	p.said = p.text.SoFar()
	if !orders {
		close(p.joined)
	}
	res.r.name(p)
	p.forgetEarlier()
	if orders {
		p.said = p.text.SoFar()
		close(p.joined)
	} else {
		p.text.Seal()
	}
	close(p.known)
}

// neededLater are the namespaces of a kind by which the owners of accounts are found, which is
// when identities are resolved.
var neededLater = map[string][]string{"applications": {"product"}, "accounts": {"email", "login"}, "identities": {"native_id", "email", "login"}}

// neededAfter are the namespaces at which somebody looks when the nth rule that joins has joined.
func (p *population) neededAfter(n int) []string {
	out := slices.Clone(neededLater[p.rules.Table])
	for _, rule := range p.rules.Join[n+1:] {
		out = append(append(out, rule.By), rule.Agree...)
	}
	for _, look := range p.rules.Alike {
		out = append(append(out, look.By), look.Unless...)
	}
	return append(out, twoJobsBy)
}

// forget lets go of what only whose accounts are needed.
func (r *Resolver) forget(o *owners) {
	o.acc.forgetIdentifiers(nil)
	o.byLogin, o.mapped, o.known = index{}, nil, nil
}

// forgetRules lets go of what only the rules of a kind needed: tokens, and identifiers but those
// that are needed later. There are millions of them.
func (p *population) forgetRules() {
	p.tokens, p.stamp, p.stmts, p.proposals, p.sort = tokens{}, nil, nil, nil, sorter{}
	p.forgetIdentifiers(neededLater[p.rules.Table])
}

// forgetEarlier lets go of the links of the run before, but for which of them is that of each
// statement.
func (p *population) forgetEarlier() {
	if len(p.things.earlier) > 0 {
		for i := range int32(len(p.rows)) {
			p.things.had[i] = p.was(i)
		}
	}
	p.things.earlier, p.sort = nil, sorter{}
}

func (p *population) forgetIdentifiers(but []string) {
	for i := range p.spaces {
		if ns := &p.spaces[i]; !slices.Contains(but, ns.rule.Name) {
			ns.idents, ns.start = nil, nil
		}
	}
}

// scopeOf is the scope of an application: its root, counted from 1.
func (r *Resolver) scopeOf(apps *population, i int32) uint32 { return uint32(apps.forest.find(i)) + 1 }

// scopes are those of the keys of applications.
func (r *Resolver) scopes(apps *population) map[string]uint32 {
	out := map[string]uint32{}
	for i := range apps.rows {
		out[apps.text.String(apps.rows[i].key)] = r.scopeOf(apps, int32(i))
	}
	return out
}

// scopes tells of statements the application in which their identifiers count; where none is
// told, they count in the source.
func (p *population) scopes(of map[string]uint32) func(*row) uint32 {
	known := map[uint32]uint32{}
	return func(s *row) uint32 {
		if s.scope == 0 {
			return sourceScope | uint32(s.source)
		}
		n, ok := known[s.scope]
		if !ok {
			if n, ok = of[p.text.String(s.scope)]; !ok {
				n = keyScope | s.scope
			}
			known[s.scope] = n
		}
		return n
	}
}
