package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// Source is a source as a database file or a run knows it.
type Source struct {
	Name, Vendor string
	Tenant       string // "" where it is not known
	Origin       string // base URL, or a folder
}

// Sources are those whose rows the file at path holds, by name; none where
// there is no file.
func Sources(ctx context.Context, path string) (map[string]Source, error) {
	r, err := OpenRead(ctx, path)
	if errors.Is(err, ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	known := map[string]Source{}
	err = r.each(ctx, "select source, vendor, tenant, base_url from meta.sources", func(row []Value) error {
		known[row[0].Text] = Source{row[0].Text, row[1].Text, row[2].Text, row[3].Text}
		return nil
	})
	return known, err
}

// NewestExport is the newest export of a dataset of a source, of some kind.
type NewestExport struct {
	schemas.ExportID
	Run     string // that loaded it
	Rejects int64  // that it had
	Waits   bool   // held for an export that failed
}

// NewestRuns are the newest runs that the file holds of each dataset. Run ids
// sort by time.
func (r *Reader) NewestRuns(ctx context.Context) (map[schemas.ExportID]string, error) {
	newest := map[schemas.ExportID]string{}
	_, latest, err := r.Exports(ctx)
	if err != nil {
		return nil, err
	}
	err = r.each(ctx, "select source, dataset, run_id from "+latest, func(row []Value) error {
		newest[schemas.ExportID{Source: row[0].Text, Dataset: row[1].Text}] = row[2].Text
		return nil
	})
	return newest, err
}

// Held are the exports that were held when their dataset was loaded last, by
// source and dataset.
func (r *Reader) Held(ctx context.Context) ([]NewestExport, error) {
	_, latest, err := r.Exports(ctx)
	if err != nil {
		return nil, err
	}
	return r.newest(ctx, `select source, dataset, run_id, 0, exists(from meta.gates g where g.run_id = l.run_id and g.source = l.source
			and g.dataset = l.dataset and g.reason = 'companion failed')
		from `+latest+` l where status = 'held' order by source, dataset`)
}

// Exports are two texts to select from: meta.exports with all columns that this
// program knows, NULL where the program that made the file knew them not, and
// what meta.latest_exports says by it.
func (r *Reader) Exports(ctx context.Context) (exports, latest string, err error) {
	has, err := r.texts(ctx, "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'meta' and table_name = 'exports'")
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	b.WriteString("(select *")
	i := slices.IndexFunc(metaTables, func(t *table) bool { return t.name == "exports" })
	for _, c := range metaTables[i].columns {
		if !slices.Contains(has, c.name) {
			fmt.Fprintf(&b, ", NULL::%s as %s", c.sql, ident(c.name))
		}
	}
	b.WriteString(" from meta.exports)")
	return b.String(), strings.ReplaceAll(objects.LatestExports(), "meta.exports", b.String()), nil
}

// Rejected are the exports with rejects whose rows the file holds, or that were
// newer and had too many, by source and dataset.
func (r *Reader) Rejected(ctx context.Context) ([]NewestExport, error) {
	return r.newest(ctx, `select source, dataset, run_id, reject_count, false from meta.exports
		where reject_count > 0 and (source, dataset, run_id) in (`+NewestReads(Loaded, Unchanged)+`) order by source, dataset`)
}

// NewestReads is SQL that picks, for each source and dataset, the newest export
// of these statuses, or with too many rejects: (source, dataset, run_id). One
// that is unchanged stands for the last that was loaded, even where another was
// held in between.
func NewestReads(statuses ...Status) string {
	words := make([]string, len(statuses))
	for i, s := range statuses {
		words[i] = text(string(s))
	}
	return `select source, dataset,
    case arg_max(status, as_of) when 'unchanged' then arg_max(run_id, as_of) filter (status = 'loaded') else arg_max(run_id, as_of) end
from meta.exports where status in (` + strings.Join(words, ", ") + `, 'dropped', 'erased') or failure = 'rejects' group by all`
}

// Datasets are those of a source whose rows the file holds, by name.
func (r *Reader) Datasets(ctx context.Context, source string) ([]string, error) {
	return r.texts(ctx, `select dataset from meta.exports where source = `+text(source)+` group by dataset
having arg_max(status, as_of) not in ('dropped', 'erased') order by dataset`)
}

func (r *Reader) newest(ctx context.Context, query string) (out []NewestExport, err error) {
	err = r.each(ctx, query, func(row []Value) error {
		n := NewestExport{ExportID: schemas.ExportID{Source: row[0].Text, Dataset: row[1].Text}, Run: row[2].Text, Waits: row[4].Text == "true"}
		if !row[3].Null {
			if n.Rejects, err = strconv.ParseInt(row[3].Text, 10, 64); err != nil {
				return err
			}
		}
		out = append(out, n)
		return nil
	})
	return out, err
}

// each calls f for each row of an answer.
func (r *Reader) each(ctx context.Context, query string, f func([]Value) error) error {
	rows, err := r.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for row, err := range rows.All() {
		if err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}
