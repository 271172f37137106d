package links

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// tableOf is a table of this package by its name.
func tableOf(name string) *database.Table {
	return Tables[slices.IndexFunc(Tables, func(t *database.Table) bool { return t.Schema == "meta" && t.Name == name })]
}

var arrowTypes = map[string]schemas.Type{"VARCHAR": schemas.Text, "BOOLEAN": schemas.Bool, "DOUBLE": schemas.Float, "BIGINT": schemas.Int, "TIMESTAMPTZ": schemas.Timestamp,
	"VARCHAR[]": schemas.List, "UUID": schemas.Hash}

// shapeOf is how rows of a table travel to it.
func shapeOf(t *database.Table) *arrow.Schema {
	var out []arrow.Field
	for _, c := range t.Columns {
		typ, ok := arrowTypes[c.Type]
		if !ok {
			panic(fmt.Sprintf("column %s of %s: no rows of type %s are made here", c.Name, t.Name, c.Type))
		}
		f := arrow.Field{Name: c.Name, Type: typ.Arrow(), Nullable: true}
		if typ == schemas.Hash {
			f.Metadata = arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.uuid", ""})
		}
		out = append(out, f)
	}
	return arrow.NewSchema(out, nil)
}
