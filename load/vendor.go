package load

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// startVendor prepares the table of the dataset, in the transaction that will
// fill it, and starts the statement. The source's rows are replaced: no
// version of a vendor table is kept, the artifacts are its history.
func (l *loading) startVendor(ctx context.Context, k *sink) (err error) {
	if k.tx, err = l.w.begin(ctx); err != nil {
		return err
	}
	layout := vendorLayout(l.s.Vendor)
	if err := l.makeRoom(ctx, k.tx, layout); err != nil {
		return err
	}
	l.straight(ctx, k, func(feed string) string {
		return fmt.Sprintf("insert into %s (%s) select %s from %s", layout.qualified(), idents(layout.names()), l.values(k.table), feed)
	}, nil)
	return nil
}

// makeRoom leaves a table of that layout without rows of the source. A table
// that only this source fills is made anew, which also forgets columns that
// are no longer delivered; one that others share keeps their rows and columns.
func (l *loading) makeRoom(ctx context.Context, t *tx, want *table) error {
	have, err := l.w.columns(ctx, want)
	if err != nil {
		return err
	}
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
	if _, err := t.exec(ctx, "delete from "+want.qualified()+" where _source = "+text(l.e.Source)); err != nil {
		return err
	}
	return l.reconcile(ctx, t, want, have)
}

// reconcile gives a table that holds other sources' rows the columns that it
// lacks. Where a type changed, their values are read as the new type if all of
// them can be; if not the column is text until they are loaded again, so that
// no value is lost.
func (l *loading) reconcile(ctx context.Context, t *tx, want *table, have map[string]string) error {
	var ddl strings.Builder
	for _, c := range want.columns {
		typ, ok := have[c.name]
		if !ok {
			fmt.Fprintf(&ddl, "alter table %s add column %s %s;\n", want.qualified(), ident(c.name), c.sql)
			continue
		}
		if typ == spelled(c.sql) {
			continue
		}
		unread, err := t.count(ctx, fmt.Sprintf("select count(*) from %s where %s is not null and try_cast(%[2]s as %[3]s) is null",
			want.qualified(), ident(c.name), c.sql))
		if err != nil {
			return err
		}
		if unread > 0 {
			c.sql = "VARCHAR"
		}
		if typ != c.sql {
			fmt.Fprintf(&ddl, "alter table %s alter column %s type %s;\n", want.qualified(), ident(c.name), c.sql)
		}
	}
	_, err := t.exec(ctx, ddl.String()+commentTable(want, uncommented))
	return err
}

// columns is what the file has of a table: column -> type, nil for no table.
func (w *Work) columns(ctx context.Context, t *table) (map[string]string, error) {
	var have map[string]string
	err := w.each(ctx, fmt.Sprintf(`select column_name, data_type from duckdb_columns()
		where database_name = current_database() and schema_name = %s and table_name = %s`, text(t.schema), text(t.name)),
		func(rows *sql.Rows) error {
			var name, typ string
			if err := rows.Scan(&name, &typ); err != nil {
				return err
			}
			if have == nil {
				have = map[string]string{}
			}
			have[name] = typ
			return nil
		})
	return have, err
}
