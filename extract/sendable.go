package extract

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
)

// Key is the value of a secret header.
type Key struct {
	Setting string // the key of the configuration that gives it
	Secret
}

// sendable refuses a credential that no vendor can have given: no header holds it, and
// the error of the line would look like a vendor that is not there. setting is the key of
// the configuration.
func sendable(step, setting, value string) error {
	why, hint := "", "write the value alone, as the vendor shows it, into the variable or file that it refers to"
	switch {
	case value == "":
		return nil
	case strings.HasPrefix(value, "\xff\xfe"), strings.HasPrefix(value, "\xfe\xff"), bytes.IndexByte([]byte(value), 0) >= 0:
		why, hint = "is UTF-16 text", "save the file that it refers to as UTF-8; Windows PowerShell writes UTF-16"
	case strings.HasPrefix(value, "\ufeff"):
		why, hint = "begins with a byte-order mark", "save the file that it refers to as UTF-8 without one"
	case strings.ContainsAny(value, "\r\n"):
		why = "holds a line break"
	case !utf8.ValidString(value):
		why = "is not UTF-8 text"
	case strings.ContainsFunc(value, unicode.IsControl):
		why = "holds a control character"
	default:
		return nil
	}
	return &Error{Step: step, Failure: schemas.FailureCredentials, What: setting + " " + why, Hint: hint}
}
