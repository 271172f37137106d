package transform

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// Spreadsheets keep numbers as text by a formula, ="00023", or by a leading
// apostrophe, '00023, which exports also put before =, +, - and @ lest the
// cell be taken for a formula. What is meant is certain.

// wrapped tells whether a column holds such cells.
func wrapped(in *array.String) bool {
	v := columns.ViewText(in)
	if bytes.IndexByte(v.Val, '\'') < 0 && !bytes.Contains(v.Val, []byte(`="`)) {
		return false
	}
	for i := range in.Len() {
		if s := v.At(i); len(s) > 1 && (s[0] <= '=' || s[0] >= utf8.RuneSelf) && len(unwrapped(s)) < len(s) {
			return true
		}
	}
	return false
}

// unwrapped is a cell without what keeps it text.
func unwrapped(cell []byte) []byte {
	s := scan.Trim(cell)
	switch {
	case len(s) > 1 && s[0] == '\'' && marked(s[1]) && s[len(s)-1] != '\'':
		return s[1:]
	case len(s) > 2 && s[0] == '=' && s[1] == '"' && s[len(s)-1] == '"':
		inner := s[2 : len(s)-1]
		if bytes.IndexByte(inner, '"') < 0 {
			return inner
		}
		if plain := bytes.ReplaceAll(inner, []byte(`""`), []byte{'"'}); bytes.Count(plain, []byte{'"'})*2 == bytes.Count(inner, []byte{'"'}) {
			return plain
		}
	}
	return cell
}

// marked tells whether an apostrophe before c marks text: no name begins so.
func marked(c byte) bool {
	return c >= '0' && c <= '9' || c == '=' || c == '+' || c == '-' || c == '@'
}
