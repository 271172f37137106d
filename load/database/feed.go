package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/semaphore"
)

// A Feed holds at most so many bytes and batches. A statement takes none for a while when it
// compresses a row group, and the statements of other tables should go on meanwhile. More
// would cost memory, as batches are large.
const (
	feedBytes   = 8 << 20
	feedBatches = 32
)

// Feed hands batches from the goroutine that makes them to the statement that
// takes them. It is the [array.RecordReader] that DuckDB pulls from.
type Feed struct {
	schema *arrow.Schema
	in     chan waiting
	room   *semaphore.Weighted // of so many bytes
	bytes  int64
	ctx    context.Context // of the load
	cur    arrow.RecordBatch
	err    error
	refs   atomic.Int64
}

// NewFeed makes a feed of batches of one schema. It ends, with an error, when
// ctx does.
func NewFeed(ctx context.Context, schema *arrow.Schema) *Feed {
	return newFeed(ctx, schema, feedBytes)
}

// newFeed makes a feed that holds at most so many bytes.
func newFeed(ctx context.Context, schema *arrow.Schema, bytes int64) *Feed {
	f := &Feed{schema: schema, in: make(chan waiting, feedBatches), room: semaphore.NewWeighted(bytes), bytes: bytes, ctx: ctx}
	f.refs.Store(1)
	return f
}

// waiting is a batch with the bytes that it takes of the feed's room.
type waiting struct {
	batch arrow.RecordBatch
	bytes int64
}

// Send passes a batch to the feed, which owns it from here on, also after an error. It waits
// while the feed is full.
func (f *Feed) Send(b arrow.RecordBatch) error {
	w := waiting{b, min(size(b), f.bytes)}
	if err := f.room.Acquire(f.ctx, w.bytes); err != nil {
		b.Release()
		return context.Cause(f.ctx)
	}
	select {
	case f.in <- w:
		return nil
	case <-f.ctx.Done():
		b.Release()
		return context.Cause(f.ctx)
	}
}

func size(b arrow.RecordBatch) (n int64) {
	for _, c := range b.Columns() {
		n += int64(c.Data().SizeInBytes())
	}
	return n
}

// Next waits for a batch. It is called by DuckDB's threads, one at a time.
func (f *Feed) Next() bool {
	f.drop()
	if f.err != nil {
		return false
	}
	select {
	case w, ok := <-f.in:
		if ok {
			f.room.Release(w.bytes)
		}
		f.cur = w.batch
		return ok
	case <-f.ctx.Done():
		f.err = context.Cause(f.ctx)
		return false
	}
}

func (f *Feed) drop() {
	if f.cur != nil {
		f.cur.Release()
		f.cur = nil
	}
}

// End says that no more batches come. After an error of the sender its context must be ended
// first, or the statement takes this for the end of the data.
func (f *Feed) End() { close(f.in) }

// Drain releases the batches that no statement took. The sender must have ended.
func (f *Feed) Drain() {
	f.drop()
	for {
		select {
		case w, ok := <-f.in:
			if !ok {
				return
			}
			w.batch.Release()
		default:
			return
		}
	}
}

func (f *Feed) Schema() *arrow.Schema          { return f.schema }
func (f *Feed) RecordBatch() arrow.RecordBatch { return f.cur }
func (f *Feed) Record() arrow.RecordBatch      { return f.cur }
func (f *Feed) Err() error                     { return f.err }
func (f *Feed) Retain()                        { f.refs.Add(1) }
func (f *Feed) Release() {
	if f.refs.Add(-1) == 0 {
		f.drop()
	}
}

// ArrowConn takes and gives batches of a connection. The driver has it with a
// build tag only.
type ArrowConn interface {
	QueryContext(ctx context.Context, query string, args ...any) (array.RecordReader, error)
	RegisterView(reader array.RecordReader, name string) (release func(), err error)
}

// pull runs a statement that reads the feed under the given name, and returns
// how many rows it changed. The name is a view while the statement runs.
func pull(ctx context.Context, conn *sql.Conn, f array.RecordReader, name string, query SQL) (n int64, err error) {
	var release func()
	err = conn.Raw(func(c any) error {
		a, err := ArrowOf(c)
		if err == nil {
			release, err = a.RegisterView(f, name)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	defer release()
	res, err := conn.ExecContext(ctx, string(query))
	if err != nil {
		settle(conn)
		return 0, err
	}
	return res.RowsAffected()
}

// settle ends a statement that was given up. The driver leaves one that it has
// planned but not run to the next statement on the connection, and only then
// DuckDB ends its threads' work, which may still ask for a batch: that must be
// before the feed is released. Whether the next one succeeds does not matter.
func settle(conn *sql.Conn) {
	_, _ = conn.ExecContext(context.Background(), "select 1")
}

// dropView removes the name that pull left. After an error inside a
// transaction its rollback does.
func dropView(ctx context.Context, conn *sql.Conn, name string) error {
	_, err := conn.ExecContext(context.WithoutCancel(ctx), "drop view if exists "+string(Ident(name)))
	return err
}

// Take runs a statement that reads the feed, inside the transaction, and returns
// how many rows it changed. query is given the name of the feed. A statement must
// use all columns of a feed: DuckDB would push the leaving out of one, and a
// filter on a single one, down to the stream, which can do neither.
func (t *Tx) Take(ctx context.Context, f array.RecordReader, query func(feed SQL) SQL) (int64, error) {
	name := t.db.feedName()
	n, err := pull(ctx, t.conn, f, name, query(Ident(name)))
	if err == nil {
		err = dropView(ctx, t.conn, name)
	}
	if err != nil {
		t.fail(err)
	}
	return n, err
}

// Take is [Tx.Take] outside a transaction, on a connection of its own.
func (d *DB) Take(ctx context.Context, f array.RecordReader, query func(feed SQL) SQL) (n int64, err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	name := d.feedName()
	n, err = pull(ctx, conn, f, name, query(Ident(name)))
	if left := errors.Join(dropView(ctx, conn, name), conn.Close()); left != nil {
		d.Break(left)
		err = errors.Join(err, left)
	}
	return n, err
}

func (d *DB) feedName() string { return fmt.Sprintf("feed_%d", d.feeds.Add(1)) }
