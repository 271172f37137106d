package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// DB is an open working copy. A second database in memory, the stage, is attached to it, in
// which changes are prepared. Only statements of a [Tx] run in a transaction. Several
// goroutines may use it.
type DB struct {
	db    *sql.DB
	feeds atomic.Int64 // how many there were, to name them

	mu     sync.Mutex
	broken error
}

// limits are those of DuckDB.
type limits struct {
	threads int    // 0 means one per core
	memory  string // memory_limit
	spill   string // folder into which it spills
}

// connect opens DuckDB in memory with the copy and a stage attached.
//
// The copy is private and thrown away after a crash, so it needs no write-ahead log: a
// commit costs no sync, and the one checkpoint at the end makes everything durable.
func connect(ctx context.Context, path string, l limits) (*DB, error) {
	global := []SQL{
		"set temp_directory = " + Text(l.spill),
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"set global TimeZone = 'UTC'",
		"set memory_limit = " + Text(l.memory),
		// If this is on, a second checkpoint writes a file that DuckDB before 1.4 cannot
		// attach, even with a storage version that it knows.
		"set experimental_metadata_reuse = false",
	}
	if l.threads > 0 {
		global = append(global, SQL(fmt.Sprintf("set threads = %d", l.threads)))
	}
	name := Ident(CatalogName(path))
	session := []SQL{
		"attach if not exists " + Text(path) + " as " + name + " (recovery_mode no_wal_writes)",
		"attach if not exists ':memory:' as " + stage,
		"use " + name,
	}
	var once sync.Once
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) (err error) {
		once.Do(func() { err = Run(conn, global) })
		if err != nil {
			return err
		}
		return Run(conn, session)
	})
	if err != nil {
		return nil, err
	}
	d := &DB{db: sql.OpenDB(c)}
	if err := d.db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, d.db.Close())
	}
	return d, nil
}

// Run runs statements on a connection of the driver, one after the other.
func Run(conn driver.ExecerContext, statements []SQL) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(context.Background(), string(s), nil); err != nil {
			return err
		}
	}
	return nil
}

// stage is the attached database in memory in which changes are prepared, so that nothing
// of that remains in the file.
const stage = "stage"

// Stage is the quoted name of a table of the stage. Whoever makes the table drops it.
func Stage(name string) SQL { return stage + ".main." + Ident(name) }

// CatalogName is the name of the database at path when DuckDB opens it directly.
func CatalogName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	if name == "" || name == stage || name == "memory" || name == "system" || name == "temp" {
		return "access"
	}
	return name
}

// Exec runs statements and returns how many rows the last one changed. It keeps its
// connection until it knows that: asking for the number waits for whatever runs on the
// connection, which could be a statement of another goroutine that waits for this one.
func (d *DB) Exec(ctx context.Context, query SQL, args ...any) (n int64, err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	res, err := conn.ExecContext(ctx, string(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Row runs a query that yields one row; its Scan returns [sql.ErrNoRows] for none.
func (d *DB) Row(ctx context.Context, query SQL, args ...any) *sql.Row {
	return d.db.QueryRowContext(ctx, string(query), args...)
}

// Count runs a query that yields one number.
func (d *DB) Count(ctx context.Context, query SQL, args ...any) (n int64, err error) {
	err = d.Row(ctx, query, args...).Scan(&n)
	return n, err
}

// Each calls f for each row of a query.
func (d *DB) Each(ctx context.Context, query SQL, f func(*sql.Rows) error, args ...any) error {
	rows, err := d.db.QueryContext(ctx, string(query), args...)
	if err != nil {
		return err
	}
	return each(rows, f)
}

func each(rows *sql.Rows, f func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Threads sets how many threads DuckDB has.
func (d *DB) Threads(ctx context.Context, n int) error {
	_, err := d.Exec(ctx, SQL(fmt.Sprintf("set global threads = %d", n)))
	return err
}

// Single runs f while DuckDB has no threads but those that run statements. Where a statement
// has little to do at a time, or waits for the program, other threads would spin meanwhile.
func (d *DB) Single(ctx context.Context, f func() error) error {
	n, err := d.Count(ctx, "select current_setting('threads')::bigint")
	if err != nil {
		return err
	}
	if n == 1 {
		return f()
	}
	if err := d.Threads(ctx, 1); err != nil {
		return err
	}
	return errors.Join(f(), d.Threads(context.WithoutCancel(ctx), int(n)))
}

// Memory sets DuckDB's memory_limit, such as "1GB"; beyond it DuckDB spills to disk what it
// can.
func (d *DB) Memory(ctx context.Context, limit string) error {
	_, err := d.Exec(ctx, "set global memory_limit = "+Text(limit))
	return err
}

// IsOutOfMemory tells whether DuckDB failed as its memory_limit was too low.
func IsOutOfMemory(err error) bool {
	var e *duckdb.Error
	return errors.As(err, &e) && e.Type == duckdb.ErrorTypeOutOfMemory
}

// Break marks the copy as broken, because it is not known what it holds. A broken copy is
// not published.
func (d *DB) Break(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken == nil {
		d.broken = fmt.Errorf("%w: %w", ErrBroken, err)
	}
}

// Err is why the copy is broken, nil if it is not. It wraps [ErrBroken].
func (d *DB) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken
}
