package load

import (
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// ident quotes a name for SQL. Vendors choose names, so all are quoted.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// idents quotes names and joins them by commas.
func idents(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ident(n)
	}
	return strings.Join(quoted, ", ")
}

// text quotes a string literal for SQL. DuckDB knows no escapes inside one; a
// NUL byte, which would end the statement, is dropped.
func text(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
}

// instant is a TIMESTAMPTZ literal, in microseconds.
func instant(t time.Time) string {
	return "TIMESTAMPTZ '" + t.UTC().Format("2006-01-02 15:04:05.000000") + "+00'"
}

// qualified is schema.name of a table, quoted.
func qualified(t *schemas.Table) string { return ident(t.Schema) + "." + ident(t.Name) }
