package resolve

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// agreement of two things in what both sides tell.
type agreement uint8

const (
	silent  agreement = iota // nothing can be compared
	agrees                   // something is the same
	differs                  // something can be compared, and none of it is the same
)

// compare looks for something that two components both tell.
func (p *population) compare(r *Resolver, a, b int32, spaces []int) agreement {
	out := silent
	for _, n := range spaces {
		var got agreement
		if n == displayName {
			got = p.compareNames(r, a, b)
		} else {
			got = p.compareValues(a, b, &p.spaces[n])
		}
		if got == agrees {
			return agrees
		}
		out = max(out, got)
	}
	return out
}

func (p *population) compareValues(a, b int32, ns *space) agreement {
	var left [16]ident
	l := p.valuesOf(a, ns, left[:0])
	if len(l) == 0 {
		return silent
	}
	out := silent
	for y := range p.values(b, ns) {
		out = differs
		for _, x := range l {
			if x.value == y.value {
				return agrees
			}
		}
	}
	return out
}

// valuesOf are the values of a component in a namespace, behind those in out.
func (p *population) valuesOf(root int32, ns *space, out []ident) []ident {
	for id := range p.values(root, ns) {
		out = append(out, id)
	}
	return out
}

// values gives the values of a component in a namespace. A login that is an
// address is none here: vendors write the one or the other for one account.
func (p *population) values(root int32, ns *space) iter.Seq[ident] {
	login := ns.rule.Name == "login"
	return func(yield func(ident) bool) {
		for i := range p.forest.all(root) {
			for _, id := range ns.of(i) {
				if login && slices.Contains(p.text.Get(id.value), '@') {
					continue
				}
				if !yield(id) {
					return
				}
			}
		}
	}
}

func (p *population) compareNames(r *Resolver, a, b int32) agreement {
	return p.namesBy(a, b, func(x, y uint32) bool { return p.alikeNames(r, x, y) })
}

// otherNames tells whether two components have names, and no two of them are one.
func (p *population) otherNames(r *Resolver, a, b int32) bool {
	return p.namesBy(a, b, func(x, y uint32) bool { return x == y || r.oneName(p.text.String(x), p.text.String(y)) }) == differs
}

// namesBy looks for a name of each of two components that are the same in some way.
func (p *population) namesBy(a, b int32, same func(x, y uint32) bool) agreement {
	out := silent
	for i := range p.forest.all(a) {
		x := p.rows[i].name
		if x == 0 {
			continue
		}
		for j := range p.forest.all(b) {
			y := p.rows[j].name
			if y == 0 {
				continue
			}
			if out = differs; same(x, y) {
				return agrees
			}
		}
	}
	return out
}

func (p *population) alikeNames(r *Resolver, a, b uint32) bool {
	return a == b || r.alikeTexts(p.text.String(a), p.text.String(b))
}

// alikeTexts tells whether two names share a word of their own or, where one has
// none, any word.
func (r *Resolver) alikeTexts(a, b string) bool {
	x, y := r.words(a, true), r.words(b, true)
	if len(x) == 0 || len(y) == 0 {
		x, y = r.words(a, false), r.words(b, false)
	}
	return alikeWords(x, y)
}

// words are the words of a name in lower case, and each two neighbours as one:
// a slip of the hand parts a word. With own, those are left out that names have besides.
func (r *Resolver) words(name string, own bool) []string {
	list := strings.FieldsFunc(name, noWord)
	out := make([]string, 0, 2*len(list))
	for _, w := range list {
		if !own || !r.besides[w] {
			out = append(out, w)
		}
	}
	for i := 1; i < len(list); i++ {
		if !own || !r.besides[list[i-1]] && !r.besides[list[i]] {
			out = append(out, list[i-1]+list[i])
		}
	}
	return out
}

// alikeWords tells whether two names share a word, but for slips of the hand.
// Names without words are alike, as they tell nothing.
func alikeWords(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if x == y && utf8.RuneCountInString(x) > 1 {
				return true
			}
			short := min(utf8.RuneCountInString(x), utf8.RuneCountInString(y))
			switch {
			case short >= 7 && slips(x, y, 2), short >= 4 && slips(x, y, 1):
				return true
			}
		}
	}
	return false
}

// slips tells whether x becomes y by at most n slips: a letter more, less or
// other, or two neighbours swapped.
func slips(x, y string, n int) bool {
	a, b := []rune(x), []rune(y)
	if len(a)-len(b) > n || len(b)-len(a) > n || len(a) > 64 || len(b) > 64 {
		return false
	}
	var rows [3][65]int
	before, last, this := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		this[0] = i
		for j := 1; j <= len(b); j++ {
			d := min(last[j]+1, this[j-1]+1)
			if a[i-1] == b[j-1] {
				d = min(d, last[j-1])
			} else {
				d = min(d, last[j-1]+1)
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			this[j] = d
		}
		before, last, this = last, this, before
	}
	return last[len(b)] <= n
}

// oneName tells whether each word of one name is in the other, but for slips of the
// hand, initials and what names have besides.
func (r *Resolver) oneName(a, b string) bool {
	x, y := strings.FieldsFunc(a, noWord), strings.FieldsFunc(b, noWord)
	if len(x) > len(y) {
		a, b, x = b, a, y
	}
	other := r.words(b, true)
	return !slices.ContainsFunc(x, func(w string) bool {
		return !r.besides[w] && utf8.RuneCountInString(w) > 1 && !alikeWords([]string{w}, other)
	})
}

func noWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
