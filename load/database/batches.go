package database

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
)

// Batches calls f for each batch of the answer to a query, which is lent. DuckDB makes the
// whole answer first, outside its memory limit: ask for many rows in slices.
func (d *DB) Batches(ctx context.Context, query SQL, f func(arrow.RecordBatch) error) (err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(c any) error {
		a, err := ArrowOf(c)
		if err != nil {
			return err
		}
		rows, err := a.QueryContext(ctx, string(query))
		if err != nil {
			return err
		}
		defer rows.Release()
		for rows.Next() {
			if err := f(rows.RecordBatch()); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// sliceRows is how many rows are asked for at a time. It is a row group of DuckDB.
const sliceRows = 60 * 2048

// aheadBatches is how many batches, of 2048 rows, are read ahead.
const aheadBatches = 8

var rowsFrom = Parse(`rowid >= {{.from}} and rowid < {{.to}}`)

// Slices calls f for each batch of the rows of a table, while the next ones are read, by one
// query for each of its slices: query is given the condition that chooses a slice. Batches are
// lent.
func (d *DB) Slices(ctx context.Context, table SQL, query func(which SQL) SQL, f func(arrow.RecordBatch) error) error {
	end, err := d.Count(ctx, "select coalesce(max(rowid) + 1, 0) from "+table)
	if err != nil || end == 0 {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	ahead := make(chan arrow.RecordBatch, aheadBatches)
	g.Go(func() (err error) {
		defer close(ahead)
		for from := int64(0); err == nil && from < end; from += sliceRows {
			err = d.Batches(ctx, query(rowsFrom.Fill(Values{"from": from, "to": from + sliceRows})), func(b arrow.RecordBatch) error {
				b.Retain()
				select {
				case ahead <- b:
					return nil
				case <-ctx.Done():
					b.Release()
					return context.Cause(ctx)
				}
			})
		}
		return err
	})
	g.Go(func() error {
		for b := range ahead {
			err := f(b)
			b.Release()
			if err != nil {
				return err
			}
		}
		return nil
	})
	err = g.Wait()
	for b := range ahead {
		b.Release()
	}
	return err
}
