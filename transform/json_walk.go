package transform

import (
	"bytes"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
)

// Looking into JSON texts that are known to be valid.

// validJSON tells whether text is exactly one JSON value that the database
// will read too: no half surrogate pairs, not too deep (0: any depth).
func validJSON(s *scanner, text []byte, maxDepth int) bool {
	s.eof, s.deepest, s.lone, s.limit, s.suspect = true, 0, false, maxDepth, nothing
	i := blank(text, 0)
	if i == len(text) {
		return false
	}
	end, st := s.value(text, i)
	return st == good && blank(text, end) == len(text) && !s.lone
}

// eachItem calls f with the raw text of each item of an array.
func eachItem(array []byte, f func(raw []byte)) {
	s := scanner{eof: true}
	for i := blank(array, blank(array, 0)+1); i < len(array) && array[i] != ']'; {
		end, st := s.value(array, i)
		if st != good {
			return
		}
		f(array[i:end])
		if i = blank(array, end); i < len(array) && array[i] == ',' {
			i = blank(array, i+1)
		}
	}
}

// eachMember calls f with the key, as text, and the raw value of each member
// of an object, until f returns false.
func eachMember(object []byte, f func(key, raw []byte) bool) {
	s := scanner{eof: true}
	for i := blank(object, blank(object, 0)+1); i < len(object) && object[i] == '"'; {
		start := i + 1
		end, st := s.str(object, start)
		if st != good {
			return
		}
		key := object[start : end-1]
		if s.escaped {
			key = unescape(nil, key)
		}
		if i, st = s.colon(object, end); st != good {
			return
		}
		if end, st = s.value(object, i); st != good {
			return
		}
		if !f(key, object[i:end]) {
			return
		}
		if i = blank(object, end); i < len(object) && object[i] == ',' {
			i = blank(object, i+1)
		}
	}
}

// step is one step of a path into a JSON value. Keys match as headers do; one
// that is spelled as in the path goes before others.
type step struct {
	key    string
	normal string // by schemas.NormalHeader
	index  int64  // into an array, or -1
}

func steps(p schemas.Path) []step {
	out := make([]step, len(p))
	for i, key := range p {
		out[i] = step{key: key, normal: schemas.NormalHeader(key), index: -1}
		if n, f := parseInt([]byte(key)); f.rule == "" && n >= 0 {
			out[i].index = n
		}
	}
	return out
}

// repeat tells of the keys on a path of which an object has several.
type repeat struct {
	steps   int  // to the first of them; 0 where there are none
	differs bool // they do not say the same
}

// lookup follows a path into a value and returns the raw value there, or nil.
// Where something in the way cannot be looked into, though it says something,
// it returns that and how many steps led to it; else stuck is -1.
// A list of one object where an object is expected counts as that object.
// Where an object says one thing twice, and differently, nothing is found.
func lookup(v []byte, path []step) (found []byte, stuck int, again repeat) {
	return lookupFrom(v, path, 0, again)
}

// lookupFrom takes the steps of a path from the i-th on.
func lookupFrom(v []byte, path []step, i int, again repeat) (found []byte, stuck int, _ repeat) {
	v = trim(v)
	if i == len(path) {
		return v, -1, again
	}
	s := &path[i]
	if s.index < 0 && len(v) > 0 && v[0] == '[' {
		if only := onlyItem(v); only != nil {
			v = only
		} else if holdsNothing(v) {
			return nil, -1, again
		} else {
			return v, i, again
		}
	}
	switch {
	case len(v) == 0 || v[0] == 'n' || string(v) == `""`:
		return nil, -1, again
	case v[0] == '{':
		var held heldMember
		eachMember(v, func(key, raw []byte) bool {
			if s.leadsTo(key) {
				held.add(raw)
			}
			return true
		})
		return held.follow(path, i, again)
	case v[0] == '[':
		if v = itemOf(v, s.index); v == nil {
			return nil, -1, again
		}
		return lookupFrom(v, path, i+1, again)
	}
	return v, i, again
}

// leadsTo tells whether a step leads to the member of that key.
func (s *step) leadsTo(key []byte) bool {
	return string(key) == s.key || sameHeader(key, s.normal)
}

// heldMember is the member of an object that a step leads to.
type heldMember struct {
	value   []byte
	twice   bool // others that say something have the key too
	differs bool // they say something else
}

// add takes the next member of the key.
func (h *heldMember) add(raw []byte) {
	if h.value == nil || saysNothing(h.value) {
		h.value = raw
	} else if !saysNothing(raw) {
		h.twice, h.differs = true, h.differs || !alike(h.value, raw)
	}
}

// follow goes on behind the i-th step of a path, which led to h.
func (h *heldMember) follow(path []step, i int, again repeat) (found []byte, stuck int, _ repeat) {
	if h.twice && again.steps == 0 {
		again = repeat{i + 1, h.differs}
	}
	switch {
	case h.differs:
		return nil, -1, repeat{i + 1, true}
	case h.value == nil:
		return nil, -1, again
	}
	return lookupFrom(h.value, path, i+1, again)
}

// saysNothing is true of null and the empty string.
func saysNothing(v []byte) bool {
	_, says := jsonText(v)
	return !says
}

// alike tells whether two values of one key say the same: as texts, but for
// the case of true and false.
func alike(x, y []byte) bool {
	a, _ := jsonText(x)
	b, _ := jsonText(y)
	return bytes.Equal(a, b) || bytes.EqualFold(a, b) && (bytes.EqualFold(a, []byte("true")) || bytes.EqualFold(a, []byte("false")))
}

// sameHeader tells whether key is normal once it is normalised. It is called
// for each key that is looked past, so the first letter is tried first.
func sameHeader(key []byte, normal string) bool {
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
		eachItem(array, func(raw []byte) {
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
	eachItem(array, func(raw []byte) {
		found = raw
		n++
	})
	if n != 1 || found[0] != '{' {
		return nil
	}
	return found
}

// jsonText is a value as a text cell has it: a string without its quotes and
// escapes, anything else as it is written. It reports false for null and "".
func jsonText(v []byte) ([]byte, bool) {
	v = trim(v)
	switch {
	case len(v) == 0, v[0] == 'n':
		return nil, false
	case v[0] != '"':
		return v, true
	}
	v = v[1 : len(v)-1]
	if bytes.IndexByte(v, '\\') >= 0 {
		v = unescape(nil, v)
	}
	return v, len(v) > 0
}
