package frame

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/schemas"
)

// Record is a record of a CSV text as [Records] gives it. All of it is lent.
type Record struct {
	Number    int64    // in the text, from 1; the header is none
	Header    []string // of the text
	Cells     [][]byte // one for each header; none where Why says something
	Text      []byte   // as delivered, without its line end; the beginning of one that is too long
	Separator byte     // between cells
	Why       string   // it could not be framed; "" where it was
	None      bool     // and is certainly no record: no row is missing for it
}

// Records frames a CSV text, plain or compressed, and calls fn for each of its
// records in order, until fn returns an error, which Records returns. It also returns
// the header. It is for callers that need only some cells: a text of more than most
// bytes after decompression is refused, and so is a record of more than maxRecord bytes.
// fits tells a header from the lines before it; if it is nil, the header is the first
// line that looks like one. Errors about the text are of type *[Error].
func Records(ctx context.Context, open func() (io.ReadCloser, error), most, maxRecord int64, fits func(header []string) bool, fn func(*Record) error) (header []string, err error) {
	o := &Limits{Mem: memory.DefaultAllocator, BatchRows: 10_000, MaxRecord: maxRecord, MaxColumns: 4096, MaxDepth: 512,
		MaxMembers: 1, MaxExpand: most, MaxRatio: 500, Chunk: 256 << 10, Floor: most}
	r, format, err := o.unwrap(ctx, open)
	if err != nil {
		return nil, err
	}
	if err := r.Close(); err != nil {
		return nil, readFault(err)
	}
	if format != schemas.CSV {
		return nil, Fault(KindFormat, "it should be CSV", "the text is not CSV but %s", format)
	}
	tx := &Text{Format: format, Encoding: r.encoding, Open: func(ctx context.Context) (io.ReadCloser, error) {
		r, _, err := o.unwrap(ctx, open)
		return r, err
	}}
	var fit func(header []string) Fit
	if fits != nil {
		fit = func(header []string) Fit {
			if fits(header) {
				return Surely
			}
			return NoHeader
		}
	}
	t, err := o.OpenCSV(ctx, tx, o.Chunk, fit)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	l := t.Framing()
	l.Slots = len(l.Want)
	for i := range l.Want {
		l.Want[i] = int32(i)
	}
	ordinal, buffers := int64(0), &Buffers{}
	framer := t.Frames(&l, &ordinal, buffers)
	for {
		f := &Frame{}
		err := framer.Next(f)
		if err == nil {
			err = f.Settle(o.Mem)
		}
		if err == nil {
			err = f.records(fn)
		}
		f.Release(o.Mem, buffers)
		switch {
		case err == io.EOF:
			return t.Header, nil
		case err != nil:
			return t.Header, err
		}
	}
}

// records calls fn for the records of a frame, in the order of the text.
func (f *Frame) records(fn func(*Record) error) error {
	rec := Record{Header: f.layout.Header, Separator: f.layout.Dialect.Separator}
	rejects := f.Rejects
	reject := func() error {
		x := &rejects[0]
		rejects = rejects[1:]
		rec.Number, rec.Cells, rec.Text, rec.Why, rec.None = x.Ordinal+1, nil, x.Head, x.Rule+": "+x.Message, x.None
		if x.Head == nil {
			rec.Text = f.Raw[x.Start:x.End]
		}
		return fn(&rec)
	}
	for row, at := range f.Rows {
		for len(rejects) > 0 && rejects[0].Ordinal < at.Ordinal {
			if err := reject(); err != nil {
				return err
			}
		}
		cells := rec.Cells[:0]
		for i := range f.Cols {
			cells = append(cells, f.Cols[i].At(row))
		}
		rec = Record{Number: at.Ordinal + 1, Header: rec.Header, Cells: cells, Text: f.Raw[at.Start:at.End], Separator: rec.Separator}
		if err := fn(&rec); err != nil {
			return err
		}
	}
	for len(rejects) > 0 {
		if err := reject(); err != nil {
			return err
		}
	}
	return nil
}
