package frame

import (
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/transform/scan"
)

// A short record that lost a cell, or has one too many, in its middle looks like
// one that ends early. What tells is that a word which other records have in one
// column only stands beside it.

// vocabulary is, by place in the header, the words of columns that have few.
type vocabulary struct {
	words   []map[string]bool
	open    []bool // more words than could be a list
	records int
}

const (
	fewWords     = 12
	vocabularyOf = 5000 // records that are looked at
)

func newVocabulary(l *Layout) *vocabulary {
	v := &vocabulary{words: make([]map[string]bool, len(l.Want)), open: make([]bool, len(l.Want))}
	for i := range v.words {
		v.words[i] = map[string]bool{}
		if l.Words != nil {
			for _, w := range l.Words[i] {
				v.words[i][w] = true
			}
		}
	}
	return v
}

// learn takes the words of records as long as the header.
func (v *vocabulary) learn(f *Frame) {
	for row := range f.Rows {
		if v.records++; v.records > vocabularyOf {
			return
		}
		for i := range f.Cols {
			c := &f.Cols[i]
			if cell := scan.Trim(c.At(row)); len(cell) > 0 && !v.open[i] {
				v.words[i][strings.ToLower(string(cell))] = true
				v.open[i] = len(v.words[i]) > fewWords
			}
		}
	}
}

func (v *vocabulary) has(i int, word string) bool {
	return i >= 0 && i < len(v.words) && !v.open[i] && v.words[i][word]
}

// shifted tells which word of a record stands one place beside the column that
// has it in other records, and has none of its words here; "" where none does.
func (v *vocabulary) shifted(l *Layout, cell func(i int) []byte) string {
	word := func(i int) string { return strings.ToLower(string(scan.Trim(cell(i)))) }
	for i := range v.words {
		w := word(i)
		if w == "" || v.has(i, w) {
			continue
		}
		for _, beside := range []int{i - 1, i + 1} {
			if v.has(beside, w) && !v.has(beside, word(beside)) {
				return fmt.Sprintf("a word of %s stands under %s: a cell is missing or too many before it", Listing(l.Header[beside:beside+1]), Listing(l.Header[i:i+1]))
			}
		}
	}
	return ""
}

// cellOf is the cell at a place of the header, of the record just read; nothing
// where no column takes it.
func (c *CSV) cellOf(f *Frame, i int) []byte {
	if f == nil || c.layout.Want[i] < 0 {
		return nil
	}
	col := &f.Cols[c.layout.Want[i]]
	return col.Values[col.Offsets[len(f.Rows)]:col.Used]
}
