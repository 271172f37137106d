// Package report asks the saved questions of schema report, and says of each answer what it
// rests on: from which sources and moments it comes, which inputs are absent, and what it
// does not say. It opens no file and prints nothing.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database/read"
	objects "github.com/accessmart/accessmart/sql"
)

// A Report is a saved question, with what the file has for it.
type Report struct {
	objects.Object
	Needs []Need // in the order of its header
}

// A Need is an input that a report must have before its answer means anything.
type Need struct {
	What     string   // a table or column of the common model, or alternatives joined by 'or'
	Has      bool     // an export filled it, or one of the alternatives
	Lacking  []string // alternatives that no export filled
	Datasets []string // that can fill it, those of vendors of which the file has exports first
}

// Missing are the needs that are not met, without which a report cannot answer.
func (r *Report) Missing() (out []Need) {
	for _, n := range r.Needs {
		if !n.Has {
			out = append(out, n)
		}
	}
	return out
}

// lacking are the inputs that no export filled, in needs that are met all the same.
func (r *Report) lacking() (out []string) {
	for _, n := range r.Needs {
		for _, what := range n.Lacking {
			if n.Has && !slices.Contains(out, what) {
				out = append(out, what)
			}
		}
	}
	return out
}

// Ready is nil if the report can answer, and else a [MissingError].
func (r *Report) Ready() error {
	if missing := r.Missing(); len(missing) > 0 {
		return &MissingError{r.Name, missing}
	}
	return nil
}

// A RequestError is a mistake in what was asked for: a report that is none, a filter for
// which the report has no column, a moment that is none.
type RequestError struct{ error }

func mistake(format string, args ...any) error { return RequestError{fmt.Errorf(format, args...)} }

// A MissingError says that a report cannot answer, as no source delivered what it needs.
type MissingError struct {
	Report string
	Needs  []Need
}

// Because says what is missing, and which datasets would bring it.
func (e *MissingError) Because() string {
	said := make([]string, len(e.Needs))
	for i, n := range e.Needs {
		said[i] = n.What
		if by := Some(n.Datasets); by != "" {
			said[i] += ", which " + by + " would bring"
		}
		if strings.Contains(n.What, objects.OwnRules) {
			said[i] += ", or rules of your own, which sod: FILE in the configuration names"
		}
		if strings.Contains(n.What, "sod_rules") {
			said[i] += " (rules of your own would do: sod: FILE in the configuration)"
		}
	}
	return "no export was loaded that says " + strings.Join(said, "; nor one that says ")
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("report %s cannot answer: %s. Add such a dataset to a source of the configuration and refresh; "+
		"'accessmart report' lists what each report needs", e.Report, e.Because())
}

// mostNamed is how many datasets a text names.
const mostNamed = 3

// Some names the first datasets of a list, and says how many more there are.
func Some(datasets []string) string {
	switch more := len(datasets) - mostNamed; {
	case more > 0:
		return fmt.Sprintf("%s or %d more", strings.Join(datasets[:mostNamed], ", "), more)
	case len(datasets) < 2:
		return strings.Join(datasets, "")
	}
	last := len(datasets) - 1
	return strings.Join(datasets[:last], ", ") + " or " + datasets[last]
}

// List returns the reports of the file that this program knows, sorted by name. Errors: what
// DuckDB says.
func List(ctx context.Context, f *read.File) ([]Report, error) {
	needs, err := needsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	var out []Report
	err = f.Each(ctx, "select view_name from duckdb_views() where database_name = current_database() and schema_name = 'report' order by 1", func(row []read.Value) {
		for _, o := range objects.All(objects.Report) {
			if o.Name == row[0].Text {
				out = append(out, Report{Object: o, Needs: needs["report."+o.Name]})
			}
		}
	})
	return out, err
}

// Find returns the report of a name. Errors: a [RequestError] if there is none in the file.
func Find(ctx context.Context, f *read.File, name string) (*Report, error) {
	all, err := List(ctx, f)
	if err != nil {
		return nil, err
	}
	name = strings.ReplaceAll(strings.TrimPrefix(name, "report."), "-", "_")
	var known []string
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
		known = append(known, all[i].Name)
	}
	if slices.ContainsFunc(objects.All(objects.Report), func(o objects.Object) bool { return o.Name == name }) {
		return nil, mistake("%s does not have report %s yet; refresh or rebuild it with this version of the program", f.Path(), name)
	}
	return nil, mistake("no report %s; there are %s", name, strings.Join(known, ", "))
}

// needsOf reads the needs of all reports, views and macros, by their names with their schemas;
// macros are in main and have none.
func needsOf(ctx context.Context, f *read.File) (map[string][]Need, error) {
	lacking := "null::varchar[]" // a file of an earlier version does not tell the alternatives apart
	if has, err := read.HasColumn(ctx, f, "report_inputs", "lacking"); err != nil {
		return nil, err
	} else if has {
		lacking = "lacking"
	}
	vendors := map[string]bool{}
	err := f.Each(ctx, "select distinct vendor from meta.sources", func(row []read.Value) { vendors[row[0].Text] = true })
	if err != nil {
		return nil, err
	}
	out := map[string][]Need{}
	var bad error
	err = f.Each(ctx, "select report, needs, has, to_json(datasets), to_json("+lacking+") from meta.report_inputs order by rowid", func(row []read.Value) {
		n := Need{What: row[1].Text, Has: row[2].Bool()}
		if row[4].Null {
			row[4].Text = "null"
		}
		bad = errors.Join(bad, json.Unmarshal([]byte(row[3].Text), &n.Datasets), json.Unmarshal([]byte(row[4].Text), &n.Lacking))
		slices.SortStableFunc(n.Datasets, func(a, b string) int { return rank(vendors, a) - rank(vendors, b) })
		out[row[0].Text] = append(out[row[0].Text], n)
	})
	return out, errors.Join(err, bad)
}

// rank is 0 for a dataset of a vendor that is there, and 1 for another.
func rank(vendors map[string]bool, dataset string) int {
	vendor, _, _ := strings.Cut(dataset, ".")
	if vendors[vendor] {
		return 0
	}
	return 1
}

// Lacks reports whether an input is absent that the report can answer without.
func (r *Report) Lacks() bool { return len(r.lacking()) > 0 }
