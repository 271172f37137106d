package frame

import (
	"bufio"
	"io"
	"unicode"
	"unicode/utf8"
)

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
