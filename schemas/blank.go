package schemas

import "unicode"

// IsBlank tells whether a character shows nothing: the blanks of Unicode, the
// no-break ones among them, and those without width that web pages,
// spreadsheets and directories leave at the ends of a text.
func IsBlank(r rune) bool {
	switch r {
	case '\u200b', '\u200e', '\u200f', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}
