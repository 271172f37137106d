package frame

import (
	"context"
	"errors"
	"io"
)

// A text that grows in decompression beyond all measure is a bomb. Real
// exports repeat themselves a lot, so the ratio counts only from some size on.

// counted counts the bytes read through it.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// expanding is decompressed text within the limits of the options. It tells
// broken compression apart from other errors.
type expanding struct {
	r   io.Reader
	in  *counted // the compressed side
	n   int64
	o   *Limits
	end error
}

func (e *expanding) Read(p []byte) (int, error) {
	if e.end != nil {
		return 0, e.end
	}
	n, err := e.r.Read(p)
	e.n += int64(n)
	if over := e.o.expandFault(e.n, e.in.n); over != nil {
		e.end = over
		return 0, over
	}
	if err != nil && err != io.EOF && !isCancel(err) {
		err = brokenPack{err}
	}
	e.end = err
	return n, err
}

// expandFault is the error for n bytes out of packed ones, or nil.
func (o *Limits) expandFault(n, packed int64) error {
	switch {
	case n > o.MaxExpand:
		return Fault(KindExpand, "if the export is right, raise the limit", "more than %d bytes after decompression", o.MaxExpand)
	case n > o.Floor && n/max(packed, 1) > o.MaxRatio:
		return Fault(KindExpand, "if the export is right, unpack it first or raise the limit", "more than %d times larger after decompression", o.MaxRatio)
	}
	return nil
}

// brokenPack marks an error of a decompressor.
type brokenPack struct{ error }

func (b brokenPack) Unwrap() error { return b.error }

func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// readFault classifies an error of reading bytes.
func readFault(err error) error {
	var e *Error
	var broken brokenPack
	switch {
	case errors.As(err, &e), isCancel(err):
		return err
	case errors.As(err, &broken), errors.Is(err, io.ErrUnexpectedEOF):
		return Fault(KindTruncated, "the bytes are damaged or cut off; fetch them again", "broken compressed data: %w", err)
	}
	return Fault(KindRead, "", "read: %w", err)
}
