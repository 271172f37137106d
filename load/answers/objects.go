// Package answers puts the objects of package sql into the working copy: the views, macros
// and reports that answer questions in any DuckDB client. Each has a guard, so that it is an
// error to ask what the file does not know. The package also runs the checks.
package answers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// Model is the common model with the contracts that fill it, for which the objects are made.
type Model struct{ Set *schemas.Set }

var metaMacro = database.Parse("create or replace macro meta.{{.name}}({{.args}}) as ({{.query}});\n")

// Define makes the macros of schema meta, with which the ledger is written, without a guard.
func (m Model) Define(ctx context.Context, t *database.Tx) error {
	var all database.SQL
	for _, o := range objects.All(objects.MetaMacro) {
		query, err := m.fill(o)
		if err != nil {
			return err
		}
		all += metaMacro.Fill(database.Values{"name": database.Ident(o.Name), "args": database.SQL(o.Args), "query": query})
	}
	_, err := t.Exec(ctx, all)
	return err
}

// Install makes all objects, and replaces those that an earlier program made. They are bound
// to run, which must be the last one in the ledger: see [guard].
func (m Model) Install(ctx context.Context, t *database.Tx, run string) error {
	k, err := readKnowledge(ctx, t, m.Set)
	if err != nil {
		return err
	}
	g := &guard{run: run, knowledge: k}
	if err := k.writeInputs(ctx, t); err != nil {
		return err
	}
	var all database.SQL
	for _, kind := range []objects.Kind{objects.MetaMacro, objects.Ledger, objects.Version, objects.Macro, objects.Report} {
		for _, o := range objects.All(kind) {
			query, err := m.inFull(o)
			if err != nil {
				return err
			}
			all += m.create(o, query, g)
		}
	}
	_, err = t.Exec(ctx, all)
	return err
}

var (
	guardedMetaMacro = database.Parse(`create or replace macro meta.{{.name}}({{.args}}) as (case when {{.guard}} then ({{.query}}) end);
comment on macro meta.{{.name}} is {{.comment}};
`)
	guardedMacro = database.Parse(`create or replace macro main.{{.name}}({{.args}}) as table select * from (
{{.query}}
) q where {{.guard}};
comment on macro table main.{{.name}} is {{.comment}};
`)
	guardedView = database.Parse(`create or replace view {{.name}} as select * from (
{{.query}}
) q where {{.guard}};
comment on view {{.name}} is {{.comment}};
`)
	columnComment = database.Parse("comment on column {{.table}}.{{.column}} is {{.comment}};\n")
)

// create are the statements that make an object with its guard and its comments.
func (m Model) create(o objects.Object, query database.SQL, g *guard) database.SQL {
	v := database.Values{"name": database.Ident(o.Name), "args": database.SQL(o.Args), "query": query, "guard": g.condition(o), "comment": o.Comment()}
	switch o.Kind {
	case objects.MetaMacro:
		return guardedMetaMacro.Fill(v)
	case objects.Macro:
		return guardedMacro.Fill(v)
	}
	schema, columns := "report", o.Columns
	switch o.Kind {
	case objects.Version:
		schema, columns = database.HistorySchema, m.versionColumns(o)
	case objects.Ledger:
		schema = "meta"
	}
	name := database.SQL(schema) + "." + database.Ident(o.Name)
	v["name"] = name
	out := guardedView.Fill(v)
	for _, c := range columns {
		out += columnComment.Fill(database.Values{"table": name, "column": database.Ident(c.Name), "comment": c.Comment})
	}
	return out
}

// versionColumns are the columns of a view of versions: those that its header
// names, else those of the table of closed versions that it reads.
func (m Model) versionColumns(o objects.Object) []objects.Column {
	out := o.Columns
	for _, t := range m.Set.Common.Tables {
		if len(o.Columns) > 0 || len(o.Inputs) != 1 || o.Inputs[0] != t.Name {
			continue
		}
		for _, c := range database.History(t).Columns {
			out = append(out, objects.Column{Name: c.Name, Comment: c.Comment})
		}
	}
	return out
}

