package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// tx is a transaction on a connection of its own. DuckDB's COMMIT after a
// failed statement rolls back and reports no error; so a tx remembers the
// first failure and refuses to commit after it.
type tx struct {
	w    *Work
	conn *sql.Conn
	err  error
	done bool
}

// begin opens a transaction. Who calls it calls commit or rollback.
func (w *Work) begin(ctx context.Context) (*tx, error) {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &tx{w: w, conn: conn}, nil
}

// exec runs statements and returns how many rows the last one changed.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.conn.ExecContext(ctx, query, args...)
	if err != nil {
		t.fail(err)
		return 0, err
	}
	return res.RowsAffected()
}

// count runs a query that yields one number.
func (t *tx) count(ctx context.Context, query string) (n int64, err error) {
	if err = t.conn.QueryRowContext(ctx, query).Scan(&n); err != nil {
		t.fail(err)
	}
	return n, err
}

// each calls f for each row of a query.
func (t *tx) each(ctx context.Context, query string, f func(*sql.Rows) error) error {
	rows, err := t.conn.QueryContext(ctx, query)
	if err != nil {
		t.fail(err)
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// commit commits, unless a statement failed. If it goes wrong nobody knows
// what the copy holds, so the work is broken.
func (t *tx) commit(ctx context.Context) error {
	if t.done {
		return errors.New("transaction is over")
	}
	if t.err != nil {
		return errors.Join(t.err, t.rollback())
	}
	t.done = true
	_, err := t.conn.ExecContext(context.WithoutCancel(ctx), "commit")
	if err = errors.Join(err, t.conn.Close()); err != nil {
		t.w.breakOff(err)
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback undoes the transaction, even when the context is over already.
// After commit it does nothing.
func (t *tx) rollback() error {
	if t.done {
		return nil
	}
	t.done = true
	_, err := t.conn.ExecContext(context.Background(), "rollback")
	if err = errors.Join(err, t.conn.Close()); err != nil {
		t.w.breakOff(err)
		return fmt.Errorf("rollback: %w", err)
	}
	return nil
}

// inTx runs f in a transaction and commits it when f returns nil.
func (w *Work) inTx(ctx context.Context, f func(*tx) error) error {
	t, err := w.begin(ctx)
	if err != nil {
		return err
	}
	if err := f(t); err != nil {
		return errors.Join(err, t.rollback())
	}
	return t.commit(ctx)
}
