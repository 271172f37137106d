package transform

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
)

// A scanner passes over JSON values in a window, strictly by RFC 8259, without
// building anything and without recursion: nesting is a bit per level. Bytes
// above 0x7f are taken as they are; UTF-8 is checked for a stretch at a time.
type scanner struct {
	eof   bool // nothing follows the window
	limit int  // nesting at which to give up, 0 for none

	// What was met since the flags were last cleared.
	deepest int
	lone    bool // an escape that is half a surrogate pair
	nul     bool // \u0000
	escaped bool // the last string had escapes

	look    bool      // notice names of secrets, see mayHoldSecret
	suspect suspicion // what was met

	why   string // for bad: what was expected
	nests []uint64
}

func (s *scanner) fail(why string) (int, status) {
	s.why = why
	return 0, bad
}

// end of the window inside a value
func (s *scanner) cut() (int, status) {
	s.why = "the text ends inside a value"
	return 0, more
}

// blank passes over white space.
func blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// value passes over the value at i, which is not blank, and returns its end.
func (s *scanner) value(b []byte, i int) (int, status) {
	depth := 0
	var st status
next: // a value is due at i
	if i >= len(b) {
		return s.cut()
	}
	switch c := b[i]; {
	case c == '{':
		if depth = s.push(depth, 1); s.limit > 0 && depth > s.limit {
			return s.fail("it is nested too deep")
		}
		if i = blank(b, i+1); i < len(b) && b[i] == '}' {
			i++
			depth--
			goto after
		}
		goto key
	case c == '[':
		if depth = s.push(depth, 0); s.limit > 0 && depth > s.limit {
			return s.fail("it is nested too deep")
		}
		if i = blank(b, i+1); i < len(b) && b[i] == ']' {
			i++
			depth--
			goto after
		}
		goto next
	case c == '"':
		start := i + 1
		if i, st = s.str(b, start); s.look && st == good {
			if s.suspect < pairs && mayHoldSecret(b[start:i-1], s.escaped) {
				s.suspect = pairs
			}
		}
	case c == '-' || c >= '0' && c <= '9':
		i, st = s.number(b, i)
	case c == 't':
		i, st = s.word(b, i, "true")
	case c == 'f':
		i, st = s.word(b, i, "false")
	case c == 'n':
		i, st = s.word(b, i, "null")
	default:
		return s.fail("a value was expected")
	}
	if st != good {
		return 0, st
	}
after: // a value ended at i
	if depth == 0 {
		return i, good
	}
	if i = blank(b, i); i >= len(b) {
		return s.cut()
	}
	if s.isObject(depth) {
		switch b[i] {
		case ',':
			i = blank(b, i+1)
			goto key
		case '}':
			i++
			depth--
			goto after
		}
		return s.fail("',' or '}' was expected")
	}
	switch b[i] {
	case ',':
		i = blank(b, i+1)
		goto next
	case ']':
		i++
		depth--
		goto after
	}
	return s.fail("',' or ']' was expected")
key: // a key is due at i
	if i, st = s.key(b, i); st != good {
		return 0, st
	}
	goto next
}

// key passes over a key and its colon, up to the value.
func (s *scanner) key(b []byte, i int) (int, status) {
	if i >= len(b) {
		return s.cut()
	}
	if b[i] != '"' {
		return s.fail("a key was expected")
	}
	start := i + 1
	i, st := s.str(b, start)
	if st != good {
		return 0, st
	}
	switch name := b[start : i-1]; {
	case !s.look || s.suspect == pairs:
	case s.escaped:
		s.suspect = pairs
	case s.suspect == nothing && schemas.IsSecretName(name):
		s.suspect = keys
	}
	return s.colon(b, i)
}

func (s *scanner) colon(b []byte, i int) (int, status) {
	if i = blank(b, i); i >= len(b) {
		return s.cut()
	}
	if b[i] != ':' {
		return s.fail("':' was expected")
	}
	return blank(b, i+1), good
}

func (s *scanner) push(depth int, object uint64) int {
	depth++
	if depth>>6 >= len(s.nests) {
		s.nests = append(s.nests, 0)
	}
	word := &s.nests[depth>>6]
	*word = *word&^(1<<(depth&63)) | object<<(depth&63)
	s.deepest = max(s.deepest, depth)
	return depth
}

