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
	lines, err := f.texts(ctx, string(recordsOf.Fill(database.Values{"runs": database.Join(wanted, ", ")})))
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
select json_object('run', run_id, 'command', coalesce(command, ''), 'version', coalesce(version, ''), 'status', status,
	'started_at', strftime(make_timestamp(epoch_us(coalesce(started_at, as_of))), '%Y-%m-%dT%H:%M:%S.%fZ'), 'finished_at', strftime(make_timestamp(epoch_us(finished_at)), '%Y-%m-%dT%H:%M:%S.%fZ'), 'as_of', strftime(make_timestamp(epoch_us(as_of)), '%Y-%m-%dT%H:%M:%S.%fZ'),
	'exports', coalesce(exports, '[]'::json))::varchar
from meta.runs left join exports using (run_id) where run_id in ({{.runs}}) order by as_of`)
