package transform

import (
	"bytes"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
)

// findUnknown is the rule of findings about words that the contract does not
// know: kinds of things that a vendor added, whose records become rows of the
// vendor table and perhaps of no other.
const findUnknown = "unknown_kind"

// findUnmapped is the rule of findings about words that the contract maps to
// none of the common model, such as a status: what they say is not known.
const findUnmapped = "unknown_word"

// mostWords bounds the words of a column that are named in a frame.
const mostWords = 20

// knownWords checks the columns whose words the contract lists or maps, in the
// records that are no rejects.
func (b *run) knownWords() {
	for k := range b.p.cols {
		if b.base[k].NullN() == b.n {
			continue
		}
		name := b.p.cols[k].Name
		if words := b.p.known[k]; words != nil {
			b.unknownWords(b.base[k], words, func(word string, n int64) {
				b.find(findUnknown, name, "the contract knows no "+word+"; such records are in the vendor's table only", n)
			})
		}
		if words := b.p.mapped[k]; words != nil {
			b.unknownWords(b.base[k], words, func(word string, n int64) {
				b.find(findUnmapped, name, "the contract does not say what "+word+" means, so it is unknown; add it to the values of a contract of your own", n)
			})
		}
	}
}

func (b *run) unknownWords(a arrow.Array, words map[string]bool, find func(word string, n int64)) {
	v, counts := columns.ViewText(a), map[string]int64{}
	var last []byte // records of one kind come together
	lastKnown := false
	for i := range b.n {
		word := v.At(i)
		if len(word) == 0 || schemas.IsPlaceholder(word) {
			continue
		}
		if last == nil || !bytes.Equal(word, last) {
			last, lastKnown = word, hasWord(words, word)
		}
		if lastKnown {
			continue
		}
		if _, rejected := b.rejected[int32(i)]; rejected {
			continue
		}
		if n := counts[string(word)]; n > 0 || len(counts) < mostWords {
			counts[string(word)] = n + 1
		} else {
			counts[""]++
		}
	}
	for word, n := range counts {
		if word == "" {
			find("any of its other words", n)
		} else {
			find(frame.Clip(string(printable([]byte(word))), 60), n)
		}
	}
}

// mappedWords are, for each column, the words that the contract maps to those of
// a closed set in which others are unknown, in all records; nil for none.
func mappedWords(c *schemas.Contract, common *schemas.Common) []map[string]bool {
	out := make([]map[string]bool, len(c.Columns))
	for i := range c.Emit {
		t := common.Table(c.Emit[i].Table)
		if len(c.Emit[i].When) > 0 {
			continue // the words of other records are none of its
		}
		for _, a := range c.Emit[i].Set {
			f, x := t.Field(a.Target), &a.Value
			k := slices.IndexFunc(c.Columns, func(col schemas.Column) bool { return col.Name == x.Column })
			if !slices.Contains(f.Enum, schemas.Unknown) || x.Values == nil || x.Path != nil || len(x.When) > 0 || k < 0 || c.Columns[k].Type != schemas.Text {
				continue
			}
			if out[k] == nil {
				out[k] = map[string]bool{}
			}
			for word := range x.Values {
				out[k][strings.ToLower(word)] = true
			}
		}
	}
	return out
}

// knownSets are the words that each column of cols may have; nil for any.
func knownSets(cols []schemas.Column) []map[string]bool {
	out := make([]map[string]bool, len(cols))
	for k := range cols {
		for _, w := range cols[k].Known {
			if out[k] == nil {
				out[k] = map[string]bool{}
			}
			out[k][w] = true
		}
	}
	return out
}

// wordsMapped are the words that the contract maps, by place in the header.
func (p *program) wordsMapped(l *layout) [][]string {
	out := make([][]string, len(l.Want))
	var gather func(x *schemas.Expr)
	gather = func(x *schemas.Expr) {
		for i := range x.First {
			gather(&x.First[i])
		}
		c := slices.IndexFunc(p.cols, func(c schemas.Column) bool { return c.Name == x.Column })
		if c < 0 || len(x.Path) > 0 || l.column[c] < 0 || p.cols[c].Type != schemas.Text {
			return
		}
		at := slices.Index(l.Want, int32(l.column[c]))
		for w := range x.Values {
			out[at] = append(out[at], strings.ToLower(w))
		}
	}
	for i := range p.contract.Emit {
		for k := range p.contract.Emit[i].Set {
			gather(&p.contract.Emit[i].Set[k].Value)
		}
	}
	return out
}
