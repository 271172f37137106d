package load

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// migrate brings the working copy to the tables that this program knows, by
// comparing: what is missing is created, a table that lacks columns gets them
// (empty for old rows), comments follow. Nothing is ever dropped or renamed.
func (w *Work) migrate(ctx context.Context, set *schemas.Set) error {
	have, err := w.catalog(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, s := range schemaNames {
		if !have.schemas[s] {
			fmt.Fprintf(&b, "create schema %s;\n", ident(s))
		}
	}
	want := append([]*table{}, metaTables...)
	for _, t := range set.Common.Tables {
		want = append(want, commonLayout(t), historyLayout(t))
	}
	for _, t := range want {
		ddl, err := have.alter(t)
		if err != nil {
			return err
		}
		b.WriteString(ddl)
	}
	if b.Len() == 0 {
		return nil
	}
	return w.inTx(ctx, func(tx *tx) error {
		_, err := tx.exec(ctx, b.String())
		return err
	})
}

// catalog is what the file has: schemas, columns with their types, comments.
type catalog struct {
	schemas  map[string]bool
	columns  map[[2]string]map[string]string // schema, table -> column -> type
	comments map[[3]string]string            // schema, table, column
}

func (c *catalog) comment(schema, table, column string) string {
	return c.comments[[3]string{schema, table, column}]
}

// alter is the statements that make the file's table like t.
func (c *catalog) alter(t *table) (string, error) {
	have, ok := c.columns[[2]string{t.schema, t.name}]
	if !ok {
		return createTable(t) + commentTable(t, uncommented), nil
	}
	var b strings.Builder
	for _, col := range t.columns {
		switch typ, ok := have[col.name]; {
		case !ok:
			fmt.Fprintf(&b, "alter table %s add column %s %s;\n", t.qualified(), ident(col.name), col.sql)
		case typ != spelled(col.sql):
			return "", fmt.Errorf("%s.%s: column %s is %s, this version of the program wants %s", t.schema, t.name, col.name, typ, col.sql)
		}
	}
	b.WriteString(commentTable(t, func(column string) string { return c.comment(t.schema, t.name, column) }))
	return b.String(), nil
}

func (w *Work) catalog(ctx context.Context) (*catalog, error) {
	c := &catalog{map[string]bool{}, map[[2]string]map[string]string{}, map[[3]string]string{}}
	err := w.each(ctx, `select schema_name, '', '', '', '' from duckdb_schemas() where database_name = current_database()
		union all select schema_name, table_name, '', '', coalesce(comment, '') from duckdb_tables() where database_name = current_database()
		union all select schema_name, table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() where database_name = current_database()`,
		func(rows *sql.Rows) error {
			var schema, table, column, typ, comment string
			if err := rows.Scan(&schema, &table, &column, &typ, &comment); err != nil {
				return err
			}
			c.comments[[3]string{schema, table, column}] = comment
			if table == "" {
				c.schemas[schema] = true
				return nil
			}
			key := [2]string{schema, table}
			if c.columns[key] == nil {
				c.columns[key] = map[string]string{}
			}
			if column != "" {
				c.columns[key][column] = typ
			}
			return nil
		})
	return c, err
}

// each calls f for each row of a query.
func (w *Work) each(ctx context.Context, query string, f func(*sql.Rows) error, args ...any) error {
	rows, err := w.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
