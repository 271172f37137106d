package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// hidden reports whether a character does something to a terminal, or to the
// order or the look of the text around it, instead of being seen: controls of
// both blocks, format characters (overrides and isolates of writing direction,
// zero-width ones, tags) and the separators of lines and paragraphs. Joiners
// stay, as names are spelt with them.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r < 0xa0, r == '\u200c', r == '\u200d':
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// visible is data on one line, fit for a terminal: what is hidden becomes a
// replacement character.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case hidden(r):
			return utf8.RuneError
		}
		return r
	}, s)
}

// visibleWriter does the same to all that is written to a terminal, but for
// line feeds and tabs: names from data stand in messages, headings and errors.
// Commands and what they call write at the same time.
type visibleWriter struct {
	w    io.Writer
	mu   sync.Mutex
	rest []byte // the beginning of a character whose end is still to come
}

func (v *visibleWriter) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	data := p
	if len(v.rest) > 0 {
		data = append(v.rest, p...)
	}
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		if !utf8.FullRune(data) {
			break
		}
		r, n := utf8.DecodeRune(data)
		if r != '\n' && r != '\t' && hidden(r) {
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r) // a byte that is no character is one, too
		data = data[n:]
	}
	v.rest = append([]byte(nil), data...)
	if _, err := v.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escaped is JSON in which hidden characters are escapes, so that it means the
// same and does nothing to a terminal.
func escaped(cell []byte) []byte {
	if !strings.ContainsFunc(string(cell), func(r rune) bool { return r >= 0x7f && hidden(r) }) {
		return cell
	}
	out := make([]byte, 0, len(cell)+16)
	for _, r := range string(cell) {
		switch {
		case r < 0x7f || !hidden(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
