package load

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// define makes the copy say what this program knows: contracts, and the macros
// that the ledger is written with.
func (w *Work) define(ctx context.Context) error {
	return w.inTx(ctx, func(t *tx) error {
		if err := w.writeContracts(ctx, t); err != nil {
			return err
		}
		var b strings.Builder
		for _, o := range objects.All(objects.MetaMacro) {
			query, err := w.fill(o)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "create or replace macro meta.%s(%s) as (%s);\n", ident(o.Name), o.Args, query)
		}
		_, err := t.exec(ctx, b.String())
		return err
	})
}

// install puts the objects of package sql into the copy, in the place of those
// of the program that wrote it before. They are bound to the run that is
// entered last: see [guard].
func (w *Work) install(ctx context.Context, t *tx) error {
	d, err := w.knowledge(ctx, t)
	if err != nil {
		return err
	}
	g := &guard{run: w.opt.Run.ID, knowledge: d}
	if err := w.writeInputs(ctx, t, d); err != nil {
		return err
	}
	var b strings.Builder
	for _, kind := range []objects.Kind{objects.MetaMacro, objects.Ledger, objects.Version, objects.Macro, objects.Report} {
		for _, o := range objects.All(kind) {
			query, err := w.inFull(o)
			if err != nil {
				return err
			}
			b.WriteString(w.create(o, query, g))
		}
	}
	_, err = t.exec(ctx, b.String())
	return err
}

// create is the statements that make an object with its comments.
func (w *Work) create(o objects.Object, query string, g *guard) string {
	var b strings.Builder
	switch o.Kind {
	case objects.MetaMacro:
		fmt.Fprintf(&b, "create or replace macro meta.%s(%s) as (case when %s then (%s) end);\ncomment on macro meta.%[1]s is %[5]s;\n",
			ident(o.Name), o.Args, g.condition(o), query, text(o.Comment()))
	case objects.Macro:
		fmt.Fprintf(&b, "create or replace macro main.%s(%s) as table select * from (\n%s\n) q where %s;\ncomment on macro table main.%[1]s is %[5]s;\n",
			ident(o.Name), o.Args, query, g.condition(o), text(o.Comment()))
	default:
		schema, columns := "report", o.Columns
		switch o.Kind {
		case objects.Version:
			schema, columns = historySchema, w.versionColumns(o)
		case objects.Ledger:
			schema = "meta"
		}
		name := schema + "." + ident(o.Name)
		fmt.Fprintf(&b, "create or replace view %s as select * from (\n%s\n) q where %s;\ncomment on view %[1]s is %[4]s;\n",
			name, query, g.condition(o), text(o.Comment()))
		for _, c := range columns {
			fmt.Fprintf(&b, "comment on column %s.%s is %s;\n", name, ident(c.Name), text(c.Comment))
		}
	}
	return b.String()
}

// versionColumns are the columns of a view of versions: those that its header
// names, else those of the table of closed versions that it reads.
func (w *Work) versionColumns(o objects.Object) []objects.Column {
	out := o.Columns
	for _, t := range w.opt.Set.Common.Tables {
		if len(o.Columns) > 0 || len(o.Inputs) != 1 || o.Inputs[0] != t.Name {
			continue
		}
		for _, c := range historyLayout(t).columns {
			out = append(out, objects.Column{Name: c.name, Comment: c.comment})
		}
	}
	return out
}

// inFull is the query of an object in which the reports that it reads stand in
// full: what a reader asked for is what refuses, not a view that he did not name.
func (w *Work) inFull(o objects.Object) (string, error) {
	query, err := w.fill(o)
	for _, inner := range innerReports(o) {
		var part string
		if part, err = w.inFull(inner); err != nil {
			break
		}
		name := regexp.MustCompile(`\breport\.` + inner.Name + `\b`)
		query = name.ReplaceAllLiteralString(query, "(\n"+part+"\n)")
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

// needsOf is what an object and the reports that it reads must be told.
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

// placeholders are what people and portals write where there is no name.
const placeholders = "'', '-', '--', '?', 'n/a', '#n/a', 'na', 'n.a.', 'nil', 'null', '(null)', '<null>', 'none', '(none)', 'unknown', 'undefined', 'not available', 'not applicable', 'tbd'"

// fill makes the query of an object: its template over the common model.
func (w *Work) fill(o objects.Object) (string, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"ident": ident, "text": text,
		"fields": func(t *schemas.Table) string {
			out := make([]string, len(t.Fields))
			for i, f := range t.Fields {
				out[i] = ident(f.Name) + " := " + ident(f.Name)
			}
			return strings.Join(out, ", ")
		},
		"references":     func() []reference { return references(w.opt.Set.Common) },
		"referred":       func() []*schemas.Table { return referred(w.opt.Set.Common) },
		"latest_exports": objects.LatestExports,
		"as_of":          func() string { return madeAt },
		"today":          func() string { return today },
		"days_since": func(x string) string {
			return "cast(floor((epoch_us(" + madeAt + ") - epoch_us(" + x + ")) / 86400000000) as bigint)"
		},
		"ended":   func() string { return "coalesce(status = 'terminated' or end_on < " + today + ", false)" },
		"address": func(x string) string { return x + " like '%_@_%'" },
		// Where it is NULL the guard refuses; were it NULL here, DuckDB would see an
		// answer without rows and never ask the guard.
		"moment": func(arg, wide string) string { return "coalesce(" + arg + "::timestamptz, " + text(wide) + ")" },
		"named":  func(x string) string { return "lower(trim(" + x + ")) not in (" + placeholders + ")" },
	}).Parse(o.Query)
	if err == nil {
		var b strings.Builder
		if err = t.Execute(&b, w.opt.Set.Common); err == nil {
			return b.String(), nil
		}
	}
	return "", fmt.Errorf("sql/%s/%s: %w", o.Kind, o.Name, err)
}

// reference is a column that holds keys of another table. Where Kind is set, it
// does so in rows whose column Kind is Word.
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

// referred are the tables whose keys others hold.
func referred(common *schemas.Common) (out []*schemas.Table) {
	all := references(common)
	for _, t := range common.Tables {
		if slices.ContainsFunc(all, func(r reference) bool { return r.Target == t.Name }) {
			out = append(out, t)
		}
	}
	return out
}
