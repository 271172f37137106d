package scan

import (
	"encoding/binary"
	"math/bits"

	"github.com/accessmart/accessmart/schemas"
)

// Status is how an attempt to read one record or token ended.
type Status int

const (
	Good Status = iota
	More        // the window ends first
	Bad         // not one record of the format
)

// A Scanner passes over JSON values in a window, strictly by RFC 8259, without
// building anything and without recursion: nesting is a bit per level. Bytes
// above 0x7f are taken as they are; UTF-8 is checked for a stretch at a time.
type Scanner struct {
	EOF   bool // nothing follows the window
	Limit int  // nesting at which to give up, 0 for none

	// What was met since the flags were last cleared.
	Deepest int
	Lone    bool // an escape that is half a surrogate pair
	Nul     bool // \u0000
	Escaped bool // the last string had escapes

	Look    bool      // notice names of secrets, see mayHoldSecret
	Suspect Suspicion // what was met

	Why   string // for bad: what was expected
	nests []uint64
}

// Fail is the result of a scan that met no JSON, and why.
func (s *Scanner) Fail(why string) (int, Status) {
	s.Why = why
	return 0, Bad
}

// Cut is the result of a scan whose window ends inside a value.
func (s *Scanner) Cut() (int, Status) {
	s.Why = "the text ends inside a value"
	return 0, More
}

