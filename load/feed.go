package load

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

// A feed holds so many bytes, and so many batches, for DuckDB. A statement stops
// for the time of some batches when it compresses a row group; the others
// should go on meanwhile. No more, because batches are large.
const (
	feedBytes   = 8 << 20
	feedBatches = 32
)

// feed hands batches from the goroutine that makes them to the statement that
// takes them. It is the [array.RecordReader] that DuckDB pulls from.
type feed struct {
	schema *arrow.Schema
	in     chan waiting
	room   *semaphore.Weighted // of feedBytes
	ctx    context.Context     // of the load
	cur    arrow.RecordBatch
	err    error
	refs   atomic.Int64
}

func newFeed(ctx context.Context, schema *arrow.Schema) *feed {
	f := &feed{schema: schema, in: make(chan waiting, feedBatches), room: semaphore.NewWeighted(feedBytes), ctx: ctx}
	f.refs.Store(1)
	return f
}

// waiting is a batch with the bytes that it takes of the feed's room.
type waiting struct {
	batch arrow.RecordBatch
	bytes int64
}

// send passes a batch on, which feed owns from here on, whatever happens.
func (f *feed) send(b arrow.RecordBatch) error {
	w := waiting{b, min(size(b), feedBytes)}
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
func (f *feed) Next() bool {
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

func (f *feed) drop() {
	if f.cur != nil {
		f.cur.Release()
		f.cur = nil
	}
}

// drain releases what no statement took. The sender has ended by then.
func (f *feed) drain() {
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

func (f *feed) Schema() *arrow.Schema          { return f.schema }
func (f *feed) RecordBatch() arrow.RecordBatch { return f.cur }
func (f *feed) Record() arrow.RecordBatch      { return f.cur }
func (f *feed) Err() error                     { return f.err }
func (f *feed) Retain()                        { f.refs.Add(1) }
func (f *feed) Release() {
	if f.refs.Add(-1) == 0 {
		f.drop()
	}
}

// arrowConn takes and gives batches of a connection. The driver has it with a
// build tag only.
type arrowConn interface {
	QueryContext(ctx context.Context, query string, args ...any) (array.RecordReader, error)
	RegisterView(reader array.RecordReader, name string) (release func(), err error)
}

// pull runs a statement that reads the feed under the given name, and returns
// how many rows it changed. The name is a view while the statement runs.
func pull(ctx context.Context, conn *sql.Conn, f array.RecordReader, name, query string) (n int64, err error) {
	var release func()
	err = conn.Raw(func(c any) error {
		a, err := arrowOf(c)
		if err == nil {
			release, err = a.RegisterView(f, name)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	defer release()
	res, err := conn.ExecContext(ctx, query)
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
	_, err := conn.ExecContext(context.WithoutCancel(ctx), "drop view if exists "+ident(name))
	return err
}

// pull is like [pull] inside the transaction.
func (t *tx) pull(ctx context.Context, f array.RecordReader, name, query string) (int64, error) {
	n, err := pull(ctx, t.conn, f, name, query)
	if err == nil {
		err = dropView(ctx, t.conn, name)
	}
	if err != nil {
		t.fail(err)
	}
	return n, err
}

// pullAlone runs the statement outside a transaction, on a connection of its own.
func (w *Work) pullAlone(ctx context.Context, f *feed, name, query string) (n int64, err error) {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	n, err = pull(ctx, conn, f, name, query)
	if left := errors.Join(dropView(ctx, conn, name), conn.Close()); left != nil {
		w.breakOff(left)
		err = errors.Join(err, left)
	}
	return n, err
}

func (w *Work) feedName() string {
	w.feeds++
	return fmt.Sprintf("feed_%d", w.feeds)
}
