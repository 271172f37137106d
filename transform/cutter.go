package transform

import (
	"bytes"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A cutter is what the framers have in common: it fills frames of about one
// chunk by a step at a time, and decides when a record is too large.
type cutter struct {
	o       *Options
	w       *window
	mem     memory.Allocator
	text    *text
	layout  *layout
	ordinal *int64 // of the next record in its artifact
	get     func(int) []byte

	// step frames one record or passes over what is none. It returns more,
	// having changed nothing, when the window ends first, and at the end of
	// the text. oversize deals with a record that is over the limit.
	step     func(*frame) (status, error)
	oversize func(*frame) error
	// ended, if there is one, judges the text as a whole when it ended.
	ended func() error

	// sized from the last frame, so that columns seldom grow
	sizes   []int
	rows    int
	maxRows int // in a frame
}

// status is how an attempt to read one record or token ended.
type status int

const (
	good status = iota
	more        // the window ends first
	bad         // not one record of the format
)

// cellsInFrame bounds the cells of a frame, which cost memory even if empty.
const cellsInFrame = 16 << 20

// next fills f with records and rejects; io.EOF when there are no more.
// The frame owns memory even when next fails.
func (c *cutter) next(f *frame) error {
	if err := c.w.renew(c.get); err != nil {
		return err
	}
	f.text, f.layout = c.text, c.layout
	c.columns(f)
	ended := false
	for !ended && len(f.rows) < c.maxRows {
		if c.w.pos >= c.o.chunk {
			if len(f.rows)+len(f.rejects) > 0 {
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
		case st == good:
		case c.w.eof:
			ended = true
		case len(f.rows)+len(f.rejects) > 0:
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
	if len(f.rows)+len(f.rejects) > 0 {
		return nil
	}
	if c.ended != nil {
		if err := c.ended(); err != nil {
			return err
		}
	}
	return io.EOF
}

func (c *cutter) columns(f *frame) {
	if c.sizes == nil {
		c.sizes = make([]int, c.layout.slots)
		for i := range c.sizes {
			c.sizes[i] = min(c.o.chunk/max(c.layout.slots, 1), 64<<10)
		}
		// A wide header over empty lines must not take memory for its cells.
		c.maxRows = min(c.o.BatchRows, max(cellsInFrame/max(c.layout.slots, 1), 1024))
		c.rows = min(c.maxRows, 256)
	}
	f.cols = make([]cells, c.layout.slots)
	for i := range f.cols {
		f.cols[i].init(c.mem, c.rows, c.sizes[i])
	}
	f.rows = make([]span, 0, c.rows)
}

// reserve makes room for the offsets of one more record.
func (c *cutter) reserve(f *frame) {
	if len(f.rows) < cap(f.rows) {
		return
	}
	bigger := min(2*cap(f.rows), c.maxRows)
	for i := range f.cols {
		f.cols[i].growRows(c.mem, bigger)
	}
	f.rows = append(make([]span, 0, bigger), f.rows...)
}

func (c *cutter) finish(f *frame) {
	f.raw, f.base, f.line = c.w.buf[:c.w.pos], c.w.base, c.w.line
	for i := range f.cols {
		c.sizes[i] = f.cols[i].used + f.cols[i].used/8
	}
	c.rows = min(max(len(f.rows)+len(f.rows)/8, 64), c.maxRows)
}

// rollback drops the cells of a record that was not finished.
func (c *cutter) rollback(f *frame) {
	if f == nil { // nothing is framed, only looked at
		return
	}
	for i := range f.cols {
		f.cols[i].used = int(f.cols[i].offsets[len(f.rows)])
	}
}

// accept ends a record whose cells are in place.
func (c *cutter) accept(f *frame, start, end int) {
	row := len(f.rows)
	for i := range f.cols {
		f.cols[i].offsets[row+1] = int32(f.cols[i].used)
	}
	f.rows = append(f.rows, span{start: start, end: end, ordinal: *c.ordinal})
	*c.ordinal++
}

// refuse makes a reject of a record that has no cells.
func (c *cutter) refuse(f *frame, start, end int, rule, message string) {
	c.rollback(f)
	f.rejects = append(f.rejects, broken{span: span{start: start, end: end, ordinal: *c.ordinal}, rule: rule, message: message})
	*c.ordinal++
}

// refuseOversize makes a reject, independent of the window, of a record of
// which the window holds only the beginning.
func (c *cutter) refuseOversize(f *frame, start int, rule, message string) {
	w := c.w
	f.rejects = append(f.rejects, broken{
		span: span{ordinal: *c.ordinal}, rule: rule, message: message,
		head:   bytes.Clone(w.buf[start:min(w.n, start+maxRejectText)]),
		offset: w.base + int64(start),
		line:   w.line + w.lines(start),
	})
	*c.ordinal++
}

// place adds to an error where the window stands.
func (c *cutter) place(err error) error {
	if e, ok := err.(*Error); ok && e.Offset < 0 {
		e.Offset = c.w.base + int64(c.w.pos)
		e.Line = c.w.line + c.w.lines(c.w.pos)
	}
	return err
}
