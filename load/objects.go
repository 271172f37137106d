package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

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

// installOnce installs unless a run before has.
func (w *Work) installOnce(ctx context.Context, t *tx) error {
	if w.installed {
		return nil
	}
	w.installed = true
	return w.install(ctx, t)
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

// check runs the checks and enters them into the ledger. Where no export was
// loaded the rows are those of the run before, and so are its findings.
func (w *Work) check(ctx context.Context, t *tx) ([]CheckResult, error) {
	if w.opt.NoChecks {
		return nil, nil
	}
	if out, err := w.repeatChecks(ctx, t); out != nil || err != nil {
		return out, err
	}
	var out []CheckResult
	for _, o := range objects.All(objects.Check) {
		query, err := fill(o.Query, w.opt.Set.Common)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", o.Name, err)
		}
		n, err := t.count(ctx, "select count(*) from ("+query+")")
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", o.Name, err)
		}
		out = append(out, CheckResult{o.Name, o.Severity, n, o.Why})
		if _, err := t.exec(ctx, "insert into meta.checks (run_id, check_name, severity, finding_count, description) values (?, ?, ?, ?, ?)",
			w.opt.Run.ID, o.Name, o.Severity, n, o.Why); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// repeatChecks takes over the findings of the run before if nothing was loaded
// since and the checks are the same; else it returns nil.
func (w *Work) repeatChecks(ctx context.Context, t *tx) ([]CheckResult, error) {
	for _, o := range w.exports {
		if o.status == Loaded {
			return nil, nil
		}
	}
	known := map[string]string{}
	for _, o := range objects.All(objects.Check) {
		known[o.Name] = o.Why
	}
	rows, err := t.conn.QueryContext(ctx, "select check_name, severity, finding_count, description from meta.checks where run_id = ? order by check_name", w.prev)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []CheckResult
	for rows.Next() {
		var c CheckResult
		if err := rows.Scan(&c.Name, &c.Severity, &c.Findings, &c.Why); err != nil {
			return nil, err
		}
		if known[c.Name] != c.Why {
			return nil, nil
		}
		out = append(out, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(out) != len(known) {
		return nil, err
	}
	_, err = t.exec(ctx, `insert into meta.checks (run_id, check_name, severity, finding_count, description)
		select ?, check_name, severity, finding_count, description from meta.checks where run_id = ?`, w.opt.Run.ID, w.prev)
	return out, err
}
