package read

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// RunRecords reads from the ledger what each published run decided, the oldest run first.
// It leaves out the runs for which skip is true.
func RunRecords(ctx context.Context, f *File, skip func(run string) bool) ([]schemas.Run, error) {
	r := recordReader{at: map[string]int{}}
	if err := r.read(ctx, f, skip); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return r.runs, nil
}

// recordReader reads records of runs, first the runs, then their exports and gates.
type recordReader struct {
	runs []schemas.Run
	at   map[string]int // place in runs, by id
}

func (r *recordReader) read(ctx context.Context, f *File, skip func(run string) bool) error {
	ids, err := f.texts(ctx, "select run_id from meta.runs order by as_of")
	if err != nil {
		return err
	}
	var wanted []database.SQL
	for _, id := range ids {
		if !skip(id) {
			wanted = append(wanted, database.Text(id))
		}
	}
	if wanted == nil {
		return nil
	}
	has, err := f.texts(ctx, "select table_name from duckdb_tables() where schema_name = 'meta' and table_name in ('link_runs', 'sod_runs')")
	if err != nil {
		return err
	}
	v := database.Values{"runs": database.Join(wanted, ", "), "link_runs": noLinks, "sod_runs": noRules}
	for _, table := range has {
		v[table] = database.Name("meta", table)
	}
	for _, part := range []struct {
		query *database.Template
		take  func(*sql.Rows) error
	}{{runsOf, r.run}, {exportsOf, r.export}, {gatesOf, r.gate}} {
		if err := f.scan(ctx, part.query.Fill(v), part.take); err != nil {
			return err
		}
	}
	return nil
}

// scan calls take for each row of a query of our own.
func (f *File) scan(ctx context.Context, query database.SQL, take func(*sql.Rows) error) (err error) {
	rows, err := f.db.QueryContext(ctx, string(query))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

var (
	runsOf = database.Parse(`
select r.run_id, coalesce(r.command, ''), coalesce(r.version, ''), coalesce(r.status, ''), coalesce(r.started_at, r.as_of), r.finished_at, r.as_of,
	coalesce(l.links_file, ''), coalesce(l.domain_aliases::varchar, '{}'), coalesce(s.rules_file, '')
from meta.runs r asof left join {{.link_runs}} l on r.as_of >= l.as_of asof left join {{.sod_runs}} s on r.as_of >= s.as_of
where r.run_id in ({{.runs}}) order by r.as_of`)
	exportsOf = database.Parse(`
select run_id, source, dataset, coalesce(status, ''), coalesce(failure, ''), coalesce(error, '')
from meta.exports where run_id in ({{.runs}}) order by rowid`)
	gatesOf = database.Parse(`
select run_id, source, dataset, coalesce(table_name, ''), coalesce(rows_before, 0), coalesce(rows_after, 0), coalesce(share_limit, 0), coalesce(rows_limit, 0),
	coalesce(contract_changed, false), coalesce(columns_missing, []), coalesce(reason, ''), coalesce(what, '')
from meta.gates where run_id in ({{.runs}}) order by rowid`)
)

// noLinks and noRules stand for meta.link_runs and meta.sod_runs in a file that an earlier
// program made.
const (
	noLinks database.SQL = "(select null::varchar as links_file, null::json as domain_aliases, null::timestamptz as as_of limit 0)"
	noRules database.SQL = "(select null::varchar as rules_file, null::timestamptz as as_of limit 0)"
)

func (r *recordReader) run(rows *sql.Rows) error {
	var run schemas.Run
	var finished sql.NullTime
	var aliases string
	err := rows.Scan(&run.ID, &run.Command, &run.Version, &run.Status, &run.StartedAt, &finished, &run.AsOf, &run.LinksFile, &aliases, &run.RulesFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(aliases), &run.DomainAliases); err != nil {
		return fmt.Errorf("run %s: domain aliases: %w", run.ID, err)
	}
	run.FinishedAt, run.Exports = finished.Time, []schemas.RunExport{}
	r.at[run.ID] = len(r.runs)
	r.runs = append(r.runs, run)
	return nil
}

func (r *recordReader) export(rows *sql.Rows) error {
	var id string
	var e schemas.RunExport
	err := rows.Scan(&id, &e.Source, &e.Dataset, &e.Status, &e.Failure, &e.Error)
	if err == nil {
		run := &r.runs[r.at[id]]
		run.Exports = append(run.Exports, e)
	}
	return err
}

// gate adds a row of meta.gates to its export.
func (r *recordReader) gate(rows *sql.Rows) error {
	var id, source, dataset string
	var g schemas.RunGate
	var missing duckdb.Composite[[]string]
	err := rows.Scan(&id, &source, &dataset, &g.Table, &g.Before, &g.After, &g.Share, &g.Rows, &g.ContractChanged, &missing, &g.Reason, &g.What)
	if err != nil {
		return err
	}
	g.ColumnsMissing = missing.Get()
	exports := r.runs[r.at[id]].Exports
	for i := range exports {
		if e := &exports[i]; e.Source == source && e.Dataset == dataset {
			e.Gates = append(e.Gates, g)
		}
	}
	return nil
}
