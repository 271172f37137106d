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

// An Export is the newest export of a dataset that a report reads.
type Export struct {
	Source, Dataset string
	Status          string    // loaded and unchanged mean that the file has its rows; see meta.exports
	HasRows         bool      // the file has its rows, or those of an earlier one
	IsFiltered      bool      // the rows cover only a part
	Records         int64     // of the load that the rows are of
	Rejects         int64     // of these records
	ItemRejects     int64     // items of the others
	At              time.Time // the moment that the rows describe; zero: not known
}

// IsCurrent reports whether the file has the rows of the newest export.
func (e Export) IsCurrent() bool {
	return e.HasRows && (e.Status == "loaded" || e.Status == "unchanged")
}

// Coverage is what an answer rests on.
type Coverage struct {
	Run     time.Time // of the run that made the file
	Exports []Export  // sorted by source and dataset
	Erased  []string  // of an answer about the past: exports that were erased since, as 'dataset of source'
	Lacking []string  // inputs that no export filled, without which the answer means something all the same
}

// Ends are the moments that the oldest and the newest input describe; zero if there is none.
func (c *Coverage) Ends() (oldest, newest Export) {
	for _, e := range c.Exports {
		if !e.HasRows || e.At.IsZero() {
			continue
		}
		if oldest.At.IsZero() || e.At.Before(oldest.At) {
			oldest = e
		}
		if e.At.After(newest.At) {
			newest = e
		}
	}
	return oldest, newest
}

// Sources says how many datasets of each source the answer comes from.
func (c *Coverage) Sources() string {
	var names []string
	count := map[string]int{}
	for _, e := range c.Exports {
		if !e.HasRows {
			continue
		}
		if count[e.Source]++; count[e.Source] == 1 {
			names = append(names, e.Source)
		}
	}
	for i, name := range names {
		plural := "s"
		if count[name] == 1 {
			plural = ""
		}
		names[i] = fmt.Sprintf("%s (%d dataset%s)", name, count[name], plural)
	}
	return strings.Join(names, ", ")
}

// Doubts are sentences about inputs that are not what they should be: exports that are not
// current, cover only a part, have rejects or were erased since.
func (c *Coverage) Doubts() (out []string) {
	for _, e := range c.Exports {
		name := e.Dataset + " of " + e.Source
		switch {
		case !e.HasRows:
			out = append(out, name+": "+e.Status+", no rows")
		case !e.IsCurrent() && e.At.IsZero():
			out = append(out, name+": "+e.Status+", rows of an earlier export")
		case !e.IsCurrent():
			out = append(out, name+": "+e.Status+", rows of "+e.At.UTC().Format(time.RFC3339))
		}
		if e.HasRows && e.IsFiltered {
			out = append(out, name+": only a part")
		}
		if e.HasRows && e.Rejects > 0 {
			out = append(out, fmt.Sprintf("%s: %d of %d records are rejects: what they say is missing, or as an earlier export said", name, e.Rejects, e.Records))
		}
		if e.HasRows && e.ItemRejects > 0 {
			out = append(out, fmt.Sprintf("%s: %d items of records are rejects: what they say is missing, or as an earlier export said", name, e.ItemRejects))
		}
	}
	for _, name := range c.Erased {
		out = append(out, name+": erased since, with its history, so that what it said may be missing")
	}
	return out
}

var feedsOf = database.Parse(`with feeds as (
	select null as source, dataset, target_table as name from meta.column_map where target_table is not null
	union all select source, dataset, replace(table_name, 'observed.', '') from meta.export_tables where table_name like 'observed.%'
)
select l.source, l.dataset, l.status, l.has_rows, coalesce(l.is_filtered, false), least(l.data_at, l.confirmed_at),
	coalesce(l.record_count, 0), coalesce(l.reject_count, 0), coalesce(l.item_reject_count, 0)
from {{.latest}} l
where l.status not in ('dropped', 'erased')
	and ({{.all}} or exists (from feeds f where f.dataset = l.dataset and coalesce(f.source = l.source, true) and list_contains({{.tables}}, f.name)))
order by l.source, l.dataset`)

// Coverage says what the answer of the report rests on. Errors: what DuckDB says.
func (r *Report) Coverage(ctx context.Context, f *read.File) (*Coverage, error) {
	_, latest, err := read.Exports(ctx, f)
	if err != nil {
		return nil, err
	}
	return r.coverage(ctx, f, latest, "true")
}

// coverage says what an answer rests on by the query of the latest exports and the condition
// of the runs that count.
func (r *Report) coverage(ctx context.Context, f *read.File, latest, runs database.SQL) (*Coverage, error) {
	c := &Coverage{Lacking: r.lacking()}
	err := f.Each(ctx, string("select max(as_of) from meta.runs where "+runs), func(row []read.Value) { c.Run = row[0].Time() })
	if err != nil {
		return nil, err
	}
	tables, all := r.tables()
	query := feedsOf.Fill(database.Values{"latest": latest, "tables": database.Texts(tables), "all": database.SQL(fmt.Sprint(all))})
	return c, f.Each(ctx, string(query), func(row []read.Value) {
		c.Exports = append(c.Exports, Export{Source: row[0].Text, Dataset: row[1].Text, Status: row[2].Text, HasRows: row[3].Bool(), IsFiltered: row[4].Bool(), At: row[5].Time(),
			Records: row[6].Int(), Rejects: row[7].Int(), ItemRejects: row[8].Int()})
	})
}

// tables are the tables of the common model that the report reads, by itself or through other
// reports; all if it reads what comes from any of them.
func (r *Report) tables() (tables []string, all bool) {
	for _, name := range r.Reads {
		schema, table, _ := strings.Cut(name, ".")
		switch {
		case schema == "closure":
			tables = append(tables, "grants")
		case table == "identity_accounts":
			tables = append(tables, table, "accounts", "identities")
		case schema == "main", schema == "observed", schema == "history" && table != "changes":
			tables = append(tables, table)
		case schema == "report":
			within, any := inner(table).tables()
			if any {
				return nil, true
			}
			tables = append(tables, within...)
		case schema != "meta": // all tables of some kind
			return nil, true
		}
	}
	slices.Sort(tables)
	return slices.Compact(tables), len(tables) == 0
}

// inner is the report of a name that another one reads.
func inner(name string) *Report {
	all := objects.All(objects.Report)
	return &Report{Object: all[slices.IndexFunc(all, func(o objects.Object) bool { return o.Name == name })]}
}
