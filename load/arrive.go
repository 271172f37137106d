package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// read ranges over the stream and passes each batch to the sink of its table. It
// returns when all statements have ended, also after an error.
func (l *loading) read(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := l.findStated(ctx); err != nil {
		return err
	}
	if err := l.w.setThreads(ctx, true); err != nil {
		return err
	}
	defer database.CollectOften(database.ReadingGC)()
	var gctx context.Context
	l.group, gctx = errgroup.WithContext(inner)
	err := l.distribute(gctx)
	if err != nil {
		cancel(err) // first, or the statements would take the end of their feeds for that of the data
	}
	database.TrimMemory()
	for _, k := range l.sinks {
		k.end()
	}
	failed := l.group.Wait()
	if e := l.w.setThreads(context.WithoutCancel(ctx), false); e != nil {
		failed = errors.Join(failed, e)
	}
	switch {
	case ctx.Err() != nil: // whatever DuckDB calls it when it is interrupted
		return context.Cause(ctx)
	case err != nil:
		return err // of the stream, or of the first statement that failed
	}
	return failed
}

// setThreads gives DuckDB its threads, or half of them while batches are read. While
// reading, each table has a statement of its own, which runs in the thread that started
// it. If a thread of DuckDB waited for the next batch instead, it would spin, and take
// processor time from the workers that make the batch.
func (w *Work) setThreads(ctx context.Context, reading bool) error {
	n := w.opt.database().ThreadsOf()
	if reading {
		n = max(n/2, 1)
	}
	return w.db.Threads(ctx, n)
}

// distribute passes each batch of the stream to the sink of its table.
func (l *loading) distribute(ctx context.Context) error {
	// The context of the group ends with the first statement that fails.
	for b, err := range l.Stream.Batches {
		if err != nil {
			return err
		}
		if b.Rows.NumRows() == 0 {
			continue
		}
		if err := checkBatch(b, len(l.Export.Export.Parts)); err != nil {
			return err
		}
		switch b.Table {
		case schemas.RejectsTable:
			l.rejected.note(b.Rows)
			l.Arrived.Count(b)
		case l.Stream.Vendor:
			l.Arrived.Count(b)
		}
		k, err := l.sink(ctx, b.Table)
		if err != nil {
			return err
		}
		if err := k.take(b.Rows); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Rows of tables that got nothing are gone.
	return l.startRest(ctx)
}

// sink returns the sink of a table of the stream, and starts it at first use.
func (l *loading) sink(ctx context.Context, t *schemas.Table) (*sink, error) {
	if k, ok := l.sinks[t]; ok {
		return k, nil
	}
	k := &sink{l: l, table: t, shape: shape(t)}
	l.sinks[t] = k // first, so that cleanUp finds what a failed start left open
	switch {
	case t == schemas.RejectsTable:
		return k, k.startRejects(ctx)
	case t == l.Stream.Vendor:
		return k, k.startVendor(ctx)
	case t.IsCommon() && l.Common.Table(t.Name) == t:
		return k, k.startCommon(ctx)
	}
	return k, fmt.Errorf("the stream has rows of %s.%s, which it does not announce", t.Schema, t.Name)
}

// startRest starts the sinks of tables that got no batch: of the vendor table, and of
// each common table that has rows of this source and dataset, even if the contract no
// longer fills it.
func (l *loading) startRest(ctx context.Context) error {
	if _, err := l.sink(ctx, l.Stream.Vendor); err != nil {
		return err
	}
	for _, t := range l.Common.Tables {
		if l.sinks[t] != nil || !l.stated[t] {
			continue
		}
		if _, err := l.sink(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

var statedIn = database.Parse(`(select {{.place}} from {{.table}} where {{.scope}} limit 1)`)

// findStated finds the common tables that have rows of the source and dataset.
func (l *loading) findStated(ctx context.Context) error {
	asked := make([]database.SQL, len(l.Common.Tables))
	for i, t := range l.Common.Tables {
		asked[i] = statedIn.Fill(database.Values{"place": i, "table": qualified(t), "scope": l.rows.where})
	}
	l.stated = map[*schemas.Table]bool{}
	return l.db.Each(ctx, database.Join(asked, " union all "), func(rows *sql.Rows) error {
		var i int
		err := rows.Scan(&i)
		if err == nil {
			l.stated[l.Common.Tables[i]] = true
		}
		return err
	})
}
