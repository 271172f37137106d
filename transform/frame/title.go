package frame

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// Of a dataset whose columns nobody knows, the first line is the header, whatever it
// says. A title in a spreadsheet has as many cells as the records, most of them empty,
// and would be a header of columns without names.

// sampled is how many lines are looked at in search of a header behind titles.
const sampled = 50

// titled is the header behind lines that are certainly titles; the status is bad where
// the first line may be the header. Where it can hardly be, and no other line
// certainly is, that is an error.
func (o *Limits) titled(at lead, seps string) (beginning, scan.Status, error) {
	for i := range len(seps) {
		d := Dialect{Separator: seps[i], EOL: at.ends()[0]}
		lines, more := o.sample(at, d)
		if len(lines) > 0 && lines[0].named() && !more {
			return beginning{}, scan.Bad, nil // no line is longer than a header of which all columns have names, for all that matters
		}
		if more {
			return beginning{}, scan.More, nil
		}
		width := 0
		for _, l := range lines {
			width = max(width, l.filled)
		}
		n := 0
		for n < len(lines) && lines[n].isTitle(width) {
			n++
		}
		if n == 0 || n == len(lines) {
			continue
		}
		if h := lines[n]; n <= leadLines && h.isHeader(lines[n+1:], width) {
			d.line = h.at.line
			return h.at.header(d, h.cells, h.size), scan.Good, nil
		}
		if len(lines[0].cells) > 1 {
			return beginning{}, scan.Bad, Fault(KindHeader, "remove the lines above the header; if the first line is the header, give each column a name there",
				"the first line has a value in %d of %d columns, as a title has, and which line is the header is not certain", lines[0].filled, width)
		}
	}
	return beginning{}, scan.Bad, nil
}

// topLine is a line at the top of a text.
type topLine struct {
	at     lead
	size   int // with the line end
	cells  []string
	filled int // cells that have a value
}

// sample cuts the lines at the top, as far as they are strict. If the text ends too
// early it tells so.
func (o *Limits) sample(at lead, d Dialect) (lines []topLine, more bool) {
	most := int(min(leadBytes, o.MaxRecord))
	for len(lines) < sampled && at.pos < most {
		at.blanks()
		cells, size, st := SplitRecord(at.data[at.pos:], d, at.eof, o.MaxColumns)
		if st == scan.More && len(at.data) < most {
			return lines, true
		}
		if st != scan.Good || len(cells) == 0 {
			break
		}
		l := topLine{at: at, size: size, cells: cells}
		for _, c := range cells {
			if strings.TrimSpace(c) != "" {
				l.filled++
			}
		}
		if lines = append(lines, l); len(lines) == 1 && l.named() {
			break
		}
		at.line += bytes.Count(at.data[at.pos:at.pos+size], []byte{d.EOL})
		at.pos += size
	}
	return lines, false
}

// named tells whether a line has several cells, each with a value but for one at the end.
func (l *topLine) named() bool { return len(l.cells) > 1 && l.filled >= len(l.cells)-1 && l.filled > 1 }

// isTitle tells whether a line says too little to be the header or a record of a text
// whose fullest line has values in width cells.
func (l *topLine) isTitle(width int) bool {
	if width == 2 && l.filled == 1 { // an index in front of a column has no name
		return strings.TrimSpace(l.cells[0]) != ""
	}
	return l.filled <= min(3, width/2)
}

// isHeader tells whether a line behind titles is certainly the header: it has a name
// for each column, and in a column where all records have numbers, dates or addresses
// it has a word.
func (l *topLine) isHeader(records []topLine, width int) bool {
	if l.filled != width || width < 2 {
		return false
	}
	names := map[string]bool{}
	for i, c := range l.cells {
		name := schemas.NormalHeader(c)
		if i < width && (name == "" || names[name] || !strings.ContainsFunc(c, unicode.IsLetter)) {
			return false
		}
		names[name] = true
	}
	for _, r := range records {
		if len(r.cells) != len(l.cells) {
			return false
		}
	}
	for i := range width {
		if !isFigure(l.cells[i]) && len(records) > 0 && records[0].cells[i] != "" && !containsWord(records, i) {
			return true
		}
	}
	return false
}

// containsWord tells whether a record has a value in a column that is no figure.
func containsWord(records []topLine, column int) bool {
	for _, r := range records {
		if c := strings.TrimSpace(r.cells[column]); c != "" && !isFigure(c) {
			return true
		}
	}
	return false
}

// isFigure tells whether a cell has a digit or is an address: names of columns are
// words.
func isFigure(cell string) bool { return strings.ContainsAny(cell, "0123456789@") }
