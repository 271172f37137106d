package report

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Guarded keeps a spreadsheet from running a text cell as a formula, by a leading apostrophe.
// The characters are those of OWASP's page on CSV injection; the wide ones are read as the
// narrow ones in some locales. A number stays as it is.
func Guarded(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if s == "" || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}

// Unguarded is a text as it was before [Guarded].
func Unguarded(s string) string {
	if plain, ok := strings.CutPrefix(s, "'"); ok && Guarded(plain) == s {
		return plain
	}
	return s
}
