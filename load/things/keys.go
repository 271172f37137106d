package things

import (
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// isReference tells whether a field of a thing is the key of another one.
func isReference(f *schemas.Field) bool { return f.Refers != "" || f.RefersBy != "" }

var joinReference = database.Parse(`
{{.how}} {{.references}} {{.as}} on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)

// translate is the join by which the key in a field of a row o becomes [meaning].
func translate(t *schemas.Table, f *schemas.Field, how, references database.SQL) database.SQL {
	return joinReference.Fill(database.Values{"how": how, "references": references, "as": database.Ident("of " + f.Name), "kind": database.KindOf(t, f, "o"), "column": database.Ident(f.Name)})
}

// meaning is the key of the thing that a field means.
func meaning(f *schemas.Field) database.SQL { return database.Ident("of "+f.Name) + ".key" }

// edgeKey is the expression for the key of an edge in main: a fingerprint of its ends and
// the privilege, so that whoever speaks of the edge, it is one. A privilege that nobody told
// is another than an empty one. [edgeKeys.key] makes the same.
func edgeKey(t *schemas.Table) database.SQL {
	var parts database.SQL
	for _, name := range t.Needs {
		column := "o." + database.Ident(name)
		if f := t.Field(name); isReference(f) {
			column = meaning(f)
		}
		parts += column + ", '|', "
	}
	return "'grant:' || left(md5(concat(" + parts + "'=' || lower(nfc_normalize(trim(o.privilege))))), 24)"
}
