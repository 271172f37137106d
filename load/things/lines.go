package things

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var (
	readHashes = database.Parse(`select {{.hash}}::blob from {{.table}} where {{.scope}} and {{.which}}`)
	insertFrom = database.Parse(`insert into {{.table}} ({{.columns}}) select {{.columns}} from {{.rows}}`)
	stageFrom  = database.Parse(`create or replace table {{.stage}} as from {{.rows}}`)
)

// place is where the rows of a slice go.
func (r *reading) place(layout *database.Table) *place {
	by := r.table.Key
	if r.edges != nil {
		by = r.fields[r.edges.hub()].Name
	}
	return r.maker.place(layout, r.part, by, r.table.Key)
}

// put fills a place for the first time, or stages the rows that it is to be made equal to.
func (l *line) put(ctx context.Context, p *place) (n apply.Counts, err error) {
	if p.first {
		err = l.db.Single(ctx, func() error { // others would wait for rows
			n, err = p.fill(ctx, func(tx *database.Tx) (int64, error) { return l.insert(ctx, tx, p) })
			return err
		})
		return n, err
	}
	if err := l.rehash(ctx, p.layout, p.values); err != nil {
		return n, err
	}
	return n, l.stage(ctx, p)
}

// insert adds all rows to a table, and counts them.
func (l *line) insert(ctx context.Context, tx *database.Tx, p *place) (rows int64, err error) {
	err = database.Give(ctx, database.ShapeOf(p.layout), func(ctx context.Context, feed *database.Feed) error {
		rows, err = tx.Take(ctx, feed, func(feed database.SQL) database.SQL {
			p.values["rows"] = feed
			return insertFrom.Fill(p.values)
		})
		return err
	}, l.all(0), newLine(p.layout, l.reading).all(1))
	return rows, err
}

// makers is how many lines make rows side by side.
const makers = 2

// all sends all rows that are the nth maker's.
func (l *line) all(nth int) func(*database.Rows) error {
	return func(to *database.Rows) error {
		return l.each(nth, makers, func(uint32) error { return l.send(to) })
	}
}

// stage stages the rows. Few are new: of the others only the fingerprint is kept.
func (l *line) stage(ctx context.Context, p *place) error {
	had, err := l.hashes(ctx, p)
	if err != nil {
		return err
	}
	var come []uint32
	shape := &database.Table{Columns: []database.Column{*p.layout.Column(schemas.HashColumn), *p.layout.Column(l.table.Key)}}
	err = l.stageRows(ctx, seen, shape, func(to *database.Rows) error {
		return l.each(0, 1, func(thing uint32) error {
			hash := l.print()
			if _, ok := had[hash]; !ok {
				come = append(come, thing)
			}
			to.UUID(hash)
			to.Bytes(l.key)
			return to.End()
		})
	})
	if err != nil {
		return err
	}
	return l.stageRows(ctx, fresh, p.layout, func(to *database.Rows) error {
		for _, thing := range come {
			l.make(thing)
			if err := l.send(to); err != nil {
				return err
			}
		}
		return nil
	})
}

// stageRows makes a table of the stage, with the columns of another one.
func (l *line) stageRows(ctx context.Context, name database.SQL, of *database.Table, rows func(*database.Rows) error) error {
	return database.Give(ctx, database.ShapeOf(of), func(ctx context.Context, feed *database.Feed) error {
		_, err := l.db.Take(ctx, feed, func(feed database.SQL) database.SQL {
			return stageFrom.Fill(database.Values{"stage": name, "rows": feed})
		})
		return err
	}, rows)
}

// hashes are the fingerprints that are there.
func (l *line) hashes(ctx context.Context, p *place) (map[[16]byte]struct{}, error) {
	out := map[[16]byte]struct{}{}
	return out, l.db.Slices(ctx, p.layout.SQL(), func(which database.SQL) database.SQL {
		p.values["which"] = which
		return readHashes.Fill(p.values)
	}, func(b arrow.RecordBatch) error {
		hashes := b.Column(0).(*array.Binary)
		for i := range int(b.NumRows()) {
			out[[16]byte(hashes.Value(i))] = struct{}{}
		}
		return nil
	})
}
