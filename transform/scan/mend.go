package scan

import (
	"bytes"
	"regexp"
)

// HoldsNothing tells whether JSON is an object or list without anything in it.
func HoldsNothing(v []byte) bool {
	v = Trim(v)
	return len(v) > 1 && (v[0] == '{' || v[0] == '[') && Blank(v, 1) == len(v)-1
}

// IsPlainJSON is true for a cell that can be handed on as it is.
func IsPlainJSON(s *Scanner, cell []byte, maxDepth int) bool {
	return (cell[0] == '{' || cell[0] == '[') && Valid(s, cell, maxDepth)
}

// Reading is how a JSON cell was read.
type Reading int

const (
	AsIs Reading = iota
	Repaired
	Broke
)

// collapsed matches an empty string that was folded to a single quote.
var collapsed = regexp.MustCompile(`:(\s*)"(\s*[,}\]])`)

// bareName matches what may be a name without quotes, behind the { or comma
// before it.
var bareName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_ -]*$`)

// Readable makes the best of a cell: as it is, or the JSON inside a JSON
// string, or after one repair (one outer pair of quotes dropped, folded empty
// strings restored, or quotes put around the names of members).
func Readable(s *Scanner, cell []byte, maxDepth int) ([]byte, Reading) {
	if Valid(s, cell, maxDepth) {
		if cell[0] == '"' {
			if inner, ok := Text(cell); ok && LooksJSON(inner) && Valid(s, inner, maxDepth) {
				return inner, AsIs
			}
		}
		return cell, AsIs
	}
	if len(cell) > 1 && cell[0] == '"' && cell[len(cell)-1] == '"' {
		if inner := Trim(cell[1 : len(cell)-1]); LooksJSON(inner) {
			if Valid(s, inner, maxDepth) {
				return inner, Repaired
			}
			if fixed := collapsed.ReplaceAll(inner, []byte(`:$1""$2`)); Valid(s, fixed, maxDepth) {
				return fixed, Repaired
			}
		}
	}
	if LooksJSON(cell) {
		if fixed := collapsed.ReplaceAll(cell, []byte(`:$1""$2`)); Valid(s, fixed, maxDepth) {
			return fixed, Repaired
		}
		if fixed := quotedNames(cell); Valid(s, fixed, maxDepth) {
			return fixed, Repaired
		}
	}
	return cell, Broke
}

// quotedNames puts quotes around names of members that have none, as in
// {job: "engineer", date identified: 1}. What stands in strings is left alone.
func quotedNames(cell []byte) []byte {
	out := make([]byte, 0, len(cell)+16)
	start := -1 // where a name may begin: behind { or a comma
	for i := 0; i < len(cell); i++ {
		switch c := cell[i]; c {
		case '"':
			end := i + 1
			for end < len(cell) && cell[end] != '"' {
				if cell[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(cell))
			out, start = append(out, cell[i:end]...), -1
			i = end - 1
			continue
		case ':':
			if start >= 0 {
				if name := bytes.Clone(Trim(out[start:])); bareName.Match(name) {
					out = append(append(append(out[:start], '"'), name...), '"')
				}
			}
			start = -1
		}
		out = append(out, cell[i])
		if cell[i] == '{' || cell[i] == ',' {
			start = len(out)
		}
	}
	return out
}

// LooksJSON tells whether a string in a place for JSON holds JSON itself.
func LooksJSON(s []byte) bool {
	i := Blank(s, 0)
	return i < len(s) && (s[i] == '{' || s[i] == '[')
}

// SortOf tells what sort of value JSON is.
func SortOf(v []byte) string {
	switch v[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case 'n':
		return "null"
	}
	return "a single value"
}
