package apply

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
)

// endedRows is a temporary table: a transaction on the file can write no table of the stage.
const endedRows database.SQL = `temp.main."rows that end"`

var rowidShape = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)

// EndRows takes the rows with these rowids out of the target, and moves them to its history
// if there is one: they end at moment and by the run by. It is for who knows already which
// rows go, so that nothing need be compared.
//
// Errors: [database.CountError] if the target has not all of them.
func (t *Target) EndRows(ctx context.Context, tx *database.Tx, rowids []int64, moment time.Time, by string) error {
	if len(rowids) == 0 {
		return nil
	}
	b := array.NewInt64Builder(database.Outside)
	defer b.Release()
	b.AppendValues(rowids, nil)
	column := b.NewArray()
	defer column.Release()
	batch := array.NewRecordBatch(rowidShape, []arrow.Array{column}, int64(len(rowids)))
	defer batch.Release()
	reader, err := array.NewRecordReader(rowidShape, []arrow.RecordBatch{batch})
	if err != nil {
		return err
	}
	defer reader.Release()
	_, err = tx.Take(ctx, reader, func(feed database.SQL) database.SQL {
		return "create or replace temporary table " + endedRows + " as from " + feed
	})
	if err != nil {
		return err
	}
	if err := t.end(ctx, tx, "rowid in (select id from "+endedRows+")", int64(len(rowids)), moment, by); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "drop table "+endedRows)
	return err
}
