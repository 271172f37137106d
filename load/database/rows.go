package database

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/schemas"
)

var arrowTypes = map[string]schemas.Type{"VARCHAR": schemas.Text, "BOOLEAN": schemas.Bool, "DOUBLE": schemas.Float, "BIGINT": schemas.Int, "DATE": schemas.Date, "TIMESTAMPTZ": schemas.Timestamp,
	"JSON": schemas.JSON, "VARCHAR[]": schemas.List, "UUID": schemas.Hash}

// ShapeOf is how rows of a table travel to it: its columns in their order, all of which may
// be NULL.
func ShapeOf(t *Table) *arrow.Schema {
	var out []arrow.Field
	for _, c := range t.Columns {
		typ, ok := arrowTypes[c.Type]
		if !ok {
			panic(fmt.Sprintf("column %s of %s: no rows of type %s are made here", c.Name, t.Name, c.Type))
		}
		f := arrow.Field{Name: c.Name, Type: typ.Arrow(), Nullable: true}
		if typ == schemas.Hash {
			f.Metadata = arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.uuid", ""})
		}
		out = append(out, f)
	}
	return arrow.NewSchema(out, nil)
}

// Rows makes batches of rows, cell by cell, and sends them to a [Feed].
type Rows struct {
	*array.RecordBuilder
	feed *Feed
	sent func() // called when the feed has a batch
	at   int    // next cell
	rows int
}

func (r *Rows) next() array.Builder { r.at++; return r.Field(r.at - 1) }

// Texts appends a cell for each text.
func (r *Rows) Texts(list ...string) {
	for _, s := range list {
		r.next().(*array.StringBuilder).Append(s)
	}
}

// Bytes appends a text.
func (r *Rows) Bytes(text []byte) { r.next().(*array.StringBuilder).BinaryBuilder.Append(text) }

// Null appends NULL.
func (r *Rows) Null() { r.next().AppendNull() }

// TextOrNull appends a text, NULL for "".
func (r *Rows) TextOrNull(s string) {
	if s == "" {
		r.Null()
		return
	}
	r.Texts(s)
}

// List appends a list of texts, which is never NULL.
func (r *Rows) List(texts []string) {
	b := r.next().(*array.ListBuilder)
	b.Append(true)
	b.ValueBuilder().(*array.StringBuilder).AppendValues(texts, nil)
}

// Int appends a number.
func (r *Rows) Int(v int64) { r.next().(*array.Int64Builder).Append(v) }

// Float appends a number.
func (r *Rows) Float(v float64) { r.next().(*array.Float64Builder).Append(v) }

// Flag appends true or false.
func (r *Rows) Flag(v bool) { r.next().(*array.BooleanBuilder).Append(v) }

// UUID appends a UUID.
func (r *Rows) UUID(p [16]byte) { r.next().(*array.FixedSizeBinaryBuilder).Append(p[:]) }

// Moment appends a moment, in microseconds since 1970.
func (r *Rows) Moment(micros int64) {
	r.next().(*array.TimestampBuilder).Append(arrow.Timestamp(micros))
}

// Day appends a day, in days since 1970.
func (r *Rows) Day(days int32) { r.next().(*array.Date32Builder).Append(arrow.Date32(days)) }

// rowsOfBatch is how many rows are sent at a time.
const rowsOfBatch = 8192

// End ends a row. It waits while the feed is full.
func (r *Rows) End() error {
	r.at = 0
	if r.rows++; r.rows < rowsOfBatch {
		return nil
	}
	return r.flush()
}

func (r *Rows) flush() error {
	if r.rows == 0 {
		return nil
	}
	r.rows = 0
	err := r.feed.Send(r.NewRecordBatch())
	r.sent()
	return err
}

// builtBytes is what is built at most while DuckDB compresses a row group.
const builtBytes = 12 << 20

// Give gives the rows that are built to take, which runs a statement that reads them. It
// does so when there is a batch, or when no more comes: where one thread of DuckDB waits
// for a batch, another one may spin. Several functions build rows side by side.
func Give(ctx context.Context, shape *arrow.Schema, take func(context.Context, *Feed) error, build ...func(*Rows) error) error {
	g, ctx := errgroup.WithContext(ctx)
	feed := newFeed(ctx, shape, builtBytes)
	defer feed.Drain()
	sent := make(chan struct{})
	isSent := sync.OnceFunc(func() { close(sent) })
	var left atomic.Int64
	left.Store(int64(len(build)))
	for _, rows := range build {
		row := &Rows{RecordBuilder: array.NewRecordBuilder(Outside, shape), feed: feed, sent: isSent}
		g.Go(func() error {
			defer row.Release()
			if err := rows(row); err != nil {
				return err
			}
			if err := row.flush(); err != nil {
				return err
			}
			if left.Add(-1) == 0 {
				feed.End()
				isSent()
			}
			return nil
		})
	}
	g.Go(func() error {
		select {
		case <-sent:
			return take(ctx, feed)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	return g.Wait()
}
