package transform

import (
	"bytes"
	"regexp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// readJSON reads JSON cells. A cell that is not JSON, even after one repair,
// is kept as a JSON string of its text: a bad cell of metadata must not cost
// the record. Secrets are hidden here, so that none goes further; a cell of which
// parts are to be hidden, and that cannot be read, is hidden whole.
func (r *reader) readJSON(b *run, in *array.String) arrow.Array {
	v := viewText(in)
	s := &scanner{look: !r.hide.free}
	i, n := 0, in.Len()
	if len(r.hide.masks) == 0 && !r.hide.whole && r.strip == "" {
		var last []byte // records that follow one another often have the same cell
		for i < n && (v.null(i) || bytes.Equal(v.at(i), last) || plainJSON(s, v.at(i), r.maxDepth) && s.suspect == nothing) {
			last = v.at(i)
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
		if how == broke && r.inside && bytes.IndexByte(cell, '"') >= 0 {
			// Without any quote it is what the vendor writes in place of JSON.
			b.reject(int32(i), r.name, schemas.RuleType, "not JSON, and rows are made of what is in it")
		}
		switch {
		case len(cell) == 0 || string(cell) == `""` || string(cell) == "null":
			out.null()
		case how == broke && r.hide.whole:
			out.add(quote(nil, secretText(cell, r.hide.secretKind)))
		case how == broke && (len(r.hide.masks) > 0 || s.look && schemas.NamesSecret(cell)):
			out.parts(maskedJSON)
			out.next()
		case how == broke && s.look:
			out.add(quote(nil, withoutSecrets(cell)))
		case how == broke:
			out.add(quote(nil, cell))
		case r.hide.whole:
			out.add(secretValue(nil, cell, r.hide.secretKind))
		case len(r.hide.masks) == 0 && s.suspect == nothing:
			out.add(cell)
		default:
			out.add(r.hide.value(nil, cell, s.suspect))
		}
	}
	return b.text(out)
}

// holdsNothing tells whether JSON is an object or list without anything in it.
func holdsNothing(v []byte) bool {
	v = trim(v)
	return len(v) > 1 && (v[0] == '{' || v[0] == '[') && blank(v, 1) == len(v)-1
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