func (s *scanner) isObject(depth int) bool { return s.nests[depth>>6]>>(depth&63)&1 == 1 }

// str passes over a string whose opening quote is before i, and returns the
// place behind the closing one.
func (s *scanner) str(b []byte, i int) (int, status) {
	s.escaped = false
	for {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			// quote, backslash, or a byte below 0x20
			m := hasZero(x^('"'*ones)) | hasZero(x^('\\'*ones)) | (x-0x20*ones)&^x&highs
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return s.cut()
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, good
		case c == '\\':
			s.escaped = true
			var st status
			if i, st = s.escape(b, i+1); st != good {
				return 0, st
			}
		case c < 0x20:
			return s.fail("a control character in a string")
		default:
			i++
		}
	}
}

// escape passes over what follows a backslash.
func (s *scanner) escape(b []byte, i int) (int, status) {
	if i >= len(b) {
		return s.cut()
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, good
	case 'u':
	default:
		return s.fail("an escape that does not exist")
	}
	r, st := s.hex4(b, i+1)
	if st != good {
		return 0, st
	}
	i += 5
	switch {
	case r == 0:
		s.nul = true
	case r >= 0xDC00 && r < 0xE000:
		s.lone = true
	case r >= 0xD800 && r < 0xDC00:
		if i+2 > len(b) && !(i < len(b) && b[i] != '\\') {
			return s.cut()
		}
		if b[i] != '\\' || b[i+1] != 'u' {
			s.lone = true
			return i, good
		}
		low, st := s.hex4(b, i+2)
		if st != good {
			return 0, st
		}
		if low < 0xDC00 || low > 0xDFFF {
			s.lone = true
			return i, good
		}
		i += 6
	}
	return i, good
}

func (s *scanner) hex4(b []byte, i int) (r rune, st status) {
	for k := range 4 {
		if i+k >= len(b) {
			_, st = s.cut()
			return 0, st
		}
		d := unhex(b[i+k])
		if d < 0 {
			_, st = s.fail("four hexadecimal digits were expected")
			return 0, st
		}
		r = r<<4 | rune(d)
	}
	return r, good
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func (s *scanner) number(b []byte, i int) (int, status) {
	if b[i] == '-' {
		i++
	}
	start := i
	if i = digits(b, i); i == start {
		if i == len(b) {
			return s.cut()
		}
		return s.fail("a digit was expected")
	}
	if b[start] == '0' && i > start+1 {
		return s.fail("a number with a leading zero")
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = digits(b, start); i == start {
			if i == len(b) {
				return s.cut()
			}
			return s.fail("a digit was expected")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start = i
		if i = digits(b, i); i == start {
			if i == len(b) {
				return s.cut()
			}
			return s.fail("a digit was expected")
		}
	}
	if i == len(b) && !s.eof {
		return s.cut()
	}
	return i, good
}

func (s *scanner) word(b []byte, i int, word string) (int, status) {
	for k := range len(word) {
		if i+k >= len(b) {
			return s.cut()
		}
		if b[i+k] != word[k] {
			return s.fail("a value was expected")
		}
	}
	return i + len(word), good
}

// unescape appends the text of a JSON string, given without its quotes and
// known to be valid. Half a surrogate pair becomes U+FFFD.
func unescape(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		c := src[i]
		if c != '\\' {
			k := i + 1
			for k < len(src) && src[k] != '\\' {
				k++
			}
			dst = append(dst, src[i:k]...)
			i = k
			continue
		}
		i += 2
		switch src[i-1] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := rune4(src[i:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if i+6 <= len(src) && src[i] == '\\' && src[i+1] == 'u' {
					low = rune4(src[i+2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, src[i-1])
		}
	}
	return dst
}

func rune4(b []byte) rune {
	return rune(unhex(b[0])<<12 | unhex(b[1])<<8 | unhex(b[2])<<4 | unhex(b[3]))
}

const hexDigits = "0123456789abcdef"

// plainText tells whether s can stand in a JSON string as it is.
func plainText(s []byte) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if (x-0x20*ones)&^x&highs|hasZero(x^('"'*ones))|hasZero(x^('\\'*ones)) != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// quote appends s as a JSON string. Only what must be escaped is.
func quote(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range s {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
