package transform

import "bytes"

// Looking into JSON texts that are known to be valid.

// validJSON tells whether text is exactly one JSON value that the database
// will read too: no half surrogate pairs, not too deep (0: any depth).
func validJSON(s *scanner, text []byte, maxDepth int) bool {
	s.eof, s.deepest, s.lone, s.limit = true, 0, false, maxDepth
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

// lookup follows a path into a value and returns the raw value there, or nil.
func lookup(v []byte, path []string) []byte {
	for _, step := range path {
		v = v[blank(v, 0):]
		var found []byte
		switch {
		case len(v) > 0 && v[0] == '{':
			eachMember(v, func(key, raw []byte) bool {
				if string(key) == step {
					found = raw
				}
				return found == nil
			})
		case len(v) > 0 && v[0] == '[':
			n, ok := parseInt([]byte(step))
			if ok.rule == "" && n >= 0 {
				eachItem(v, func(raw []byte) {
					if n == 0 {
						found = raw
					}
					n--
				})
			}
		}
		if v = found; v == nil {
			return nil
		}
	}
	return v
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
