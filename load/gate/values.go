package gate

import (
	"context"
	"database/sql"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// value is a column of a common table that the contract fills, or a member of
// one that holds an object.
type value struct {
	name string
	expr database.SQL
	// names says that the value identifies something or refers to it.
	names bool
}

// values lists what the contract fills in the table, except its key and constants.
func (w *weighing) values() (out []value) {
	t := w.table.Table
	add := func(v value) {
		if !slices.ContainsFunc(out, func(o value) bool { return o.name == v.name }) {
			out = append(out, v)
		}
	}
	for i := range w.Contract.Emit {
		if w.Contract.Emit[i].Table != t.Name {
			continue
		}
		for _, a := range w.Contract.Emit[i].Set {
			f := t.Field(a.Target)
			if f == nil || f.Volatile || f.Name == t.Key || a.Value.Const != nil {
				continue
			}
			add(value{f.Name, database.Ident(f.Name), f.Identifies || f.Type == schemas.Email || f.Refers != "" || f.RefersBy != ""})
			for _, member := range a.Value.Object {
				if member != schemas.ExtraColumn {
					add(value{f.Name + "." + member, "json_extract(" + database.Ident(f.Name) + ", " + database.Text(`$."`+member+`"`) + ")", false})
				}
			}
		}
	}
	return out
}

// filled is how many rows of one kind there are, and how many have each value.
type filled struct {
	rows   int64
	values []int64
}

var countValues = database.Parse(`select {{.kind}}, count(*){{.counts}} from {{.rows}} group by 1`)

// countFilled counts values in rows by kind.
func (w *weighing) countFilled(ctx context.Context, rows database.SQL, values []value) (map[string]filled, error) {
	var counts database.SQL
	for _, v := range values {
		counts += ", count(" + v.expr + ")"
	}
	out := map[string]filled{}
	err := w.DB.Each(ctx, countValues.Fill(database.Values{"kind": w.table.rowKind(), "counts": counts, "rows": rows}), func(r *sql.Rows) error {
		var kind string
		f := filled{values: make([]int64, len(values))}
		into := []any{&kind, &f.rows}
		for i := range f.values {
			into = append(into, &f.values[i])
		}
		err := r.Scan(into...)
		out[kind] = f
		return err
	})
	return out, err
}

// valueFalls are the columns that had values and have none now, in rows that are there as
// before: a delivered column is empty, or a member of JSON has another name. The fresh rows
// show which columns that may be, so that only these are counted in the current rows.
func (w *weighing) valueFalls(ctx context.Context) ([]ledger.Fall, error) {
	gone, err := w.DB.Count(ctx, "select count(*) from "+w.table.Change.Gone())
	if err != nil || gone < fewest {
		return nil, err
	}
	values := w.values()
	fresh, err := w.countFilled(ctx, w.table.fresh(), values)
	if err != nil {
		return nil, err
	}
	var doubtful []value
	for i, v := range values {
		for _, f := range fresh {
			if without := f.rows - f.values[i]; f.values[i] == 0 || without >= fewest && 8*without >= f.rows {
				doubtful = append(doubtful, v)
				break
			}
		}
	}
	if doubtful == nil {
		return nil, nil
	}
	return w.fallsOf(ctx, doubtful)
}

var deliveredRows = database.Parse(`(from {{.table}} where {{.scope}} and ({{.hash}} in (select {{.hash}} from {{.seen}}) or rowid in (select id from {{.gone}})))`)

// fallsOf compares the values in the rows before the load with those after it.
func (w *weighing) fallsOf(ctx context.Context, values []value) (falls []ledger.Fall, err error) {
	t, change := &w.table, w.table.Change
	before := change.Target.Rows()
	if w.IsFiltered() { // it says nothing about rows that it does not have
		before = deliveredRows.Fill(database.Values{"table": change.Target.Table, "scope": change.Target.Scope,
			"hash": database.Ident(schemas.HashColumn), "seen": change.Seen(), "gone": change.Gone()})
	}
	var counts [3]map[string]filled
	for i, rows := range []database.SQL{before, change.GoneRows(), t.fresh()} {
		if counts[i], err = w.countFilled(ctx, rows, values); err != nil {
			return nil, err
		}
	}
	at := func(f filled, i int) int64 {
		if f.values == nil {
			return 0
		}
		return f.values[i]
	}
	deepest := map[string]ledger.Fall{} // by column, of all kinds
	for kind, was := range counts[0] {
		gone, fresh := counts[1][kind], counts[2][kind]
		rows := was.rows - gone.rows + fresh.rows
		for i, v := range values {
			f := ledger.Fall{Table: t.name(), Before: was.values[i], After: was.values[i] - at(gone, i) + at(fresh, i), Reason: ledger.ReasonValues, What: v.name}
			lost := lostShare(t.Table, v, was.rows, rows, f.Before, f.After)
			if !lost && f.After == 0 && f.Before >= fewest {
				if lost, err = w.lostRows(ctx, v, kind); err != nil {
					return nil, err
				}
			}
			if old, ok := deepest[v.name]; lost && (!ok || f.Before-f.After > old.Before-old.After) {
				deepest[v.name] = f
			}
		}
	}
	for _, v := range values {
		if f, ok := deepest[v.name]; ok {
			falls = append(falls, f)
		}
	}
	return falls, nil
}

// lostShare reports whether a value that most rows had is in none, or in less
// than half of what the rows that stay would have.
func lostShare(t *schemas.Table, v value, rowsBefore, rowsAfter, before, after int64) bool {
	if rowsAfter <= 0 || 2*before < rowsBefore || before < fewest {
		return false
	}
	if after == 0 {
		return v.names || isThing(t) || before > smallTurn.Rows
	}
	expected := float64(before) * float64(rowsAfter) / float64(rowsBefore)
	return isThing(t) && expected-float64(after) > float64(smallTurn.Rows) && float64(after) < expected/2
}

// fewestOdd is how many values must be gone that few rows had and that name
// nobody: three end dates may be withdrawn in one day.
const fewestOdd = 5

var countLost = database.Parse(`select count(distinct {{.key}}) from {{.gone}} where {{.value}} is not null and {{.kind}} = {{.word}}
	and {{.key}} in (select {{.key}} from {{.fresh}} where {{.value}} is null)`)

// lostRows reports whether enough rows have lost a value, of those that are still there.
func (w *weighing) lostRows(ctx context.Context, v value, kind string) (bool, error) {
	t := &w.table
	if t.Key == "" {
		return false, nil
	}
	n, err := w.DB.Count(ctx, countLost.Fill(database.Values{"key": database.Ident(t.Key), "gone": t.Change.GoneRows(),
		"value": v.expr, "kind": t.rowKind(), "word": kind, "fresh": t.Change.Fresh()}))
	least := int64(fewest)
	if !v.names {
		least = fewestOdd
	}
	return n >= least && (isThing(t.Table) || n > smallTurn.Rows), err
}

// isThing reports whether rows of t stay from one day to the next.
func isThing(t *schemas.Table) bool {
	return t.Name == "grants" || slices.Contains(things, t.Name)
}
