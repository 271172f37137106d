package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// value is a column of a common table that the contract fills, or a member of
// one that holds an object.
type value struct {
	name, expr string
	// names tells that rows are told apart or joined by it.
	names bool
}

// valuesOf lists what the contract fills in a table, but for its key.
func (l *loading) valuesOf(t *schemas.Table) (out []value) {
	add := func(v value) {
		if !slices.ContainsFunc(out, func(o value) bool { return o.name == v.name }) {
			out = append(out, v)
		}
	}
	for i := range l.c.Emit {
		if l.c.Emit[i].Table != t.Name {
			continue
		}
		for _, a := range l.c.Emit[i].Set {
			f := t.Field(a.Target)
			if f == nil || f.Volatile || f.Name == t.Key || a.Value.Const != nil {
				continue
			}
			add(value{f.Name, ident(f.Name), f.Identifies || f.Type == schemas.Email || f.Refers != "" || f.RefersBy != ""})
			for _, member := range a.Value.Object {
				if member != schemas.ExtraColumn {
					add(value{f.Name + "." + member, fmt.Sprintf("json_extract(%s, %s)", ident(f.Name), text(`$."`+member+`"`)), false})
				}
			}
		}
	}
	return out
}

// filled is how many rows of one kind there are, and in how many each value is.
type filled struct {
	rows   int64
	values []int64
}

// countFilled counts values in rows by kind.
func (l *loading) countFilled(ctx context.Context, t *schemas.Table, rows string, values []value) (map[string]filled, error) {
	counts := make([]string, len(values))
	for i, v := range values {
		counts[i] = ", count(" + v.expr + ")"
	}
	out := map[string]filled{}
	err := l.w.each(ctx, fmt.Sprintf("select %s, count(*)%s from %s group by 1", rowKind(t), strings.Join(counts, ""), rows), func(r *sql.Rows) error {
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

// valueFalls are the columns that were filled and are no more, in rows that
// are there as before: a delivered column that is empty, a member of JSON that
// has another name. What is new tells which columns may be: only of those the
// current rows are read.
func (l *loading) valueFalls(ctx context.Context, k *sink) ([]Fall, error) {
	gone, err := l.w.count(ctx, "select count(*) from "+k.stage("gone"))
	if err != nil || gone < fewest {
		return nil, err
	}
	values := l.valuesOf(k.table)
	fresh, err := l.countFilled(ctx, k.table, k.freshRows(), values)
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
	return l.fallsOf(ctx, k, doubtful)
}

// fallsOf compares values in the rows of before with those that there would be.
func (l *loading) fallsOf(ctx context.Context, k *sink, values []value) (falls []Fall, err error) {
	t := qualified(k.table)
	scope := fmt.Sprintf("(from %s where %s)", t, l.where())
	if l.filtered() { // of what is not in it nothing is said
		scope = fmt.Sprintf("(from %s where %s and (%s in (select %[3]s from %s) or rowid in (select id from %s)))",
			t, l.where(), schemas.HashColumn, k.stage("seen"), k.stage("gone"))
	}
	var counts [3]map[string]filled
	for i, rows := range []string{scope, l.goneRows(k), k.freshRows()} {
		if counts[i], err = l.countFilled(ctx, k.table, rows, values); err != nil {
			return nil, err
		}
	}
	at := func(f filled, i int) int64 {
		if f.values == nil {
			return 0
		}
		return f.values[i]
	}
	least := map[string]Fall{} // of each column, the deepest
	for kind, was := range counts[0] {
		gone, fresh := counts[1][kind], counts[2][kind]
		rows := was.rows - gone.rows + fresh.rows
		for i, v := range values {
			f := Fall{Table: k.table.Schema + "." + k.table.Name, Before: was.values[i], After: was.values[i] - at(gone, i) + at(fresh, i), Reason: ReasonValues, What: v.name}
			lost := lostShare(k.table, v, was.rows, rows, f.Before, f.After)
			if !lost && f.After == 0 && f.Before >= fewest {
				if lost, err = l.lostRows(ctx, k, v, kind); err != nil {
					return nil, err
				}
			}
			if old, ok := least[v.name]; lost && (!ok || f.Before-f.After > old.Before-old.After) {
				least[v.name] = f
			}
		}
	}
	for _, v := range values {
		if f, ok := least[v.name]; ok {
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

// lostRows reports whether enough rows are there without the value that they
// had. Those that are gone altogether do not count.
func (l *loading) lostRows(ctx context.Context, k *sink, v value, kind string) (bool, error) {
	if k.table.Key == "" {
		return false, nil
	}
	key := ident(k.table.Key)
	n, err := l.w.count(ctx, fmt.Sprintf("select count(distinct %s) from %s where %s is not null and %s = %s and %[1]s in (select %[1]s from %[6]s where %[3]s is null)",
		key, l.goneRows(k), v.expr, rowKind(k.table), text(kind), k.stage("fresh")))
	least := int64(fewest)
	if !v.names {
		least = fewestOdd
	}
	return n >= least && (isThing(k.table) || n > smallTurn.Rows), err
}

// isThing reports whether rows of t stay from one day to the next.
func isThing(t *schemas.Table) bool {
	return t.Name == "grants" || slices.Contains(things, t.Name)
}

// madeOf names the delivered columns of which a column of a common table is
// made, as a message shows them.
func (l *loading) madeOf(f Fall) (names, columns []string) {
	table := strings.TrimPrefix(f.Table, schemas.CommonSchema+".")
	target, member, _ := strings.Cut(f.What, ".")
	for _, m := range l.c.Mappings(l.w.opt.Set.Common) {
		if m.Table != table || m.Target != target || m.Column == "" || m.Rule == schemas.Decides || member != "" && m.Column != member {
			continue
		}
		name := m.Describe()
		if col := l.c.Column(m.Column); col != nil && len(col.From) > 0 {
			name = strings.TrimSuffix(strings.TrimPrefix(col.From[0], "$.")+": "+m.Path.String(), ": ")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if m.Path == nil && !slices.Contains(columns, m.Column) {
			columns = append(columns, m.Column)
		}
	}
	return names, columns
}
