package database

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Migrate brings the file to the tables that are wanted, by comparing: what is
// missing is created, a table that lacks columns gets them (empty for old
// rows), comments follow. Nothing is ever dropped or renamed. Each comment is a statement, and
// those of a new file are over a thousand, for which further threads would look for work.
func Migrate(ctx context.Context, db *DB, want []*Table) error {
	have, err := readCatalog(ctx, db)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, s := range schemaNames {
		if !have.schemas[s] {
			fmt.Fprintf(&b, "create schema %s;\n", Ident(s))
		}
	}
	for _, t := range want {
		ddl, err := have.alter(t)
		if err != nil {
			return err
		}
		b.WriteString(string(ddl))
	}
	if b.Len() == 0 {
		return nil
	}
	return db.Single(ctx, func() error {
		return db.InTx(ctx, func(tx *Tx) error { return tx.Statements(ctx, SQL(b.String())) })
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
func (c *catalog) alter(t *Table) (SQL, error) {
	have, ok := c.columns[[2]string{t.Schema, t.Name}]
	if !ok {
		return create(t) + comment(t, uncommented), nil
	}
	var b strings.Builder
	for _, col := range t.Columns {
		switch typ, ok := have[col.Name]; {
		case !ok:
			fmt.Fprintf(&b, "alter table %s add column %s %s;\n", t.SQL(), Ident(col.Name), col.Type)
		case typ != spelled(col.Type):
			return "", fmt.Errorf("%s.%s: column %s is %s, this version of the program wants %s", t.Schema, t.Name, col.Name, typ, col.Type)
		}
	}
	b.WriteString(string(comment(t, func(column string) string { return c.comment(t.Schema, t.Name, column) })))
	return SQL(b.String()), nil
}

func readCatalog(ctx context.Context, db *DB) (*catalog, error) {
	c := &catalog{map[string]bool{}, map[[2]string]map[string]string{}, map[[3]string]string{}}
	err := db.Each(ctx, `select schema_name, '', '', '', '' from duckdb_schemas() where database_name = current_database()
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
