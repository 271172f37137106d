package frame

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/accessmart/accessmart/schemas"
)

// A program that takes UTF-8 for Windows-1252, or for Latin-1, and writes UTF-8
// makes "ZoÃ«" of "Zoë". Such a text is valid, so nothing else tells of it: its
// names are other names, and its keys those of other things. It is read as it was
// meant where that is certain: each sequence of characters beyond ASCII, taken for
// bytes, is UTF-8, and within words they stand where nobody writes them.

// ruleTwice is the finding about a text of which only a part was encoded twice.
const ruleTwice = "encoded_twice"

// twiceBOM is a byte-order mark that was encoded twice.
var twiceBOM = []byte("\u00ef\u00bb\u00bf")

// EncodedTwice tells whether the text, as far as it was read, turned out to be
// encoded as UTF-8 twice.
func (tx *Text) EncodedTwice() bool { return tx.counted != nil && tx.counted.certain() }

// open opens the text as it was meant.
func (tx *Text) open(ctx context.Context) (io.ReadCloser, error) {
	r, err := tx.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &onceReader{tx: tx, ctx: ctx, in: r, escapes: tx.Format != schemas.CSV, buf: make([]byte, 64<<10)}, nil
}

// twice decides, when it is first asked, whether the text was encoded twice, by
// all of it.
func (tx *Text) twice(ctx context.Context) (bool, error) {
	if tx.counted != nil {
		return tx.counted.certain(), nil
	}
	r, err := tx.Open(ctx)
	if err != nil {
		return false, err
	}
	c := &sequences{escapes: tx.Format != schemas.CSV}
	err = c.count(r)
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return false, readFault(err)
	}
	tx.counted = c
	switch {
	case c.certain() && c.again == c.odd:
		return false, Fault(KindEncoding, "export it as UTF-8", "the text was encoded as UTF-8 more than twice")
	case c.odd > 0 && !c.certain():
		tx.Found.Add(schemas.Finding{Rule: ruleTwice, Count: c.odd, Detail: "places where UTF-8 was read as Windows-1252 and encoded once more (as ZoÃ« for Zoë), " +
			"beside others that were not: all is kept as delivered; find out which program wrote them"})
	}
	return c.certain(), nil
}

// onceReader passes a text on, from the first sequence on that may have been
// encoded twice as it was meant, if the text certainly was.
type onceReader struct {
	tx      *Text
	ctx     context.Context
	in      io.ReadCloser
	escapes bool // \u00c3 stands for a character
	buf     []byte
	at      int // of buf, the next byte to give
	ready   int // end of those that may be given
	n       int // end of those that were read
	begun   bool
	decides decision
	end     error
}

// decision is what is done with the rest of a text.
type decision int

const (
	undecided decision = iota
	asItIs
	asMeant
)

func (o *onceReader) Close() error { return o.in.Close() }

