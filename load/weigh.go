package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Rows may be as many as they were and say less, or be those of others. So
// what would go is weighed against what would come in its place: by the kinds
// of rows, by their keys, and by the values in their columns.

// things are the tables whose rows stay from one day to the next. Of others,
// requests or risks, all may be new, and what is open has other values than
// what is closed.
var things = []string{"identities", "accounts", "applications", "groups", "roles", "resources", "entitlements"}

// kinds are the columns that tell rows of a table apart that come from
// different places of an export.
var kinds = map[string][]string{"grants": {"principal_kind", "target_kind"}, "roles": {"kind"}, "policies": {"kind"}}

// fewest is how many rows or values must be gone, where it is all of them.
const fewest = 3

// weigh finds falls that the number of rows does not show. The stage has the
// rows that are absent, current is how many there are. It says nothing of a
// contract that changed, which may make other keys and values of the same
// records, nor in a run that is done again, which decides as then.
func (l *loading) weigh(ctx context.Context, k *sink, current int64) error {
	if l.w.decided(l.e) != nil || l.last.run == "" || l.last.contract != l.c.Fingerprint || !k.table.IsCommon() {
		return nil
	}
	values, err := l.valueFalls(ctx, k)
	if err != nil {
		return err
	}
	l.weighed = append(l.weighed, values...)
	if l.filtered() {
		return nil
	}
	few, err := l.kindFalls(ctx, k)
	if err != nil {
		return err
	}
	l.weighed = append(l.weighed, few...)
	if len(values) > 0 { // of which the keys may be made
		return nil
	}
	others, err := l.turnover(ctx, k, current)
	l.weighed = append(l.weighed, others...)
	return err
}

// rowKind is the expression for the kind of a row.
func rowKind(t *schemas.Table) string {
	columns := kinds[t.Name]
	if columns == nil {
		return "''"
	}
	words := make([]string, len(columns))
	for i, c := range columns {
		words[i] = "coalesce(" + ident(c) + ", '')"
	}
	return "concat_ws(', ', " + strings.Join(words, ", ") + ")"
}

// goneRows and freshRows are the rows that k would lose and those that would
// come in their place, each content once.
func (l *loading) goneRows(k *sink) string {
	return fmt.Sprintf("(from %s where rowid in (select id from %s))", qualified(k.table), k.stage("gone"))
}

func (k *sink) freshRows() string {
	if k.once == nil || !k.once.forgot {
		return k.stage("fresh")
	}
	return fmt.Sprintf("(from %[1]s where rowid in (select min(rowid) from %[1]s group by %[2]s))", k.stage("fresh"), schemas.HashColumn)
}

// kindFalls are the kinds of which too many rows would go, though of the table
// as a whole they do not. Where rejects keep rows, they do not go.
func (l *loading) kindFalls(ctx context.Context, k *sink) (falls []Fall, err error) {
	if kinds[k.table.Name] == nil || len(l.spared.unnamed[k.table.Name]) > 0 {
		return nil, nil
	}
	count := "select " + rowKind(k.table) + " as kind, count(*) as n from %s group by all"
	query := fmt.Sprintf("select kind, was.n, was.n - coalesce(gone.n, 0) + coalesce(fresh.n, 0) from ("+count+") was left join ("+count+") gone using (kind) left join ("+count+") fresh using (kind) order by kind",
		"(from "+qualified(k.table)+" where "+l.where()+")", l.goneRows(k), k.freshRows())
	g := l.limits()
	err = l.w.each(ctx, query, func(rows *sql.Rows) error {
		var kind string
		var before, after int64
		if err := rows.Scan(&kind, &before, &after); err != nil {
			return err
		}
		if limit, deep := g.stops(before, after); deep && before >= fewest {
			falls = append(falls, Fall{k.table.Schema + "." + k.table.Name, before, after, ReasonRows, kind, limit})
		}
		return nil
	})
	return falls, err
}

// turnover is the fall of the keys that stay, where others come in the place
// of those that go: the rows are as many and are others.
func (l *loading) turnover(ctx context.Context, k *sink, current int64) ([]Fall, error) {
	mentioned := true
	for i := range l.c.Emit {
		mentioned = mentioned && (l.c.Emit[i].Table != k.table.Name || l.c.Emit[i].Mentions)
	}
	edges := k.table.Name == "grants"
	if mentioned || !edges && !slices.Contains(things, k.table.Name) {
		return nil, nil
	}
	absent, err := l.w.count(ctx, "select count(*) from "+k.stage("gone"))
	if err != nil || absent*2 <= current {
		return nil, err
	}
	var before, gone, others int64
	key := ident(k.table.Key)
	err = l.w.db.QueryRowContext(ctx, fmt.Sprintf(`select (select count(distinct %[1]s) from %[2]s where %[3]s),
			(select count(distinct %[1]s) from %[4]s where %[1]s not in (select %[1]s from %[5]s where %[1]s is not null)),
			(select count(distinct %[1]s) from %[5]s where %[1]s not in (select %[1]s from %[4]s where %[1]s is not null))`,
		key, qualified(k.table), l.where(), l.goneRows(k), k.stage("fresh"))).Scan(&before, &gone, &others)
	if err != nil {
		return nil, err
	}
	limit, deep := l.limits().turns(before, gone)
	if edges { // access that is granted for hours comes and goes
		deep = deep && gone == before && gone > smallTurn.Rows
	}
	if !deep || others*2 < gone { // else it is a fall of rows
		return nil, nil
	}
	return []Fall{{k.table.Schema + "." + k.table.Name, before, before - gone, ReasonReplaced, fmt.Sprintf("%d others", others), limit}}, nil
}

// smallTurn is the limit beyond which rows are replaced: more than half, and
// at least 10.
var smallTurn = Limit{0.50, 9}

// turns reports whether too many keys are replaced, and beyond which limit.
func (g Gate) turns(before, gone int64) (Limit, bool) {
	limit := smallTurn
	if !g.Small {
		limit = Limit{max(limit.Share, g.Share), g.Rows}
	}
	if gone > limit.Rows && float64(gone) > limit.Share*float64(before) {
		return limit, true
	}
	return limit, gone == before && gone >= fewest && !g.AllowEmpty
}

// newFalls are the weighed falls that others do not tell already: with a table
// fell its kinds, with a column that is missing its values and the keys made of it.
func (l *loading) newFalls(told []Fall) []Fall {
	return slices.DeleteFunc(l.weighed, func(f Fall) bool {
		return slices.ContainsFunc(told, func(t Fall) bool {
			if f.Reason == ReasonRows {
				return t.Reason == ReasonRows && t.Table == f.Table
			}
			return t.Reason == ReasonColumn
		})
	})
}
