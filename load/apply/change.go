package apply

import (
	"context"
	"time"

	"github.com/accessmart/accessmart/load/database"
)

// Staged is what the rows in scope of a target are to be.
type Staged struct {
	// Rows is the relation of the rows, with the columns of the target. If Seen is
	// set, Rows is a table, and has only the rows whose version is not current.
	Rows database.SQL
	// Seen is the relation of the versions of all rows, with the columns Version of the
	// target; "" if Rows has all rows.
	Seen database.SQL
}

// Change is what would make a target equal to what is staged. Nothing of the target is
// changed before [Change.Make].
type Change struct {
	Target  Target
	Current int64 // rows in scope
	Absent  int64 // of them, rows that would end: their version is not staged, and nothing keeps them

	db     *database.DB
	rows   database.SQL // table of the rows that would come; a version may be there more than once
	seen   database.SQL
	counts Counts
}

var (
	stageGone = database.Parse(`create or replace table {{.gone}} as
		select id from (select rowid as id, {{.columns}} from {{.table}} where {{.scope}}) c anti join {{.seen}} s on {{.same}}`)
	stageFresh  = database.Parse(`create or replace table {{.fresh}} as select {{.columns}} from {{.rows}} s anti join {{.current}} c on {{.same}}`)
	countAbsent = database.Parse(`select (select count(*) from {{.table}} where {{.scope}}), (select count(*) from {{.gone}})`)
)

// Compare finds the rows that would come and go. It is called outside of a transaction,
// since one that began earlier would not see what is staged. [Change.Drop] must be called
// in the end, also after an error.
func Compare(ctx context.Context, db *database.DB, t Target, s Staged) (*Change, error) {
	c := &Change{Target: t, db: db, rows: s.Rows, seen: s.Seen}
	v := c.values()
	if s.Seen == "" {
		c.seen = s.Rows
		c.rows = t.stage("fresh")
		v["fresh"], v["rows"], v["current"], v["columns"] = c.rows, s.Rows, t.Rows(), database.Idents(t.Columns)
		if _, err := db.Exec(ctx, stageFresh.Fill(v)); err != nil {
			return c, err
		}
	}
	v["seen"], v["columns"] = c.seen, database.Idents(t.Version)
	if _, err := db.Exec(ctx, stageGone.Fill(v)); err != nil {
		return c, err
	}
	return c, c.Recount(ctx)
}

// Recount counts the current and the absent rows anew. Call it after a change of what is
// staged or of [Change.Gone].
func (c *Change) Recount(ctx context.Context) error {
	return c.db.Row(ctx, countAbsent.Fill(c.values())).Scan(&c.Current, &c.Absent)
}

// values are what the templates of this package need.
func (c *Change) values() database.Values {
	t := &c.Target
	return database.Values{"table": t.Table, "scope": t.Scope, "same": t.same(), "version": t.version(),
		"gone": c.Gone(), "fresh": c.rows, "seen": c.seen}
}

// Gone is the table of the rows that would end: id is their rowid in the target.
func (c *Change) Gone() database.SQL { return c.Target.stage("gone") }

// GoneRows is the relation of these rows.
func (c *Change) GoneRows() database.SQL {
	return "(from " + c.Target.Table + " where rowid in (select id from " + c.Gone() + "))"
}

// Fresh is the table of the rows that would come. Unless the target has Repeats, only the
// first of several rows of one version does.
func (c *Change) Fresh() database.SQL { return c.rows }

// Drop removes the tables that the change made in the stage. Those of [Staged] stay.
func (c *Change) Drop(ctx context.Context) error {
	drop := "drop table if exists " + c.Gone() + ";"
	if c.rows == c.Target.stage("fresh") {
		drop += "drop table if exists " + c.rows + ";"
	}
	_, err := c.db.Exec(context.WithoutCancel(ctx), drop)
	return err
}

var (
	countDistinct = database.Parse(`select (select count(distinct {{.version}}) from {{.seen}}), (select count(distinct {{.version}}) from {{.fresh}})`)
	countAll      = database.Parse(`select (select count(*) from {{.seen}}), (select count(*) from {{.fresh}})`)
	countGone     = database.Parse(`select count(*) from {{.gone}}`)
)

// Count adds up what the change would do, and keeps that for [Change.Make]. It must be
// called before.
//
// Errors: [database.CountError] if the rows that come and those that stay are not as many
// as are staged.
func (c *Change) Count(ctx context.Context) (Counts, error) {
	query := countDistinct
	if c.Target.Repeats {
		query = countAll
	}
	var staged, inserted int64
	if err := c.db.Row(ctx, query.Fill(c.values())).Scan(&staged, &inserted); err != nil {
		return Counts{}, err
	}
	closed, err := c.db.Count(ctx, countGone.Fill(c.values()))
	if err != nil {
		return Counts{}, err
	}
	unchanged := c.Current - c.Absent
	c.counts = Counts{Rows: c.Current + inserted - closed, Inserted: inserted, Closed: closed, Unchanged: unchanged}
	return c.counts, database.Expect("rows of "+string(c.Target.Table)+" new and unchanged", inserted+unchanged, staged)
}

var (
	insertOnce = database.Parse(`insert into {{.table}} ({{.columns}}) select {{.columns}} from {{.fresh}} where rowid in (select min(rowid) from {{.fresh}} group by {{.names}})`)
	insertAll  = database.Parse(`insert into {{.table}} ({{.columns}}) select {{.columns}} from {{.fresh}}`)
)

// Make ends the rows that are gone, at moment and by the run by, and inserts those that
// are new.
//
// Errors: [database.CountError] if these were not as many as [Change.Count] says.
func (c *Change) Make(ctx context.Context, tx *database.Tx, moment time.Time, by string) error {
	if c.counts.Closed > 0 {
		if err := c.Target.end(ctx, tx, "rowid in (select id from "+c.Gone()+")", c.counts.Closed, moment, by); err != nil {
			return err
		}
	}
	if c.counts.Inserted == 0 {
		return nil
	}
	query := insertOnce
	if c.Target.Repeats {
		query = insertAll
	}
	inserted, err := tx.Exec(ctx, query.Fill(database.Values{"table": c.Target.Table, "columns": database.Idents(c.Target.Columns),
		"fresh": c.rows, "names": database.Idents(c.Target.Version)}))
	if err != nil {
		return err
	}
	return database.Expect("rows inserted into "+string(c.Target.Table), inserted, c.counts.Inserted)
}

// Seen is the relation of all versions that are staged.
func (c *Change) Seen() database.SQL { return c.seen }
