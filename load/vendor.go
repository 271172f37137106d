package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// startVendor starts the statements of the table of the dataset. Rows that the
// source has there, in the same columns, are compared with what comes;
// otherwise they are replaced, in the transaction that fills the table.
func (l *loading) startVendor(ctx context.Context, k *sink) error {
	layout := vendorLayout(l.s.Vendor)
	have, err := l.w.columns(ctx, layout)
	if err != nil {
		return err
	}
	if layout.isLike(have) {
		comparable, err := l.hasPrints(ctx)
		if err != nil {
			return err
		}
		if comparable {
			return l.startStaged(ctx, k)
		}
	}
	if k.tx, err = l.w.begin(ctx); err != nil {
		return err
	}
	if err := l.makeRoom(ctx, k.tx, layout, have); err != nil {
		return err
	}
	l.straight(ctx, k, func(feed string) string {
		return fmt.Sprintf("insert into %s (%s) select %s from %s", layout.qualified(), idents(layout.names()), l.values(k.table), feed)
	}, func(ctx context.Context) (err error) {
		k.again, err = k.tx.count(ctx, fmt.Sprintf("select count(*) - count(distinct %s) from %s where %s", schemas.HashColumn, qualified(k.table), l.where()))
		return err
	})
	return nil
}

// hasPrints reports whether the vendor table has rows of the source, each with a
// fingerprint. Rows of a file that was written before there were any have none,
// and get an empty one when another source's load makes the column.
func (l *loading) hasPrints(ctx context.Context) (has bool, err error) {
	err = l.w.db.QueryRowContext(ctx, fmt.Sprintf("select count(*) > 0 and count(*) = count(%s) from %s where %s",
		schemas.HashColumn, qualified(l.s.Vendor), l.where())).Scan(&has)
	return has, err
}

// isLike reports whether the columns of a table in the file, comments included,
// are those of t.
func (t *table) isLike(have []column) bool {
	if len(have) != len(t.columns) {
		return false
	}
	for _, c := range t.columns {
		if old := find(have, c.name); old == nil || old.sql != spelled(c.sql) || old.comment != c.comment {
			return false
		}
	}
	return true
}

// makeRoom leaves a table of that layout without rows of the source. A table
// that only this source fills is made anew, which also forgets columns that
// are no longer delivered. One that others share keeps their rows and columns;
// if it lacks one it is made anew too, since DuckDB cannot fill a table in the
// transaction that altered it.
func (l *loading) makeRoom(ctx context.Context, t *tx, want *table, have []column) error {
	if have == nil {
		_, err := t.exec(ctx, createTable(want)+commentTable(want, uncommented))
		return err
	}
	others, err := t.count(ctx, "select count(*) from "+want.qualified()+" where _source <> "+text(l.e.Source))
	if err != nil {
		return err
	}
	if others == 0 {
		_, err := t.exec(ctx, "drop table "+want.qualified()+";"+createTable(want)+commentTable(want, uncommented))
		return err
	}
	merged, same, err := l.merge(ctx, t, want, have)
	if err != nil {
		return err
	}
	if same {
		_, err = t.exec(ctx, "delete from "+want.qualified()+" where _source = "+text(l.e.Source))
		return err
	}
	return l.rebuild(ctx, t, merged, have, others)
}

// merge is the layout that holds the rows of this source and of the others.
// Where a type changed it is the new one if all their values can be read as
// such; if not the column is text until they are loaded again, so that no
// value is lost.
func (l *loading) merge(ctx context.Context, t *tx, want *table, have []column) (merged *table, same bool, err error) {
	merged = &table{want.schema, want.name, want.comment, slices.Clone(want.columns), want.compression}
	same = true
	for i := range merged.columns {
		c := &merged.columns[i]
		old := find(have, c.name)
		if old == nil {
			same = false
			continue
		}
		if old.sql == spelled(c.sql) {
			continue
		}
		unread, err := t.count(ctx, fmt.Sprintf("select count(*) from %s where _source <> %s and %s is not null and try_cast(%[3]s as %[4]s) is null",
			want.qualified(), text(l.e.Source), ident(c.name), c.sql))
		if err != nil {
			return nil, false, err
		}
		if unread > 0 {
			c.sql = "VARCHAR"
		}
		same = same && old.sql == spelled(c.sql)
	}
	for _, old := range have {
		if find(merged.columns, old.name) == nil {
			merged.columns = append(merged.columns, old)
		}
	}
	return merged, same, nil
}

// rebuild makes the table anew with the rows of other sources.
func (l *loading) rebuild(ctx context.Context, t *tx, merged *table, have []column, others int64) error {
	old := &table{schema: merged.schema, name: merged.name + " before"} // no dataset has a blank in its name
	if _, err := t.exec(ctx, fmt.Sprintf("alter table %s rename to %s;", merged.qualified(), ident(old.name))+createTable(merged)+commentTable(merged, uncommented)); err != nil {
		return err
	}
	names, values := make([]string, len(have)), make([]string, len(have))
	for i, c := range have {
		names[i] = ident(c.name)
		values[i] = fmt.Sprintf("cast(%s as %s)", names[i], find(merged.columns, c.name).sql)
	}
	n, err := t.exec(ctx, fmt.Sprintf("insert into %s (%s) select %s from %s where _source <> %s",
		merged.qualified(), strings.Join(names, ", "), strings.Join(values, ", "), old.qualified(), text(l.e.Source)))
	if err != nil {
		return err
	}
	if err := expect("rows of other sources in "+merged.qualified(), n, others); err != nil {
		return err
	}
	_, err = t.exec(ctx, "drop table "+old.qualified())
	return err
}

func find(columns []column, name string) *column {
	for i := range columns {
		if columns[i].name == name {
			return &columns[i]
		}
	}
	return nil
}

// columns is what the file has of a table, nil for no table.
func (w *Work) columns(ctx context.Context, t *table) (have []column, err error) {
	err = w.each(ctx, fmt.Sprintf(`select column_name, data_type, coalesce(comment, '') from duckdb_columns()
		where database_name = current_database() and schema_name = %s and table_name = %s order by column_index`, text(t.schema), text(t.name)),
		func(rows *sql.Rows) error {
			var c column
			if err := rows.Scan(&c.name, &c.sql, &c.comment); err != nil {
				return err
			}
			have = append(have, c)
			return nil
		})
	return have, err
}
