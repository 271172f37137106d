package apply

import (
	"context"
	"errors"
	"time"

	"github.com/accessmart/accessmart/load/database"
)

// Equal makes the rows in scope of a target equal to what is staged, in a transaction of
// its own, and counts what changed. Rows that end do so at moment and by the run by.
// After an error the target is as it was, or the copy is broken: see [database.DB.Err].
func Equal(ctx context.Context, db *database.DB, t Target, s Staged, moment time.Time, by string) (n Counts, err error) {
	c, err := Compare(ctx, db, t, s)
	defer func() { err = errors.Join(err, c.Drop(ctx)) }()
	if err != nil {
		return n, err
	}
	if n, err = c.Count(ctx); err != nil {
		return n, err
	}
	if n.Inserted == 0 && n.Closed == 0 {
		return n, nil
	}
	if err := db.InTx(ctx, func(tx *database.Tx) error { return c.Make(ctx, tx, moment, by) }); err != nil {
		return n, err
	}
	return n, t.Verify(ctx, db, n.Rows)
}
