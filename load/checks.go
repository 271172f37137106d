package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	objects "github.com/accessmart/accessmart/sql"
)

// CheckResult is how many rows a check of package sql found in its bad state.
type CheckResult struct {
	Name     string
	Severity string // error or warning
	Findings int64
	Why      string // what a finding means
}

// check runs the checks and enters them into the ledger. Where no row has
// changed in the run, the rows are those of the run before, and so are the
// findings of a check that reads nothing else.
func (w *Work) check(ctx context.Context, t *tx) (out []CheckResult, err error) {
	if w.opt.NoChecks {
		return nil, nil
	}
	before := map[string]CheckResult{}
	if !w.changes() {
		if before, err = w.checksBefore(ctx, t); err != nil {
			return nil, err
		}
	}
	for _, o := range objects.All(objects.Check) {
		c, known := before[o.Name]
		if !known || c.Why != o.Why || slices.ContainsFunc(o.Reads, func(r string) bool { return strings.HasPrefix(r, "meta.") }) {
			c = CheckResult{Name: o.Name, Severity: o.Severity, Why: o.Why}
			if c.Findings, err = w.findings(ctx, t, o); err != nil {
				return nil, fmt.Errorf("check %s: %w", o.Name, err)
			}
		}
		out = append(out, c)
		if _, err := t.exec(ctx, "insert into meta.checks (run_id, check_name, severity, finding_count, description) values (?, ?, ?, ?, ?)",
			w.opt.Run.ID, c.Name, c.Severity, c.Findings, c.Why); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// changes reports whether a row of any export came or went in this run.
func (w *Work) changes() bool {
	for _, o := range w.exports {
		if o.result.changes() {
			return true
		}
	}
	return false
}

func (w *Work) findings(ctx context.Context, t *tx, o objects.Object) (int64, error) {
	query, err := w.fill(o)
	if err != nil {
		return 0, err
	}
	return t.count(ctx, "select count(*) from ("+query+")")
}

// checksBefore is what the checks of the run before found, by name.
func (w *Work) checksBefore(ctx context.Context, t *tx) (map[string]CheckResult, error) {
	rows, err := t.conn.QueryContext(ctx, "select check_name, severity, finding_count, description from meta.checks where run_id = ?", w.prev)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]CheckResult{}
	for rows.Next() {
		var c CheckResult
		if err := rows.Scan(&c.Name, &c.Severity, &c.Findings, &c.Why); err != nil {
			return nil, err
		}
		out[c.Name] = c
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
