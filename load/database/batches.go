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

// SliceRows is how many rows are asked for at a time. It is a row group of DuckDB.
const SliceRows = 60 * 2048

// aheadBatches is how many batches, of 2048 rows, are read ahead.
const aheadBatches = 8

var rowsFrom = Parse(`rowid >= {{.from}} and rowid < {{.to}}`)

// RowsFrom is the condition that chooses the rows of a table with rowids from one, which is
// among them, to another, which is not.
func RowsFrom(from, to int64) SQL { return rowsFrom.Fill(Values{"from": from, "to": to}) }

// Slices calls f for each batch of the rows of a table, while the next ones are read, by one
// query for each of its slices: query is given the condition that chooses a slice. Batches are
// lent.
func (d *DB) Slices(ctx context.Context, table SQL, query func(which SQL) SQL, f func(arrow.RecordBatch) error) error {
	end, err := d.Count(ctx, "select coalesce(max(rowid) + 1, 0) from "+table)
	if err != nil {
		return err
	}
	var queries []SQL
	for from := int64(0); from < end; from += SliceRows {
		queries = append(queries, query(RowsFrom(from, from+SliceRows)))
	}
	return d.Ahead(ctx, queries, func(_ int, b arrow.RecordBatch) error { return f(b) })
}

// Ahead calls f for each batch of the answers to queries, with the number of its query, while
// the next ones are read. Batches are lent.
func (d *DB) Ahead(ctx context.Context, queries []SQL, f func(query int, b arrow.RecordBatch) error) error {
	type answer struct {
		query int
		batch arrow.RecordBatch
	}
	g, ctx := errgroup.WithContext(ctx)
	ahead := make(chan answer, aheadBatches)
	g.Go(func() (err error) {
		defer close(ahead)
		for n := 0; err == nil && n < len(queries); n++ {
			err = d.Batches(ctx, queries[n], func(b arrow.RecordBatch) error {
				b.Retain()
				select {
				case ahead <- answer{n, b}:
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
		for a := range ahead {
			err := f(a.query, a.batch)
			a.batch.Release()
			if err != nil {
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	for a := range ahead {
		a.batch.Release()
	}
	return err
}
