package resolve

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/accessmart/accessmart/schemas"
)

// folder brings values into the form in which they are compared.
type folder struct{ buf []byte }

// value is the form of a value under which it is compared; false where the value
// identifies nothing: a placeholder, or an address without the form of one.
func (f *folder) value(form schemas.Form, s string, people bool) ([]byte, bool) {
	s = strings.TrimSpace(s)
	if s == "" || schemas.IsPlaceholder(unsafeBytes(s)) || people && schemas.IsNobody(unsafeBytes(s)) {
		return nil, false
	}
	switch form {
	case schemas.FormText:
		return unsafeBytes(s), true
	case schemas.FormCompact:
		f.buf = f.buf[:0]
		for _, r := range s {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				f.buf = utf8.AppendRune(f.buf, unicode.ToLower(r))
			}
		}
		return f.buf, len(f.buf) > 0
	case schemas.FormAddress:
		return f.address(s)
	default:
		f.buf = append(f.buf[:0], lower(s)...)
		return f.buf, true
	}
}

func (f *folder) address(s string) ([]byte, bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || strings.ContainsAny(s, " \t,;<>") || strings.IndexByte(s, '@') != at || !strings.Contains(s[at:], ".") {
		return nil, false
	}
	f.buf = append(f.buf[:0], lower(s[:at])...)
	if schemas.IsNobodysMailbox(f.buf) {
		return nil, false
	}
	return append(f.buf, lower(s[at:])...), true
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
