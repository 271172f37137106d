package answers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	objects "github.com/accessmart/accessmart/sql"
)

// Check runs the checks, enters what they find into the ledger of the run, and returns it.
// before has the results, by name of the check, of a run that had the same rows; nil if there
// is none. A result is reused if the SQL of the check is the same and does not read the ledger.
func (m Model) Check(ctx context.Context, t *database.Tx, run string, before map[string]ledger.CheckResult) (out []ledger.CheckResult, err error) {
	for _, o := range objects.All(objects.Check) {
		query, err := m.inFull(o)
		if err != nil {
			return nil, err
		}
		c := ledger.CheckResult{Name: o.Name, Severity: o.Severity, Why: o.Why, Query: printOf(query)}
		if was, known := before[o.Name]; known && was.Query == c.Query && !strings.Contains(string(query), "meta.") {
			c.Findings = was.Findings
		} else if c.Findings, err = t.Count(ctx, "select count(*) from ("+query+")"); err != nil {
			return nil, fmt.Errorf("check %s: %w", o.Name, err)
		}
		out = append(out, c)
		if err := ledger.EnterCheck(ctx, t, run, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// printOf is a fingerprint of the SQL of a check.
func printOf(query database.SQL) string {
	sum := sha256.Sum256([]byte(query))
	return hex.EncodeToString(sum[:])
}
