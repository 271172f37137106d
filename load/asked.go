package load

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// An export may have been asked for some kinds of things only, as its document
// says. Of other kinds nothing is known, so that their rows are not gone.

var (
	isUnasked  = database.Parse(`not list_contains({{.words}}, coalesce(lower({{.column}}), ''))`)
	kindsThere = database.Parse(`select distinct coalesce({{.column}}, '') from {{.rows}}`)
)

// keepUnasked lets those rows stay that the export was not asked for, and says so.
func (s *staged) keepUnasked(ctx context.Context) error {
	for _, a := range s.l.Stream.Asked {
		if s.table.Name != a.Table {
			continue
		}
		words := make([]string, len(a.Words))
		for i, w := range a.Words {
			words[i] = strings.ToLower(w)
		}
		column := database.Ident(a.Column)
		which := isUnasked.Fill(database.Values{"words": database.Texts(words), "column": column})
		stay := map[string]bool{}
		err := s.l.db.Each(ctx, kindsThere.Fill(database.Values{"column": column, "rows": s.change.Keepable(which)}), func(rows *sql.Rows) error {
			var word string
			err := rows.Scan(&word)
			stay[word] = true
			return err
		})
		if err != nil {
			return err
		}
		n, err := s.change.Keep(ctx, which)
		if err != nil {
			return err
		}
		if n > 0 {
			s.l.Unasked = max(s.l.Unasked, n)
			s.l.Find(schemas.Finding{Rule: "not_asked", Field: a.Table + "." + a.Column, Count: n,
				Detail: fmt.Sprintf("%s of the document does not list %s: rows of that kind stay as they were; they may be gone at the vendor, export all types to know", a.Sign, names(stay))})
		}
	}
	return nil
}

// names lists words in their order, some of them where they are many.
func names(words map[string]bool) string {
	all := slices.Sorted(maps.Keys(words))
	if len(all) > 10 {
		all = append(all[:10], "…")
	}
	return strings.Join(all, ", ")
}