// inFull is the query of an object, with the queries of the reports that it reads in place of
// their names, so that an error names the object that was asked and not another view.
func (m Model) inFull(o objects.Object) (database.SQL, error) {
	query, err := m.fill(o)
	for _, inner := range innerReports(o) {
		var full database.SQL
		if full, err = m.inFull(inner); err != nil {
			break
		}
		name := regexp.MustCompile(`\breport\.` + inner.Name + `\b`)
		query = database.SQL(name.ReplaceAllLiteralString(string(query), "(\n"+string(full)+"\n)"))
	}
	return query, err
}

// innerReports are the reports that an object reads.
func innerReports(o objects.Object) (out []objects.Object) {
	for _, r := range objects.All(objects.Report) {
		if slices.Contains(o.Reads, "report."+r.Name) {
			out = append(out, r)
		}
	}
	return out
}

// needsOf are the inputs of an object and of the reports that it reads.
func needsOf(o objects.Object) []string {
	needs := slices.Clone(o.Inputs)
	for _, inner := range innerReports(o) {
		for _, n := range needsOf(inner) {
			if !slices.Contains(needs, n) {
				needs = append(needs, n)
			}
		}
	}
	return needs
}

// The time of the run that made the file, as SQL.
const (
	madeAt = "(select max(r.as_of) from meta.runs r)"
	today  = "cast(make_timestamp(epoch_us(" + madeAt + ")) as date)"
)

// placeholders are what people and portals write in place of a missing name.
const placeholders = "'', '-', '--', '?', 'n/a', '#n/a', 'na', 'n.a.', 'nil', 'null', '(null)', '<null>', 'none', '(none)', 'unknown', 'undefined', 'not available', 'not applicable', 'tbd'"

// fill makes the query of an object: its template over the common model.
func (m Model) fill(o objects.Object) (database.SQL, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"ident": database.Ident, "text": database.Text,
		"fields": func(t *schemas.Table) database.SQL {
			out := make([]database.SQL, len(t.Fields))
			for i, f := range t.Fields {
				out[i] = database.Ident(f.Name) + " := " + database.Ident(f.Name)
			}
			return database.Join(out, ", ")
		},
		"references":     func() []reference { return references(m.Set.Common) },
		"referred":       func() []*schemas.Table { return referred(m.Set.Common) },
		"latest_exports": objects.LatestExports,
		"as_of":          func() string { return madeAt },
		"today":          func() string { return today },
		"days_since": func(x string) string {
			return "cast(floor((epoch_us(" + madeAt + ") - epoch_us(" + x + ")) / 86400000000) as bigint)"
		},
		"ended":   func() string { return "coalesce(status = 'terminated' or end_on < " + today + ", false)" },
		"address": func(x string) string { return x + " like '%_@_%'" },
		// For NULL the guard is an error. If the moment stayed NULL here, DuckDB would see
		// that there are no rows, and never evaluate the guard.
		"moment": func(arg, wide string) string {
			return "coalesce(" + arg + "::timestamptz, " + string(database.Text(wide)) + ")"
		},
		"named": func(x string) string { return "lower(trim(" + x + ")) not in (" + placeholders + ")" },
	}).Parse(o.Query)
	if err == nil {
		var b strings.Builder
		if err = t.Execute(&b, m.Set.Common); err == nil {
			return database.SQL(b.String()), nil
		}
	}
	return "", fmt.Errorf("sql/%s/%s: %w", o.Kind, o.Name, err)
}

// reference is a column with keys of another table. If Kind is set, it has them in rows whose
// column Kind is Word.
type reference struct{ Table, Column, Kind, Word, Target, Key string }

func references(common *schemas.Common) (out []reference) {
	add := func(r reference) {
		r.Key = common.Table(r.Target).Key
		out = append(out, r)
	}
	for _, t := range common.Tables {
		for _, f := range t.Fields {
			if f.Refers != "" {
				add(reference{Table: t.Name, Column: f.Name, Target: f.Refers})
			}
			if f.RefersBy == "" {
				continue
			}
			for _, word := range t.Field(f.RefersBy).Enum {
				if word != "unknown" {
					add(reference{Table: t.Name, Column: f.Name, Kind: f.RefersBy, Word: word, Target: schemas.RefersTo(word)})
				}
			}
		}
	}
	return out
}

// referred are the tables whose keys are in columns of others.
func referred(common *schemas.Common) (out []*schemas.Table) {
	all := references(common)
	for _, t := range common.Tables {
		if slices.ContainsFunc(all, func(r reference) bool { return r.Target == t.Name }) {
			out = append(out, t)
		}
	}
	return out
}
