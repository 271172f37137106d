package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/report"
	"github.com/accessmart/accessmart/load/review"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// ReadAt is the name under which the context of a part says when a filled pack with days to come
// was read, as RFC 3339: read again on another day it is another delivery.
const ReadAt = "read_at"

// Filled reads a filled review pack by its contract and tells what its rows say. Records that
// the contract rejects are among those that are wrong, and so are days after readAt, unless that
// is zero.
//
// Errors: what [transform.Open] and its stream say of the bytes, that it is no pack, and that
// of [review.Filled.Whole].
func Filled(ctx context.Context, c *schemas.Contract, set *schemas.Set, in []transform.Input, readAt time.Time) (*review.Filled, error) {
	o := transform.Options{Source: "review", Contracts: set.All()}
	header, err := transform.ReadHeader(ctx, c, set.Common, in, o)
	if err != nil {
		return nil, err
	}
	for _, column := range []string{"decision", "pack", "fingerprint"} {
		if slices.Contains(header.Missing, column) {
			return nil, errors.New("it is no pack that 'accessmart review -o' wrote: want the columns decision, pack and item, and all others as they were")
		}
	}
	rows, rejected, err := packRows(ctx, c, set, in, o)
	if err != nil {
		return nil, err
	}
	filled := review.Check(rows, readAt)
	filled.Wrong = append(filled.Wrong, rejected...)
	slices.SortStableFunc(filled.Wrong, func(a, b review.Wrong) int { return int(a.Record - b.Record) })
	return filled, filled.Whole()
}

// unfit are the records of an export that only a comparison with others shows to be wrong: those
// of filled packs, which are therefore read twice. Of other datasets there are none.
func unfit(ctx context.Context, c *schemas.Contract, set *schemas.Set, in []transform.Input) (map[int]map[int64]transform.Unfit, error) {
	if c.Dataset != review.Dataset {
		return nil, nil
	}
	out := map[int]map[int64]transform.Unfit{}
	for i := range in {
		var readAt time.Time
		if text := in[i].Context[ReadAt]; text != "" {
			var err error
			if readAt, err = time.Parse(time.RFC3339, text); err != nil {
				return nil, fmt.Errorf("%s: %w", ReadAt, err)
			}
		}
		filled, err := Filled(ctx, c, set, in[i:i+1], readAt)
		if err != nil {
			return nil, err
		}
		records := map[int64]transform.Unfit{}
		for _, w := range filled.Wrong {
			records[w.Record] = transform.Unfit{Field: w.Field, Message: w.Why}
		}
		out[in[i].Part] = records
	}
	return out, nil
}

// packRows are the rows of a pack, and the records of it that are none.
func packRows(ctx context.Context, c *schemas.Contract, set *schemas.Set, in []transform.Input, o transform.Options) (rows []review.Row, rejected []review.Wrong, err error) {
	stream, err := transform.Open(ctx, c, set.Common, in, o)
	if err != nil {
		return nil, nil, err
	}
	for batch, err := range stream.Batches {
		if err != nil {
			return nil, nil, err
		}
		records := cells(batch.Rows, schemas.RecordColumn).(*array.Int64)
		for i := range int(batch.Rows.NumRows()) {
			switch batch.Table {
			case stream.Vendor:
				rows = append(rows, packRow(batch, records.Value(i), i))
			case schemas.RejectsTable:
				w := review.Wrong{Record: records.Value(i), Why: strings.Clone(cells(batch.Rows, "message").ValueStr(i))}
				if field := cells(batch.Rows, "field"); field.IsValid(i) {
					w.Field = strings.Clone(field.ValueStr(i))
				}
				rejected = append(rejected, w)
			}
		}
	}
	return rows, rejected, nil
}

// packRow is a row of a batch. What the program put before a text so that no spreadsheet takes
// it for a formula is taken away.
func packRow(batch schemas.Batch, record int64, i int) review.Row {
	r := review.Row{Record: record, Cells: map[string]string{}}
	for _, f := range batch.Table.Fields {
		if column := cells(batch.Rows, f.Name); !column.IsNull(i) {
			r.Cells[f.Name] = report.Unguarded(strings.Clone(column.ValueStr(i))) // the batch is only lent
		}
	}
	if day := cells(batch.Rows, "decided_on").(*array.Timestamp); !day.IsNull(i) {
		r.Decided = day.Value(i).ToTime(day.DataType().(*arrow.TimestampType).Unit)
	}
	return r
}

func cells(rows arrow.RecordBatch, name string) arrow.Array {
	return rows.Column(rows.Schema().FieldIndices(name)[0])
}
