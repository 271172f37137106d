package frame

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/accessmart/accessmart/schemas"
)

// Text is one run of UTF-8 with one layout: an input, or one member of an
// input that is an archive. It can be opened more than once while the walk
// that made it is at it.
type Text struct {
	Member   string // name in the archive, "" outside one
	Format   schemas.Format
	Encoding string // what it was before it was UTF-8, "" when it was that
	Open     func(context.Context) (io.ReadCloser, error)
	western  func() (bool, error) // CSV: is what is not UTF-8 Windows-1252
	counted  *sequences           // whether it was encoded twice; nil until that was asked
	Found    Findings             // what is odd about it
}

// Walk calls fn for each text of an input, in order. The texts can be read
// until fn returns from the last.
func (o *Limits) Walk(ctx context.Context, in Packed, fn func(*Text) error) error {
	r, format, err := o.unwrap(ctx, in.Open)
	if err != nil {
		return err
	}
	if format == schemas.ZIP {
		return (&container{o, in}).walkArchive(ctx, r, fn)
	}
	if err := r.Close(); err != nil {
		return Fault(KindRead, "", "close: %w", err)
	}
	return fn(&Text{Format: format, Encoding: r.encoding, Open: func(ctx context.Context) (io.ReadCloser, error) {
		r, _, err := o.unwrap(ctx, in.Open)
		return r, err
	}})
}

// maxWraps is how many compressions may lie around one another. A vendor's
// file has one, a store or a person may have added another.
const maxWraps = 3

// unwrap opens bytes, takes compressions, UTF-16 and a byte-order mark off, and
// tells what is left.
func (o *Limits) unwrap(ctx context.Context, open func() (io.ReadCloser, error)) (*opened, schemas.Format, error) {
	rc, err := open()
	if err != nil {
		return nil, "", readFault(err)
	}
	o2 := &opened{raw: rc, closers: []func() error{rc.Close}}
	var r io.Reader = readFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return rc.Read(p)
	})
	for range maxWraps + 1 {
		br := bufio.NewReaderSize(r, 64<<10)
		head, err := br.Peek(sniffed)
		if err != nil && err != io.EOF {
			o2.Close()
			return nil, "", readFault(err)
		}
		wrap, format, err := Sniff(head)
		if err != nil {
			o2.Close()
			return nil, "", err
		}
		if wrap == Plain {
			if format != schemas.ZIP {
				br.Discard(marked(head))
			}
			o2.Reader = br
			return o2, format, nil
		}
		if wrap == UTF16LE || wrap == UTF16BE {
			r, o2.encoding = newUTF16Reader(br, wrap), string(wrap)
			continue
		}
		if r, err = o.inflate(wrap, br, o2); err != nil {
			o2.Close()
			return nil, "", err
		}
	}
	o2.Close()
	return nil, "", Fault(KindFormat, "unpack the file first", "compressed more than %d times over", maxWraps)
}

func (o *Limits) inflate(wrap Wrap, packed *bufio.Reader, o2 *opened) (io.Reader, error) {
	in := &counted{r: packed}
	if wrap == Gzip {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, readFault(brokenPack{err})
		}
		o2.closers = append(o2.closers, z.Close)
		return &expanding{r: z, in: in, o: o}, nil
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	if err != nil {
		return nil, readFault(brokenPack{err})
	}
	o2.closers = append(o2.closers, func() error { z.Close(); return nil })
	return &expanding{r: z, in: in, o: o}, nil
}

// readFunc is a reader that is one function.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// opened is an input being read. Close closes all that was opened for it.
type opened struct {
	io.Reader
	raw      io.Reader // what the input itself gave
	encoding string    // what the text was before it was UTF-8, "" when it was that
	closers  []func() error
}

func (o *opened) Close() error {
	var errs []error
	for i := len(o.closers) - 1; i >= 0; i-- {
		errs = append(errs, o.closers[i]())
	}
	o.closers = nil
	return errors.Join(errs...)
}
