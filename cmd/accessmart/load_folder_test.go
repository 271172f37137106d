package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// A folder of several vendors' exports in one run leaves the rows that a load of each leaves,
// one after the other. The last in the alphabet comes first there: where sources tell a column
// differently, the statement that was seen last goes before, and in one run, in which all are
// seen at once, the first source in the alphabet does.
func TestLoad_severalVendorsAreLikeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 7, People: 60})
	exports := filepath.Join(f.dir, "exports")
	for _, vendor := range config.Vendors() {
		if err := f.sim.WriteFiles(filepath.Join(exports, vendor), vendor); err != nil {
			t.Fatal(err)
		}
	}
	if !*torture {
		onlyOfThings(t, exports)
	}
	once, thrice := filepath.Join(f.dir, "once.duckdb"), filepath.Join(f.dir, "thrice.duckdb")
	f.run(t, exitRejects, "load", exports, "--database", once, "-q")
	order := []string{"sailpoint", "oleria", "balkanid"}
	for _, vendor := range order {
		f.attempt(t, "load", filepath.Join(exports, vendor), "--vendor", vendor, "--database", thrice, "-q")
	}
	want, got := f.withoutKeys(t, thrice), f.withoutKeys(t, once)
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if d := difference(want[table], got[table]); d != "" || len(want[table]) != len(got[table]) {
			t.Errorf("%s: three loads have %d rows and one has %d:\n%s", table, len(want[table]), len(got[table]), d)
		}
	}
	for _, table := range []string{"main.identities", "main.grants", "main.effective_access", "observed.identities", "observed.grants"} {
		if len(got[table]) < 100 {
			t.Errorf("%s: %d rows are too few to tell", table, len(got[table]))
		}
	}
	runs := func(database string) any {
		out, _ := f.run(t, exitDone, "query", "--database", database, "--format", "json", "select count(*) as n from meta.link_runs")
		return rows(t, out)[0]["n"]
	}
	if one, three := runs(once), runs(thrice); one != 1.0 || three != 3.0 {
		t.Errorf("links were resolved in %v runs of one load, and in %v of three", one, three)
	}
	f.run(t, exitDone, "rebuild", "--data", once+".data", "--database", filepath.Join(f.dir, "again.duckdb"), "-q")
	same(t, contents(t, once), contents(t, filepath.Join(f.dir, "again.duckdb")))
}

// onlyOfThings removes the exports of datasets that state nothing of things and edges: those are
// half of all, and whichever source comes first, their rows are the same.
func onlyOfThings(t *testing.T, exports string) {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, c := range set.All() {
		if slices.ContainsFunc(c.Emit, func(e schemas.Emit) bool { return set.Common.Table(e.Table).Thing != "" }) {
			left++
			continue
		}
		files, err := filepath.Glob(filepath.Join(exports, c.Vendor(), c.Plural()+".*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if left < 30 {
		t.Fatalf("%d datasets state something of things", left)
	}
}

// withoutKeys reads the rows of things, edges, effective access and statements, sorted, without
// what depends on when they were seen first: times and runs; and with a statement that a thing
// is made of in the place of the thing's key, which is made of the one that was seen first.
func (f *fixture) withoutKeys(t *testing.T, database string) map[string][]string {
	t.Helper()
	ask := func(query string) []map[string]any {
		out, _ := f.run(t, exitDone, "query", "--database", database, "--format", "json", query)
		return rows(t, out)
	}
	names := map[string]string{}
	for _, r := range ask("select key, min(concat_ws(' ', source, statement_key, part)) as name from meta.links group by key") {
		names[cellText(r["key"])] = cellText(r["name"])
	}
	if len(names) == 0 {
		t.Fatal("no links")
	}
	out := map[string][]string{}
	for _, r := range ask(`select schema_name || '.' || table_name as name from duckdb_tables()
		where database_name = current_database() and schema_name in ('main', 'observed') union all select 'main.effective_access'`) {
		table := cellText(r["name"])
		for _, row := range ask("from " + table) {
			var cells []string
			for _, column := range slices.Sorted(maps.Keys(row)) {
				if slices.Contains([]string{"first_seen_at", "_valid_from", "grant_key", "path"}, column) || strings.HasPrefix(table, "main.") && column == "_hash" {
					continue
				}
				value := fmt.Sprint(row[column])
				if name := names[value]; name != "" {
					value = name
				}
				cells = append(cells, column+"="+value)
			}
			out[table] = append(out[table], strings.Join(cells, " "))
		}
		slices.Sort(out[table])
	}
	return out
}
