package report

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	objects "github.com/accessmart/accessmart/sql"
)

// About finds a question about one thing, a table macro of the file, so that it can be asked as a
// report is. Errors: a [RequestError] if the file does not have it, or what DuckDB says.
func About(ctx context.Context, f *read.File, name string) (*Report, error) {
	has := false
	err := f.Each(ctx, "select 1 from duckdb_functions() where database_name = current_database() and schema_name = 'main' and function_name = "+string(database.Text(name)),
		func([]read.Value) { has = true })
	if err != nil {
		return nil, err
	}
	for _, o := range objects.All(objects.Answer) {
		if o.Name != name || !has {
			continue
		}
		needs, err := needsOf(ctx, f)
		return &Report{Object: o, Needs: needs[name]}, err
	}
	return nil, mistake("%s does not have %s yet; refresh or rebuild it with this version of the program", f.Path(), name)
}

// AskAbout asks a question of [About] with its one argument, and selects some columns of those of
// its rows, q, for which where holds. only says in words what was asked. The caller closes the
// answer.
//
// Errors: a [MissingError] if no source delivered what the question needs, or what DuckDB says.
func (r *Report) AskAbout(ctx context.Context, f *read.File, key, only string, columns, where database.SQL) (*Answer, error) {
	a, err := r.answer(ctx, f)
	if err != nil {
		return nil, err
	}
	a.Filters = []string{only}
	a.Query = fmt.Sprintf("select %s from main.%s(%s) q where %s", columns, database.Ident(r.Name), database.Text(key), where)
	a.Rows, err = f.Query(ctx, a.Query)
	return a, err
}

// answer is the beginning of one: what it rests on.
func (r *Report) answer(ctx context.Context, f *read.File) (a *Answer, err error) {
	if err := r.Ready(); err != nil {
		return nil, err
	}
	a = &Answer{Report: r}
	if a.Coverage, err = r.Coverage(ctx, f); err != nil {
		return nil, err
	}
	a.Settings, err = r.settings(ctx, f)
	return a, err
}
