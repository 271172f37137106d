package read

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
)

var (
	statusOf = database.Parse(`
select e.source, e.dataset, e.status, e.record_count as records, e.loaded_count as loaded, e.reject_count as rejected,
       e.inserted_count as inserted, e.closed_count as closed, coalesce(e.item_reject_count, 0) as item_rejects, {{.findings}} as findings,
       strftime(r.started_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as run_at,
       strftime(c.data_of at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as data_of,
       e.error, e.failure, c.data_at
from {{.latest}} l join {{.exports}} e using (run_id, source, dataset) join meta.runs r using (run_id)
left join (
    select x.source, x.dataset, x.as_of, least(x.data_at, c.started_at) as data_of, least(x.data_at, x.fetched_at) as data_at
    from {{.exports}} x join meta.runs c using (run_id)
) c on c.source = l.source and c.dataset = l.dataset and c.as_of = l.confirmed_at
where l.status not in ('dropped', 'erased')
order by e.source, e.dataset`)
	findingsOf = database.SQL("(select count(*) from meta.findings f where f.source = e.source and f.dataset = e.dataset and f.run_id = l.loaded_run_id)")
)

// StatusQuery is the query of the newest export of each dataset of a source, with the
// findings of the load that its rows come from. It asks by what the file has: that of an
// earlier version has no findings. The columns are source, dataset, status, records, loaded,
// rejected, inserted, closed, item_rejects, findings, run_at, data_of, error, failure (its
// class) and data_at (an instant).
func StatusQuery(ctx context.Context, f *File) (string, error) {
	exports, latest, err := Exports(ctx, f)
	if err != nil {
		return "", err
	}
	findings := database.SQL("0")
	if has, err := HasColumn(ctx, f, "findings", "run_id"); err != nil {
		return "", err
	} else if has {
		findings = findingsOf
	}
	return string(statusOf.Fill(database.Values{"exports": exports, "latest": latest, "findings": findings})), nil
}

var columnsOf = database.Parse(`select count(*) from duckdb_columns() where database_name = current_database()
	and schema_name = 'meta' and table_name = {{.table}} and column_name = {{.column}}`)

// HasColumn reports whether the ledger of the file has a column: that of an earlier version
// lacks some.
func HasColumn(ctx context.Context, f *File, table, column string) (has bool, err error) {
	err = f.Each(ctx, string(columnsOf.Fill(database.Values{"table": table, "column": column})), func(row []Value) { has = row[0].Int() > 0 })
	return has, err
}

// UnreadFile is a file of a folder that was not read.
type UnreadFile struct {
	Source, File, Reason string
	Unopened             bool // it may hold exports, and could not be looked into
}

// A replay reads no folder, so it says nothing of files that are of no dataset.
var unreadFiles = database.Parse(`
select f.source, f.file, f.reason, {{.unopened}} from meta.files f
where not f.is_read and f.run_id = (
    select max(e.run_id) from meta.exports e join meta.runs r using (run_id)
    where e.source = f.source and (e.dataset = f.dataset or f.dataset is null and r.command is distinct from 'rejects replay'))
order by all`)

// Unread are the files that the newest run of each dataset left unread and, of those that are
// of no dataset, the newest run of each source.
func Unread(ctx context.Context, f *File) (out []UnreadFile, err error) {
	if has, err := HasColumn(ctx, f, "files", "file"); err != nil || !has {
		return nil, err
	}
	told, err := HasColumn(ctx, f, "files", "is_unopened")
	if err != nil {
		return nil, err
	}
	unopened := database.SQL("false")
	if told {
		unopened = "coalesce(f.is_unopened, false)"
	}
	err = f.Each(ctx, string(unreadFiles.Fill(database.Values{"unopened": unopened})), func(row []Value) {
		out = append(out, UnreadFile{row[0].Text, row[1].Text, row[2].Text, row[3].Text == "true"})
	})
	return out, err
}

// Checks are what the checks of the newest run found, those that found nothing left out.
func Checks(ctx context.Context, f *File) (out []ledger.CheckResult, err error) {
	err = f.Each(ctx, `select check_name, severity, finding_count, description from meta.checks
		where run_id = (select arg_max(run_id, as_of) from meta.runs) and finding_count > 0 order by severity, check_name`, func(row []Value) {
		out = append(out, ledger.CheckResult{Name: row[0].Text, Severity: row[1].Text, Findings: row[2].Int(), Why: row[3].Text})
	})
	return out, err
}
