package gate

import (
	"context"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
)

// A spreadsheet in which one column was sorted without the others has the rows, the keys
// and the values of before, but gives them to others: each person has another one's
// address. So values that name something, are as before and stand in other rows are held.

// sameValues is the share of the values in other rows that must be those of before: some
// come and go in a day. sameEnds is that of the ends of edges, which come and go more often.
const (
	sameValues = 0.90
	sameEnds   = 0.95
)

// shuffles are the columns whose values changed places in most rows.
func (w *weighing) shuffles(ctx context.Context) ([]ledger.Fall, error) {
	t := &w.table
	before := t.Change.Current
	if w.IsFiltered() { // it says nothing about rows that it does not have
		var err error
		if before, err = w.DB.Count(ctx, "select count(*) from "+t.Change.Seen()); err != nil {
			return nil, err
		}
	}
	gone, err := w.DB.Count(ctx, "select count(*) from "+t.Change.Gone())
	if err != nil {
		return nil, err
	}
	if _, many := w.Limits.turns(before, gone); !many {
		return nil, nil
	}
	switch {
	case t.Table.Name == "grants":
		return w.shuffledEdges(ctx, before, "principal_key", "target_key")
	case t.Table.Name == "identity_accounts":
		return w.shuffledEdges(ctx, before, "identity_key", "account_key")
	case slices.Contains(things, t.Table.Name):
		return w.shuffledValues(ctx, before)
	}
	return nil, nil
}

var (
	countMoved = database.Parse(`
		with o as (select {{.key}} as key, min({{.value}}) as v from {{.gone}} where {{.key}} is not null group by all),
			m as (select o.v as old, n.v as new from o join (select {{.key}} as key, min({{.value}}) as v from {{.fresh}} where {{.key}} is not null group by all) n using (key)
				where o.v is distinct from n.v)
		select (select count(*) from m), ` + stillThere("select old as v from m", "select new as v from m"))
	countEnds = database.Parse(`select (select count(*) from {{.fresh}}), ` + stillThere("select {{.value}} as v from {{.gone}}", "select {{.value}} as v from {{.fresh}}"))
)

// stillThere counts the values of one relation that the other has too, each as often as
// both have it.
func stillThere(before, after string) string {
	return `(select coalesce(sum(least(a.n, b.n)), 0)::bigint from (select v, count(*) as n from (` + before + `) group by all) a
		join (select v, count(*) as n from (` + after + `) group by all) b on a.v is not distinct from b.v)`
}

// shuffledValues looks for the values of a column that names something, in rows that are
// there under the key of before.
func (w *weighing) shuffledValues(ctx context.Context, before int64) (falls []ledger.Fall, err error) {
	t := &w.table
	for _, v := range w.values() {
		if !v.names && !slices.Contains(naming[t.Table.Name], v.name) {
			continue
		}
		var moved, there int64
		query := countMoved.Fill(database.Values{"key": database.Ident(t.Key), "value": v.expr, "gone": t.Change.GoneRows(), "fresh": t.fresh()})
		if err := w.DB.Row(ctx, query).Scan(&moved, &there); err != nil {
			return nil, err
		}
		if limit, many := w.Limits.turns(before, moved); many && float64(there) >= sameValues*float64(moved) {
			falls = append(falls, ledger.Fall{Table: t.name(), Before: before, After: before - moved, Reason: ledger.ReasonShuffled, What: v.name, Limit: limit})
		}
	}
	return falls, nil
}

// shuffledEdges reports as a fall if most edges are others although both ends are as
// often the same things as before.
func (w *weighing) shuffledEdges(ctx context.Context, before int64, ends ...string) ([]ledger.Fall, error) {
	t := &w.table
	gone, err := w.DB.Count(ctx, "select count(*) from "+t.Change.Gone())
	if err != nil {
		return nil, err
	}
	limit, many := w.Limits.turns(before, gone)
	if !many || gone <= smallTurn.Rows {
		return nil, nil
	}
	for _, end := range ends {
		var fresh, there int64
		query := countEnds.Fill(database.Values{"value": database.Ident(end), "gone": t.Change.GoneRows(), "fresh": t.fresh()})
		if err := w.DB.Row(ctx, query).Scan(&fresh, &there); err != nil {
			return nil, err
		}
		if float64(there) < sameEnds*float64(max(gone, fresh)) {
			return nil, nil
		}
	}
	return []ledger.Fall{{Table: t.name(), Before: before, After: before - gone, Reason: ledger.ReasonShuffled, What: fmt.Sprint(ends[0], " and ", ends[1]), Limit: limit}}, nil
}
