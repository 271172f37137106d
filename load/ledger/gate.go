package ledger

import "context"

// gates enters what the gate found. If a person let the export through, it also says so at
// the exports that were held since the last load.
func (x entry) gates(ctx context.Context) error {
	g, e := x.Gate, x.Export
	if g == nil {
		return nil
	}
	accepted := any(nil)
	if g.Accepted {
		accepted = x.run
		if _, err := x.t.Exec(ctx, `update meta.gates set accepted_run_id = ? where source = ? and dataset = ? and accepted_run_id is null
			and as_of > coalesce((select max(as_of) from meta.exports e where e.status = 'loaded' and e.source = ? and e.dataset = ? and e.run_id <> ?), '-infinity')`,
			x.run, e.Source, e.Dataset, e.Source, e.Dataset, x.run); err != nil {
			return err
		}
	}
	for _, f := range g.Falls {
		if _, err := x.t.Exec(ctx, `insert into meta.gates (run_id, source, dataset, table_name, reason, what, rows_before, rows_after,
				share_limit, rows_limit, contract_changed, columns_missing, accepted_run_id, as_of)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, x.run, e.Source, e.Dataset, f.Table, f.Reason, null(f.What), f.Before, f.After,
			f.Limit.Share, f.Limit.Rows, g.ContractChanged, g.ColumnsMissing, accepted, x.asOf); err != nil {
			return err
		}
	}
	return nil
}
