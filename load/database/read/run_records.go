package read

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// RunRecords reads from the ledger what each published run decided, oldest
// first, but for those runs that skip names.
func RunRecords(ctx context.Context, f *File, skip func(run string) bool) ([]schemas.Run, error) {
	ids, err := f.texts(ctx, "select run_id from meta.runs order by as_of")
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	var wanted []database.SQL
	for _, id := range ids {
		if !skip(id) {
			wanted = append(wanted, database.Text(id))
		}
	}
	if wanted == nil {
		return nil, nil
	}
	has, err := f.texts(ctx, "select table_name from duckdb_tables() where schema_name = 'meta' and table_name = 'link_runs'")
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	by := noLinks
	if len(has) > 0 {
		by = "meta.link_runs"
	}
	lines, err := f.texts(ctx, string(recordsOf.Fill(database.Values{"runs": database.Join(wanted, ", "), "links": by})))
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	out := make([]schemas.Run, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &out[i]); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
	}
	return out, nil
}

// recordsOf makes each run the JSON of a [schemas.Run].
var recordsOf = database.Parse(`
with gates as (
	select run_id, source, dataset, to_json(list(json_object('table', table_name, 'rows_before', rows_before, 'rows_after', rows_after,
		'share_limit', share_limit, 'rows_limit', rows_limit, 'contract_changed', contract_changed, 'columns_missing', columns_missing, 'reason', coalesce(reason, ''), 'what', coalesce(what, ''))
		order by rowid)) as gates
	from meta.gates group by all
), exports as (
	select run_id, to_json(list(json_object('source', source, 'dataset', dataset, 'status', status, 'failure', coalesce(failure, ''),
		'error', coalesce(error, ''), 'gates', coalesce(gates, '[]'::json)) order by e.rowid)) as exports
	from meta.exports e left join gates using (run_id, source, dataset) group by all
)
select json_object('run', runs.run_id, 'command', coalesce(command, ''), 'version', coalesce(version, ''), 'status', status,
	'started_at', strftime(make_timestamp(epoch_us(coalesce(started_at, runs.as_of))), '%Y-%m-%dT%H:%M:%S.%fZ'), 'finished_at', strftime(make_timestamp(epoch_us(finished_at)), '%Y-%m-%dT%H:%M:%S.%fZ'), 'as_of', strftime(make_timestamp(epoch_us(runs.as_of)), '%Y-%m-%dT%H:%M:%S.%fZ'),
	'links_file', coalesce(l.links_file, ''), 'domain_aliases', coalesce(l.domain_aliases, '{}'::json), 'exports', coalesce(exports, '[]'::json))::varchar
from meta.runs left join exports using (run_id)
	asof left join {{.links}} l on runs.as_of >= l.as_of
where runs.run_id in ({{.runs}}) order by runs.as_of`)

// noLinks stands for meta.link_runs in a file that an earlier program made.
const noLinks database.SQL = "(select null::varchar as links_file, null::json as domain_aliases, null::timestamptz as as_of limit 0)"