func (o *onceReader) Read(p []byte) (int, error) {
	if o.decides == asItIs && o.at == o.n {
		if o.end != nil {
			return 0, o.end
		}
		return o.in.Read(p)
	}
	for o.at == o.ready {
		if o.end != nil && o.ready == o.n {
			return 0, o.end
		}
		o.n = copy(o.buf, o.buf[o.ready:o.n])
		o.at, o.ready = 0, 0
		if o.end == nil {
			n, err := o.in.Read(o.buf[o.n:])
			o.n, o.end = o.n+n, err
		}
		if err := o.prepare(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.buf[o.at:o.ready])
	o.at += n
	return n, nil
}

// prepare makes bytes that were read ready to be given.
func (o *onceReader) prepare() error {
	if o.decides == undecided {
		start, st := o.suspect()
		o.ready = start
		if st != suspicious {
			o.begun = o.begun || o.ready > 0
			return nil
		}
		twice, err := o.tx.twice(o.ctx)
		if err != nil {
			return err
		}
		o.decides = asItIs
		if twice {
			o.decides = asMeant
		}
	}
	if o.decides == asItIs {
		o.ready = o.n
		return nil
	}
	o.decode()
	return nil
}

// decode turns what is not ready yet into what was meant.
func (o *onceReader) decode() {
	from, to := o.ready, o.ready
	for from < o.n {
		if c := o.buf[from]; c < utf8.RuneSelf && (c != '\\' || !o.escapes) {
			o.buf[to] = c
			from, to = from+1, to+1
			continue
		}
		r, size := unit(o.buf[from:o.n], o.escapes, o.end != nil)
		if size == 0 {
			break
		}
		if b, ok := asByte(r); ok {
			o.buf[to] = b
			to++
		} else {
			to += copy(o.buf[to:], o.buf[from:from+size])
		}
		from += size
	}
	o.n = to + copy(o.buf[to:], o.buf[from:o.n])
	o.ready = to
	if !o.begun && o.ready >= len(BOM) {
		if bytes.HasPrefix(o.buf[:o.ready], BOM) {
			o.at = len(BOM)
		}
		o.begun = true
	}
}

// suspicion is what is said of a place in a text.
type suspicion int

const (
	harmless suspicion = iota
	suspicious
	unfinished // it ends too early to tell
)

// suspect finds the first place that may be a sequence encoded twice, or too short
// to tell; without one, the end of what was read.
func (o *onceReader) suspect() (int, suspicion) {
	text := o.buf[:o.n]
	high, escape := -1, -1
	if !o.escapes {
		escape = o.n
	}
	for i := o.ready; ; {
		high, escape = nextByte(text, high, i, 0xc3), nextByte(text, escape, i, '\\')
		if i = min(high, escape); i >= o.n {
			return o.n, harmless
		}
		if st := begins(text[i:], o.escapes, o.end != nil); st != harmless {
			return i, st
		}
		if i++; i == escape+1 {
			i = min(i+1, o.n) // what it escapes
		}
	}
}

// nextByte is the first place of a byte at or after from, or behind the end; known is
// one that was found before.
func nextByte(text []byte, known, from int, b byte) int {
	if known >= from {
		return known
	}
	if k := bytes.IndexByte(text[from:], b); k >= 0 {
		return from + k
	}
	return len(text)
}

// begins tells whether a text begins with a sequence that, taken for bytes, is one
// character in UTF-8.
func begins(text []byte, escapes, eof bool) suspicion {
	var seq [utf8.UTFMax]byte
	for n := 0; n < len(seq); n++ {
		r, size := unit(text, escapes, eof)
		if size == 0 {
			if eof {
				return harmless
			}
			return unfinished
		}
		b, ok := asByte(r)
		if !ok {
			return harmless
		}
		seq[n], text = b, text[size:]
		if r, _ := utf8.DecodeRune(seq[:n+1]); r != utf8.RuneError {
			return suspicious
		}
		if utf8.FullRune(seq[:n+1]) { // and is none
			return harmless
		}
	}
	return harmless
}

// unit reads one character; with escapes an escape of JSON counts as one, and one
// of ASCII as itself. Its size is 0 where the text ends within it and goes on.
func unit(text []byte, escapes, eof bool) (r rune, size int) {
	if escapes && len(text) > 0 && text[0] == '\\' {
		switch {
		case len(text) > 1 && text[1] != 'u':
			return '\\', 2
		case len(text) >= 6:
			code, err := strconv.ParseUint(string(text[2:6]), 16, 16)
			if err != nil {
				return '\\', 2
			}
			return rune(code), 6
		case !eof:
			return 0, 0
		}
		return '\\', 1
	}
	if len(text) == 0 || !eof && !utf8.FullRune(text) {
		return 0, 0
	}
	return utf8.DecodeRune(text)
}

// asByte is the byte that a program took for a character beyond ASCII: of
// Windows-1252, or of Latin-1 where that has a control character.
func asByte(r rune) (byte, bool) {
	switch {
	case r < utf8.RuneSelf, r == utf8.RuneError:
		return 0, false
	case r <= 0xff:
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}
