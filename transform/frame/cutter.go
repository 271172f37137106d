package frame

import (
	"bytes"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// A cutter is what the framers have in common: it fills frames of about one
// chunk by a step at a time, and decides when a record is too large.
type cutter struct {
	o       *Limits
	w       *window
	mem     memory.Allocator
	text    *Text
	layout  *Layout
	Ordinal *int64 // of the next record in its artifact
	get     func(int) []byte
	close   func() error

	// step frames one record or passes over what is none. It returns more,
	// having changed nothing, when the window ends first, and at the end of
	// the text. oversize deals with a record that is over the limit.
	step     func(*Frame) (scan.Status, error)
	oversize func(*Frame) error
	// ended, if there is one, judges the text as a whole when it ended.
	ended func() error

	// sized from the last frame, so that columns seldom grow
	sizes   []int
	rows    int
	maxRows int // in a frame
}

// MaxShown is how much of a record a reject shows, in bytes.
const MaxShown = 64 << 10

// cellsInFrame bounds the cells of a frame, which cost memory even if empty.
const cellsInFrame = 16 << 20

// Next fills f with records and rejects; io.EOF when there are no more.
// The frame owns memory even when next fails.
func (c *cutter) Next(f *Frame) error {
	if err := c.w.renew(c.get); err != nil {
		return err
	}
	f.text, f.layout = c.text, c.layout
	c.columns(f)
	ended := false
	for !ended && len(f.Rows) < c.maxRows {
		if c.w.pos >= c.o.Chunk {
			if len(f.Rows)+len(f.Rejects) > 0 {
				break
			}
			if err := c.w.grow(0); err != nil { // nothing but what is passed over
				return err
			}
		}
		c.reserve(f)
		st, err := c.step(f)
		switch {
		case err != nil:
			return c.place(err)
		case st == scan.Good:
		case c.w.eof:
			ended = true
		case len(f.Rows)+len(f.Rejects) > 0:
			ended = true // the rest is for the next frame
		case int64(len(c.w.rest())) > c.o.MaxRecord:
			if err := c.oversize(f); err != nil {
				return c.place(err)
			}
		default:
			if err := c.w.grow(int(c.o.MaxRecord) + 2); err != nil {
				return err
			}
		}
	}
	c.finish(f)
	if len(f.Rows)+len(f.Rejects) > 0 {
		return nil
	}
	if c.ended != nil {
		if err := c.ended(); err != nil {
			return err
		}
	}
	return io.EOF
}

func (c *cutter) columns(f *Frame) {
	if c.sizes == nil {
		c.sizes = make([]int, c.layout.Slots)
		for i := range c.sizes {
			c.sizes[i] = min(c.o.Chunk/max(c.layout.Slots, 1), 64<<10)
		}
		// A wide header over empty lines must not take memory for its cells.
		c.maxRows = min(c.o.BatchRows, max(cellsInFrame/max(c.layout.Slots, 1), 1024))
		c.rows = min(c.maxRows, 256)
	}
	f.Cols = make([]columns.Cells, c.layout.Slots)
	for i := range f.Cols {
		f.Cols[i].Init(c.mem, c.rows, c.sizes[i])
	}
	f.Rows = make([]Span, 0, c.rows)
}

// reserve makes room for the offsets of one more record.
func (c *cutter) reserve(f *Frame) {
	if len(f.Rows) < cap(f.Rows) {
		return
	}
	bigger := min(2*cap(f.Rows), c.maxRows)
	for i := range f.Cols {
		f.Cols[i].GrowRows(c.mem, bigger)
	}
	f.Rows = append(make([]Span, 0, bigger), f.Rows...)
}

func (c *cutter) finish(f *Frame) {
	f.Raw, f.Base, f.Line = c.w.buf[:c.w.pos], c.w.base, c.w.line
	for i := range f.Cols {
		c.sizes[i] = f.Cols[i].Used + f.Cols[i].Used/8
	}
	c.rows = min(max(len(f.Rows)+len(f.Rows)/8, 64), c.maxRows)
}

// rollback drops the cells of a record that was not finished.
func (c *cutter) rollback(f *Frame) {
	if f == nil { // nothing is framed, only looked at
		return
	}
	for i := range f.Cols {
		f.Cols[i].Used = int(f.Cols[i].Offsets[len(f.Rows)])
	}
}

// Accept ends a record whose cells are in place.
func (c *cutter) Accept(f *Frame, start, end int) {
	row := len(f.Rows)
	for i := range f.Cols {
		f.Cols[i].Offsets[row+1] = int32(f.Cols[i].Used)
	}
	f.Rows = append(f.Rows, Span{Start: start, End: end, Ordinal: *c.Ordinal})
	*c.Ordinal++
}

// Refuse makes a reject of a record that has no cells.
func (c *cutter) Refuse(f *Frame, start, end int, rule, message string) {
	c.rollback(f)
	f.Rejects = append(f.Rejects, Broken{Span: Span{Start: start, End: end, Ordinal: *c.Ordinal}, Rule: rule, Message: message})
	*c.Ordinal++
}

// refuseOversize makes a reject, independent of the window, of a record of
// which the window holds only the beginning.
func (c *cutter) refuseOversize(f *Frame, start int, rule, message string) {
	w := c.w
	f.Rejects = append(f.Rejects, Broken{
		Span: Span{Ordinal: *c.Ordinal}, Rule: rule, Message: message,
		Head:   bytes.Clone(w.buf[start:min(w.n, start+MaxShown)]),
		Offset: w.base + int64(start),
		Line:   w.line + w.lines(start),
	})
	*c.Ordinal++
}

// place adds to an error where the window stands.
func (c *cutter) place(err error) error {
	if e, ok := err.(*Error); ok && e.Offset < 0 {
		e.Offset = c.w.base + int64(c.w.pos)
		e.Line = c.w.line + c.w.lines(c.w.pos)
	}
	return err
}
