package transform

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// readJSON reads JSON cells. A cell that is not JSON, even after one repair,
// is kept as a JSON string of its text: a bad cell of metadata must not cost
// the record. Masks are applied here, so that no hidden value goes further; a
// masked cell that cannot be read is hidden whole.
func (r *reader) readJSON(b *run, in *array.String) arrow.Array {
	v := viewText(in)
	s := &scanner{}
	i, n := 0, in.Len()
	if len(r.masks) == 0 && r.strip == "" {
		for i < n && (v.null(i) || plainJSON(s, v.at(i), r.maxDepth)) {
			i++
		}
		if i == n {
			in.Retain()
			return in
		}
	}
	out := newTexts(b.mem, n, v.size()+v.size()/8)
	for i = range n {
		cell := stripped(trim(v.at(i)), r.strip)
		if len(cell) == 0 {
			out.null()
			continue
		}
		cell, how := readable(s, cell, r.maxDepth)
		if how != asIs && b.flags != nil {
			b.flag(int32(i), r.name, how)
		}
		switch {
		case len(cell) == 0 || string(cell) == `""` || string(cell) == "null":
			out.null()
		case len(r.masks) == 0 && how != broke:
			out.add(cell)
		case len(r.masks) == 0:
			out.add(quote(nil, cell))
		case how == broke:
			out.parts(maskedJSON)
			out.next()
		default:
			out.add(mask(nil, cell, r.masks))
		}
	}
	return b.text(out)
}

// plainJSON is true for a cell that can be handed on as it is.
func plainJSON(s *scanner, cell []byte, maxDepth int) bool {
	return (cell[0] == '{' || cell[0] == '[') && validJSON(s, cell, maxDepth)
}

// How a JSON cell was read.
type reading int

const (
	asIs reading = iota
	repaired
	broke
)

// collapsed matches an empty string that was folded to a single quote.
var collapsed = regexp.MustCompile(`:(\s*)"(\s*[,}\]])`)

// readable makes the best of a cell: as it is, or the JSON inside a JSON
// string, or after one repair (one outer pair of quotes dropped, folded empty
// strings restored).
func readable(s *scanner, cell []byte, maxDepth int) ([]byte, reading) {
	if validJSON(s, cell, maxDepth) {
		if cell[0] == '"' {
			if inner, ok := jsonText(cell); ok && looksJSON(inner) && validJSON(s, inner, maxDepth) {
				return inner, asIs
			}
		}
		return cell, asIs
	}
	if len(cell) > 1 && cell[0] == '"' && cell[len(cell)-1] == '"' {
		if inner := trim(cell[1 : len(cell)-1]); looksJSON(inner) {
			if validJSON(s, inner, maxDepth) {
				return inner, repaired
			}
			if fixed := collapsed.ReplaceAll(inner, []byte(`:$1""$2`)); validJSON(s, fixed, maxDepth) {
				return fixed, repaired
			}
		}
	}
	if looksJSON(cell) {
		if fixed := collapsed.ReplaceAll(cell, []byte(`:$1""$2`)); validJSON(s, fixed, maxDepth) {
			return fixed, repaired
		}
	}
	return cell, broke
}

// masked stands in place of a hidden value.
const (
	masked     = "***"
	maskedJSON = `"***"`
)

// mask appends the value v with what the masks name replaced.
func mask(dst, v []byte, masks []schemas.Mask) []byte {
	at := make([]maskAt, 0, len(masks))
	for i := range masks {
		at = append(at, maskAt{&masks[i], 0})
	}
	return maskValue(dst, v, at)
}

// maskAt is a mask of whose path the first pos steps were taken.
type maskAt struct {
	mask *schemas.Mask
	pos  int
}

func maskValue(dst, v []byte, at []maskAt) []byte {
	v = trim(v)
	switch {
	case len(at) == 0 || len(v) == 0:
		return append(dst, v...)
	case v[0] == '{':
		return maskObject(dst, v, at)
	case v[0] == '[':
		return maskArray(dst, v, at)
	case v[0] == '"':
		// The path goes on where a string is: what it leads to may be inside.
		if inner, ok := jsonText(v); ok && looksJSON(inner) {
			return append(dst, maskedJSON...)
		}
	}
	return append(dst, v...)
}

func maskObject(dst, v []byte, at []maskAt) []byte {
	dst = append(dst, '{')
	first := true
	eachMember(v, func(key, raw []byte) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(quote(dst, key), ':')
		next, hide := taken(at, func(m *schemas.Mask, step string) bool {
			return step == "*" || bytes.EqualFold(key, []byte(step))
		}, v)
		dst = hidden(dst, raw, next, hide)
		return true
	})
	return append(dst, '}')
}

func maskArray(dst, v []byte, at []maskAt) []byte {
	dst = append(dst, '[')
	n := 0
	eachItem(v, func(raw []byte) {
		if n > 0 {
			dst = append(dst, ',')
		}
		index := strconv.Itoa(n)
		n++
		next, hide := taken(at, func(m *schemas.Mask, step string) bool { return step == "*" || step == index }, nil)
		for _, m := range at { // a list where one object was expected: each of its items
			if _, f := parseInt([]byte(m.mask.Path[m.pos])); m.mask.Path[m.pos] != "*" && f.rule != "" {
				next = append(next, m)
			}
		}
		dst = hidden(dst, raw, next, hide)
	})
	return append(dst, ']')
}

// taken takes one step of each path that matches; hide is true when a path
// ends here and its exception does not hold.
func taken(at []maskAt, matches func(*schemas.Mask, string) bool, object []byte) (next []maskAt, hide bool) {
	for _, m := range at {
		if !matches(m.mask, m.mask.Path[m.pos]) {
			continue
		}
		if m.pos+1 < len(m.mask.Path) {
			next = append(next, maskAt{m.mask, m.pos + 1})
		} else if !spared(m.mask, object) {
			hide = true
		}
	}
	return next, hide
}

func spared(m *schemas.Mask, object []byte) bool {
	if len(m.Unless) == 0 || object == nil {
		return false
	}
	for key, want := range m.Unless {
		seen, same := false, true
		eachMember(object, func(k, raw []byte) bool {
			if string(k) == key {
				text, _ := jsonText(raw)
				seen, same = true, same && string(text) == want
			}
			return true
		})
		if !seen || !same {
			return false
		}
	}
	return true
}

// hidden appends a value, or what stands for it. Nothing is no secret.
func hidden(dst, raw []byte, next []maskAt, hide bool) []byte {
	if _, ok := jsonText(raw); hide && ok {
		return append(dst, maskedJSON...)
	}
	return maskValue(dst, raw, next)
}
