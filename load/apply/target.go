package apply

import (
	"context"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
)

// Target is a table, or the part of one that is to be made equal to what is staged.
type Target struct {
	Name    string       // of the change, among those that are prepared at one time; "" means Table
	Table   database.SQL // quoted, with its schema
	History database.SQL // of the table of ended versions, which has the columns of Table and _valid_to, _ended_by; "" for none: what ends is gone
	Columns []string     // of the table, that a new row brings; of the staged rows, too

	// Version are the columns in which two rows agree that are the same version.
	// A single one, a fingerprint, is never NULL; of several, NULLs are equal.
	Version []string
	// Key are the columns that name what a row is a version of; nil where nothing
	// does. A row with NULL in one of them is not named.
	Key []string
	// Scope is the condition on the rows of the table that are compared. Others
	// stay as they are. "true" means all.
	Scope database.SQL
	// Repeats says that a version may be in the table several times: all staged
	// rows come in. Else each version does once.
	Repeats bool
}

// Counts are what a change does to the rows in scope.
type Counts struct {
	Rows      int64 // there are afterwards
	Inserted  int64
	Closed    int64
	Unchanged int64
}

// Rows is the relation of the rows in scope.
func (t *Target) Rows() database.SQL { return "(from " + t.Table + " where " + t.Scope + ")" }

// Verify counts the rows in scope, after the commit: DuckDB's COMMIT may undo and
// say nothing. Where they are not as many as wanted, the copy is broken.
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

// Clear ends all rows in scope, at a moment and by a run, and returns how many.
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

// end takes rows out of the table, over to history where there is one. There must
// be so many.
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

// version is the expression for the version that a row is.
func (t *Target) version() database.SQL { return row(t.Version) }

// key is the expression for what a row is a version of.
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
