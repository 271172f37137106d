package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/accessmart/accessmart/schemas"
)

// The CSV framer is strict RFC 4180, with LF or CRLF and blank lines passed
// over. Cells go straight from the window into the columns of the batch. What
// is not strict is handed to repair, physical line by physical line, and what
// that cannot make fit the header becomes a reject.

type csvFramer struct{ cutter }

func newCSVFramer(c cutter) *csvFramer {
	f := &csvFramer{cutter: c}
	f.cutter.step = f.step
	f.cutter.oversize = f.oversize
	return f
}

// step frames one record, repairs it or makes a reject of its first line.
// When it wants more it has changed nothing.
func (c *csvFramer) step(f *frame) (status, error) {
	data, start := c.w.buf[:c.w.n], c.w.pos
	for start < len(data) && (data[start] == '\n' || data[start] == '\r' && c.lineEnd(data, start)) {
		start++ // blank lines are no records
	}
	c.w.pos = start
	if start == len(data) {
		return more, nil
	}
	next, st, why := c.record(f, data, start)
	if st == good && int64(next-start) <= c.o.MaxRecord {
		c.w.pos = next
		c.accept(f, start, trimEOL(data, start, next))
		return good, nil
	}
	c.rollback(f)
	switch {
	case st == good:
		c.w.pos = next
		c.refuse(f, start, trimEOL(data, start, next), schemas.RuleLimit, c.limitMessage())
		return good, nil
	case st == more && !c.w.eof:
		return more, nil
	}
	end, after := physicalLine(data, start)
	if after < 0 { // the first line is not whole
		if !c.w.eof {
			return more, nil
		}
		end, after = trimEOL(data, start, len(data)), len(data)
	}
	c.w.pos = after
	if fields, ok := repair(data[start:end], len(c.layout.want)); ok {
		for i, v := range fields {
			if slot := c.layout.want[i]; slot >= 0 {
				f.cols[slot].add(c.mem, v)
			}
		}
		c.accept(f, start, end)
		return good, nil
	}
	c.refuse(f, start, end, schemas.RuleFrame, why)
	return good, nil
}

// lineEnd tells whether the carriage return at i ends a line.
func (c *csvFramer) lineEnd(data []byte, i int) bool {
	if i+1 < len(data) {
		return data[i+1] == '\n'
	}
	return c.w.eof
}

func (c *csvFramer) limitMessage() string {
	return fmt.Sprintf("the record is longer than %d bytes", c.o.MaxRecord)
}

// physicalLine finds the end of the line at start, without and with its line
// end; -1 when data ends first.
func physicalLine(data []byte, start int) (end, after int) {
	i := bytes.IndexByte(data[start:], '\n')
	if i < 0 {
		return len(data), -1
	}
	return trimEOL(data, start, start+i+1), start + i + 1
}

func trimEOL(data []byte, start, end int) int {
	if end > start && data[end-1] == '\n' {
		end--
	}
	if end > start && data[end-1] == '\r' {
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
	surplus, inner := false, false // a cell too many with a value; a line end inside a cell
	col := 0
	for pos, ended := start, false; !ended; col++ {
		// Most cells are bare and end at a comma.
		if end, quote := delimiter(data, pos); !quote && end < len(data) && data[end] == ',' && col < len(want) {
			if slot := want[col]; slot >= 0 && end > pos {
				c.put(&f.cols[slot], data[pos:end], false)
			}
			pos = end + 1
			continue
		}
		var cell csvCell
		if pos < len(data) && data[pos] == '"' {
			cell, st, why = c.quoted(data, pos)
			inner = inner || bytes.IndexByte(cell.val, '\n') >= 0
		} else {
			cell, st, why = c.bare(data, pos)
		}
		if st != good {
			return 0, st, why
		}
		if cell.end < len(data) && data[cell.end] == ',' {
			pos = cell.end + 1
		} else if next, st = c.recordEnd(data, cell.end); st != good {
			return 0, st, "text after a closing quote"
		} else {
			ended = true
		}
		if col >= len(want) {
			surplus = surplus || len(cell.val) > 0
		} else if slot := want[col]; slot >= 0 && len(cell.val) > 0 {
			c.put(&f.cols[slot], cell.val, cell.doubled)
		}
	}
	switch {
	case surplus:
		return 0, bad, fmt.Sprintf("%d cells under a header of %d", col, len(want))
	case inner && col != len(want):
		// A quote that is never closed reads on until the next one; what it
		// swallowed must not pass for a short record.
		return 0, bad, fmt.Sprintf("%d cells over several lines under a header of %d", col, len(want))
	case col < len(want) && next == len(data) && data[next-1] != '\n':
		// Short rows are filled up with NULL. The last one, without a line
		// end, is more likely what is left of a record that was cut.
		return 0, bad, fmt.Sprintf("the text ends after %d cells under a header of %d", col, len(want))
	}
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
	end, quote := delimiter(data, pos)
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
	if i < len(data) && data[i] == '\r' {
		if i++; i == len(data) && !c.w.eof {
			return 0, more
		}
	}
	switch {
	case i == len(data):
		return i, good
	case data[i] == '\n':
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

// delimiter finds the first comma, line feed or quote at or after pos, and
// tells whether it is a quote; len(data) when there is none.
func delimiter(data []byte, pos int) (end int, quote bool) {
	for pos+8 <= len(data) {
		x := binary.LittleEndian.Uint64(data[pos:])
		if m := hasZero(x^(','*ones)) | hasZero(x^('\n'*ones)) | hasZero(x^('"'*ones)); m != 0 {
			pos += bits.TrailingZeros64(m) >> 3
			return pos, data[pos] == '"'
		}
		pos += 8
	}
	for ; pos < len(data); pos++ {
		switch data[pos] {
		case ',', '\n':
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
	if end, after := physicalLine(data, start); after >= 0 {
		// The line ends, so it is a quote that does not.
		c.refuse(f, start, end, schemas.RuleFrame, fmt.Sprintf("a quote is not closed within %d bytes", c.o.MaxRecord))
		c.w.pos = after
		return nil
	}
	c.refuseOversize(f, start, schemas.RuleLimit, c.limitMessage())
	return c.w.skipLine()
}
