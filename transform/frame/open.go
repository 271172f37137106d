package frame

import (
	"bytes"
	"context"
	"io"

	"github.com/accessmart/accessmart/transform/scan"
)

// CSVText is a CSV text that is open, its header read.
type CSVText struct {
	beginning
	o    *Limits
	text *Text
	w    *window
	r    io.ReadCloser
	ctx  context.Context
}

// OpenCSV opens a text and reads its beginning up to the header, size bytes at a
// time. fits tells whether a line is the header; without it the first line is.
func (o *Limits) OpenCSV(ctx context.Context, tx *Text, size int, fits func([]string) Fit) (*CSVText, error) {
	tx.western = westernText(ctx, tx)
	r, err := tx.open(ctx)
	if err != nil {
		return nil, err
	}
	t := &CSVText{o: o, text: tx, w: newWindow(r, size), r: r, ctx: ctx}
	t.beginning, err = o.readHeader(t.w, fits)
	if err == nil {
		err = tx.headerText(t.Header)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	t.from = tx.Encoding
	return t, nil
}

// Ended tells whether nothing follows the header.
func (t *CSVText) Ended() bool {
	return t.w.eof && scan.Blank(t.w.rest(), 0) == len(t.w.rest())
}

// Framing is that of the text, without any slot.
func (t *CSVText) Framing() Layout {
	l := Layout{Members: -1, Dialect: t.Dialect, Header: t.Header, Want: make([]int32, len(t.Header))}
	for i := range l.Want {
		l.Want[i] = -1
	}
	return l
}

// Frames frames the records. ordinal is the number of the next one, which it
// counts up. Who frames closes the text.
func (t *CSVText) Frames(l *Layout, ordinal *int64, b *Buffers) *CSV {
	f := newCSVFramer(cutter{o: t.o, mem: t.o.Mem, text: t.text, layout: l, Ordinal: ordinal, get: b.get, w: t.w})
	f.header = bytes.TrimPrefix(t.raw, BOM)
	f.body, f.bodyLine = t.w.base+int64(t.w.pos), t.w.line+t.w.lines(t.w.pos)
	f.reopen = func() (io.ReadCloser, error) { return t.text.open(t.ctx) }
	return f
}

// Close closes the text.
func (c *cutter) Close() error { return c.close() }

// Close closes the text.
func (t *CSVText) Close() error { return t.r.Close() }

// Look finds out how a JSON text holds its records. judge is asked about what
// stands beside them.
func (o *Limits) Look(ctx context.Context, tx *Text, d Document, judge Judge) (Shape, error) {
	r, err := tx.open(ctx)
	if err != nil {
		return Shape{}, err
	}
	s, err := o.look(r, d, judge)
	if e := r.Close(); err == nil && e != nil {
		err = readFault(e)
	}
	return s, err
}

// FrameJSON opens a text of that shape and frames its records. ordinal is the
// number of the next one, which it counts up. Who frames closes the text.
func (o *Limits) FrameJSON(ctx context.Context, tx *Text, s Shape, l *Layout, fields *Fields, judge Judge, ordinal *int64, b *Buffers) (*JSON, error) {
	r, err := tx.open(ctx)
	if err != nil {
		return nil, err
	}
	f := newJSONFramer(cutter{o: o, mem: o.Mem, text: tx, layout: l, Ordinal: ordinal, get: b.get, w: newWindow(r, o.Chunk)}, fields, judge, s.Lines, s.path)
	f.close = r.Close
	return f, nil
}
