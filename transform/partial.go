package transform

import (
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// An export may say of itself that it is a part of what there is: then what it
// lacks is not gone.

// rulePartial is the rule of the finding that says so.
const rulePartial = "partial"

// signs is what the document around the records has said so far about being
// partial.
type signs struct {
	met    []string // members at the root that hold such signs
	reason string   // the first sign
}

// read looks for signs in a member at the root of the document.
func (s *signs) read(c *schemas.Contract, name string, value []byte) {
	for i := range c.Partial {
		sign := &c.Partial[i]
		if schemas.NormalHeader(sign.Path[0]) != name {
			continue
		}
		if !slices.Contains(s.met, name) {
			s.met = append(s.met, name)
		}
		if found, _ := lookup(value, steps(sign.Path[1:])); s.reason == "" && speaks(found) {
			s.reason = narrows(sign, found)
		}
	}
}

// partial is why a text that was read to its end is partial, "" where it is
// not. A text that does not say that it is whole counts as partial.
func (p *program) partial(j *jsonFramer) string {
	if len(p.contract.Partial) == 0 {
		return ""
	}
	if j == nil || j.path == nil || j.roots.count == 0 {
		return "there is no document around the records, which would say whether they are all"
	}
	for _, sign := range p.contract.Partial {
		if !slices.Contains(j.signs.met, schemas.NormalHeader(sign.Path[0])) && j.signs.reason == "" {
			return "the document has no " + sign.Path[0] + ", which would say whether it is whole"
		}
	}
	return j.signs.reason
}

// narrows tells what a sign that is not empty says, "" where it leaves out
// nothing that counts.
func narrows(sign *schemas.PartialSign, value []byte) string {
	if sign.Unless == nil {
		return sign.Path.String() + " of the document names a part"
	}
	var lacks []string
	for _, word := range sign.Unless {
		listed := false
		if value = trim(value); value[0] == '[' {
			eachItem(value, func(item []byte) {
				text, _ := jsonText(item)
				listed = listed || strings.EqualFold(string(text), word)
			})
		}
		if !listed {
			lacks = append(lacks, word)
		}
	}
	if lacks == nil {
		return ""
	}
	return sign.Path.String() + " of the document leaves out " + listing(lacks)
}
