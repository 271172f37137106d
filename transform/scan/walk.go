package scan

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
)

// Looking into JSON texts that are known to be valid.

// Valid tells whether text is exactly one JSON value that the database
// will read too: no half surrogate pairs, not too deep (0: any depth).
func Valid(s *Scanner, text []byte, maxDepth int) bool {
	s.EOF, s.Deepest, s.Lone, s.Limit, s.Suspect = true, 0, false, maxDepth, Nothing
	i := Blank(text, 0)
	if i == len(text) {
		return false
	}
	end, st := s.Value(text, i)
	return st == Good && Blank(text, end) == len(text) && !s.Lone
}

// EachItem calls f with the raw text of each item of an array.
func EachItem(array []byte, f func(raw []byte)) {
	s := Scanner{EOF: true}
	for i := Blank(array, Blank(array, 0)+1); i < len(array) && array[i] != ']'; {
		end, st := s.Value(array, i)
		if st != Good {
			return
		}
		f(array[i:end])
		if i = Blank(array, end); i < len(array) && array[i] == ',' {
			i = Blank(array, i+1)
		}
	}
}

// EachMember calls f with the key, as text, and the raw value of each member
// of an object, until f returns false.
func EachMember(object []byte, f func(key, raw []byte) bool) {
	s := Scanner{EOF: true}
	for i := Blank(object, Blank(object, 0)+1); i < len(object) && object[i] == '"'; {
		start := i + 1
		end, st := s.Str(object, start)
		if st != Good {
			return
		}
		key := object[start : end-1]
		if s.Escaped {
			key = Unescape(nil, key)
		}
		if i, st = s.Colon(object, end); st != Good {
			return
		}
		if end, st = s.Value(object, i); st != Good {
			return
		}
		if !f(key, object[i:end]) {
			return
		}
		if i = Blank(object, end); i < len(object) && object[i] == ',' {
			i = Blank(object, i+1)
		}
	}
}

// Step is one step of a path into a JSON value. Keys match as headers do; one
// that is spelled as in the path goes before others.
type Step struct {
	Key    string
	normal string // by schemas.NormalHeader
	index  int64  // into an array, or -1
}

// Steps prepares a path for [Lookup].
func Steps(p schemas.Path) []Step {
	out := make([]Step, len(p))
	for i, key := range p {
		out[i] = Step{Key: key, normal: schemas.NormalHeader(key), index: -1}
		if n, err := strconv.ParseInt(key, 10, 64); err == nil && n >= 0 {
			out[i].index = n
		}
	}
	return out
}

// Repeat tells of the keys on a path of which an object has several.
type Repeat struct {
	Steps   int  // to the first of them; 0 where there are none
	Differs bool // they do not say the same
}

// Lookup follows a path into a value and returns the raw value there, or nil.
// Where something in the way cannot be looked into, though it says something,
// it returns that and how many steps led to it; else stuck is -1.
// A list of one object where an object is expected counts as that object.
// Where an object says one thing twice, and differently, nothing is found.
func Lookup(v []byte, path []Step) (found []byte, stuck int, repeat Repeat) {
	return lookupFrom(v, path, 0, repeat)
}

// lookupFrom takes the steps of a path from the i-th on.
func lookupFrom(v []byte, path []Step, i int, repeat Repeat) (found []byte, stuck int, _ Repeat) {
	v = Trim(v)
	if i == len(path) {
		return v, -1, repeat
	}
	s := &path[i]
	if s.index < 0 && len(v) > 0 && v[0] == '[' {
		if only := onlyItem(v); only != nil {
			v = only
		} else if HoldsNothing(v) {
			return nil, -1, repeat
		} else {
			return v, i, repeat
		}
	}
	switch {
	case len(v) == 0 || v[0] == 'n' || string(v) == `""`:
		return nil, -1, repeat
	case v[0] == '{':
		var held Held
		EachMember(v, func(key, raw []byte) bool {
			if s.LeadsTo(key) {
				held.Add(raw)
			}
			return true
		})
		return held.Follow(path, i, repeat)
	case v[0] == '[':
		if v = itemOf(v, s.index); v == nil {
			return nil, -1, repeat
		}
		return lookupFrom(v, path, i+1, repeat)
	}
	return v, i, repeat
}

// LeadsTo tells whether a step leads to the member of that key.
func (s *Step) LeadsTo(key []byte) bool {
	return string(key) == s.Key || SameHeader(key, s.normal)
}

// Held is the member of an object that a step leads to.
type Held struct {
	value    []byte
	repeated bool // others that say something have the key too
	differs  bool // they say something else
}

// Add takes the next member of the key.
func (h *Held) Add(raw []byte) {
	if h.value == nil || saysNothing(h.value) {
		h.value = raw
	} else if !saysNothing(raw) {
		h.repeated, h.differs = true, h.differs || !Alike(h.value, raw)
	}
}

// Follow goes on behind the i-th step of a path, which led to h.
func (h *Held) Follow(path []Step, i int, repeat Repeat) (found []byte, stuck int, _ Repeat) {
	if h.repeated && repeat.Steps == 0 {
		repeat = Repeat{i + 1, h.differs}
	}
	switch {
	case h.differs:
		return nil, -1, Repeat{i + 1, true}
	case h.value == nil:
		return nil, -1, repeat
	}
	return lookupFrom(h.value, path, i+1, repeat)
}

// saysNothing is true of null and the empty string.
func saysNothing(v []byte) bool {
	_, says := Text(v)
	return !says
}

// Alike tells whether two values of one key say the same: as texts, but for
// the case of true and false.
func Alike(x, y []byte) bool {
	a, _ := Text(x)
	b, _ := Text(y)
	return bytes.Equal(a, b) || bytes.EqualFold(a, b) && (bytes.EqualFold(a, []byte("true")) || bytes.EqualFold(a, []byte("false")))
}

// SameHeader tells whether key is normal once it is normalised. It is called
// for each key that is looked past, so the first letter is tried first.
func SameHeader(key []byte, normal string) bool {
	if len(key) < len(normal) || len(normal) == 0 {
		return false
	}
	if c := key[0]; c < utf8.RuneSelf && c|0x20 != normal[0] && (c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9') {
		return false
	}
	return schemas.NormalHeader(string(key)) == normal
}

func itemOf(array []byte, n int64) (found []byte) {
	if n >= 0 {
		EachItem(array, func(raw []byte) {
			if n == 0 {
				found = raw
			}
			n--
		})
	}
	return found
}

// onlyItem is the object in a list of nothing else, or nil.
func onlyItem(array []byte) (found []byte) {
	n := 0
	EachItem(array, func(raw []byte) {
		found = raw
		n++
	})
	if n != 1 || found[0] != '{' {
		return nil
	}
	return found
}

// Text is a value as a text cell has it: a string without its quotes and
// escapes, anything else as it is written. It reports false for null and "".
func Text(v []byte) ([]byte, bool) {
	v = Trim(v)
	switch {
	case len(v) == 0, v[0] == 'n':
		return nil, false
	case v[0] != '"':
		return v, true
	}
	v = v[1 : len(v)-1]
	if bytes.IndexByte(v, '\\') >= 0 {
		v = Unescape(nil, v)
	}
	return v, len(v) > 0
}
