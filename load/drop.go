package load

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/schemas"
)

// Statuses of a dataset that a person took out of the file. A later load begins
// as if there had been none.
const (
	Dropped Status = "dropped" // its rows are in history
	Erased  Status = "erased"  // its history is gone too
)

// Drop takes the rows of one dataset of a source out of the file: to history,
// or with their history where status is [Erased]. The ledger, rejects included,
// stays and says so. A source of which nothing is left gives its name back.
func (w *Work) Drop(ctx context.Context, e *schemas.Export, status Status) (Result, error) {
	r := Result{Status: status, Tables: map[string]TableResult{}}
	if err := w.usable(); err != nil {
		return r, err
	}
	if status != Dropped && status != Erased {
		return r, fmt.Errorf("source %s, dataset %s: %s is not a way to drop it", e.Source, e.Dataset, status)
	}
	tables, err := w.holding(ctx)
	if err != nil {
		return r, err
	}
	err = w.inTx(ctx, func(t *tx) error {
		for _, table := range tables {
			if err := w.dropFrom(ctx, t, table, e, status, &r); err != nil {
				return err
			}
		}
		for _, table := range []string{"kept_rows", "parts"} {
			if _, err := t.exec(ctx, "delete from meta."+table+" where source = ? and dataset = ?", e.Source, e.Dataset); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.record(ctx, outcome{export: e, status: status, result: r})
	}
	if err != nil {
		return r, fmt.Errorf("source %s, dataset %s: drop: %w", e.Source, e.Dataset, err)
	}
	w.step("dataset dropped", "source", e.Source, "dataset", e.Dataset)
	return r, nil
}

// holding lists the tables of the file that hold rows of sources.
func (w *Work) holding(ctx context.Context) (tables []*table, err error) {
	rows, err := w.db.QueryContext(ctx, `select t.schema_name, t.table_name from duckdb_tables() t join duckdb_columns() c using (database_name, schema_name, table_name)
		where t.database_name = current_database() and c.column_name = '_source' order by all`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		t := &table{}
		if err := rows.Scan(&t.schema, &t.name); err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, rows.Err()
}

func (w *Work) dropFrom(ctx context.Context, t *tx, from *table, e *schemas.Export, status Status, r *Result) error {
	if from.schema == historySchema && status == Dropped {
		return nil
	}
	where := fmt.Sprintf("where _source = %s and _dataset = %s", text(e.Source), text(e.Dataset))
	n, err := t.count(ctx, "select count(*) from "+from.qualified()+" "+where)
	if err != nil || n == 0 {
		return err
	}
	if from.schema == schemas.CommonSchema {
		if status == Dropped {
			moved, err := t.exec(ctx, fmt.Sprintf("insert into %s.%s by name select *, %s as _valid_to, %s as _ended_by from %s %s",
				historySchema, ident(from.name), instant(w.asOf), text(w.opt.Run.ID), from.qualified(), where))
			if err != nil {
				return err
			}
			if err := expect("rows moved to history of "+from.qualified(), moved, n); err != nil {
				return err
			}
		}
		r.ClosedCount += n
	}
	gone, err := t.exec(ctx, "delete from "+from.qualified()+" "+where)
	if err != nil {
		return err
	}
	if from.schema != historySchema {
		r.Tables[from.schema+"."+from.name] = TableResult{Closed: n}
	}
	return expect("rows dropped from "+from.qualified(), gone, n)
}

// freeSource forgets a source of which nothing is left.
func (w *Work) freeSource(ctx context.Context, t *tx, o outcome) error {
	_, err := t.exec(ctx, `delete from meta.sources where source = ? and not exists (
		from (select arg_max(status, as_of) as status from meta.exports where source = ? group by dataset) where status not in ('dropped', 'erased'))`,
		o.export.Source, o.export.Source)
	return err
}
