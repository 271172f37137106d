package ledger

import (
	"context"
	"database/sql"

	"github.com/accessmart/accessmart/load/database"
)

// CheckResult says how many rows a check of package sql found in its bad state.
type CheckResult struct {
	Name     string
	Severity string // error or warning
	Findings int64
	Why      string // what a finding means
	Query    string // SHA-256 of its SQL, in hex; "" if it is not known
}

// EnterCheck records what a check found in a run.
func EnterCheck(ctx context.Context, t *database.Tx, run string, c CheckResult) error {
	_, err := t.Exec(ctx, "insert into meta.checks (run_id, check_name, severity, finding_count, description, query) values (?, ?, ?, ?, ?, ?)",
		run, c.Name, c.Severity, c.Findings, c.Why, c.Query)
	return err
}

// Checks are the results of the checks of a run, by name.
func Checks(ctx context.Context, t *database.Tx, run string) (map[string]CheckResult, error) {
	out := map[string]CheckResult{}
	err := t.Each(ctx, "select check_name, severity, finding_count, coalesce(description, ''), coalesce(query, '') from meta.checks where run_id = ?", func(rows *sql.Rows) error {
		var c CheckResult
		err := rows.Scan(&c.Name, &c.Severity, &c.Findings, &c.Why, &c.Query)
		out[c.Name] = c
		return err
	}, run)
	return out, err
}
