package main

import "github.com/spf13/cobra"

// statusSQL: one row per source and dataset, its newest export.
const statusSQL = `
select e.source, e.dataset, e.status, e.record_count as records, e.loaded_count as loaded, e.reject_count as rejected,
       e.inserted_count as inserted, e.closed_count as closed,
       strftime(r.started_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as run_at,
       strftime(max(r.started_at) filter (e.status in ('loaded', 'unchanged')) over d at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as data_of,
       e.error
from meta.exports e join meta.runs r using (run_id)
window d as (partition by e.source, e.dataset)
qualify row_number() over (partition by e.source, e.dataset order by r.started_at desc, e.run_id desc) = 1
order by e.source, e.dataset`

func newStatus(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the newest export of each dataset and how old its rows are",
		Long: `One line per source and dataset: what became of its newest export (loaded, unchanged, held,
failed, incomplete, skipped), its counts, when that run was (run_at), when the rows in the
file were last confirmed (data_of), and why an export is not loaded.`,
		Example: "  accessmart status\n  accessmart status --database access.duckdb --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			l, err := ask(cmd.Context(), path, statusSQL)
			if err != nil {
				return err
			}
			return c.print(format, l)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}
