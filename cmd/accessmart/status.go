package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load"
)

// statusSQL: one row per source and dataset, its newest export.
const statusSQL = `
select e.source, e.dataset, e.status, e.record_count as records, e.loaded_count as loaded, e.reject_count as rejected,
       e.inserted_count as inserted, e.closed_count as closed,
       strftime(r.started_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as run_at,
       strftime(max(r.started_at) filter (e.status in ('loaded', 'unchanged') and coalesce(e.kept_count, 0) = 0) over d at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as data_of,
       e.error
from meta.exports e join meta.runs r using (run_id)
window d as (partition by e.source, e.dataset)
qualify row_number() over (partition by e.source, e.dataset order by e.as_of desc) = 1
order by e.source, e.dataset`

// checksSQL: what the checks of the newest run found.
const checksSQL = `
select check_name, severity, finding_count, description from meta.checks
where run_id = (select arg_max(run_id, as_of) from meta.runs) and finding_count > 0 order by severity, check_name`

func newStatus(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the newest export of each dataset and how old its rows are",
		Long: `One line per source and dataset: what became of its newest export (loaded, unchanged, held,
failed, incomplete, skipped), its counts, when that run was (run_at), when the rows in the
file were last confirmed (data_of), and why an export is not loaded. Below, on stderr, what
the checks found in the file.`,
		Example: "  accessmart status\n  accessmart status --database access.duckdb --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			l, err := ask(cmd.Context(), path, statusSQL)
			if err != nil {
				return err
			}
			if err := c.print(format, l); err != nil {
				return err
			}
			if err := tellUnread(cmd.Context(), c, path); err != nil {
				return err
			}
			checks, err := ask(cmd.Context(), path, checksSQL)
			if err != nil {
				return err
			}
			for _, k := range checks.rows {
				n, err := strconv.ParseInt(display(k[2]), 10, 64)
				if err != nil {
					return err
				}
				tellChecks(c, []load.CheckResult{{Name: display(k[0]), Severity: display(k[1]), Findings: n, Why: display(k[3])}})
			}
			return nil
		},
	}
	formatFlag(cmd, &format)
	return cmd
}
