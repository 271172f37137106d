package transform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
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

func newVocabulary(l *layout) *vocabulary {
	v := &vocabulary{words: make([]map[string]bool, len(l.want)), open: make([]bool, len(l.want))}
	for i := range v.words {
		v.words[i] = map[string]bool{}
		if l.words != nil {
			for _, w := range l.words[i] {
				v.words[i][w] = true
			}
		}
	}
	return v
}

// learn takes the words of records as long as the header.
func (v *vocabulary) learn(f *frame) {
	for row := range f.rows {
		if v.records++; v.records > vocabularyOf {
			return
		}
		for i := range f.cols {
			c := &f.cols[i]
			if cell := trim(c.values[c.offsets[row]:c.offsets[row+1]]); len(cell) > 0 && !v.open[i] {
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
func (v *vocabulary) shifted(l *layout, cell func(i int) []byte) string {
	word := func(i int) string { return strings.ToLower(string(trim(cell(i)))) }
	for i := range v.words {
		w := word(i)
		if w == "" || v.has(i, w) {
			continue
		}
		for _, beside := range []int{i - 1, i + 1} {
			if v.has(beside, w) && !v.has(beside, word(beside)) {
				return fmt.Sprintf("a word of %s stands under %s: a cell is missing or too many before it", listing(l.header[beside:beside+1]), listing(l.header[i:i+1]))
			}
		}
	}
	return ""
}

// cellOf is the cell at a place of the header, of the record just read; nothing
// where no column takes it.
func (c *csvFramer) cellOf(f *frame, i int) []byte {
	if f == nil || c.layout.want[i] < 0 {
		return nil
	}
	col := &f.cols[c.layout.want[i]]
	return col.values[col.offsets[len(f.rows)]:col.used]
}

// mappedWords are the words that the contract maps, by place in the header.
func (p *program) mappedWords(l *layout) [][]string {
	out := make([][]string, len(l.want))
	var gather func(x *schemas.Expr)
	gather = func(x *schemas.Expr) {
		for i := range x.First {
			gather(&x.First[i])
		}
		c := slices.IndexFunc(p.cols, func(c schemas.Column) bool { return c.Name == x.Column })
		if c < 0 || len(x.Path) > 0 || l.column[c] < 0 || p.cols[c].Type != schemas.Text {
			return
		}
		at := slices.Index(l.want, int32(l.column[c]))
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
