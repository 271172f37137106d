package database

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
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
