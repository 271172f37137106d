package frame

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strconv"
	"unicode"
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

// sequences counts the sequences of characters beyond ASCII of a text.
type sequences struct {
	escapes bool

	odd    int64 // encoded twice, by where their characters stand
	again  int64 // of them, those that are so once more when decoded
	maybe  int64 // UTF-8 when taken for bytes, yet characters that may be meant
	others int64 // not UTF-8 when taken for bytes

	before2, before rune // the sequence
	seq             []rune
}

// longestSequence is how many characters of one are looked at.
const longestSequence = 1 << 16

// certain tells whether the text was encoded twice.
func (c *sequences) certain() bool { return c.others == 0 && c.odd > 0 && c.odd >= c.maybe }

// count reads a text to its end.
func (c *sequences) count(r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	c.before2, c.before = ' ', ' '
	for {
		text, err := in.Peek(in.Size())
		if err != nil && err != io.EOF {
			return err
		}
		read := 0
		for read < len(text) {
			r, size := rune(text[read]), 1
			if r >= utf8.RuneSelf || r == '\\' && c.escapes {
				r, size = unit(text[read:], c.escapes, err == io.EOF)
			}
			if size == 0 {
				break
			}
			read += size
			c.take(r)
		}
		if _, e := in.Discard(read); e != nil {
			return e
		}
		if err == io.EOF {
			c.take(' ')
			return nil
		}
	}
}

// take takes the next character.
func (c *sequences) take(r rune) {
	if r >= utf8.RuneSelf {
		if len(c.seq) < longestSequence {
			c.seq = append(c.seq, r)
		}
		return
	}
	if len(c.seq) > 0 {
		c.judge(r)
		c.before2, c.before = c.seq[max(0, len(c.seq)-2)], c.seq[len(c.seq)-1]
		c.seq = c.seq[:0]
	}
	c.before2, c.before = c.before, r
}

// judge counts the sequence, behind which comes after.
func (c *sequences) judge(after rune) {
	meant, ok := decodedOnce(string(c.seq))
	if !ok {
		c.others++
		return
	}
	odd := false
	around := func(i int) rune {
		switch {
		case i == -2:
			return c.before2
		case i == -1:
			return c.before
		case i == len(c.seq):
			return after
		}
		return c.seq[i]
	}
	for i, r := range c.seq {
		odd = odd || !plausible(around(i-2), around(i-1), r, around(i+1))
	}
	inWord := unicode.IsLetter(c.before) || unicode.IsLetter(after)
	if first := c.seq[0]; (first == 'Ã' || first == 'Â') && !unicode.IsLetter(c.before) && unicode.IsLetter(after) {
		odd = true // no word begins so
	}
	switch {
	case !odd:
		c.maybe++
	case inWord || utf8.RuneCountInString(meant) > 1:
		c.odd++
		if _, again := decodedOnce(meant); again {
			c.again++
		}
	}
}

// decodedOnce is a text without ASCII as it was before it was encoded a second
// time; false where it was not, or nobody writes what comes out.
func decodedOnce(text string) (string, bool) {
	meant := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := asByte(r)
		if !ok {
			return "", false
		}
		meant = append(meant, b)
	}
	if !utf8.Valid(meant) {
		return "", false
	}
	for _, r := range string(meant) {
		if !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r) {
			return "", false
		}
	}
	return string(meant), true
}
