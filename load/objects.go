package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// define makes the copy say what this program knows: contracts, macros and
// reports.
func (w *Work) define(ctx context.Context) error {
	return w.inTx(ctx, func(t *tx) error {
		if err := w.writeContracts(ctx, t); err != nil {
			return err
		}
		return w.install(ctx, t)
	})
}

// install puts the macros and reports of package sql into the copy, in the
// place of those of the program that wrote it before.
func (w *Work) install(ctx context.Context, t *tx) error {
	var b strings.Builder
	for _, o := range objects.All(objects.MetaMacro) {
		fmt.Fprintf(&b, "create or replace macro meta.%s(%s) as (%s);\ncomment on macro meta.%[1]s is %[4]s;\n",
			ident(o.Name), o.Args, o.Query, text(o.Comment()))
	}
	for _, o := range objects.All(objects.Macro) {
		query, err := fill(o.Query, w.opt.Set.Common)
		if err != nil {
			return fmt.Errorf("macro %s: %w", o.Name, err)
		}
		fmt.Fprintf(&b, "create or replace macro main.%s(%s) as table %s;\ncomment on macro table main.%[1]s is %[4]s;\n",
			ident(o.Name), o.Args, query, text(o.Comment()))
	}
	for _, o := range inOrder(objects.All(objects.Report)) {
		fmt.Fprintf(&b, "create or replace view report.%s as %s;\ncomment on view report.%[1]s is %[3]s;\n", ident(o.Name), o.Query, text(o.Comment()))
		for _, c := range o.Columns {
			fmt.Fprintf(&b, "comment on column report.%s.%s is %s;\n", ident(o.Name), ident(c.Name), text(c.Comment))
		}
	}
	_, err := t.exec(ctx, b.String())
	return err
}

// inOrder puts a report behind those that it reads.
func inOrder(reports []objects.Object) []objects.Object {
	byName := map[string]objects.Object{}
	for _, o := range reports {
		byName[o.Name] = o
	}
	var out []objects.Object
	done := map[string]bool{}
	var visit func(o objects.Object)
	visit = func(o objects.Object) {
		if done[o.Name] {
			return
		}
		done[o.Name] = true
		for _, r := range o.Reads {
			if p, ok := byName[strings.TrimPrefix(r, "report.")]; ok && strings.HasPrefix(r, "report.") {
				visit(p)
			}
		}
		out = append(out, o)
	}
	for _, o := range reports {
		visit(o)
	}
	return out
}

// fill makes the text of a macro that ranges over the tables of the model.
func fill(query string, common *schemas.Common) (string, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"ident": ident, "text": text,
		"fields": func(t *schemas.Table) string {
			out := make([]string, len(t.Fields))
			for i, f := range t.Fields {
				out[i] = ident(f.Name) + " := " + ident(f.Name)
			}
			return strings.Join(out, ", ")
		},
	}).Parse(query)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, common)
	return b.String(), err
}

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
	query, err := fill(o.Query, w.opt.Set.Common)
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
