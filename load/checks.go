package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
// findings of a check that asks the same of them and of nothing else.
func (w *Work) check(ctx context.Context, t *tx) (out []CheckResult, err error) {
	if w.opt.NoChecks {
		return nil, nil
	}
	before := map[string]checkBefore{}
	if !w.changes() {
		if before, err = w.checksBefore(ctx, t); err != nil {
			return nil, err
		}
	}
	for _, o := range objects.All(objects.Check) {
		query, err := w.inFull(o)
		if err != nil {
			return nil, err
		}
		c := CheckResult{Name: o.Name, Severity: o.Severity, Why: o.Why}
		print := printOf(query)
		if was, known := before[o.Name]; known && was.print == print && !strings.Contains(query, "meta.") {
			c.Findings = was.findings
		} else if c.Findings, err = t.count(ctx, "select count(*) from ("+query+")"); err != nil {
			return nil, fmt.Errorf("check %s: %w", o.Name, err)
		}
		out = append(out, c)
		if _, err := t.exec(ctx, "insert into meta.checks (run_id, check_name, severity, finding_count, description, query) values (?, ?, ?, ?, ?, ?)",
			w.opt.Run.ID, c.Name, c.Severity, c.Findings, c.Why, print); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// printOf is a short text that another SQL does not have.
func printOf(query string) string {
	sum := sha256.Sum256([]byte(query))
	return hex.EncodeToString(sum[:])
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

// checkBefore is what a check found in the run before.
type checkBefore struct {
	findings int64
	print    string // of its SQL; "" where that is not known
}

// checksBefore is what the checks of the run before found, by name.
func (w *Work) checksBefore(ctx context.Context, t *tx) (map[string]checkBefore, error) {
	rows, err := t.conn.QueryContext(ctx, "select check_name, finding_count, coalesce(query, '') from meta.checks where run_id = ?", w.prev)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]checkBefore{}
	for rows.Next() {
		var name string
		var c checkBefore
		if err := rows.Scan(&name, &c.findings, &c.print); err != nil {
			return nil, err
		}
		out[name] = c
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
