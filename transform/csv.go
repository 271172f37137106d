package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/accessmart/accessmart/schemas"
)

// The CSV framer is strict RFC 4180 in the dialect of the text, with blank
// lines passed over. Cells go straight from the window into the columns of the
// batch. What is not strict is handed to repair, physical line by physical
// line. What then has not as many cells as the header is a reject, but for what
// [csvFramer.misfit] can be certain of.

type csvFramer struct {
	cutter
	dialect
	seps, eols uint64    // sep and eol in each byte
	odd        [256]bool // first bytes of what may be no record
	header     []byte    // its line
	body       int64     // where the records begin in the text
	bodyLine   int64
	again      func() (io.ReadCloser, error) // opens the text once more; nil in a survey
	all        *widths                       // of the whole text, once they were needed
	words      *vocabulary                   // likewise, where short records are read
	met        widths                        // so far
	shape      shapeOf                       // of the record just read
	profile    *profile                      // of the first records of the text
	apart      bool                          // a blank line was met between records
	gap        int                           // row of the frame that stands behind the first such line; -1: none
	padded     int64                         // records of the frame that were short
	cut        int64                         // and long ones
}

// shapeOf is what a strict record looks like.
type shapeOf struct {
	cells   int
	surplus bool // a cell beyond the header holds a value
	blank   bool // the last cell is empty
}

func newCSVFramer(c cutter) *csvFramer {
	d := c.layout.dialect
	f := &csvFramer{cutter: c, dialect: d, seps: broadcast(d.sep), eols: broadcast(d.eol)}
	f.odd[d.sep] = true
	for _, b := range []byte(oddFirst) {
		f.odd[b] = true
	}
	f.cutter.step = f.step
	f.cutter.oversize = f.oversize
	f.cutter.ended = f.ended
	return f
}

// step frames one record, repairs it or makes a reject of its first line.
// When it wants more it has changed nothing.
func (c *csvFramer) step(f *frame) (status, error) {
	data, start := c.w.buf[:c.w.n], c.w.pos
	for start < len(data) && c.blankAt(data, start) {
		start++ // blank lines are no records
	}
	if start > c.w.pos {
		c.w.pos = start
		c.blankLine(f)
	}
	if start == len(data) {
		return more, nil
	}
	next, st, why := c.record(f, data, start)
	if st == good && c.shape.cells == len(c.layout.want) && int64(next-start) <= c.o.MaxRecord &&
		!c.odd[data[start]] && uint(next-start-len(c.header)) > 2 {
		c.w.pos = next
		c.met.full++
		c.met.open = c.met.open || c.shape.blank
		c.accept(f, start, trimLine(data, start, next, c.eol))
		return good, nil
	}
	if st == good {
		return good, c.unusual(f, data, start, next)
	}
	c.rollback(f)
	if st == more && !c.w.eof {
		return more, nil
	}
	return c.physical(f, data, start, why)
}

// physical frames the physical line at start, which does not begin a strict
// record: repaired, or as a reject.
func (c *csvFramer) physical(f *frame, data []byte, start int, why string) (status, error) {
	end, after := lineTo(data, start, c.eol)
	if after < 0 { // the first line is not whole
		if !c.w.eof {
			return more, nil
		}
		end, after = trimLine(data, start, len(data), c.eol), len(data)
	}
	c.w.pos = after
	if c.repaired(f, start, end) {
		return good, nil
	}
	return good, c.turnDown(f, start, end, why)
}

// repaired frames a line that repair makes fit the header.
func (c *csvFramer) repaired(f *frame, start, end int) bool {
	line := c.w.buf[start:end]
	fields, ok := repair(line, c.sep, len(c.layout.want))
	if !ok || len(fields) == 1 && errorDocument(line, true) != "" {
		return false
	}
	for _, v := range fields {
		if !c.whole(v) {
			return false
		}
	}
	for i, v := range fields {
		if slot := c.layout.want[i]; slot >= 0 {
			f.cols[slot].add(c.mem, v)
		}
	}
	c.met.full++
	c.accept(f, start, end)
	return true
}

// whole tells whether a cell of a repaired line is one: JSON that does not read
// has most likely swallowed the cells after it, or lost its end.
func (c *csvFramer) whole(cell []byte) bool {
	if cell = trim(cell); !looksJSON(cell) || bytes.IndexByte(cell, '"') < 0 {
		return true
	}
	_, how := readable(&scanner{}, cell, c.o.MaxDepth)
	return how != broke
}

