package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	objects "github.com/accessmart/accessmart/sql"
)

// A Filter chooses rows of an answer; what is nil or "" chooses none.
type Filter struct {
	Person      *Named
	Application *Named
	Since       string // a date, an instant in RFC 3339, or days before the run that made the file, such as 7d
}

// Named is the key of a thing of main, with its name.
type Named struct{ Key, Name string }

// An Answer is the rows of a report, sorted by its key, with what they rest on.
type Answer struct {
	*Report
	*Coverage
	Settings [][2]string // names and values by which the report judges
	Filters  []string    // that were applied, in words
	LeftOut  []LeftOut
	Query    string // the statement that was asked
	*read.Rows
}

// LeftOut says how many rows a filter left out although they may be what was asked for: no
// source tells what the filter asks.
type LeftOut struct {
	Columns string // that are all NULL, joined by 'or'
	Rows    int64
}

// Ask asks the report. The caller closes the answer.
//
// Errors: those of [Report.Ready] and [Report.Takes], a [RequestError] for a moment that is
// none, or what DuckDB says.
func (r *Report) Ask(ctx context.Context, f *read.File, filter Filter) (*Answer, error) {
	a, err := r.answer(ctx, f)
	if err != nil {
		return nil, err
	}
	conditions, err := a.conditions(filter)
	if err != nil {
		return nil, err
	}
	for i, c := range conditions {
		a.Filters = append(a.Filters, c.said)
		if !r.mayBeUnknown(c) {
			continue
		}
		out := LeftOut{Columns: strings.Join(c.columns, " or ")}
		query := "select count(*) from report." + database.Ident(r.Name) + where(conditions, i)
		if err := f.Each(ctx, string(query), func(row []read.Value) { out.Rows = row[0].Int() }); err != nil {
			return nil, err
		}
		if out.Rows > 0 {
			a.LeftOut = append(a.LeftOut, out)
		}
	}
	return a, a.ask(ctx, f, "report."+database.Ident(r.Name)+where(conditions, -1))
}

// ask asks for what is named, sorted by the key.
func (a *Answer) ask(ctx context.Context, f *read.File, from database.SQL) (err error) {
	a.Query = string("select * from " + from + a.order())
	a.Rows, err = f.Query(ctx, a.Query)
	return err
}

// settings are those by which the report judges; none for a file of a version that had none.
func (r *Report) settings(ctx context.Context, f *read.File) (out [][2]string, err error) {
	if has, err := read.HasColumn(ctx, f, "settings", "value"); err != nil || !has {
		return nil, err
	}
	query := "select name, value from meta.settings where list_contains(" + database.Texts(r.Object.Settings) + ", name) order by name"
	return out, f.Each(ctx, string(query), func(row []read.Value) { out = append(out, [2]string{row[0].Text, row[1].Text}) })
}

// A condition is that of one filter.
type condition struct {
	columns []string
	is      database.SQL
	said    string // in words
}

// mayBeUnknown reports whether a row may be there of which the condition cannot be told:
// whether the comments of all its columns say when they are NULL. To look for such rows
// takes long in some reports.
func (r *Report) mayBeUnknown(c condition) bool {
	return !slices.ContainsFunc(r.Object.Columns, func(column objects.Column) bool {
		return slices.Contains(c.columns, column.Name) && !strings.Contains(column.Comment, "NULL")
	})
}

