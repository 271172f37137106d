package frame

import (
	"bytes"
	"slices"

	"github.com/accessmart/accessmart/transform/scan"
)

// Head returns the cells of the first lines of a CSV text about which nothing is known,
// most lines at the most. text is the beginning of the text, in UTF-8. The separator is
// the one that a line sep= states, else the one by which the longest line has the most
// cells, and of several such ones that by which the shortest has. A line that is not valid
// CSV is split at its separators, whatever is quoted. There are no lines if sep= states a
// separator that is not read.
func Head(text []byte, most int) (lines [][]string) {
	at := lead{data: bytes.TrimPrefix(text, BOM), eof: true}
	at.blanks()
	seps, _, _, err := at.statement()
	if err != nil {
		return nil
	}
	longest, shortest := 0, 0
	for i := range len(seps) {
		all := at.split(seps[i], most)
		if len(all) == 0 {
			continue
		}
		byCells := func(a, b []string) int { return len(a) - len(b) }
		most, least := len(slices.MaxFunc(all, byCells)), len(slices.MinFunc(all, byCells))
		if most > longest || most == longest && least > shortest {
			lines, longest, shortest = all, most, least
		}
	}
	return lines
}

// split returns the cells of the next lines.
func (l lead) split(sep byte, most int) (lines [][]string) {
	for len(lines) < most {
		if l.blanks(); l.pos == len(l.data) {
			break
		}
		d := Dialect{Separator: sep, EOL: l.ends()[0]}
		cells, size, st := SplitRecord(l.data[l.pos:], d, l.eof, len(l.data))
		if st != scan.Good {
			end, after := lineTo(l.data, l.pos, d.EOL)
			if after < 0 {
				after = len(l.data)
			}
			cells, size = nil, after-l.pos
			for cell := range bytes.SplitSeq(l.data[l.pos:end], []byte{sep}) {
				cells = append(cells, string(cell))
			}
		}
		l.pos += size
		lines = append(lines, cells)
	}
	return lines
}