// turnDown makes a reject of the lines from start to end, unless they show
// that the text went over into an error document.
func (c *csvFramer) turnDown(f *frame, start, end int, why string) error {
	if what := errorDocument(c.w.buf[start:end], false); what != "" {
		c.w.pos = start
		return fault(KindMarkup, "mostly the vendor's answer to an error in the middle of the transfer: what follows is missing; fetch it again",
			"%s stands among the records", what)
	}
	c.refuse(f, start, end, schemas.RuleFrame, why)
	return nil
}

// blankAt tells whether the byte at i ends a line, or is part of what does.
func (c *csvFramer) blankAt(data []byte, i int) bool {
	switch {
	case data[i] == c.eol:
		return true
	case data[i] != '\r':
		return false
	case i+1 < len(data):
		return data[i+1] == '\n'
	}
	return c.w.eof
}

func (c *csvFramer) limitMessage() string {
	return fmt.Sprintf("the record is longer than %d bytes", c.o.MaxRecord)
}

// physicalLine finds the end of the line at start, without and with its line
// end; -1 when data ends first.
func physicalLine(data []byte, start int) (end, after int) { return lineTo(data, start, '\n') }

func lineTo(data []byte, start int, eol byte) (end, after int) {
	i := bytes.IndexByte(data[start:], eol)
	if i < 0 {
		return len(data), -1
	}
	return trimLine(data, start, start+i+1, eol), start + i + 1
}

// trimEOL drops the line end from data[start:end].
func trimEOL(data []byte, start, end int) int { return trimLine(data, start, end, '\n') }

func trimLine(data []byte, start, end int, eol byte) int {
	if end > start && data[end-1] == eol {
		end--
	}
	if eol == '\n' && end > start && data[end-1] == '\r' {
		end--
	}
	return end
}

// csvCell is one cell of a record; end is behind it.
type csvCell struct {
	val     []byte
	end     int
	doubled bool // holds doubled quotes
}

// record reads the strict record at start into the columns.
func (c *csvFramer) record(f *frame, data []byte, start int) (next int, st status, why string) {
	want := c.layout.want
	seps, eols, sep := c.seps, c.eols, c.sep
	s := shapeOf{}
	inner := false // a line end inside a cell
	col := 0
	for pos, ended := start, false; !ended; col++ {
		// Most cells are bare and end at a separator.
		if end, quote := delimiter(data, pos, seps, eols); !quote && end < len(data) && data[end] == sep && col < len(want) {
			if slot := want[col]; slot >= 0 && end > pos {
				c.put(&f.cols[slot], data[pos:end], false)
			}
			pos = end + 1
			continue
		}
		var cell csvCell
		if pos < len(data) && data[pos] == '"' {
			cell, st, why = c.quoted(data, pos)
			inner = inner || bytes.IndexByte(cell.val, c.eol) >= 0
		} else {
			cell, st, why = c.bare(data, pos)
		}
		if st != good {
			return 0, st, why
		}
		if cell.end < len(data) && data[cell.end] == sep {
			pos = cell.end + 1
		} else if next, st = c.recordEnd(data, cell.end); st != good {
			return 0, st, "text after a closing quote"
		} else {
			ended, s.blank = true, len(cell.val) == 0
		}
		if col >= len(want) {
			s.surplus = s.surplus || len(cell.val) > 0
		} else if slot := want[col]; slot >= 0 && len(cell.val) > 0 {
			c.put(&f.cols[slot], cell.val, cell.doubled)
		}
	}
	if inner && col != len(want) {
		// A quote that is never closed reads on until the next one; what it
		// swallowed must not pass for a record.
		return 0, bad, fmt.Sprintf("%d cells over several lines under a header of %d", col, len(want))
	}
	s.cells = col
	c.shape = s
	return next, good, ""
}

// quoted reads the cell whose quote is at pos.
func (c *csvFramer) quoted(data []byte, pos int) (cell csvCell, st status, why string) {
	for i := pos + 1; ; i++ {
		if i = quoteAt(data, i); i == len(data) {
			return cell, more, "a quote is not closed"
		}
		if i++; i == len(data) && !c.w.eof {
			return cell, more, ""
		}
		if i == len(data) || data[i] != '"' {
			cell.val, cell.end = data[pos+1:i-1], i
			return cell, good, ""
		}
		cell.doubled = true
	}
}