// Blank passes over white space.
func Blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// Value passes over the value at i, which is not blank, and returns its end.
func (s *Scanner) Value(b []byte, i int) (int, Status) {
	depth := 0
	var st Status
next: // a value is due at i
	if i >= len(b) {
		return s.Cut()
	}
	switch c := b[i]; {
	case c == '{':
		if depth = s.push(depth, 1); s.Limit > 0 && depth > s.Limit {
			return s.Fail("it is nested too deep")
		}
		if i = Blank(b, i+1); i < len(b) && b[i] == '}' {
			i++
			depth--
			goto after
		}
		goto key
	case c == '[':
		if depth = s.push(depth, 0); s.Limit > 0 && depth > s.Limit {
			return s.Fail("it is nested too deep")
		}
		if i = Blank(b, i+1); i < len(b) && b[i] == ']' {
			i++
			depth--
			goto after
		}
		goto next
	case c == '"':
		start := i + 1
		if i, st = s.Str(b, start); s.Look && st == Good {
			if s.Suspect < Pairs && mayHoldSecret(b[start:i-1], s.Escaped) {
				s.Suspect = Pairs
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
		return s.Fail("a value was expected")
	}
	if st != Good {
		return 0, st
	}
after: // a value ended at i
	if depth == 0 {
		return i, Good
	}
	if i = Blank(b, i); i >= len(b) {
		return s.Cut()
	}
	if s.isObject(depth) {
		switch b[i] {
		case ',':
			i = Blank(b, i+1)
			goto key
		case '}':
			i++
			depth--
			goto after
		}
		return s.Fail("',' or '}' was expected")
	}
	switch b[i] {
	case ',':
		i = Blank(b, i+1)
		goto next
	case ']':
		i++
		depth--
		goto after
	}
	return s.Fail("',' or ']' was expected")
key: // a key is due at i
	if i, st = s.Key(b, i); st != Good {
		return 0, st
	}
	goto next
}

// Key passes over a key and its colon, up to the value.
func (s *Scanner) Key(b []byte, i int) (int, Status) {
	if i >= len(b) {
		return s.Cut()
	}
	if b[i] != '"' {
		return s.Fail("a key was expected")
	}
	start := i + 1
	i, st := s.Str(b, start)
	if st != Good {
		return 0, st
	}
	switch name := b[start : i-1]; {
	case !s.Look || s.Suspect == Pairs:
	case s.Escaped:
		s.Suspect = Pairs
	case s.Suspect == Nothing && schemas.IsSecretName(name):
		s.Suspect = Keys
	}
	return s.Colon(b, i)
}

// Colon passes over the colon at i or behind blanks, up to the value.
func (s *Scanner) Colon(b []byte, i int) (int, Status) {
	if i = Blank(b, i); i >= len(b) {
		return s.Cut()
	}
	if b[i] != ':' {
		return s.Fail("':' was expected")
	}
	return Blank(b, i+1), Good
}

func (s *Scanner) push(depth int, object uint64) int {
	depth++
	if depth>>6 >= len(s.nests) {
		s.nests = append(s.nests, 0)
	}
	word := &s.nests[depth>>6]
	*word = *word&^(1<<(depth&63)) | object<<(depth&63)
	s.Deepest = max(s.Deepest, depth)
	return depth
}

func (s *Scanner) isObject(depth int) bool { return s.nests[depth>>6]>>(depth&63)&1 == 1 }

// Str passes over a string whose opening quote is before i, and returns the
// place behind the closing one.
func (s *Scanner) Str(b []byte, i int) (int, Status) {
	s.Escaped = false
	for {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			// quote, backslash, or a byte below 0x20
			m := HasZero(x^('"'*Ones)) | HasZero(x^('\\'*Ones)) | (x-0x20*Ones)&^x&Highs
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return s.Cut()
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, Good
		case c == '\\':
			s.Escaped = true
			var st Status
			if i, st = s.escape(b, i+1); st != Good {
				return 0, st
			}
		case c < 0x20:
			return s.Fail("a control character in a string")
		default:
			i++
		}
	}
}

// escape passes over what follows a backslash.
func (s *Scanner) escape(b []byte, i int) (int, Status) {
	if i >= len(b) {
		return s.Cut()
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, Good
	case 'u':
	default:
		return s.Fail("an escape that does not exist")
	}
	r, st := s.hex4(b, i+1)
	if st != Good {
		return 0, st
	}
	i += 5
	switch {
	case r == 0:
		s.Nul = true
	case r >= 0xDC00 && r < 0xE000:
		s.Lone = true
	case r >= 0xD800 && r < 0xDC00:
		if i+2 > len(b) && !(i < len(b) && b[i] != '\\') {
			return s.Cut()
		}
		if b[i] != '\\' || b[i+1] != 'u' {
			s.Lone = true
			return i, Good
		}
		low, st := s.hex4(b, i+2)
		if st != Good {
			return 0, st
		}
		if low < 0xDC00 || low > 0xDFFF {
			s.Lone = true
			return i, Good
		}
		i += 6
	}
	return i, Good
}

func (s *Scanner) hex4(b []byte, i int) (r rune, st Status) {
	for k := range 4 {
		if i+k >= len(b) {
			_, st = s.Cut()
			return 0, st
		}
		d := unhex(b[i+k])
		if d < 0 {
			_, st = s.Fail("four hexadecimal digits were expected")
			return 0, st
		}
		r = r<<4 | rune(d)
	}
	return r, Good
}

// Digits passes over decimal digits.
func Digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func (s *Scanner) number(b []byte, i int) (int, Status) {
	if b[i] == '-' {
		i++
	}
	start := i
	if i = Digits(b, i); i == start {
		if i == len(b) {
			return s.Cut()
		}
		return s.Fail("a digit was expected")
	}
	if b[start] == '0' && i > start+1 {
		return s.Fail("a number with a leading zero")
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = Digits(b, start); i == start {
			if i == len(b) {
				return s.Cut()
			}
			return s.Fail("a digit was expected")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start = i
		if i = Digits(b, i); i == start {
			if i == len(b) {
				return s.Cut()
			}
			return s.Fail("a digit was expected")
		}
	}
	if i == len(b) && !s.EOF {
		return s.Cut()
	}
	return i, Good
}

func (s *Scanner) word(b []byte, i int, word string) (int, Status) {
	for k := range len(word) {
		if i+k >= len(b) {
			return s.Cut()
		}
		if b[i+k] != word[k] {
			return s.Fail("a value was expected")
		}
	}
	return i + len(word), Good
}
