package transform

import (
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// mistaken refuses the header, or the keys of the records, of another dataset
// than that of the program, where the contract of the other explains clearly more
// of it; a suspicion is given back as a finding.
func (p *program) mistaken(names []string) (suspicion string, err error) {
	own := likenessOf(p.contract, names)
	best := own
	keys, whole := p.keyHeaders(names)
	whatever := p.keepsAll() && whole
	for _, c := range p.o.Contracts {
		// What else comes beside the keys says nothing then, least of all of a dataset without them.
		other := whatever && (c.Vendor() != p.contract.Vendor() || likenessOf(c, keys).known < len(keys))
		if c.Typed() && c.Dataset != p.contract.Dataset && !other {
			if l := likenessOf(c, names); l.known > best.known || l.known == best.known && best.contract != p.contract && l.share() > best.share() {
				best = l
			}
		}
	}
	if best.known <= own.known {
		return "", nil
	}
	what := fmt.Sprintf("%d of %d headers are columns of %s, and %d of %s", best.known, best.of, best.contract.Dataset, own.known, p.contract.Dataset)
	switch {
	case best.nearlyAll() && (best.known >= own.known+3 || best.share() >= own.share()+25):
		return "", frame.Fault(frame.KindHeader, p.override(p.absent(names), names),
			"it looks like %s: %s. The header has: %s", best.contract.Dataset, what, frame.Listing(names))
	case best.mostly() && best.known >= own.known+2 && best.contract.Vendor() == p.contract.Vendor(): // people have the same attributes everywhere
		return what + ": it may be a file of that", nil
	}
	return "", nil
}

// keepsAll tells whether the contract makes attributes of whatever columns come
// beside its own. What they are called says nothing of the dataset.
func (p *program) keepsAll() bool { return slices.Contains(p.contract.Feeds(), schemas.ExtraColumn) }

// keyHeaders are the headers of the columns that keys are made of, but for those that the request
// or the document may give; whole tells whether there are such columns, and none is missing.
func (p *program) keyHeaders(names []string) (keys []string, whole bool) {
	byName, _ := p.headerNames(names)
	for i := range p.cols {
		col := &p.cols[i]
		if !p.keys[col.Name] || col.Context != "" || !delivered(col) {
			continue
		}
		at, ok := p.headerOf(col, byName)
		if !ok {
			return nil, false
		}
		keys = append(keys, names[at])
	}
	return keys, len(keys) > 0
}

// share is how much of the contract's columns the header has, of a hundred.
func (l likeness) share() int { return 100 * l.got / max(l.wants, 1) }

// mistakenText is mistaken for a CSV text, whose findings have the suspicion.
func (p *program) mistakenText(tx *text, header []string) error {
	suspicion, err := p.mistaken(header)
	if suspicion != "" {
		tx.Found.Add(schemas.Finding{Rule: ruleLookalike, Detail: suspicion, Count: 1})
	}
	return err
}

// mistakenKeys is mistaken for the keys of JSON records.
func (p *program) mistakenKeys(keys []*frame.Key) error {
	_, err := p.mistaken(namesOf(keys))
	return err
}