// bare reads the cell without quotes at pos.
func (c *csvFramer) bare(data []byte, pos int) (cell csvCell, st status, why string) {
	end, quote := delimiter(data, pos, c.seps, c.eols)
	if quote {
		return cell, bad, "a quote inside an unquoted cell"
	}
	if end == len(data) && !c.w.eof {
		return cell, more, ""
	}
	cell.val, cell.end = data[pos:end], end
	if n := len(cell.val); n > 0 && cell.val[n-1] == '\r' && (end == len(data) || data[end] == '\n') {
		cell.val = cell.val[:n-1]
	}
	return cell, good, ""
}

// recordEnd passes over the end of a record, which is due at i.
func (c *csvFramer) recordEnd(data []byte, i int) (next int, st status) {
	if i < len(data) && data[i] == '\r' && c.eol == '\n' {
		if i++; i == len(data) && !c.w.eof {
			return 0, more
		}
	}
	switch {
	case i == len(data):
		return i, good
	case data[i] == c.eol:
		return i + 1, good
	}
	return 0, bad
}

// put adds a cell to its column. Most cells are short: those are copied by
// one fixed-size move where there is room for it on both sides.
func (c *csvFramer) put(col *cells, val []byte, doubled bool) {
	n := len(val)
	if col.used+n+16 > len(col.values) {
		col.room(c.mem, n+16)
	}
	if doubled {
		col.used += undouble(col.values[col.used:], val)
		return
	}
	if n <= 16 && cap(val) >= 16 {
		*(*[16]byte)(col.values[col.used:]) = *(*[16]byte)(val[:16])
		col.used += n
		return
	}
	col.used += copy(col.values[col.used:], val)
}

// undouble copies src, which has only doubled quotes, with each pair as one.
// dst has room for eight bytes more.
func undouble(dst, src []byte) int {
	n := 0
	for len(src) >= 8 {
		x := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst[n:], x)
		m := hasZero(x ^ '"'*ones)
		if m == 0 {
			n, src = n+8, src[8:]
			continue
		}
		k := bits.TrailingZeros64(m) >> 3
		n, src = n+k+1, src[k+2:]
	}
	for i := 0; i < len(src); i++ {
		dst[n] = src[i]
		if n++; src[i] == '"' {
			i++
		}
	}
	return n
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// hasZero sets the high bit of each byte of x that is zero; the lowest set
// bit is exact, those above may be false.
func hasZero(x uint64) uint64 { return (x - ones) &^ x & highs }

// quoteAt finds the first quote at or after pos; len(data) when there is none.
func quoteAt(data []byte, pos int) int {
	for ; pos+8 <= len(data); pos += 8 {
		if m := hasZero(binary.LittleEndian.Uint64(data[pos:]) ^ '"'*ones); m != 0 {
			return pos + bits.TrailingZeros64(m)>>3
		}
	}
	for pos < len(data) && data[pos] != '"' {
		pos++
	}
	return pos
}

// broadcast puts b in each byte of a word.
func broadcast(b byte) uint64 { return ones * uint64(b) }

// delimiter finds the first separator, line end or quote at or after pos, and
// tells whether it is a quote; len(data) when there is none.
func delimiter(data []byte, pos int, seps, eols uint64) (end int, quote bool) {
	for pos+8 <= len(data) {
		x := binary.LittleEndian.Uint64(data[pos:])
		if m := hasZero(x^seps) | hasZero(x^eols) | hasZero(x^('"'*ones)); m != 0 {
			pos += bits.TrailingZeros64(m) >> 3
			return pos, data[pos] == '"'
		}
		pos += 8
	}
	for ; pos < len(data); pos++ {
		switch data[pos] {
		case byte(seps), byte(eols):
			return pos, false
		case '"':
			return pos, true
		}
	}
	return pos, false
}

// oversize makes a reject of a record over the limit and finds a place to go
// on: the next line. What is passed over is not kept.
func (c *csvFramer) oversize(f *frame) error {
	data, start := c.w.buf[:c.w.n], c.w.pos
	if end, after := lineTo(data, start, c.eol); after >= 0 {
		// The line ends, so it is a quote that does not.
		c.refuse(f, start, end, schemas.RuleFrame, fmt.Sprintf("a quote is not closed within %d bytes", c.o.MaxRecord))
		c.w.pos = after
		return nil
	}
	c.refuseOversize(f, start, schemas.RuleLimit, c.limitMessage())
	return c.w.skipLine()
}
