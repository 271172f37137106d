package ledger

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var insertRejects = database.Parse(`insert into meta.rejects (run_id, source, dataset, artifact, record, {{.fields}})
	select {{.run}}, {{.source}}, {{.dataset}}, {{.artifact}}, {{.record}}, {{.fields}} from {{.feed}}`)

// InsertRejects is the statement that enters the rejects of an export from a feed. artifact
// is the expression for the artifact of a reject.
func InsertRejects(run string, id schemas.ExportID, artifact, feed database.SQL) database.SQL {
	fields := make([]string, len(schemas.RejectsTable.Fields))
	for i, f := range schemas.RejectsTable.Fields {
		fields[i] = f.Name
	}
	return insertRejects.Fill(database.Values{"fields": database.Idents(fields), "run": run, "source": id.Source, "dataset": id.Dataset,
		"artifact": artifact, "record": database.Ident(schemas.RecordColumn), "feed": feed})
}

// RejectPrint identifies a reject that may stand for rows of a table of the common model
// whose keys are not certain: by the table, the record's text, the field and the rule. A
// record without text, nil, is never the same as another.
func RejectPrint(table string, text *string, field, rule string) string {
	if text == nil {
		return table + " "
	}
	sum := md5.Sum([]byte(*text))
	return table + " " + hex.EncodeToString(sum[:]) + " " + field + " " + rule
}

// Unnamed are the prints of such rejects in a run, as [RejectPrint] makes them.
func Unnamed(ctx context.Context, db *database.DB, run string, id schemas.ExportID) (map[string]bool, error) {
	prints := map[string]bool{}
	err := db.Each(ctx, `select distinct t || ' ' || md5(record_text) || ' ' || coalesce(field, '') || ' ' || rule
		from (select unnest(unnamed_tables) as t, * from meta.rejects where run_id = ? and source = ? and dataset = ? and record_text is not null)`,
		func(rows *sql.Rows) error {
			var print string
			err := rows.Scan(&print)
			prints[print] = true
			return err
		}, run, id.Source, id.Dataset)
	return prints, err
}

// HasKept reports whether the file keeps rows of a dataset that its last load lacked.
func HasKept(ctx context.Context, db *database.DB, id schemas.ExportID) (bool, error) {
	n, err := db.Count(ctx, "select count(*) from meta.kept_rows where source = ? and dataset = ?", id.Source, id.Dataset)
	return n > 0, err
}

var keptRows = database.Parse(`(select row_hash from meta.kept_rows where source = {{.source}} and dataset = {{.dataset}} and table_name = {{.table}})`)

// KeptRows is the relation of the fingerprints of such rows in one table.
func KeptRows(id schemas.ExportID, table string) database.SQL {
	return keptRows.Fill(database.Values{"source": id.Source, "dataset": id.Dataset, "table": table})
}

// Kept is a table with rows that are kept although an export lacks them.
type Kept struct {
	Table string       // of the common model
	Rows  database.SQL // relation of their fingerprints
}

var insertKept = database.Parse(`insert into meta.kept_rows (run_id, source, dataset, table_name, row_hash)
	select {{.run}}, {{.source}}, {{.dataset}}, {{.table}}, {{.hash}} from {{.rows}}`)

// EnterKept replaces the kept rows of a dataset with those of tables, which may be none.
func (l *Ledger) EnterKept(ctx context.Context, t *database.Tx, id schemas.ExportID, tables []Kept) error {
	if _, err := t.Exec(ctx, "delete from meta.kept_rows where source = ? and dataset = ?", id.Source, id.Dataset); err != nil {
		return err
	}
	for _, k := range tables {
		if _, err := t.Exec(ctx, insertKept.Fill(database.Values{"run": l.run.ID, "source": id.Source, "dataset": id.Dataset,
			"table": k.Table, "hash": database.Ident(schemas.HashColumn), "rows": k.Rows})); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes what the next load would compare with, for a dataset that was dropped.
func Forget(ctx context.Context, t *database.Tx, id schemas.ExportID) error {
	for _, table := range []database.SQL{"kept_rows", "parts"} {
		if _, err := t.Exec(ctx, "delete from meta."+table+" where source = ? and dataset = ?", id.Source, id.Dataset); err != nil {
			return err
		}
	}
	return nil
}
