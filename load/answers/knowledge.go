package answers

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// knowledge says which tables and columns of the common model exports have filled so far.
type knowledge struct {
	sources map[string]int       // by table, and by table.column: how many sources have delivered it
	since   map[string]time.Time // by table, and by table.column: when an export that fills it was first loaded; "" for any table
	feeds   map[string][]string  // by table, and by table.column: datasets whose contracts fill it
	rank    map[[2]string]int    // by dataset and table: how little it knows of such things, 0 for one that describes them
	vendors map[string]bool      // vendors of which there are exports
}

func readKnowledge(ctx context.Context, t *database.Tx, set *schemas.Set) (*knowledge, error) {
	k := feeding(set)
	err := t.Each(ctx, "select distinct split_part(dataset, '.', 1) from meta.exports", func(rows *sql.Rows) error {
		var vendor string
		err := rows.Scan(&vendor)
		k.vendors[vendor] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	rules, err := t.Count(ctx, "select count(*) from meta.sod_rules")
	if err != nil {
		return nil, err
	}
	k.sources[ownRules] = int(min(rules, 1))
	// A column was not delivered if the last load lacked every column that it is made of.
	delivered := `with last as (
			select source, dataset, loaded_run_id as run_id from ` + database.SQL(objects.LatestExports()) + ` where has_rows
		), told as (
			select distinct l.source, m.target_table, m.target_column
			from last l join meta.column_map m on m.dataset = l.dataset and m.target_column is not null and m.rule <> 'decides'
			where not exists (from meta.drift d where d.run_id = l.run_id and d.source = l.source and d.dataset = l.dataset
				and d.change = 'column_missing' and d.column_name = m.contract_column)
		)
		select target_table || '.' || target_column, count(distinct source) from told group by all
		union all select what, count(distinct source) from (
			select source, target_table as what from last join meta.column_map using (dataset) where target_table is not null
			union all select source, replace(table_name, 'observed.', '') from last join meta.export_tables using (source, dataset)
				where table_name like 'observed.%') group by all`
	err = t.Each(ctx, database.SQL(delivered), func(rows *sql.Rows) error {
		var what string
		var n int
		err := rows.Scan(&what, &n)
		k.sources[what] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	// Rows that were dropped are in history, so their loads count; rows that were erased are not.
	first := `with loads as (
			select e.run_id, e.source, e.dataset, e.as_of from meta.exports e
			where e.status = 'loaded' and e.as_of is not null and not exists (from meta.exports d
				where d.source = e.source and d.dataset = e.dataset and d.status = 'erased' and d.as_of > e.as_of)
		)
		select m.target_table, min(l.as_of) from loads l join meta.column_map m on m.dataset = l.dataset and m.target_table is not null group by all
		union all select replace(t.table_name, 'observed.', ''), min(l.as_of) from loads l join meta.export_tables t using (run_id, source, dataset)
			where t.table_name like 'observed.%' group by all
		union all select m.target_table || '.' || m.target_column, min(l.as_of) from loads l join meta.column_map m on m.dataset = l.dataset and m.target_column is not null and m.rule <> 'decides'
			where not exists (from meta.drift d where d.run_id = l.run_id and d.source = l.source and d.dataset = l.dataset
				and d.change = 'column_missing' and d.column_name = m.contract_column) group by all
		union all select '', min(as_of) from loads having count(*) > 0`
	return k, t.Each(ctx, database.SQL(first), func(rows *sql.Rows) error {
		var table string
		var at time.Time
		err := rows.Scan(&table, &at)
		if known, ok := k.since[table]; !ok || at.Before(known) {
			k.since[table] = at
		}
		return err
	})
}

const ownRules = objects.OwnRules

// feeding says which datasets can fill the tables and columns, before any has.
func feeding(set *schemas.Set) *knowledge {
	k := &knowledge{map[string]int{}, map[string]time.Time{}, map[string][]string{}, map[[2]string]int{}, map[string]bool{}}
	for _, c := range set.All() {
		add := func(what string) {
			if !slices.Contains(k.feeds[what], c.Dataset) {
				k.feeds[what] = append(k.feeds[what], c.Dataset)
			}
		}
		for _, m := range c.Mappings(set.Common) {
			add(m.Table)
			if m.Target != "" && m.Rule != schemas.Decides {
				add(m.Table + "." + m.Target)
			}
		}
		for i := range c.Emit {
			at, rank := [2]string{c.Dataset, c.Emit[i].Table}, slices.Index(strengths, c.Emit[i].Strength)
			if c.ByName() {
				rank += len(strengths) // a refresh does not ask for it by itself
			}
			if before, ok := k.rank[at]; !ok || rank < before {
				k.rank[at] = rank
			}
		}
	}
	return k
}

// strengths are how much a dataset may know of a thing, the most first.
var strengths = []schemas.Strength{schemas.Describes, schemas.Supplements, schemas.Mentions}

const twoSources = " from two sources"

// has reports whether a need is met: a table or column, or one of several alternatives.
func (k *knowledge) has(need string) bool {
	return slices.ContainsFunc(alternatives(need), func(what string) bool {
		what, two := strings.CutSuffix(what, twoSources)
		if two {
			return k.sources[what] > 1
		}
		return k.sources[what] > 0
	})
}

func alternatives(need string) []string { return strings.Split(need, " or ") }

// meets reports whether a need of an object is met. For an object about the past it is enough
// that what is needed was delivered once.
func (k *knowledge) meets(o objects.Object, need string) bool {
	if slices.Contains([]objects.Kind{objects.Macro, objects.Version, objects.ObservedVersion}, o.Kind) || slices.Contains(args(o), "ts") {
		return !k.sinceOf(need).IsZero()
	}
	return k.has(need)
}

func (k *knowledge) missing(o objects.Object) (out []string) {
	for _, need := range needsOf(o) {
		if !k.meets(o, need) {
			out = append(out, need)
		}
	}
	return out
}

// known is the time since which all that is needed has been loaded.
func (k *knowledge) known(needs []string) (at time.Time) {
	at = k.since[""]
	for _, need := range needs {
		if since := k.sinceOf(need); since.After(at) {
			at = since
		}
	}
	return at
}

// sinceOf is the time since which a need is met; zero if it never was.
func (k *knowledge) sinceOf(need string) (at time.Time) {
	for _, what := range alternatives(need) {
		if since, ok := k.since[what]; ok && (at.IsZero() || since.Before(at)) {
			at = since
		}
	}
	return at
}

// datasets are the datasets that would meet the need, or help to meet it, sorted.
func (k *knowledge) datasets(need string) []string {
	var out []string
	for _, what := range alternatives(need) {
		out = append(out, k.feeds[strings.TrimSuffix(what, twoSources)]...)
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// maxSaidBy is how many datasets an error names.
const maxSaidBy = 4

// saidBy names datasets that would meet a need, for an error. Datasets of vendors that have
// delivered exports come first, and among them those that describe such things.
func (k *knowledge) saidBy(need string) string {
	all := k.datasets(need)
	rank := map[string]int{}
	for _, dataset := range all {
		rank[dataset] = k.rankOf(dataset, need)
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
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

// rankOf orders the datasets that would meet a need, the best first.
func (k *knowledge) rankOf(dataset, need string) int {
	best := 2 * len(strengths)
	for _, what := range alternatives(need) {
		what = strings.TrimSuffix(what, twoSources)
		if table, _, _ := strings.Cut(what, "."); slices.Contains(k.feeds[what], dataset) {
			best = min(best, k.rank[[2]string{dataset, table}])
		}
	}
	if vendor, _, _ := strings.Cut(dataset, "."); !k.vendors[vendor] {
		best += 2*len(strengths) + 1
	}
	return best
}

// lacking are those of the alternatives of a need of an object that are not met. Who has no
// rules of their own lacks none.
func (k *knowledge) lacking(o objects.Object, need string) (out []string) {
	for _, what := range alternatives(need) {
		if what != ownRules && !k.meets(o, what) {
			out = append(out, what)
		}
	}
	return out
}

var inputRow = database.Parse(`({{.report}}, {{.needs}}, {{.has}}, {{.datasets}}, {{.lacking}})`)

// writeInputs replaces the rows of meta.report_inputs.
func (k *knowledge) writeInputs(ctx context.Context, t *database.Tx) error {
	var rows []database.SQL
	for _, kind := range []objects.Kind{objects.Report, objects.View, objects.Version, objects.ObservedVersion, objects.Macro, objects.Answer} {
		for _, o := range objects.All(kind) {
			for _, need := range needsOf(o) {
				rows = append(rows, inputRow.Fill(database.Values{"report": qualified(o), "needs": need, "has": k.meets(o, need), "datasets": database.Texts(k.datasets(need)),
					"lacking": database.Texts(k.lacking(o, need))}))
			}
		}
	}
	return ledger.Replace(ctx, t, "meta.report_inputs (report, needs, has, datasets, lacking)", rows)
}
