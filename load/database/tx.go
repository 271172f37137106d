package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is a transaction on a connection of its own. DuckDB's COMMIT after a
// failed statement rolls back and reports no error; so a Tx remembers the
// first failure and refuses to commit after it.
type Tx struct {
	db   *DB
	conn *sql.Conn
	err  error
	done bool
}

// Begin opens a transaction. Whoever calls it must call Commit or Rollback.
func (d *DB) Begin(ctx context.Context) (*Tx, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &Tx{db: d, conn: conn}, nil
}

// Exec runs statements and returns how many rows the last one changed.
func (t *Tx) Exec(ctx context.Context, query SQL, args ...any) (int64, error) {
	res, err := t.conn.ExecContext(ctx, string(query), args...)
	if err != nil {
		t.fail(err)
		return 0, err
	}
	return res.RowsAffected()
}

// Statements runs many statements whose results nobody wants. It asks for them as a query, as
// the driver then watches the context once for all of them, where [Tx.Exec] has it start and end
// a goroutine for each.
func (t *Tx) Statements(ctx context.Context, all SQL) error {
	rows, err := t.conn.QueryContext(ctx, string(all))
	if err == nil {
		err = errors.Join(rows.Close(), rows.Err())
	}
	if err != nil {
		t.fail(err)
	}
	return err
}

// Count runs a query that yields one number.
func (t *Tx) Count(ctx context.Context, query SQL, args ...any) (n int64, err error) {
	if err = t.conn.QueryRowContext(ctx, string(query), args...).Scan(&n); err != nil {
		t.fail(err)
	}
	return n, err
}

// Each calls f for each row of a query.
func (t *Tx) Each(ctx context.Context, query SQL, f func(*sql.Rows) error, args ...any) error {
	rows, err := t.conn.QueryContext(ctx, string(query), args...)
	if err != nil {
		t.fail(err)
		return err
	}
	return each(rows, f)
}

func (t *Tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Commit commits, or rolls back with an error if a statement failed before. If the commit
// itself fails it is not known what the copy holds, so the database is broken.
func (t *Tx) Commit(ctx context.Context) error {
	if t.done {
		return errors.New("transaction is over")
	}
	if t.err != nil {
		return errors.Join(t.err, t.Rollback())
	}
	t.done = true
	_, err := t.conn.ExecContext(context.WithoutCancel(ctx), "commit")
	if err = errors.Join(err, t.conn.Close()); err != nil {
		t.db.Break(err)
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Rollback undoes the transaction; its context need not be alive any more. After Commit it
// does nothing.
func (t *Tx) Rollback() error {
	if t.done {
		return nil
	}
	t.done = true
	_, err := t.conn.ExecContext(context.Background(), "rollback")
	if err = errors.Join(err, t.conn.Close()); err != nil {
		t.db.Break(err)
		return fmt.Errorf("rollback: %w", err)
	}
	return nil
}

// InTx runs f in a transaction and commits it when f returns nil.
func (d *DB) InTx(ctx context.Context, f func(*Tx) error) error {
	t, err := d.Begin(ctx)
	if err != nil {
		return err
	}
	if err := f(t); err != nil {
		return errors.Join(err, t.Rollback())
	}
	return t.Commit(ctx)
}
