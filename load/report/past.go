package report

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	objects "github.com/accessmart/accessmart/sql"
)

// An UnknownError says why a file knows nothing of what is asked for at a moment.
type UnknownError struct{ Because string }

func (e UnknownError) Error() string { return "not known: " + e.Because }

// AskPast asks a table macro of main whose argument is a moment, such as accounts_as_of. The
// answer, sorted by its key, says what it rested on at that moment. The caller closes it.
//
// Errors: a [MissingError] if no source delivered what the macro needs, an [UnknownError] for a
// moment before the first load of that, also where an earlier one was erased since, a [RequestError] if the file has no such macro, or
// what DuckDB says.
func AskPast(ctx context.Context, f *read.File, name string, at time.Time) (*Answer, error) {
	r, err := findMacro(ctx, f, name)
	if err != nil {
		return nil, err
	}
	if missing := r.Missing(); len(missing) > 0 {
		return nil, &MissingError{r.Name, missing}
	}
	moment := database.Instant(at)
	a := &Answer{Report: r, Filters: []string{"what was valid at " + at.UTC().Format(time.RFC3339Nano)}}
	if a.Coverage, err = r.coverage(ctx, f, database.SQL(objects.LatestExportsUntil(string(moment))), "as_of <= "+moment); err != nil {
		return nil, err
	}
	if err := a.erasedSince(ctx, f, moment); err != nil {
		return nil, err
	}
	from := database.Ident(r.Name) + "(" + moment + ")"
	err = f.Each(ctx, string("select count(*) from "+from), func([]read.Value) {})
	if err != nil && strings.Contains(err.Error(), r.Name+": nothing was known at that moment") { // by its guard, see package answers
		err = UnknownError{"at that moment no export was loaded yet that says it"}
		if len(a.Erased) > 0 {
			err = UnknownError{"what said it was erased from the file since: " + join(a.Erased)}
		}
	}
	if err != nil {
		return nil, err
	}
	return a, a.ask(ctx, f, from)
}

// erasedSince notes which exports a person took out of the file after a moment, with their
// history.
func (c *Coverage) erasedSince(ctx context.Context, f *read.File, moment database.SQL) error {
	return f.Each(ctx, string("select distinct source, dataset from meta.exports where status = 'erased' and as_of > "+moment+" order by all"), func(row []read.Value) {
		if slices.ContainsFunc(c.Exports, func(e Export) bool { return e.Source == row[0].Text && e.Dataset == row[1].Text }) {
			c.Erased = append(c.Erased, row[1].Text+" of "+row[0].Text)
		}
	})
}

// findMacro returns the macro of a name that the file has.
func findMacro(ctx context.Context, f *read.File, name string) (*Report, error) {
	all := objects.All(objects.Macro)
	i := slices.IndexFunc(all, func(o objects.Object) bool { return o.Name == name })
	if i < 0 || all[i].Args != "ts" {
		return nil, mistake("no macro %s about a moment", name)
	}
	has := false
	err := f.Each(ctx, string("select count(*) > 0 from duckdb_functions() where database_name = current_database() and schema_name = 'main' and function_name = "+database.Text(name)),
		func(row []read.Value) { has = row[0].Bool() })
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, mistake("%s does not have macro %s yet; refresh or rebuild it with this version of the program", f.Path(), name)
	}
	needs, err := needsOf(ctx, f)
	return &Report{Object: all[i], Needs: needs[name]}, err
}
