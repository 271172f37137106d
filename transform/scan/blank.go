package scan

import (
	"bytes"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
)

// Trim drops blanks of any kind at both ends.
func Trim(b []byte) []byte {
	for len(b) > 0 && asciiBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && asciiBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	if len(b) > 0 && (b[0] >= utf8.RuneSelf || b[len(b)-1] >= utf8.RuneSelf) {
		return bytes.TrimFunc(b, schemas.IsBlank)
	}
	return b
}

func asciiBlank(c byte) bool { return c <= ' ' && (c == ' ' || c >= '\t' && c <= '\r') }
