package resolve

import (
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// Resolve joins statements into things and accounts with identities. It is
// called once.
func (r *Resolver) Resolve() *Result {
	res := &Result{r: r}
	apps := r.population("applications")
	scopes := map[uint32]uint32{} // key of an application -> scope
	var account *level
	for _, p := range r.kinds {
		p.settle(r, func(s *row) uint32 { return r.scope(scopes, s) })
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
		}
		if p == apps {
			for i := range p.rows {
				scopes[p.rows[i].key] = r.scopeOf(p, int32(i))
			}
		}
		if p.rules.Table == "identities" {
			res.owners = r.newOwners()
			if account != nil {
				res.owners.propose(account)
				account.decide()
			}
			res.owners.decide()
		}
		r.suggest(p)
		r.name(p)
		p.forget(neededLater[p.rules.Table])
		if res.owners != nil {
			r.population("accounts").forget(nil)
		}
	}
	r.forget(res)
	return res
}

// neededLater are the namespaces of a kind by which the owners of accounts are found, which is
// when identities are resolved.
var neededLater = map[string][]string{"applications": {"product"}, "accounts": {"email", "login"}}

// forget lets go of what only the rules needed of all kinds: claims, and whose accounts are.
func (r *Resolver) forget(res *Result) {
	r.claims, r.stmts, r.proposals, r.sort = nil, nil, nil, sorter{}
	if res.owners != nil {
		res.owners.byLogin, res.owners.mapped = index{}, nil
	}
}

// forget lets go of what only the rules of a kind needed: tokens, the links of the run before,
// and identifiers but those of some namespaces. There are millions of them.
func (p *population) forget(but []string) {
	if p.things.earlier != nil {
		for i := range int32(len(p.rows)) {
			p.things.had[i] = p.was(i)
		}
	}
	p.things.earlier, p.tokens, p.stamp = nil, tokens{}, nil
	for i := range p.spaces {
		if ns := &p.spaces[i]; !slices.Contains(but, ns.rule.Name) {
			ns.idents, ns.start = nil, nil
		}
	}
}

// scopeOf is the scope of an application: its root, counted from 1.
func (r *Resolver) scopeOf(apps *population, i int32) uint32 { return uint32(apps.forest.find(i)) + 1 }

// scope is the application in which a statement's identifiers count; where none
// is told, they count in the source.
func (r *Resolver) scope(scopes map[uint32]uint32, s *row) uint32 {
	if s.scope == 0 {
		return sourceScope | uint32(s.source)
	}
	if n, ok := scopes[s.scope]; ok {
		return n
	}
	return keyScope | s.scope
}
