package transform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// A dataset whose contract names no columns takes whatever header comes. What
// it must not take is the header of another dataset, which that one's contract
// knows.

// ruleLookalike is the rule of findings about a header that is mostly another
// dataset's.
const ruleLookalike = "looks_like_another"

// likeness is how much of a header a contract knows, and how much of the
// contract the header has.
type likeness struct {
	contract   *schemas.Contract
	known, of  int // headers
	got, wants int // columns
}

// enough tells whether so much of the contract is there that the rest may be
// columns that one tenant does not deliver.
func (l likeness) enough() bool {
	return l.known >= leastAlike && 10*l.got >= 4*l.wants
}

// nearlyAll tells whether the header has nearly nothing but what the contract knows.
func (l likeness) nearlyAll() bool { return l.enough() && 10*l.known >= 9*l.of }

// mostly tells the same of most of the header.
func (l likeness) mostly() bool { return l.enough() && 10*l.known >= 7*l.of }

// leastAlike is how many headers tell a dataset: fewer, such as ID, Name and
// Type, are everybody's.
const leastAlike = 4

// lookalike refuses the header, or the keys of the records, of another dataset.
// One that is mostly another's is a finding.
func (p *program) lookalike(names []string) error {
	var best likeness
	for _, c := range p.o.Contracts {
		if c.Typed() && c.Dataset != p.contract.Dataset {
			if l := likenessOf(c, names); l.known > best.known || l.known == best.known && best.contract != nil && lists(c) && !lists(best.contract) {
				best = l
			}
		}
	}
	if !best.mostly() || p.related(best, names) {
		return nil
	}
	what := fmt.Sprintf("%d of %d headers are columns of %s", best.known, best.of, best.contract.Dataset)
	if !best.nearlyAll() {
		p.found.Add(schemas.Finding{Rule: ruleLookalike, Detail: what + ", of which it may be a file", Count: 1})
		return nil
	}
	return frame.Fault(frame.KindHeader, fmt.Sprintf("if it is a file of %s, give it the name %s; if it is one of %s, put its columns into a contract of your own: %s",
		best.contract.Dataset, best.contract.Plural(), p.contract.Dataset, p.listed(names)),
		"it looks like %s: %s; %s has none to compare with. The header has: %s", best.contract.Dataset, what, p.contract.Dataset, frame.Listing(names))
}

// lists tells whether the dataset describes things or facts, in place of adding to what another
// one of the same columns describes.
func lists(c *schemas.Contract) bool {
	return slices.ContainsFunc(c.Emit, func(e schemas.Emit) bool { return e.Strength == schemas.Describes })
}

// related tells whether a dataset of the same vendor and about the same kind of
// thing explains the header as well: siblings have columns in common.
func (p *program) related(best likeness, names []string) bool {
	kind := kindOf(p.contract)
	return kind != "" && slices.ContainsFunc(p.o.Contracts, func(c *schemas.Contract) bool {
		return c.Typed() && c.Vendor() == p.contract.Vendor() && kindOf(c) == kind && likenessOf(c, names).known >= best.known-1
	})
}

func likenessOf(c *schemas.Contract, names []string) likeness {
	l := likeness{contract: c}
	has := map[string]bool{}
	for _, name := range names {
		if name = schemas.NormalHeader(name); name != "" {
			has[name] = true
		}
	}
	l.of = len(has)
	known := map[string]bool{}
	for i := range c.Columns {
		col := &c.Columns[i]
		if !delivered(col) || col.Context != "" {
			continue
		}
		l.wants++
		found := false
		for _, from := range col.From {
			if strings.HasPrefix(from, documentPrefix) {
				continue
			}
			for _, name := range []string{schemas.NormalHeader(from), schemas.NormalHeader(schemas.ParsePath(from)[0])} {
				known[name] = known[name] || has[name]
				found = found || has[name]
			}
		}
		if found {
			l.got++
		}
	}
	for _, is := range known {
		if is {
			l.known++
		}
	}
	return l
}

// kinds are the words by which datasets are named for what their records are.
var kinds = map[string]string{"account": "account", "app": "application", "application": "application", "employee": "employee", "entitlement": "entitlement",
	"entity": "entity", "group": "group", "identity": "identity", "nhi": "identity", "owner": "owner", "relation": "relation", "request": "request",
	"resource": "resource", "review": "review", "risk": "risk", "role": "role", "rule": "rule", "template": "template", "user": "user"}

// kindOf is what the records of a dataset are, by the last such word of its
// name; "" where there is none.
func kindOf(c *schemas.Contract) (kind string) {
	for _, word := range strings.Split(c.Plural(), "_") {
		if stem, ok := strings.CutSuffix(word, "ies"); ok {
			word = stem + "y"
		}
		if k := kinds[strings.TrimSuffix(word, "s")]; k != "" {
			kind = k
		}
	}
	return kind
}
