package database

import (
	"context"
	"database/sql"
	"slices"
)

// ColumnsOf are the columns of a table as the file has it, nil if there is no such table.
// Types are in the words of duckdb_columns().
func ColumnsOf(ctx context.Context, db *DB, t *Table) (have []Column, err error) {
	err = db.Each(ctx, `select column_name, data_type, coalesce(comment, '') from duckdb_columns()
		where database_name = current_database() and schema_name = ? and table_name = ? order by column_index`,
		func(rows *sql.Rows) error {
			var c Column
			if err := rows.Scan(&c.Name, &c.Type, &c.Comment); err != nil {
				return err
			}
			have = append(have, c)
			return nil
		}, t.Schema, t.Name)
	return have, err
}

// IsLike reports whether the columns of a table in the file, comments included,
// are those of t.
func (t *Table) IsLike(have []Column) bool {
	if len(have) != len(t.Columns) {
		return false
	}
	for _, c := range t.Columns {
		if old := find(have, c.Name); old == nil || old.Type != spelled(c.Type) || old.Comment != c.Comment {
			return false
		}
	}
	return true
}

// Remake gives a table of the file the columns of want, and deletes the rows that meet the
// condition scope. have are the columns that it has now, nil if there is no such table. If
// it has no other rows it is made anew, without columns that want does not have. Otherwise
// the other rows and their columns stay; if it lacks a column it is made anew with them,
// since DuckDB cannot fill a table in the transaction that altered it.
func Remake(ctx context.Context, t *Tx, want *Table, have []Column, scope SQL) error {
	if have == nil {
		return t.Statements(ctx, create(want)+comment(want, uncommented))
	}
	others, err := t.Count(ctx, "select count(*) from "+want.SQL()+" where not ("+scope+")")
	if err != nil {
		return err
	}
	if others == 0 {
		return t.Statements(ctx, "drop table "+want.SQL()+";"+create(want)+comment(want, uncommented))
	}
	merged, same, err := merge(ctx, t, want, have, scope)
	if err != nil {
		return err
	}
	if same {
		_, err = t.Exec(ctx, "delete from "+want.SQL()+" where "+scope)
		return err
	}
	return rebuild(ctx, t, merged, have, scope, others)
}

var countUnread = Parse(`select count(*) from {{.table}} where not ({{.scope}}) and {{.column}} is not null and try_cast({{.column}} as {{.type}}) is null`)

// merge is the layout for the rows in scope and the others; same says that the table has it
// already. If the type of a column changed it gets the new one if all values of the other
// rows can be read as that. Otherwise it is text until these rows are reloaded, so that no
// value is lost.
func merge(ctx context.Context, t *Tx, want *Table, have []Column, scope SQL) (merged *Table, same bool, err error) {
	merged = &Table{want.Schema, want.Name, want.Comment, slices.Clone(want.Columns), want.Compression}
	same = true
	for i := range merged.Columns {
		c := &merged.Columns[i]
		old := find(have, c.Name)
		if old == nil {
			same = false
			continue
		}
		if old.Type == spelled(c.Type) {
			continue
		}
		unread, err := t.Count(ctx, countUnread.Fill(Values{"table": want.SQL(), "scope": scope, "column": Ident(c.Name), "type": SQL(c.Type)}))
		if err != nil {
			return nil, false, err
		}
		if unread > 0 {
			c.Type = "VARCHAR"
		}
		same = same && old.Type == spelled(c.Type)
	}
	for _, old := range have {
		if find(merged.Columns, old.Name) == nil {
			merged.Columns = append(merged.Columns, old)
		}
	}
	return merged, same, nil
}

var (
	renameTable = Parse(`alter table {{.table}} rename to {{.old}};`)
	takeOthers  = Parse(`insert into {{.table}} ({{.names}}) select {{.values}} from {{.old}} where not ({{.scope}})`)
)

// rebuild makes the table anew with the rows that are not in scope.
func rebuild(ctx context.Context, t *Tx, merged *Table, have []Column, scope SQL, others int64) error {
	before := merged.Name + " before" // no dataset has a blank in its name
	rename := renameTable.Fill(Values{"table": merged.SQL(), "old": Ident(before)})
	if err := t.Statements(ctx, rename+create(merged)+comment(merged, uncommented)); err != nil {
		return err
	}
	names, values := make([]SQL, len(have)), make([]SQL, len(have))
	for i, c := range have {
		names[i] = Ident(c.Name)
		values[i] = "cast(" + names[i] + " as " + SQL(merged.Column(c.Name).Type) + ")"
	}
	old := Name(merged.Schema, before)
	n, err := t.Exec(ctx, takeOthers.Fill(Values{"table": merged.SQL(), "names": Join(names, ", "), "values": Join(values, ", "), "old": old, "scope": scope}))
	if err != nil {
		return err
	}
	if err := Expect("other rows of "+string(merged.SQL()), n, others); err != nil {
		return err
	}
	_, err = t.Exec(ctx, "drop table "+old)
	return err
}

func find(columns []Column, name string) *Column {
	for i := range columns {
		if columns[i].Name == name {
			return &columns[i]
		}
	}
	return nil
}
