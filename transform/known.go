package transform

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
)

// findUnknown is the rule of findings about words that the contract does not
// know: kinds of things that a vendor added, whose records become rows of the
// vendor table and perhaps of no other.
const findUnknown = "unknown_kind"

// knownWords checks the columns whose words the contract lists, in the records
// that are no rejects.
func (b *run) knownWords() {
	for k := range b.p.cols {
		if words := b.p.known[k]; words != nil && b.base[k].NullN() < b.n {
			b.unknownWords(b.base[k], words, b.p.cols[k].Name)
		}
	}
}

func (b *run) unknownWords(a arrow.Array, words map[string]bool, field string) {
	v := viewText(a)
	var last []byte // records of one kind come together
	lastKnown := false
	for i := range b.n {
		word := v.at(i)
		if len(word) == 0 {
			continue
		}
		if last == nil || !bytes.Equal(word, last) {
			last, lastKnown = word, hasWord(words, word)
		}
		if lastKnown {
			continue
		}
		if _, dead := b.dead[int32(i)]; !dead {
			b.find(findUnknown, field, "the contract knows no "+clip(string(printable(word)), 60)+"; such records are in the vendor's table only", 1)
		}
	}
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
