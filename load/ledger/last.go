package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// LastLoad is the newest export of a source and dataset that was loaded, whose rows the
// file holds. The zero value means that there is none.
type LastLoad struct {
	Run      string // "" for none
	Contract string // fingerprint
	Rows     int64  // of the vendor table
	DataAt   sql.NullTime
	parts    string
}

// Last finds the last load of a source and dataset, unless it was dropped since.
func Last(ctx context.Context, db *database.DB, id schemas.ExportID) (last LastLoad, err error) {
	err = db.Row(ctx, `select run_id, parts, coalesce(contract, ''), loaded_count, data_at from (
			from meta.exports where status in ('loaded', 'dropped', 'erased') and source = ? and dataset = ? order by as_of desc limit 1)
		where status = 'loaded'`, id.Source, id.Dataset).
		Scan(&last.Run, &last.parts, &last.Contract, &last.Rows, &last.DataAt)
	if errors.Is(err, sql.ErrNoRows) {
		return LastLoad{}, nil
	}
	return last, err
}

// Unchanged reports whether the parts of e, in any order, and the contract are
// those of the last load of its source and dataset, so that loading e would
// change nothing.
func (l *Ledger) Unchanged(ctx context.Context, e *schemas.Export, contract string) (bool, error) {
	if err := l.db.Err(); err != nil {
		return false, err
	}
	last, err := Last(ctx, l.db, schemas.ExportID{Source: e.Source, Dataset: e.Dataset})
	return err == nil && last.Run != "" && last.parts == partsFingerprint(e) && last.Contract == contract, err
}

// LastResult is the result of an unchanged export: the counts of the last load of its
// source and dataset, with all rows unchanged.
func (l *Ledger) LastResult(ctx context.Context, e *schemas.Export) (Result, error) {
	o := Outcome{Export: e, Filtered: e.Filtered, Result: Result{Status: Unchanged}}
	err := lastCounts(ctx, l.db, &o)
	return o.Result, err
}

// lastCounts fills in the counts of an unchanged export.
func lastCounts(ctx context.Context, db *database.DB, o *Outcome) error {
	r := &o.Result
	err := db.Row(ctx, `select record_count, loaded_count, reject_count, coalesce(item_reject_count, 0), coalesce(repeat_count, 0), coalesce(kept_count, 0), coalesce(dialect, ''), inserted_count + unchanged_count, coalesce(is_filtered, false)
		from meta.exports where status = 'loaded' and source = ? and dataset = ?
		order by as_of desc limit 1`, o.Export.Source, o.Export.Dataset).
		Scan(&r.RecordCount, &r.LoadedCount, &r.RejectCount, &r.ItemRejectCount, &r.RepeatCount, &r.KeptCount, &r.Dialect, &r.UnchangedCount, &o.Filtered)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// HadDrift reports whether a run recorded this difference between contract and export.
func HadDrift(ctx context.Context, db *database.DB, run string, id schemas.ExportID, d schemas.Drift) (had bool, err error) {
	err = db.Row(ctx, `select count(*) > 0 from meta.drift
		where run_id = ? and source = ? and dataset = ? and change = ? and column_name = ?`,
		run, id.Source, id.Dataset, d.Change, d.Column).Scan(&had)
	return had, err
}
