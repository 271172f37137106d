package links

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
)

// rowBuilder makes batches of rows, cell by cell, and sends them.
type rowBuilder struct {
	*array.RecordBuilder
	feed *database.Feed
	sent func() // called when the feed has a batch
	at   int    // next cell
	rows int
}

func newRowBuilder(shape *arrow.Schema, feed *database.Feed, sent func()) *rowBuilder {
	return &rowBuilder{RecordBuilder: array.NewRecordBuilder(database.Outside, shape), feed: feed, sent: sent}
}

func (r *rowBuilder) release() { r.RecordBuilder.Release() }

func (r *rowBuilder) next() array.Builder { r.at++; return r.Field(r.at - 1) }

func (r *rowBuilder) texts(list ...string) {
	for _, s := range list {
		r.next().(*array.StringBuilder).Append(s)
	}
}

func (r *rowBuilder) null() { r.next().AppendNull() }

func (r *rowBuilder) textOrNull(s string) {
	if s == "" {
		r.null()
		return
	}
	r.texts(s)
}

func (r *rowBuilder) list(texts []string) {
	b := r.next().(*array.ListBuilder)
	b.Append(true)
	b.ValueBuilder().(*array.StringBuilder).AppendValues(texts, nil)
}

func (r *rowBuilder) int(v int64)     { r.next().(*array.Int64Builder).Append(v) }
func (r *rowBuilder) float(v float64) { r.next().(*array.Float64Builder).Append(v) }
func (r *rowBuilder) flag(v bool)     { r.next().(*array.BooleanBuilder).Append(v) }
func (r *rowBuilder) print(p print)   { r.next().(*array.FixedSizeBinaryBuilder).Append(p[:]) }

// moment is given in microseconds since 1970.
func (r *rowBuilder) moment(micros int64) {
	r.next().(*array.TimestampBuilder).Append(arrow.Timestamp(micros))
}

// batchRows is how many rows are sent at a time.
const batchRows = 8192

// end ends a row.
func (r *rowBuilder) end() error {
	r.at = 0
	if r.rows++; r.rows < batchRows {
		return nil
	}
	return r.flush()
}

func (r *rowBuilder) flush() error {
	if r.rows == 0 {
		return nil
	}
	r.rows = 0
	err := r.feed.Send(r.NewRecordBatch())
	r.sent()
	return err
}
