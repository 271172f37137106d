package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// An export may have been asked for some kinds of things only, as its document
// says. Of other kinds nothing is known, so that their rows are not gone.

// dropUnasked takes out of what is to be closed in k the rows that the export
// was not asked for, says so, and returns how many.
func (l *loading) dropUnasked(ctx context.Context, k *sink) (kept int64, err error) {
	for _, a := range l.s.Asked {
		if !k.table.IsCommon() || k.table.Name != a.Table {
			continue
		}
		words := make([]string, len(a.Words))
		for i, w := range a.Words {
			words[i] = text(strings.ToLower(w))
		}
		which := fmt.Sprintf("not list_contains([%s]::varchar[], coalesce(lower(%s), ''))", strings.Join(words, ", "), ident(a.Column))
		stay := map[string]bool{}
		err := l.w.each(ctx, fmt.Sprintf("select distinct coalesce(%s, '') from %s where rowid in (select id from %s where not %s) and %s",
			ident(a.Column), qualified(k.table), k.stage("gone"), l.cameAgain(k), which), func(rows *sql.Rows) error {
			var word string
			err := rows.Scan(&word)
			stay[word] = true
			return err
		})
		if err != nil {
			return kept, err
		}
		n, err := l.drop(ctx, k, which)
		if err != nil {
			return kept, err
		}
		if kept += n; n > 0 {
			l.unasked = max(l.unasked, n)
			l.result.Findings = append(l.result.Findings, schemas.Finding{Rule: "not_asked", Field: a.Table + "." + a.Column, Count: n,
				Detail: fmt.Sprintf("%s of the document does not list %s: rows of that kind stay as they were; they may be gone at the vendor, export all types to know", a.Sign, names(stay))})
		}
	}
	return kept, nil
}

// names lists words in their order, some of them where they are many.
func names(words map[string]bool) string {
	all := make([]string, 0, len(words))
	for w := range words {
		all = append(all, w)
	}
	slices.Sort(all)
	if len(all) > 10 {
		all = append(all[:10], "…")
	}
	return strings.Join(all, ", ")
}
