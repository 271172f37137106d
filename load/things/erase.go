package things

import (
	"context"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var (
	// A version that others told too was there, but which of its values they told is not known.
	eraseTold = database.Parse(`delete from {{.history}} where list_has_any(sources, [{{.erased}}]) and len(list_filter(sources, lambda s: s not in ({{.erased}}))) = 0 and ({{.about}});
update {{.history}} set {{.emptied}}, sources = list_filter(sources, lambda s: s not in ({{.erased}})), source_count = len(list_filter(sources, lambda s: s not in ({{.erased}})))
where list_has_any(sources, [{{.erased}}]) and ({{.about}});
`)
	// Whose an account is, rules find by values of which no source is named.
	eraseFound = database.Parse(`update {{.history}} set evidence = null where len(sources) = 0 and ({{.about}});
`)
	setNull   = database.Parse(`{{.column}} = null`)
	isOneOf   = database.Parse(`{{.column}} in (select key from {{.keys}})`)
	dropTable = database.Parse(`drop table if exists {{.keys}}`)
)

// Erase takes what sources said out of the closed versions of things and edges: of the things
// whose keys are in the table keys, which it drops, and of edges that have one of these as an end. It is
// called after [Make], which closes those that were current. Versions that these sources alone
// told are deleted. Of those that others told too there is left that they were, who else told them,
// and what tells one from another; their other columns are NULL, as a version does not say
// which source told which value. That an edge denied stays.
func Erase(ctx context.Context, db *database.DB, set *schemas.Set, sources []string, keys database.SQL) error {
	if len(sources) == 0 {
		return nil
	}
	var names []database.SQL
	for _, s := range sources {
		names = append(names, database.Text(s))
	}
	var all database.SQL
	for _, t := range set.Common.Tables {
		layout := database.Thing(t)
		if layout == nil {
			continue
		}
		v := database.Values{"history": database.Closed(layout).SQL(), "erased": database.Join(names, ", ")}
		var emptied []database.SQL
		for _, c := range layout.Columns {
			if !keptOf(t, c.Name) {
				emptied = append(emptied, setNull.Fill(database.Values{"column": database.Ident(c.Name)}))
			}
		}
		v["emptied"], v["about"] = database.Join(emptied, ", "), database.Join(isAbout(t, keys), " or ")
		all += eraseTold.Fill(v)
		if t.Name == ownership {
			all += eraseFound.Fill(v)
		}
	}
	if _, err := db.Exec(ctx, all+dropTable.Fill(database.Values{"keys": keys})); err != nil {
		return fmt.Errorf("erase versions of things: %w", err)
	}
	return nil
}

// isAbout are conditions of which one is true where a version is of one of these things, or an
// edge of one.
func isAbout(t *schemas.Table, keys database.SQL) (out []database.SQL) {
	columns := []string{t.Key}
	if !schemas.IsThing(t.Name) {
		columns = nil
		for _, name := range t.Needs {
			if isReference(t.Field(name)) {
				columns = append(columns, name)
			}
		}
	}
	for _, c := range columns {
		out = append(out, isOneOf.Fill(database.Values{"column": database.Ident(c), "keys": keys}))
	}
	return out
}

// keptOf tells whether a version keeps a column when a source that told it too is erased.
func keptOf(t *schemas.Table, column string) bool {
	kept := []string{t.Key, "relation", "effect", "sources", "source_count", "is_described", "first_seen_at", "_valid_from", schemas.HashColumn}
	return slices.Contains(kept, column) || slices.Contains(t.Needs, column) || !schemas.IsThing(t.Name) && column == "privilege"
}
