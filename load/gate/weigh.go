package gate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// As many rows as before may say less than before, or be about other things. So the rows
// that would go are weighed against those that would come: by the kinds of rows, by their
// keys, and by the values in their columns.

// things are the tables whose rows stay from one day to the next. Of other tables, such as
// requests or risks, all rows may be new, and closed ones have other values than open ones.
var things = []string{"identities", "accounts", "applications", "groups", "roles", "resources", "entitlements"}

// kinds are the columns whose words say of which kind a row is. Rows of different kinds may
// come from different parts of an export.
var kinds = map[string][]string{"grants": {"principal_kind", "target_kind"}, "roles": {"kind"}, "policies": {"kind"}}

// fewest is how many rows or values there must have been if all of them are gone.
const fewest = 3

// Table is a table of the common model of which rows would change.
type Table struct {
	*schemas.Table
	Change   *apply.Change
	Counts   apply.Counts
	Distinct bool // the fresh rows have each content once
	Kept     bool // rejects will keep rows without naming them, so that not all absent rows go
}

func (t *Table) name() string { return t.Schema + "." + t.Table.Name }

var firstOfEach = database.Parse("(from {{.rows}} where rowid in (select min(rowid) from {{.rows}} group by {{.hash}}))")

// fresh is the relation of the rows that would come, each content once.
func (t *Table) fresh() database.SQL {
	if t.Distinct {
		return t.Change.Fresh()
	}
	return firstOfEach.Fill(database.Values{"rows": t.Change.Fresh(), "hash": database.Ident(schemas.HashColumn)})
}

// Weigh finds falls that the number of rows does not show, for [Export.Judge]. It must be
// called before rejects without named rows keep any. It finds nothing if the contract
// changed, which may make other keys and values of the same records, nor in a run that is
// repeated, which decides as it did then.
func (x *Export) Weigh(ctx context.Context, t Table) error {
	if x.Before != nil || x.first() || x.Last.Contract != x.Contract.Fingerprint {
		return nil
	}
	w := &weighing{x, t}
	values, err := w.valueFalls(ctx)
	if err != nil {
		return err
	}
	x.weighed = append(x.weighed, values...)
	shuffled, err := w.shuffles(ctx)
	if err != nil {
		return err
	}
	x.weighed = append(x.weighed, shuffled...)
	if x.IsFiltered() {
		return nil
	}
	few, err := w.kindFalls(ctx)
	if err != nil {
		return err
	}
	x.weighed = append(x.weighed, few...)
	if len(values)+len(shuffled) > 0 { // keys that are made of these are others for that reason
		return nil
	}
	others, err := w.turnover(ctx)
	x.weighed = append(x.weighed, others...)
	return err
}

// weighing is a table of an export that is weighed.
type weighing struct {
	*Export
	table Table
}

// rowKind is the expression for the kind of a row.
func (t *Table) rowKind() database.SQL {
	columns := kinds[t.Table.Name]
	if columns == nil {
		return "''"
	}
	words := make([]database.SQL, len(columns))
	for i, c := range columns {
		words[i] = "coalesce(" + database.Ident(c) + ", '')"
	}
	return "concat_ws(', ', " + database.Join(words, ", ") + ")"
}

var countKinds = database.Parse(`select kind, was.n, was.n - coalesce(gone.n, 0) + coalesce(fresh.n, 0)
	from (select {{.kind}} as kind, count(*) as n from {{.before}} group by all) was
	left join (select {{.kind}} as kind, count(*) as n from {{.gone}} group by all) gone using (kind)
	left join (select {{.kind}} as kind, count(*) as n from {{.fresh}} group by all) fresh using (kind)
	order by kind`)

// kindFalls are the kinds that would lose too many rows even if the table does not. There
// are none if rejects keep rows without naming them.
func (w *weighing) kindFalls(ctx context.Context) (falls []ledger.Fall, err error) {
	t := &w.table
	if kinds[t.Table.Name] == nil || t.Kept {
		return nil, nil
	}
	query := countKinds.Fill(database.Values{"kind": t.rowKind(), "before": t.Change.Target.Rows(), "gone": t.Change.GoneRows(), "fresh": t.fresh()})
	err = w.DB.Each(ctx, query, func(rows *sql.Rows) error {
		var kind string
		var before, after int64
		if err := rows.Scan(&kind, &before, &after); err != nil {
			return err
		}
		if limit, deep := w.Limits.stops(before, after); deep && before >= fewest {
			falls = append(falls, ledger.Fall{Table: t.name(), Before: before, After: after, Reason: ledger.ReasonRows, What: kind, Limit: limit})
		}
		return nil
	})
	return falls, err
}

var countTurnover = database.Parse(`select (select count(distinct {{.key}}) from {{.before}}),
	(select count(distinct {{.key}}) from {{.gone}} where {{.key}} not in (select {{.key}} from {{.fresh}} where {{.key}} is not null)),
	(select count(distinct {{.key}}) from {{.fresh}} where {{.key}} not in (select {{.key}} from {{.gone}} where {{.key}} is not null))`)

// turnover is a fall if too many keys go and others come in their place, so that there are
// about as many rows as before, but of other things.
func (w *weighing) turnover(ctx context.Context) ([]ledger.Fall, error) {
	t := &w.table
	mentioned := true
	for i := range w.Contract.Emit {
		mentioned = mentioned && (w.Contract.Emit[i].Table != t.Table.Name || w.Contract.Emit[i].Mentions)
	}
	edges := t.Table.Name == "grants"
	if mentioned || !edges && !slices.Contains(things, t.Table.Name) {
		return nil, nil
	}
	absent, err := w.DB.Count(ctx, "select count(*) from "+t.Change.Gone())
	if err != nil || absent*2 <= t.Change.Current {
		return nil, err
	}
	var before, gone, others int64
	query := countTurnover.Fill(database.Values{"key": database.Ident(t.Key), "before": t.Change.Target.Rows(), "gone": t.Change.GoneRows(), "fresh": t.Change.Fresh()})
	if err := w.DB.Row(ctx, query).Scan(&before, &gone, &others); err != nil {
		return nil, err
	}
	limit, deep := w.Limits.turns(before, gone)
	if edges { // grants for a few hours come and go, so only a complete turnover counts
		deep = deep && gone == before && gone > smallTurn.Rows
	}
	if !deep || others*2 < gone { // with so few others it is a fall of rows
		return nil, nil
	}
	return []ledger.Fall{{Table: t.name(), Before: before, After: before - gone, Reason: ledger.ReasonReplaced, What: fmt.Sprintf("%d others", others), Limit: limit}}, nil
}
