package database

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"text/template"
	"time"
)

// SQL is a statement, or a piece of one, that goes to the database as it stands.
// A constant of a program is one by itself. Whatever else comes into a statement
// is made one by the functions below, which quote it, or by a [Template].
type SQL string

// Ident quotes a name. Vendors choose names, so all are quoted.
func Ident(name string) SQL { return SQL(`"` + strings.ReplaceAll(name, `"`, `""`) + `"`) }

// Idents quotes names and joins them by commas.
func Idents(names []string) SQL {
	quoted := make([]SQL, len(names))
	for i, n := range names {
		quoted[i] = Ident(n)
	}
	return Join(quoted, ", ")
}

// Name is schema.name of a table, quoted.
func Name(schema, name string) SQL { return Ident(schema) + "." + Ident(name) }

// Text is a string literal. DuckDB knows no escapes inside one; a NUL byte,
// which would end the statement, is dropped.
func Text(s string) SQL {
	return SQL("'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'")
}

// Texts is a list of string literals, of the type VARCHAR[] also where it is empty.
func Texts(list []string) SQL {
	quoted := make([]SQL, len(list))
	for i, s := range list {
		quoted[i] = Text(s)
	}
	return "[" + Join(quoted, ", ") + "]::varchar[]"
}

// OneOf is a list of string literals in brackets, for IN; of none it is one that matches nothing.
func OneOf(texts iter.Seq[string]) SQL {
	var quoted []SQL
	for _, s := range slices.Sorted(texts) {
		quoted = append(quoted, Text(s))
	}
	if quoted == nil {
		return "(null)"
	}
	return "(" + Join(quoted, ", ") + ")"
}

// Instant is a TIMESTAMPTZ literal, in microseconds.
func Instant(t time.Time) SQL {
	return SQL("TIMESTAMPTZ '" + t.UTC().Format("2006-01-02 15:04:05.000000") + "+00'")
}

// Join joins pieces of SQL, with sep between two of them.
func Join(pieces []SQL, sep SQL) SQL {
	var b strings.Builder
	for i, p := range pieces {
		if i > 0 {
			b.WriteString(string(sep))
		}
		b.WriteString(string(p))
	}
	return SQL(b.String())
}

// Template is SQL with named places, as text/template writes them: {{.table}}.
type Template struct{ t *template.Template }

// Values are what fills the places of a template, by name. [SQL] stands as it
// is, a string becomes a string literal, a time a literal of an instant; flags
// and integers are written out. So a text can only come into a statement quoted.
type Values map[string]any

// Parse reads a template. One that cannot be read is a mistake in the program,
// and panics.
func Parse(query string) *Template {
	return &Template{template.Must(template.New("").Option("missingkey=error").Parse(query))}
}

// Fill puts values into the places. A place without a value, or a value of
// another type than those of [Values], is a mistake in the program, and panics.
func (t *Template) Fill(v Values) SQL {
	quoted := make(map[string]any, len(v))
	for name, value := range v {
		switch x := value.(type) {
		case SQL, bool, int, int64:
			quoted[name] = x
		case string:
			quoted[name] = Text(x)
		case time.Time:
			quoted[name] = Instant(x)
		default:
			panic(fmt.Sprintf("the place %s of a statement cannot hold a %T", name, value))
		}
	}
	var b strings.Builder
	if err := t.t.Execute(&b, quoted); err != nil {
		panic(err)
	}
	return SQL(b.String())
}
