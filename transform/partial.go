package transform

import (
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// An export may say of itself that it is a part of what there is: then what it
// lacks is not gone.

// rulePartial is the rule of the finding that says so.
const rulePartial = "partial"

// signs is what the document around the records has said so far about being
// partial.
type signs struct {
	met    []string         // members at the root that hold such signs
	reason string           // the first sign
	listed map[int][]string // by sign, the words of a list that narrows nothing that counts
}

// read looks for signs in a member at the root of the document.
func (s *signs) read(c *schemas.Contract, name string, value []byte) {
	known := false
	for i := range c.Partial {
		sign := &c.Partial[i]
		if schemas.NormalHeader(sign.Path[0]) != name {
			continue
		}
		if known = true; value[0] == 'n' { // null says nothing
			continue
		}
		if !slices.Contains(s.met, name) {
			s.met = append(s.met, name)
		}
		found, _, _ := scan.Lookup(value, scan.Steps(sign.Path[1:]))
		if s.reason != "" || !speaks(found) {
			continue
		}
		words := wordsOf(found)
		if s.reason = narrows(sign, words); s.reason == "" {
			if s.listed == nil {
				s.listed = map[int][]string{}
			}
			s.listed[i] = words
		}
	}
	if len(c.Partial) > 0 && !known && s.reason == "" {
		s.reason = mayNarrow(name, value)
	}
}

// partial is why a text that was read to its end is partial, "" where it is
// not. A text that does not say that it is whole counts as partial.
func (p *program) partial(j *jsonJudge) string {
	if len(p.contract.Partial) == 0 {
		return ""
	}
	if j == nil || j.Path == nil || j.Roots.Count == 0 {
		return "there is no document around the records, which would say whether they are all"
	}
	for _, sign := range p.contract.Partial {
		if !slices.Contains(j.signs.met, schemas.NormalHeader(sign.Path[0])) && j.signs.reason == "" {
			return "the document has no " + sign.Path[0] + ", which would say whether it is whole"
		}
	}
	return j.signs.reason
}

// narrows tells what a sign that is not empty and lists these words says, ""
// where it leaves out nothing that counts.
func narrows(sign *schemas.PartialSign, words []string) string {
	if sign.Unless == nil {
		return sign.Path.String() + " of the document names a part"
	}
	var lacks []string
	for _, word := range sign.Unless {
		if !has(words, word) {
			lacks = append(lacks, word)
		}
	}
	if lacks == nil {
		return ""
	}
	return sign.Path.String() + " of the document leaves out " + frame.Listing(lacks)
}

// wordsOf are the words of a list.
func wordsOf(value []byte) (words []string) {
	if value = scan.Trim(value); value[0] == '[' {
		scan.EachItem(value, func(item []byte) {
			if text, ok := scan.Text(item); ok {
				words = append(words, string(text))
			}
		})
	}
	return words
}

func has(words []string, word string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}

// asked is what the documents of an export say that they were asked for, by
// sign: what all of them list that have a list.
type asked map[int][]string

func (a asked) read(s *signs) {
	for sign, words := range s.listed {
		if before, ok := a[sign]; ok {
			words = slices.DeleteFunc(before, func(w string) bool { return !has(words, w) })
		}
		a[sign] = words
	}
}

func (a asked) of(c *schemas.Contract) (out []schemas.Asked) {
	for i := range c.Partial {
		if words, ok := a[i]; ok && c.Partial[i].Of != "" {
			out = append(out, c.AskedOf(&c.Partial[i], words)...)
		}
	}
	return out
}
