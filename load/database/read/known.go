package read

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// Source is a source as a database file or a run knows it.
type Source struct {
	Name, Vendor string
	Tenant       string // "" where it is not known
	Origin       string // base URL, or a folder
}

// Sources returns the sources whose rows the file at path holds, by name; nil if there is no
// file.
func Sources(ctx context.Context, path string) (map[string]Source, error) {
	return sourcesIn(ctx, path, func(*File) error { return nil })
}

// SourcesOfWork is [Sources] for a file that a run is about to change.
//
// Errors: a [database.FileError] with [database.ErrFirstEdition].
func SourcesOfWork(ctx context.Context, path string) (map[string]Source, error) {
	return sourcesIn(ctx, path, func(f *File) error {
		isFirst := false
		err := f.Each(ctx, "select "+string(database.IsFirstEdition)+" from duckdb_tables() where database_name = current_database()", func(row []Value) { isFirst = row[0].Bool() })
		if err == nil && isFirst {
			err = database.FirstEdition(path)
		}
		return err
	})
}

// sourcesIn returns the sources of a file if check has no objection to it.
func sourcesIn(ctx context.Context, path string, check func(*File) error) (known map[string]Source, err error) {
	f, err := Open(ctx, path)
	if errors.Is(err, database.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := check(f); err != nil {
		return nil, err
	}
	return f.Sources(ctx)
}

// Sources are the sources whose rows the file holds, by name.
func (f *File) Sources(ctx context.Context) (map[string]Source, error) {
	known := map[string]Source{}
	err := f.Each(ctx, "select source, vendor, tenant, base_url from meta.sources", func(row []Value) {
		known[row[0].Text] = Source{row[0].Text, row[1].Text, row[2].Text, row[3].Text}
	})
	return known, err
}

// NewestExport is the newest export of a dataset of a source that is held or has rejects.
type NewestExport struct {
	schemas.ExportID
	Run     string // that delivered it
	Rejects int64  // number of its rejects
	Waits   bool   // it is held because of an export that failed
}

// NewestRuns are the newest runs that asked for each dataset. Run ids sort by time.
func NewestRuns(ctx context.Context, f *File) (map[schemas.ExportID]string, error) {
	newest := map[schemas.ExportID]string{}
	_, latest, err := Exports(ctx, f)
	if err != nil {
		return nil, err
	}
	err = f.Each(ctx, "select source, dataset, run_id from "+string(latest), func(row []Value) {
		newest[schemas.ExportID{Source: row[0].Text, Dataset: row[1].Text}] = row[2].Text
	})
	return newest, err
}

var heldExports = database.Parse(`select source, dataset, run_id, 0, exists(from meta.gates g where g.run_id = l.run_id and g.source = l.source
		and g.dataset = l.dataset and g.reason = 'companion failed')
	from {{.latest}} l where status = 'held' order by source, dataset`)

// Held are the datasets whose newest export is held, sorted by source and dataset.
func Held(ctx context.Context, f *File) ([]NewestExport, error) {
	_, latest, err := Exports(ctx, f)
	if err != nil {
		return nil, err
	}
	return newest(ctx, f, heldExports.Fill(database.Values{"latest": latest}))
}

// Exports returns two relations to select from: meta.exports with all columns that this
// program knows, NULL if the program that made the file did not know them, and
// meta.latest_exports over that.
func Exports(ctx context.Context, f *File) (exports, latest database.SQL, err error) {
	has, err := f.texts(ctx, "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'meta' and table_name = 'exports'")
	if err != nil {
		return "", "", err
	}
	exports = "(select *"
	for _, c := range ledger.Table("exports").Columns {
		if !slices.Contains(has, c.Name) {
			exports += ", NULL::" + database.SQL(c.Type) + " as " + database.Ident(c.Name)
		}
	}
	exports += " from meta.exports)"
	return exports, database.SQL(strings.ReplaceAll(objects.LatestExports(), "meta.exports", string(exports))), nil
}

var rejectedExports = database.Parse(`select source, dataset, run_id, reject_count, false from meta.exports
	where reject_count > 0 and (source, dataset, run_id) in ({{.newest}}) order by source, dataset`)

// Rejected are the exports with rejects whose rows the file holds, or that were newer and
// had too many rejects, sorted by source and dataset.
func Rejected(ctx context.Context, f *File) ([]NewestExport, error) {
	return newest(ctx, f, rejectedExports.Fill(database.Values{"newest": NewestReads(ledger.Loaded, ledger.Unchanged)}))
}

var newestReads = database.Parse(`select source, dataset,
    case arg_max(status, as_of) when 'unchanged' then arg_max(run_id, as_of) filter (status = 'loaded') else arg_max(run_id, as_of) end
from meta.exports where status in ({{.words}}, 'dropped', 'erased') or failure = 'rejects' group by all`)

// NewestReads is a query that picks, for each source and dataset, the newest export with one
// of these statuses, or with too many rejects: (source, dataset, run_id). An unchanged export
// stands for the last one that was loaded, even if another was held in between.
func NewestReads(statuses ...ledger.Status) database.SQL {
	words := make([]database.SQL, len(statuses))
	for i, s := range statuses {
		words[i] = database.Text(string(s))
	}
	return newestReads.Fill(database.Values{"words": database.Join(words, ", ")})
}

var datasetsOf = database.Parse(`select dataset from meta.exports where source = {{.source}} group by dataset
having arg_max(status, as_of) not in ('dropped', 'erased') order by dataset`)

// Datasets are the datasets of a source whose rows the file holds, sorted.
func Datasets(ctx context.Context, f *File, source string) ([]string, error) {
	return f.texts(ctx, string(datasetsOf.Fill(database.Values{"source": source})))
}

// HeldDatasets are the datasets of which the file at path holds the rows of a load, by
// source; nil if there is no file, or one that a run would refuse, which it tells of itself.
func HeldDatasets(ctx context.Context, path string) (held map[string][]string, err error) {
	f, err := Open(ctx, path)
	if errors.Is(err, database.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.HeldDatasets(ctx)
}

// HeldDatasets are the datasets of which the file holds the rows of a load, by source.
func (f *File) HeldDatasets(ctx context.Context) (map[string][]string, error) {
	_, latest, err := Exports(ctx, f)
	if err != nil {
		return nil, err
	}
	held := map[string][]string{}
	err = f.Each(ctx, "select source, dataset from "+string(latest)+" where has_rows order by all", func(row []Value) {
		held[row[0].Text] = append(held[row[0].Text], row[1].Text)
	})
	return held, err
}

func newest(ctx context.Context, f *File, query database.SQL) (out []NewestExport, err error) {
	err = f.Each(ctx, string(query), func(row []Value) {
		out = append(out, NewestExport{ExportID: schemas.ExportID{Source: row[0].Text, Dataset: row[1].Text},
			Run: row[2].Text, Rejects: row[3].Int(), Waits: row[4].Bool()})
	})
	return out, err
}
