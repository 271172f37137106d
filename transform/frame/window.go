package frame

import (
	"bytes"
	"io"
)

// window is the stretch of a text that is in memory: buf[pos:n] is not yet
// framed, what lies before belongs to the frame in the making.
type window struct {
	r     io.Reader
	buf   []byte
	pos   int
	n     int
	base  int64 // offset of buf[0] in the text
	line  int64 // line of buf[0], from 1
	eof   bool
	eol   byte // that ends a line
	chunk int  // size of a fresh buffer
}

func newWindow(r io.Reader, chunk int) *window {
	return &window{r: r, chunk: chunk, line: 1, eol: '\n'}
}

// skip passes over the first n bytes of the text, after which line begins.
func (w *window) skip(n, line int64) error {
	if _, err := io.CopyN(io.Discard, w.r, n); err != nil {
		return readFault(err)
	}
	w.base, w.line = n, line
	return nil
}

func (w *window) rest() []byte { return w.buf[w.pos:w.n] }

// renew moves what is not framed to a fresh buffer, from get, and fills it.
// The old buffer is left to the frame that holds it.
func (w *window) renew(get func(size int) []byte) error {
	rest := w.rest()
	fresh := get(max(w.chunk, len(rest)))
	w.drop() // before the copy: the fresh buffer may be the old one, come back
	w.buf, w.n = fresh, copy(fresh, rest)
	return w.fill()
}

// drop forgets what was framed.
func (w *window) drop() {
	w.line += w.lines(w.pos)
	w.base += int64(w.pos)
	w.n -= w.pos
	w.pos = 0
}

// lines counts the lines that end before the place at in the buffer.
func (w *window) lines(at int) int64 { return int64(bytes.Count(w.buf[:at], []byte{w.eol})) }

var nl = []byte{'\n'}

// fill reads until the buffer is full or the text ends.
func (w *window) fill() error {
	for empty := 0; !w.eof && w.n < len(w.buf); {
		n, err := w.r.Read(w.buf[w.n:])
		w.n += n
		switch {
		case err == io.EOF:
			w.eof = true
		case err != nil:
			return readFault(err)
		case n == 0:
			if empty++; empty > 100 {
				return readFault(io.ErrNoProgress)
			}
		default:
			empty = 0
		}
	}
	return nil
}

// grow makes room, up to limit bytes, for more of a record that does not fit,
// dropping what was framed. The caller makes sure that no frame refers to the buffer.
func (w *window) grow(limit int) error {
	if w.pos > 0 {
		rest := w.rest()
		w.drop()
		copy(w.buf, rest)
	}
	if w.n == len(w.buf) && limit > w.n {
		bigger := make([]byte, min(max(2*len(w.buf), w.chunk), limit))
		copy(bigger, w.buf[:w.n])
		w.buf = bigger
	}
	return w.fill()
}

// skipLine drops the rest of a line however long it is.
func (w *window) skipLine() error {
	for {
		if i := bytes.IndexByte(w.rest(), w.eol); i >= 0 {
			w.pos += i + 1
			return nil
		}
		w.pos = w.n
		if w.eof {
			return nil
		}
		w.drop()
		if err := w.fill(); err != nil {
			return err
		}
	}
}
