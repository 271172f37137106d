package load

import (
	"context"
	"maps"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// sink is where the batches of one table go. If the table has no rows of the source and
// dataset yet, one statement inserts them, in a transaction that stays open until the
// export is known to be good. Otherwise two statements stage them.
type sink struct {
	l       *loading
	table   *schemas.Table
	shape   *arrow.Schema
	filter  *repeatFilter    // of a common table; nil for others
	feeds   []*database.Feed // of the rows; for a staged table also of their hashes
	tx      *database.Tx     // of rows that are inserted; nil for a staged table
	staged  bool
	taken   int64 // rows that the statement took
	repeats int64 // of a vendor table: rows with the same content as another
	counts  apply.Counts
}

// take passes a batch to the statements. The batch is lent; the feeds retain it.
func (k *sink) take(rows arrow.RecordBatch) error {
	n := int(rows.NumCols())
	if k.filter == nil {
		if k.staged {
			if err := k.feeds[1].Send(array.NewRecordBatch(origins, rows.Columns()[n-3:], rows.NumRows())); err != nil {
				return err
			}
		}
		return k.feeds[0].Send(array.NewRecordBatch(k.shape, rows.Columns(), rows.NumRows()))
	}
	records, hashes := rows.Column(n-2), rows.Column(n-1)
	picks, kept := k.filter.pick(records.(*array.Int64), hashes.(*array.FixedSizeBinary))
	defer picks.Release()
	if kept == 0 {
		return nil
	}
	if k.staged {
		if err := k.feeds[1].Send(array.NewRecordBatch(narrow, []arrow.Array{records, hashes, picks}, rows.NumRows())); err != nil {
			return err
		}
	}
	all := append(append([]arrow.Array{}, rows.Columns()...), picks)
	return k.feeds[0].Send(array.NewRecordBatch(k.shape, all, rows.NumRows()))
}

// end tells the statements that no more batches come.
func (k *sink) end() {
	for _, f := range k.feeds {
		f.End()
	}
}

// target is the table of the file, with the rows of the source and dataset as scope.
func (k *sink) target() apply.Target {
	layout := database.Of(k.table)
	t := apply.Target{Name: k.of(), Table: layout.SQL(), Columns: layout.Names(), Version: []string{schemas.HashColumn}, Scope: k.l.rows.where}
	if !k.table.IsCommon() {
		t.Repeats = true // each record is a row
		return t
	}
	t.History = database.History(k.table).SQL()
	if k.table.Key != "" {
		t.Key = []string{k.table.Key}
	}
	return t
}

// of is the end of the names of the tables of the stage that belong to k.
func (k *sink) of() string {
	return k.l.Source + " " + k.l.Dataset + " " + k.table.Schema + "." + k.table.Name
}

func (k *sink) stage(kind string) database.SQL { return database.Stage(kind + " " + k.of()) }

// stages are the names of the tables of the stage that belong to k.
func (k *sink) stages() []database.SQL {
	if !k.staged {
		return nil
	}
	return []database.SQL{k.stage("fresh"), k.stage("seen"), k.stage("gone"), k.stage("uneven"), k.stage("kept"), k.stage("denied")}
}

// straight starts the statement that inserts the batches of k in its transaction. after,
// if it is not nil, runs when the statement has ended, in the same transaction.
func (k *sink) straight(ctx context.Context, query func(feed database.SQL) database.SQL, after func(context.Context) error) {
	f := database.NewFeed(ctx, k.shape)
	k.feeds = []*database.Feed{f}
	k.l.group.Go(func() (err error) {
		if k.taken, err = k.tx.Take(ctx, f, query); err != nil {
			return err
		}
		k.counts.Rows, k.counts.Inserted = k.taken, k.taken
		if after == nil {
			return nil
		}
		return after(ctx)
	})
}

func (k *sink) startRejects(ctx context.Context) (err error) {
	if k.tx, err = k.l.db.Begin(ctx); err != nil {
		return err
	}
	k.straight(ctx, func(feed database.SQL) database.SQL {
		return ledger.InsertRejects(k.l.w.run(), k.l.ID(), k.l.rows.artifact, feed)
	}, nil)
	return nil
}

var (
	createStaged = database.Parse(`create table {{.fresh}} as from {{.table}} limit 0; create table {{.seen}} ({{.columns}});`)
	takeFresh    = database.Parse(`insert into {{.fresh}} ({{.names}}) select {{.values}} from (from {{.feed}} {{.which}})
		where {{.hash}} not in (select {{.hash}} from {{.table}} where {{.scope}})`)
	takeSeen = database.Parse(`insert into {{.seen}} select {{.values}} from {{.feed}} {{.which}}`)
)

// startStaged starts two statements. One stages the hash of each row (seen), for a
// vendor table with its place in the delivered files. The other stages the rows that
// are not current (fresh). That one uses NOT IN, which always builds its hash table of
// the current hashes: an anti join would build it of the stream, whose length DuckDB
// does not know and takes for 1.
func (k *sink) startStaged(ctx context.Context) error {
	k.staged = true
	thin, columns, values, which := narrow, database.SQL("_hash uuid"), database.SQL("_hash"), database.SQL("where "+picked)
	if !k.table.IsCommon() {
		thin, columns, values, which = origins, "_part integer, _record bigint, _hash uuid", "_part, _record, _hash", ""
	}
	v := database.Values{"table": qualified(k.table), "fresh": k.stage("fresh"), "seen": k.stage("seen"), "columns": columns, "which": which,
		"hash": database.Ident(schemas.HashColumn), "scope": k.l.rows.where, "names": database.Idents(database.Of(k.table).Names())}
	if _, err := k.l.db.Exec(ctx, createStaged.Fill(v)); err != nil {
		return err
	}
	with := func(feed, values database.SQL) database.Values {
		own := maps.Clone(v)
		own["feed"], own["values"] = feed, values
		return own
	}
	rows, hashes := database.NewFeed(ctx, k.shape), database.NewFeed(ctx, thin)
	k.feeds = []*database.Feed{rows, hashes}
	k.l.group.Go(func() error {
		_, err := k.l.db.Take(ctx, rows, func(feed database.SQL) database.SQL { return takeFresh.Fill(with(feed, k.l.rows.values(k.table))) })
		return err
	})
	k.l.group.Go(func() (err error) {
		k.taken, err = k.l.db.Take(ctx, hashes, func(feed database.SQL) database.SQL { return takeSeen.Fill(with(feed, values)) })
		return err
	})
	return nil
}
