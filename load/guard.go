package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	objects "github.com/accessmart/accessmart/sql"

	"github.com/accessmart/accessmart/schemas"
)

// A guard makes an object of the file refuse an answer that would look right.
//
// DuckDB binds a macro, and before version 1.4 also a view, to the tables of
// the reader's default database, which may be another of the same make: so each
// object knows the run that made its file, and compares. And an object whose
// inputs were never delivered would answer 'none' where nothing is known.
//
// The condition is a scalar subquery over the ledger: it reads no column of the
// answer, so that no filter on the answer is tried before it, and it runs also
// where the answer has no rows.
type guard struct {
	run string
	*knowledge
}

func (g *guard) condition(o objects.Object) string {
	var b strings.Builder
	refuse := func(when, why string) { fmt.Fprintf(&b, "when %s then error(%s) ", when, text(why)) }
	name := spoken(o)
	refuse("r.run is distinct from "+text(g.run), fmt.Sprintf(
		"%s belongs to another file than the tables that DuckDB would answer from: first USE the database to which it belongs%s", name, beside(o)))
	if missing := g.missing(o); len(missing) > 0 {
		for i, need := range missing {
			missing[i] = need + g.saidBy(need)
		}
		refuse("true", fmt.Sprintf("%s cannot tell: no export was loaded that says %s (see meta.report_inputs)", name, strings.Join(missing, "; nor one that says ")))
	}
	if o.Kind == objects.Macro {
		moment, before := "", ""
		for arg := range strings.SplitSeq(o.Args, ",") {
			arg = strings.TrimSpace(arg)
			moment = arg + "::timestamptz"
			refuse(moment+" is null", fmt.Sprintf("%s: the moment %s is NULL, of which nothing can be told; give a time, or now() for the present", name, arg))
			if before != "" {
				refuse(before+"::timestamptz > "+moment, fmt.Sprintf("%s: %s is later than %s; give the earlier moment first", name, before, arg))
				refuse(before+"::timestamptz > now()", fmt.Sprintf("%s: %s is in the future, of which nothing can be told", name, before))
			}
			before = arg
		}
		if since := g.known(o.Inputs); !since.IsZero() {
			refuse(moment+" < "+instant(since), fmt.Sprintf("%s: nothing was known at that moment; the first load was at %s",
				name, since.UTC().Format("2006-01-02 15:04:05Z")))
		}
	}
	return "(select case " + b.String() + "else true end from (select arg_max(run_id, as_of) as run from meta.runs) r)"
}

// spoken is how a reader calls the object.
func spoken(o objects.Object) string {
	switch o.Kind {
	case objects.MetaMacro:
		return "meta." + o.Name
	case objects.Version:
		return historySchema + "." + o.Name
	case objects.Report:
		return "report." + o.Name
	}
	return o.Name
}

// beside names the view that answers the same in any attached database.
func beside(o objects.Object) string {
	if o.Kind != objects.Macro {
		return ""
	}
	for _, r := range o.Reads {
		if strings.HasPrefix(r, historySchema+".") {
			return ", or ask its " + r
		}
	}
	return ""
}

// knowledge is what the loads of the file have told so far.
type knowledge struct {
	sources map[string]int       // by table, and by table.column: how many sources told it
	since   map[string]time.Time // by table: when an export that fills it was first loaded; "" for any
	feeds   map[string][]string  // by table, and by table.column: datasets whose contracts fill it
	vendors map[string]bool      // of which there are exports
}

