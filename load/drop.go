package load

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Drop takes the rows of one dataset of a source out of the file. With
// [ledger.Dropped] they move to history, with [ledger.Erased] their history is deleted
// too. The ledger, with the rejects, stays and records it. If nothing is left of the
// source, another vendor may use its name.
func (w *Work) Drop(ctx context.Context, e *schemas.Export, status ledger.Status) (ledger.Result, error) {
	r := ledger.Result{Status: status, Tables: map[string]ledger.TableCounts{}}
	if err := w.usable(); err != nil {
		return r, err
	}
	if status != ledger.Dropped && status != ledger.Erased {
		return r, fmt.Errorf("source %s, dataset %s: %s is not a way to drop it", e.Source, e.Dataset, status)
	}
	tables, err := w.holding(ctx)
	if err != nil {
		return r, err
	}
	err = w.db.InTx(ctx, func(t *database.Tx) error {
		for _, table := range tables {
			if err := w.dropFrom(ctx, t, table, e, &r); err != nil {
				return err
			}
		}
		return ledger.Forget(ctx, t, schemas.ExportID{Source: e.Source, Dataset: e.Dataset})
	})
	if err == nil {
		err = w.ledger.Enter(ctx, ledger.Outcome{Export: e, Result: r})
	}
	if err != nil {
		return r, fmt.Errorf("source %s, dataset %s: drop: %w", e.Source, e.Dataset, err)
	}
	w.step("dataset dropped", "source", e.Source, "dataset", e.Dataset)
	return r, nil
}

// tableName names a table of the file.
type tableName struct{ schema, name string }

// holding lists the tables of the file that have rows of sources.
func (w *Work) holding(ctx context.Context) (tables []tableName, err error) {
	err = w.db.Each(ctx, `select t.schema_name, t.table_name from duckdb_tables() t join duckdb_columns() c using (database_name, schema_name, table_name)
		where t.database_name = current_database() and c.column_name = '_source' order by all`, func(rows *sql.Rows) error {
		var p tableName
		err := rows.Scan(&p.schema, &p.name)
		tables = append(tables, p)
		return err
	})
	return tables, err
}

// dropFrom takes the rows of a dataset out of one table.
func (w *Work) dropFrom(ctx context.Context, t *database.Tx, from tableName, e *schemas.Export, r *ledger.Result) error {
	if from.schema == database.StatedSchema && r.Status == ledger.Dropped {
		return nil
	}
	target := apply.Target{Table: database.Name(from.schema, from.name), Scope: whereOf.Fill(database.Values{"source": e.Source, "dataset": e.Dataset})}
	common := from.schema == schemas.CommonSchema
	if common && r.Status == ledger.Dropped {
		target.History = database.Name(database.StatedSchema, from.name)
	}
	n, err := target.Clear(ctx, t, w.ledger.AsOf(), w.run())
	if err != nil || n == 0 {
		return err
	}
	if common {
		r.ClosedCount += n
	}
	if from.schema != database.StatedSchema {
		r.Tables[from.schema+"."+from.name] = ledger.TableCounts{Closed: n}
	}
	return nil
}
