package frame

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// The CSV framer is strict RFC 4180 in the dialect of the text, with blank
// lines passed over. Cells go straight from the window into the columns of the
// batch. What is not strict is handed to repair, physical line by physical
// line. What then has not as many cells as the header is a reject, but for what
// [CSV.misfit] can be certain of.

// CSV frames the records of a CSV text.
type CSV struct {
	cutter
	Dialect
	seps, eols uint64    // sep and eol in each byte
	suspect    [256]bool // first bytes of lines that may be no records
	header     []byte    // its line
	body       int64     // where the records begin in the text
	bodyLine   int64
	reopen     func() (io.ReadCloser, error) // opens the text once more; nil in a survey
	surveyed   *widths                       // of the whole text, once they were needed
	words      *vocabulary                   // likewise, where short records are read
	met        widths                        // so far
	shape      shapeOf                       // of the record just read
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

func newCSVFramer(c cutter) *CSV {
	d := c.layout.Dialect
	if c.layout.Report == nil {
		c.layout.Report = func([]byte) bool { return false }
	}
	if c.layout.Remark == nil {
		c.layout.Remark = func([]byte) string { return "" }
	}
	f := &CSV{cutter: c, Dialect: d, seps: scan.Broadcast(d.Separator), eols: scan.Broadcast(d.EOL)}
	f.suspect[d.Separator] = true
	for _, b := range []byte(suspectFirst) {
		f.suspect[b] = true
	}
	f.cutter.step = f.step
	f.cutter.oversize = f.oversize
	f.cutter.ended = f.ended
	return f
}

// step frames one record, repairs it or makes a reject of its first line.
// When it wants more it has changed nothing.
func (c *CSV) step(f *Frame) (scan.Status, error) {
	data, start := c.w.buf[:c.w.n], c.w.pos
	for start < len(data) && c.blankAt(data, start) {
		start++ // blank lines are no records
	}
	if start > c.w.pos {
		c.w.pos = start
		c.blankLine(f)
	}
	if start == len(data) {
		return scan.More, nil
	}
	next, st, why := c.record(f, data, start)
	if st == scan.Good && c.shape.cells == len(c.layout.Want) && int64(next-start) <= c.o.MaxRecord &&
		!c.suspect[data[start]] && uint(next-start-len(c.header)) > 2 {
		c.w.pos = next
		c.met.full++
		c.met.open = c.met.open || c.shape.blank
		c.Accept(f, start, trimLine(data, start, next, c.EOL))
		return scan.Good, nil
	}
	if st == scan.Good {
		return scan.Good, c.unusual(f, data, start, next)
	}
	c.rollback(f)
	if st == scan.More && !c.w.eof {
		return scan.More, nil
	}
	return c.physical(f, data, start, why)
}

// physical frames the physical line at start, which does not begin a strict
// record: repaired, or as a reject.
func (c *CSV) physical(f *Frame, data []byte, start int, why string) (scan.Status, error) {
	end, after := lineTo(data, start, c.EOL)
	if after < 0 { // the first line is not whole
		if !c.w.eof {
			return scan.More, nil
		}
		end, after = trimLine(data, start, len(data), c.EOL), len(data)
	}
	c.w.pos = after
	if c.repaired(f, start, end) {
		return scan.Good, nil
	}
	return scan.Good, c.turnDown(f, start, end, why)
}

// repaired frames a line that repair makes fit the header.
func (c *CSV) repaired(f *Frame, start, end int) bool {
	line := c.w.buf[start:end]
	fields, ok := Repair(line, c.Separator, len(c.layout.Want))
	if !ok || len(fields) == 1 && errorDocument(line, true) != "" {
		return false
	}
	for _, v := range fields {
		if !c.complete(v) {
			return false
		}
	}
	for i, v := range fields {
		if slot := c.layout.Want[i]; slot >= 0 {
			f.Cols[slot].Add(c.mem, v)
		}
	}
	c.met.full++
	c.Accept(f, start, end)
	return true
}

// complete tells whether a cell of a repaired line is one: JSON that does not read
// has most likely swallowed the cells after it, or lost its end.
func (c *CSV) complete(cell []byte) bool {
	if cell = scan.Trim(cell); !scan.LooksJSON(cell) || bytes.IndexByte(cell, '"') < 0 {
		return true
	}
	_, how := scan.Readable(&scan.Scanner{}, cell, c.o.MaxDepth)
	return how != scan.Broke
}

// turnDown makes a reject of the lines from start to end, unless they show
// that the text went over into an error document.
func (c *CSV) turnDown(f *Frame, start, end int, why string) error {
	if what := errorDocument(c.w.buf[start:end], false); what != "" {
		c.w.pos = start
		return Fault(KindMarkup, "mostly the vendor's answer to an error in the middle of the transfer: what follows is missing; fetch it again",
			"%s stands among the records", what)
	}
	c.Refuse(f, start, end, schemas.RuleFrame, why)
	return nil
}

// blankAt tells whether the byte at i ends a line, or is part of what does.
func (c *CSV) blankAt(data []byte, i int) bool {
	switch {
	case data[i] == c.EOL:
		return true
	case data[i] != '\r':
		return false
	case i+1 < len(data):
		return data[i+1] == '\n'
	}
	return c.w.eof
}

func (c *CSV) limitMessage() string {
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
func (c *CSV) record(f *Frame, data []byte, start int) (next int, st scan.Status, why string) {
	want := c.layout.Want
	seps, eols, sep := c.seps, c.eols, c.Separator
	s := shapeOf{}
	inner := false // a line end inside a cell
	col := 0
	for pos, ended := start, false; !ended; col++ {
		// Most cells are bare and end at a separator.
		if end, quote := delimiter(data, pos, seps, eols); !quote && end < len(data) && data[end] == sep && col < len(want) {
			if slot := want[col]; slot >= 0 && end > pos {
				c.put(&f.Cols[slot], data[pos:end], false)
			}
			pos = end + 1
			continue
		}
		var cell csvCell
		if pos < len(data) && data[pos] == '"' {
			cell, st, why = c.quoted(data, pos)
			inner = inner || bytes.IndexByte(cell.val, c.EOL) >= 0
		} else {
			cell, st, why = c.bare(data, pos)
		}
		if st != scan.Good {
			return 0, st, why
		}
		if cell.end < len(data) && data[cell.end] == sep {
			pos = cell.end + 1
		} else if next, st = c.recordEnd(data, cell.end); st != scan.Good {
			return 0, st, "text after a closing quote"
		} else {
			ended, s.blank = true, len(cell.val) == 0
		}
		if col >= len(want) {
			s.surplus = s.surplus || len(cell.val) > 0
		} else if slot := want[col]; slot >= 0 && len(cell.val) > 0 {
			c.put(&f.Cols[slot], cell.val, cell.doubled)
		}
	}
	if inner && col != len(want) {
		// A quote that is never closed reads on until the next one; what it
		// swallowed must not pass for a record.
		return 0, scan.Bad, fmt.Sprintf("%d cells over several lines under a header of %d", col, len(want))
	}
	s.cells = col
	c.shape = s
	return next, scan.Good, ""
}

// quoted reads the cell whose quote is at pos.
func (c *CSV) quoted(data []byte, pos int) (cell csvCell, st scan.Status, why string) {
	for i := pos + 1; ; i++ {
		if i = quoteAt(data, i); i == len(data) {
			return cell, scan.More, "a quote is not closed"
		}
		if i++; i == len(data) && !c.w.eof {
			return cell, scan.More, ""
		}
		if i == len(data) || data[i] != '"' {
			cell.val, cell.end = data[pos+1:i-1], i
			return cell, scan.Good, ""
		}
		cell.doubled = true
	}
}

// bare reads the cell without quotes at pos.
func (c *CSV) bare(data []byte, pos int) (cell csvCell, st scan.Status, why string) {
	end, quote := delimiter(data, pos, c.seps, c.eols)
	if quote {
		return cell, scan.Bad, "a quote inside an unquoted cell"
	}
	if end == len(data) && !c.w.eof {
		return cell, scan.More, ""
	}
	cell.val, cell.end = data[pos:end], end
	if n := len(cell.val); n > 0 && cell.val[n-1] == '\r' && (end == len(data) || data[end] == '\n') {
		cell.val = cell.val[:n-1]
	}
	return cell, scan.Good, ""
}

// recordEnd passes over the end of a record, which is due at i.
func (c *CSV) recordEnd(data []byte, i int) (next int, st scan.Status) {
	if i < len(data) && data[i] == '\r' && c.EOL == '\n' {
		if i++; i == len(data) && !c.w.eof {
			return 0, scan.More
		}
	}
	switch {
	case i == len(data):
		return i, scan.Good
	case data[i] == c.EOL:
		return i + 1, scan.Good
	}
	return 0, scan.Bad
}

// put adds a cell to its column. Most cells are short: those are copied by
// one fixed-size move where there is room for it on both sides.
func (c *CSV) put(col *columns.Cells, val []byte, doubled bool) {
	n := len(val)
	if col.Used+n+16 > len(col.Values) {
		col.Room(c.mem, n+16)
	}
	if doubled {
		col.Used += undouble(col.Values[col.Used:], val)
		return
	}
	if n <= 16 && cap(val) >= 16 {
		*(*[16]byte)(col.Values[col.Used:]) = *(*[16]byte)(val[:16])
		col.Used += n
		return
	}
	col.Used += copy(col.Values[col.Used:], val)
}

// undouble copies src, which has only doubled quotes, with each pair as one.
// dst has room for eight bytes more.
func undouble(dst, src []byte) int {
	n := 0
	for len(src) >= 8 {
		x := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst[n:], x)
		m := scan.HasZero(x ^ '"'*scan.Ones)
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

// quoteAt finds the first quote at or after pos; len(data) when there is none.
func quoteAt(data []byte, pos int) int {
	for ; pos+8 <= len(data); pos += 8 {
		if m := scan.HasZero(binary.LittleEndian.Uint64(data[pos:]) ^ '"'*scan.Ones); m != 0 {
			return pos + bits.TrailingZeros64(m)>>3
		}
	}
	for pos < len(data) && data[pos] != '"' {
		pos++
	}
	return pos
}

// delimiter finds the first separator, line end or quote at or after pos, and
// tells whether it is a quote; len(data) when there is none.
func delimiter(data []byte, pos int, seps, eols uint64) (end int, quote bool) {
	for pos+8 <= len(data) {
		x := binary.LittleEndian.Uint64(data[pos:])
		if m := scan.HasZero(x^seps) | scan.HasZero(x^eols) | scan.HasZero(x^('"'*scan.Ones)); m != 0 {
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
func (c *CSV) oversize(f *Frame) error {
	data, start := c.w.buf[:c.w.n], c.w.pos
	if end, after := lineTo(data, start, c.EOL); after >= 0 {
		// The line ends, so it is a quote that does not.
		c.Refuse(f, start, end, schemas.RuleFrame, fmt.Sprintf("a quote is not closed within %d bytes", c.o.MaxRecord))
		c.w.pos = after
		return nil
	}
	c.refuseOversize(f, start, schemas.RuleLimit, c.limitMessage())
	return c.w.skipLine()
}
