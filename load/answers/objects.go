// Package answers puts the objects of package sql into the working copy: the views, macros
// and reports that answer questions in any DuckDB client. Each has a guard, so that it is an
// error to ask what the file does not know. The package also runs the checks.
package answers

import (
	"context"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

var metaMacro = database.Parse("create or replace macro meta.{{.name}}({{.args}}) as ({{.query}});\n")

// Define makes the macros of schema meta without a guard: the run needs them to write the
// ledger, before [Model.Install] can bind the objects to the run.
func (m Model) Define(ctx context.Context, t *database.Tx) error {
	var all database.SQL
	for _, o := range objects.All(objects.MetaMacro) {
		query, err := m.fill(o)
		if err != nil {
			return err
		}
		all += metaMacro.Fill(database.Values{"name": database.Ident(o.Name), "args": database.SQL(o.Args), "query": query})
	}
	return t.Statements(ctx, all)
}

// Install makes all objects, and replaces those that an earlier run made. They are bound to
// run, which must be the last one in the ledger; see [guard].
func (m Model) Install(ctx context.Context, t *database.Tx, run string) error {
	k, err := readKnowledge(ctx, t, m.Set)
	if err != nil {
		return err
	}
	if m.Settings == nil {
		if m.Settings, err = readSettings(ctx, t); err != nil {
			return err
		}
	}
	if err := m.writeSettings(ctx, t); err != nil {
		return err
	}
	g := &guard{run: run, model: m, knowledge: k}
	if err := k.writeInputs(ctx, t); err != nil {
		return err
	}
	if m.moments, err = readMoments(ctx, t); err != nil {
		return err
	}
	if n := len(m.moments); n > 0 {
		m.madeAt = database.Instant(m.moments[n-1].at)
	}
	var all database.SQL
	for _, t := range m.Set.Common.Tables {
		if t.Thing == "" {
			all += facts(t, g)
		}
	}
	for _, kind := range []objects.Kind{objects.MetaMacro, objects.Ledger, objects.Version, objects.ObservedVersion, objects.View, objects.Macro, objects.Answer, objects.Report} {
		for _, o := range objects.All(kind) {
			if !m.makes(o) {
				continue
			}
			in := m
			if kind != objects.Report {
				in.madeAt = ""
			}
			query, err := in.inFull(o)
			if err != nil {
				return err
			}
			all += m.create(o, query, g)
		}
	}
	return t.Statements(ctx, all)
}

// makes reports whether an object is among those that are made.
func (m Model) makes(o objects.Object) bool { return m.Only == nil || m.Only(o) }

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
	case objects.Macro, objects.Answer:
		return guardedMacro.Fill(v)
	}
	schema, columns := "report", o.Columns
	switch o.Kind {
	case objects.Version:
		schema, columns = database.HistorySchema, m.versionColumns(o)
	case objects.ObservedVersion:
		schema, columns = database.StatedSchema, m.versionColumns(o)
	case objects.Ledger:
		schema = "meta"
	case objects.View:
		schema, columns = database.ThingsSchema, m.viewColumns(o)
	}
	name := database.SQL(schema) + "." + database.Ident(o.Name)
	v["name"] = name
	out := guardedView.Fill(v)
	for _, c := range columns {
		out += columnComment.Fill(database.Values{"table": name, "column": database.Ident(c.Name), "comment": c.Comment})
	}
	return out
}

// viewColumns are the columns of a view in main: those that its header lists, else those of
// the table of things that it selects from.
func (m Model) viewColumns(o objects.Object) []objects.Column {
	out := slices.Clone(o.Columns)
	for _, t := range m.Set.Common.Tables {
		thing := database.Thing(t)
		if len(o.Columns) > 0 || thing == nil || !slices.Contains(o.Reads, thing.Schema+"."+thing.Name) {
			continue
		}
		for _, c := range thing.Columns {
			out = append(out, objects.Column{Name: c.Name, Comment: c.Comment})
		}
	}
	return out
}

// versionColumns are the columns of a view of versions: those that its header lists, else
// those of the table of closed versions that it reads.
func (m Model) versionColumns(o objects.Object) []objects.Column {
	if len(o.Columns) > 0 {
		return o.Columns
	}
	var out []objects.Column
	for _, t := range m.Set.Common.Tables {
		closed := database.History(t)
		if thing := database.Thing(t); thing != nil && o.Kind == objects.Version {
			closed = database.Closed(thing)
		}
		if !slices.Contains(o.Reads, closed.Schema+"."+closed.Name) {
			continue
		}
		for _, c := range closed.Columns {
			out = append(out, objects.Column{Name: c.Name, Comment: c.Comment})
		}
	}
	return out
}
