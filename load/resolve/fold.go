package resolve

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/accessmart/accessmart/schemas"
)

// folder brings values into the form in which they are compared. What it gives holds until it
// is reset.
type folder struct{ buf []byte }

func (f *folder) reset() { f.buf = f.buf[:0] }

// value is the form of a value under which it is compared; false where the value
// identifies nothing: a placeholder, or an address without the form of one.
func (f *folder) value(form schemas.Form, s string, people bool) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || schemas.IsPlaceholder(unsafeBytes(s)) || people && schemas.IsNobody(unsafeBytes(s)) {
		return "", false
	}
	switch form {
	case schemas.FormText:
		return s, true
	case schemas.FormCompact:
		from := len(f.buf)
		for _, r := range s {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				f.buf = utf8.AppendRune(f.buf, unicode.ToLower(r))
			}
		}
		return unsafeString(f.buf[from:]), len(f.buf) > from
	case schemas.FormAddress:
		return f.address(s)
	default:
		return f.lower(s), true
	}
}

func (f *folder) address(s string) (string, bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || strings.ContainsAny(s, " \t,;<>") || strings.IndexByte(s, '@') != at || !strings.Contains(s[at:], ".") {
		return "", false
	}
	s = f.lower(s)
	// A lower-case letter may take more bytes than its capital, but none becomes an @.
	return s, !schemas.IsNobodysMailbox(unsafeBytes(s[:strings.LastIndexByte(s, '@')]))
}

// lower is a text in lower case: the text itself, where it is.
func (f *folder) lower(s string) string {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return lower(s)
		case 'A' <= c && c <= 'Z':
			return f.lowerFrom(s, i)
		}
	}
	return s
}

func (f *folder) lowerFrom(s string, first int) string {
	from := len(f.buf)
	f.buf = append(f.buf, s[:first]...)
	for i := first; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return lower(s)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		f.buf = append(f.buf, c)
	}
	return unsafeString(f.buf[from:])
}

// alias is the address under the domain of which its own is another name; the
// address itself where the configuration knows none.
func (r *Resolver) alias(s string) string {
	if len(r.aliases) == 0 {
		return s
	}
	at := strings.LastIndexByte(s, '@')
	domain := s[at+1:]
	for range len(r.aliases) { // an alias may have one; a circle ends
		to, ok := r.aliases[domain]
		if !ok {
			break
		}
		domain = to
	}
	return s[:at+1] + domain
}

// zeros is a number without leading zeros.
func zeros(b []byte) []byte {
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	return b
}

// fewestDigits are those that a number with letters before it has at least: C17 may be anything.
const fewestDigits = 3

// digits is a number without the letters, the signs between them and it, and the zeros before
// it, such as 62 of W0062 and of HR-062; nil where it is none.
func digits(b []byte) []byte {
	at := len(b)
	for at > 0 && b[at-1] >= '0' && b[at-1] <= '9' {
		at--
	}
	if len(b)-at < fewestDigits || bytes.ContainsAny(b[:at], "0123456789@") {
		return nil
	}
	return zeros(b[at:])
}

// plus is an address without what follows a plus sign in its mailbox.
func plus(buf, b []byte) []byte {
	s := string(b)
	at := strings.LastIndexByte(s, '@')
	if i := strings.IndexByte(s, '+'); i > 0 && i < at {
		return append(append(buf[:0], s[:i]...), s[at:]...)
	}
	return b
}

// lower is strings.ToLower, without an allocation where nothing changes.
func lower(s string) string { return strings.ToLower(s) }

func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