func (w *Work) knowledge(ctx context.Context, t *tx) (*knowledge, error) {
	d := &knowledge{map[string]int{}, map[string]time.Time{}, map[string][]string{}, map[string]bool{}}
	for _, c := range w.opt.Set.All() {
		add := func(what string) {
			if !slices.Contains(d.feeds[what], c.Dataset) {
				d.feeds[what] = append(d.feeds[what], c.Dataset)
			}
		}
		for _, m := range c.Mappings(w.opt.Set.Common) {
			add(m.Table)
			if m.Target != "" && m.Rule != schemas.Decides {
				add(m.Table + "." + m.Target)
			}
		}
	}
	err := t.each(ctx, "select distinct split_part(dataset, '.', 1) from meta.exports", func(rows *sql.Rows) error {
		var vendor string
		err := rows.Scan(&vendor)
		d.vendors[vendor] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	// A column of which the last load lacked all that it is made of was not told.
	told := `with last as (
			select source, dataset, loaded_run_id as run_id from ` + objects.LatestExports() + ` where has_rows
		), told as (
			select distinct l.source, m.target_table, m.target_column
			from last l join meta.column_map m on m.dataset = l.dataset and m.target_column is not null and m.rule <> 'decides'
			where not exists (from meta.drift d where d.run_id = l.run_id and d.source = l.source and d.dataset = l.dataset
				and d.change = 'column_missing' and d.column_name = m.contract_column)
		)
		select target_table || '.' || target_column, count(distinct source) from told group by all
		union all select what, count(distinct source) from (
			select source, target_table as what from last join meta.column_map using (dataset) where target_table is not null
			union all select source, replace(table_name, 'main.', '') from last join meta.export_tables using (source, dataset)
				where table_name like 'main.%') group by all`
	err = t.each(ctx, told, func(rows *sql.Rows) error {
		var what string
		var n int
		err := rows.Scan(&what, &n)
		d.sources[what] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	// What was dropped is in history, what was erased is not.
	first := `with loads as (
			select e.run_id, e.source, e.dataset, e.as_of from meta.exports e
			where e.status = 'loaded' and e.as_of is not null and not exists (from meta.exports d
				where d.source = e.source and d.dataset = e.dataset and d.status = 'erased' and d.as_of > e.as_of)
		)
		select m.target_table, min(l.as_of) from loads l join meta.column_map m on m.dataset = l.dataset and m.target_table is not null group by all
		union all select replace(t.table_name, 'main.', ''), min(l.as_of) from loads l join meta.export_tables t using (run_id, source, dataset)
			where t.table_name like 'main.%' group by all
		union all select '', min(as_of) from loads having count(*) > 0`
	return d, t.each(ctx, first, func(rows *sql.Rows) error {
		var table string
		var at time.Time
		err := rows.Scan(&table, &at)
		if known, ok := d.since[table]; !ok || at.Before(known) {
			d.since[table] = at
		}
		return err
	})
}

const twoSources = " from two sources"

// has reports whether a need is met: a table or a column, or one of several.
func (d *knowledge) has(need string) bool {
	return slices.ContainsFunc(alternatives(need), func(what string) bool {
		what, two := strings.CutSuffix(what, twoSources)
		if two {
			return d.sources[what] > 1
		}
		return d.sources[what] > 0
	})
}

func alternatives(need string) []string { return strings.Split(need, " or ") }

// meets reports whether a need of an object is met. What asks for the past
// needs no table to be told still.
func (d *knowledge) meets(o objects.Object, need string) bool {
	if o.Kind == objects.Report {
		return d.has(need)
	}
	_, once := d.since[need]
	return once
}

func (d *knowledge) missing(o objects.Object) (out []string) {
	for _, need := range needsOf(o) {
		if !d.meets(o, need) {
			out = append(out, need)
		}
	}
	return out
}

// known is when all the tables of needs were first loaded.
func (d *knowledge) known(needs []string) (at time.Time) {
	at = d.since[""]
	for _, need := range needs {
		table, _, _ := strings.Cut(need, ".")
		if since := d.since[table]; since.After(at) {
			at = since
		}
	}
	return at
}

// datasets are those of which each would meet the need, or a part of it.
func (d *knowledge) datasets(need string) []string {
	var out []string
	for _, what := range alternatives(need) {
		out = append(out, d.feeds[strings.TrimSuffix(what, twoSources)]...)
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// maxSaidBy is how many datasets are named that would say what is missing.
const maxSaidBy = 4

// saidBy names datasets that would meet a need, those of vendors first of which
// the file has exports.
func (d *knowledge) saidBy(need string) string {
	all := d.datasets(need)
	slices.SortStableFunc(all, func(a, b string) int {
		va, _, _ := strings.Cut(a, ".")
		vb, _, _ := strings.Cut(b, ".")
		switch {
		case d.vendors[va] == d.vendors[vb]:
			return 0
		case d.vendors[va]:
			return -1
		}
		return 1
	})
	switch more := len(all) - maxSaidBy; {
	case len(all) == 0:
		return ""
	case more > 0:
		return fmt.Sprintf(", as %s and %d more do", strings.Join(all[:maxSaidBy], ", "), more)
	case len(all) == 1:
		return ", as " + all[0] + " does"
	}
	return ", as " + strings.Join(all, ", ") + " do"
}

// writeInputs makes meta.report_inputs anew.
func (w *Work) writeInputs(ctx context.Context, t *tx, d *knowledge) error {
	var rows []string
	for _, kind := range []objects.Kind{objects.Report, objects.Version, objects.Macro} {
		for _, o := range objects.All(kind) {
			for _, need := range needsOf(o) {
				datasets := d.datasets(need)
				for i, name := range datasets {
					datasets[i] = text(name)
				}
				rows = append(rows, fmt.Sprintf("(%s, %s, %v, [%s]::varchar[])", text(spoken(o)), text(need), d.meets(o, need), strings.Join(datasets, ", ")))
			}
		}
	}
	return replaceRows(ctx, t, "meta.report_inputs (report, needs, has, datasets)", rows)
}
