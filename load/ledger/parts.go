package ledger

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// Parts are the parts of the last load of a dataset; none if the file was made before parts
// were recorded.
func Parts(ctx context.Context, db *database.DB, id schemas.ExportID) (parts []Part, err error) {
	err = db.Each(ctx, `select part, file_count, record_count, array_to_string(columns_missing, ',') from meta.parts
		where source = ? and dataset = ? order by rowid`, func(rows *sql.Rows) error {
		var p Part
		var absent string
		if err := rows.Scan(&p.Label, &p.Files, &p.Records, &absent); err != nil {
			return err
		}
		if absent != "" {
			p.Absent = strings.Split(absent, ",")
		}
		parts = append(parts, p)
		return nil
	}, id.Source, id.Dataset)
	return parts, err
}

var (
	partRow = database.Parse(`({{.run}}, {{.source}}, {{.dataset}}, {{.label}}, {{.files}}, {{.records}}, {{.absent}})`)
	// partsAtOnce is how many parts one statement enters.
	partsAtOnce = 500
)

// parts replaces the parts of the last load with those of this one.
func (x entry) parts(ctx context.Context) error {
	if x.Result.Status != Loaded {
		return nil
	}
	e := x.Export
	if !x.Filtered { // else the other parts are as they were
		if _, err := x.t.Exec(ctx, "delete from meta.parts where source = ? and dataset = ?", e.Source, e.Dataset); err != nil {
			return err
		}
	}
	for parts := range slices.Chunk(x.Parts, partsAtOnce) {
		rows, labels := make([]database.SQL, len(parts)), make([]database.SQL, len(parts))
		for i, p := range parts {
			labels[i] = database.Text(p.Label)
			rows[i] = partRow.Fill(database.Values{"run": x.run, "source": e.Source, "dataset": e.Dataset,
				"label": p.Label, "files": p.Files, "records": p.Records, "absent": database.Texts(p.Absent)})
		}
		if _, err := x.t.Exec(ctx, "delete from meta.parts where source = ? and dataset = ? and part in ("+database.Join(labels, ", ")+")", e.Source, e.Dataset); err != nil {
			return err
		}
		if _, err := x.t.Exec(ctx, "insert into meta.parts (run_id, source, dataset, part, file_count, record_count, columns_missing) values "+database.Join(rows, ", ")); err != nil {
			return err
		}
	}
	return nil
}
