package frame

import (
	"bytes"

	"github.com/accessmart/accessmart/transform/scan"
)

// Repair of a line that is not strict CSV. Vendors' samples show JSON put into
// cells bare, in quotes without doubling its own, and with each "" collapsed
// to one ". A line is repaired only if it then has exactly as many cells as
// the header: a guess that does not fit is no repair.

// repairBudget bounds the attempts on one line; a real one needs a few.
const repairBudget = 2000

type repairer struct {
	line   []byte
	sep    byte
	budget int
	cells  [][]byte
}

// Repair cuts a physical line (without its end) into want cells.
func Repair(line []byte, sep byte, want int) ([][]byte, bool) {
	if bytes.IndexByte(line, '{') < 0 && bytes.IndexByte(line, '[') < 0 {
		return nil, false
	}
	r := &repairer{line: line, sep: sep, budget: repairBudget, cells: make([][]byte, 0, want)}
	if !r.from(0, want) {
		return nil, false
	}
	return r.cells, true
}

// from reads want cells from pos to the end of the line.
func (r *repairer) from(pos, want int) bool {
	if r.budget--; r.budget < 0 || want == 0 {
		return false
	}
	done := len(r.cells)
	if val, end, ok := r.strict(pos); ok && r.cell(val, end, want) {
		return true
	}
	r.cells = r.cells[:done]
	at, quoted, ok := r.opens(pos)
	if !ok {
		return false
	}
	most := len(r.line)
	if end := balanced(r.line, at); end >= 0 {
		val := r.line[at:end]
		if quoted && end < len(r.line) && r.line[end] == '"' {
			end++
		}
		if r.cell(val, end, want) {
			return true
		}
		r.cells = r.cells[:done]
		if end == len(r.line) || r.line[end] == r.sep {
			most = end - 1 // a whole value: a longer one would swallow the cells after it
		}
	}
	return r.collapsed(at, most, quoted, want)
}

// cell takes val, which ends before end, and goes on behind the comma there.
func (r *repairer) cell(val []byte, end, want int) bool {
	r.cells = append(r.cells, val)
	if end == len(r.line) {
		return want == 1
	}
	return r.line[end] == r.sep && r.from(end+1, want-1)
}

// opens tells whether the cell at pos starts with JSON, perhaps after a quote.
func (r *repairer) opens(pos int) (at int, quoted, ok bool) {
	if pos < len(r.line) && r.line[pos] == '"' {
		pos, quoted = pos+1, true
	}
	return pos, quoted, pos < len(r.line) && (r.line[pos] == '{' || r.line[pos] == '[')
}

// strict reads a cell by the rules of RFC 4180.
func (r *repairer) strict(pos int) (val []byte, end int, ok bool) {
	if pos < len(r.line) && r.line[pos] == '"' {
		i := pos + 1
		doubled := false
		for {
			j := bytes.IndexByte(r.line[i:], '"')
			if j < 0 {
				return nil, 0, false
			}
			if i += j + 1; i < len(r.line) && r.line[i] == '"' {
				doubled = true
				i++
				continue
			}
			break
		}
		val = r.line[pos+1 : i-1]
		if doubled {
			val = bytes.ReplaceAll(val, []byte(`""`), []byte(`"`))
		}
		return val, i, i == len(r.line) || r.line[i] == r.sep
	}
	end, quote := delimiter(r.line, pos, scan.Broadcast(r.sep), scan.Broadcast(r.sep))
	return r.line[pos:end], end, !quote
}

// balanced is the end of the JSON-like value at i, or -1: brackets must match
// outside of strings, and nothing more is asked.
func balanced(line []byte, i int) int {
	var open []byte
	inString := false
	for ; i < len(line); i++ {
		switch c := line[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			open = append(open, c+2) // '}' is '{'+2, ']' is '['+2
		case c == '}' || c == ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return -1
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// collapsed reads a cell whose strings do not balance, because "" was folded
// into ": it ends at the last bracket, no later than most, that leaves the right
// number of cells.
func (r *repairer) collapsed(at, most int, quoted bool, want int) bool {
	done := len(r.cells)
	for end := most; end > at; end-- {
		if c := r.line[end-1]; c != '}' && c != ']' {
			continue
		}
		after := end
		if quoted && after < len(r.line) && r.line[after] == '"' {
			after++
		}
		if after != len(r.line) && r.line[after] != r.sep {
			continue
		}
		if r.cell(r.line[at:end], after, want) {
			return true
		}
		r.cells = r.cells[:done]
		if r.budget < 0 {
			return false
		}
	}
	return false
}