// where joins conditions. In place of the one at unknown it asks for the rows of which it
// cannot be told.
func where(conditions []condition, unknown int) database.SQL {
	var all []database.SQL
	for i, c := range conditions {
		if i != unknown {
			all = append(all, "("+c.is+")")
			continue
		}
		for _, column := range c.columns {
			all = append(all, database.Ident(column)+" is null")
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " where " + database.Join(all, " and ")
}

// columnsFor are the columns by which a filter of that name chooses.
var columnsFor = map[string]func(*objects.Object) []string{"person": personColumns, "application": applicationColumns, "since": sinceColumns}

// Takes is nil if the report has a column for the filter person, application or since, and
// else a [RequestError] that names the reports that have one.
func (r *Report) Takes(filter string) error {
	columns := columnsFor[filter]
	if len(columns(&r.Object)) > 0 {
		return nil
	}
	return mistake("%s has no column for --%s; these reports have: %s", r.Name, filter, having(columns))
}

// conditions are those of a filter.
func (a *Answer) conditions(filter Filter) (out []condition, err error) {
	for _, w := range []struct {
		filter string
		is     *Named
	}{{"person", filter.Person}, {"application", filter.Application}} {
		if w.is == nil {
			continue
		}
		if err := a.Takes(w.filter); err != nil {
			return nil, err
		}
		c := condition{columns: columnsFor[w.filter](&a.Object)}
		var any []database.SQL
		for _, column := range c.columns {
			if strings.HasSuffix(column, "s") {
				any = append(any, "list_contains("+database.Ident(column)+", "+database.Text(w.is.Key)+")")
			} else {
				any = append(any, database.Ident(column)+" = "+database.Text(w.is.Key))
			}
		}
		c.is = database.Join(any, " or ")
		c.said = fmt.Sprintf("%s is %s (%s)", strings.Join(c.columns, " or "), w.is.Key, w.is.Name)
		out = append(out, c)
	}
	if filter.Since == "" {
		return out, nil
	}
	if err := a.Takes("since"); err != nil {
		return nil, err
	}
	at, err := since(filter.Since, a.Run)
	column := a.Object.Since
	return append(out, condition{[]string{column}, database.Ident(column) + "::timestamptz >= " + database.Instant(at), column + " since " + at.UTC().Format(time.RFC3339)}), err
}

// personColumns are the columns that say whom a row is about, or else who has a part in it.
func personColumns(o *objects.Object) (out []string) {
	for _, c := range o.Columns {
		if c.Name == "identity_key" {
			return []string{c.Name}
		}
		if strings.HasSuffix(c.Name, "_identity_key") || strings.HasSuffix(c.Name, "_identity_keys") {
			out = append(out, c.Name)
		}
	}
	return out
}

func applicationColumns(o *objects.Object) []string {
	if slices.ContainsFunc(o.Columns, func(c objects.Column) bool { return c.Name == "application_key" }) {
		return []string{"application_key"}
	}
	return nil
}

func sinceColumns(o *objects.Object) []string {
	if o.Since == "" {
		return nil
	}
	return []string{o.Since}
}

// having names the reports that have such columns.
func having(columns func(*objects.Object) []string) string {
	var names []string
	for _, o := range objects.All(objects.Report) {
		if len(columns(&o)) > 0 {
			names = append(names, o.Name)
		}
	}
	return join(names)
}

func join(names []string) string { return strings.Join(names, ", ") }

// since is the moment that is meant; days count back from the run that made the file. After
// that run nothing is known, so that no row would be no answer.
func since(said string, run time.Time) (time.Time, error) {
	at, err := read.Moment(said, run)
	if err != nil {
		return at, mistake("--since %v", err)
	}
	if at.After(run) {
		return at, mistake("--since %s: nothing is known after the last run, at %s", at.UTC().Format(time.RFC3339), run.UTC().Format(time.RFC3339))
	}
	return at, nil
}

// order sorts the rows by the key of the report.
func (r *Report) order() database.SQL {
	var by []database.SQL
	for name := range strings.SplitSeq(r.Key, ",") {
		if name = strings.TrimSpace(name); name != "" {
			by = append(by, database.Ident(name)+" nulls last")
		}
	}
	if len(by) == 0 {
		return " order by all"
	}
	return " order by " + database.Join(by, ", ")
}

// Told are the lines that go with an answer, each a name and a text: the question, as of
// when, from which sources, what is doubtful, and what the answer does not say.
func (a *Answer) Told() [][2]string {
	what := "report"
	if a.Kind == objects.Macro {
		what = "macro"
	}
	out := [][2]string{{what, a.Name}, {"question", a.Why}, {"as of", a.asOf()}, {"sources", a.Sources()}}
	add := func(name, text string) {
		if text != "" {
			out = append(out, [2]string{name, text})
		}
	}
	add("not as it should be", strings.Join(a.Doubts(), "; "))
	if lacking := join(a.Lacking); lacking != "" {
		add("not told", "no export says "+lacking+"; the answer is made without")
	}
	var by []string
	for _, s := range a.Settings {
		by = append(by, s[0]+" "+s[1])
	}
	add("settings", join(by))
	add("only", strings.Join(a.Filters, ", and "))
	for _, l := range a.LeftOut {
		add("left out", fmt.Sprintf("rows without %s, of which it is not known whether they belong here: %d", l.Columns, l.Rows))
	}
	add("caveat", a.Caveat)
	return out
}

// asOf says which moments the answer describes.
func (a *Answer) asOf() string {
	run := a.Run.UTC().Format(time.RFC3339)
	oldest, newest := a.Ends()
	name := func(e Export) string {
		return fmt.Sprintf("%s (%s of %s)", e.At.UTC().Format(time.RFC3339), e.Dataset, e.Source)
	}
	switch {
	case oldest.At.IsZero():
		return run + "; of no input is it known what moment it describes"
	case oldest.At.Truncate(time.Second).Equal(newest.At.Truncate(time.Second)):
		return run + "; all inputs describe " + oldest.At.UTC().Format(time.RFC3339)
	}
	return run + "; oldest input " + name(oldest) + ", newest " + name(newest)
}
