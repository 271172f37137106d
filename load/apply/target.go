package apply

import (
	"context"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
)

// Target is a table, or the part of one that is to be made equal to what is staged.
type Target struct {
	Name    string       // of the change, different for all that are prepared at one time; "" means Table
	Table   database.SQL // quoted, with its schema
	History database.SQL // table of ended versions, with the columns of Table and _valid_to, _ended_by; "" for none: rows that end are deleted
	Columns []string     // that the table and the staged rows have

	// Version are the columns that are equal in two rows of the same version. A single
	// one is a fingerprint and never NULL; of several, NULLs count as equal.
	Version []string
	// Key are the columns that say what a row is a version of; nil for none. A row with
	// NULL in one of them has no key.
	Key []string
	// Scope is the condition on the rows of the table that are compared; "true" for
	// all. Other rows stay as they are.
	Scope database.SQL
	// Repeats says that a version may be in the table several times, so that all staged
	// rows are inserted. Otherwise each version is inserted once.
	Repeats bool
}

// Counts are what a change does to the rows in scope.
type Counts struct {
	Rows      int64 // afterwards
	Inserted  int64
	Closed    int64
	Unchanged int64
}

// Rows is the relation of the rows in scope.
func (t *Target) Rows() database.SQL { return "(from " + t.Table + " where " + t.Scope + ")" }

// Verify counts the rows in scope after the commit, since DuckDB's COMMIT may roll back
// without an error. If they are not as many as wanted, the copy is broken.
//
// Errors: [database.CountError].
func (t *Target) Verify(ctx context.Context, db *database.DB, want int64) error {
	rows, err := db.Count(ctx, "select count(*) from "+t.Rows())
	if err == nil {
		err = database.Expect("rows of "+string(t.Table)+" after commit", rows, want)
	}
	if err != nil {
		db.Break(err)
	}
	return err
}

// Clear ends all rows in scope, at moment and by the run by, and returns how many.
func (t *Target) Clear(ctx context.Context, tx *database.Tx, moment time.Time, by string) (closed int64, err error) {
	if closed, err = tx.Count(ctx, "select count(*) from "+t.Rows()); err != nil || closed == 0 {
		return 0, err
	}
	return closed, t.end(ctx, tx, t.Scope, closed, moment, by)
}

var (
	moveToHistory = database.Parse(`insert into {{.history}} by name select *, {{.moment}} as _valid_to, {{.by}} as _ended_by from {{.table}} where {{.which}}`)
	deleteRows    = database.Parse(`delete from {{.table}} where {{.which}}`)
)

// end takes the rows that meet the condition which out of the table, and moves them to
// history if there is one. Their number must be rows.
func (t *Target) end(ctx context.Context, tx *database.Tx, which database.SQL, rows int64, moment time.Time, by string) error {
	v := database.Values{"table": t.Table, "history": t.History, "which": which, "moment": moment, "by": by}
	if t.History != "" {
		moved, err := tx.Exec(ctx, moveToHistory.Fill(v))
		if err != nil {
			return err
		}
		if err := database.Expect("rows moved to history of "+string(t.Table), moved, rows); err != nil {
			return err
		}
	}
	deleted, err := tx.Exec(ctx, deleteRows.Fill(v))
	if err != nil {
		return err
	}
	return database.Expect("rows closed in "+string(t.Table), deleted, rows)
}

// stage is a table of the stage that belongs to the change.
func (t *Target) stage(kind string) database.SQL {
	name := t.Name
	if name == "" {
		name = strings.ReplaceAll(string(t.Table), `"`, "")
	}
	return database.Stage(kind + " " + name)
}

// version is the expression for the version of a row.
func (t *Target) version() database.SQL { return row(t.Version) }

// key is the expression for the key of a row.
func (t *Target) key() database.SQL { return row(t.Key) }

// named is the condition that a row has a key.
func (t *Target) named() database.SQL {
	out := make([]database.SQL, len(t.Key))
	for i, k := range t.Key {
		out[i] = database.Ident(k) + " is not null"
	}
	return database.Join(out, " and ")
}

// same is the condition that two rows, c and s, are one version.
func (t *Target) same() database.SQL {
	if len(t.Version) == 1 {
		c := database.Ident(t.Version[0])
		return "c." + c + " = s." + c
	}
	out := make([]database.SQL, len(t.Version))
	for i, name := range t.Version {
		c := database.Ident(name)
		out[i] = "c." + c + " is not distinct from s." + c
	}
	return database.Join(out, " and ")
}

func row(columns []string) database.SQL {
	if len(columns) == 1 {
		return database.Ident(columns[0])
	}
	return "row(" + database.Idents(columns) + ")"
}
