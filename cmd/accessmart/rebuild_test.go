package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load"
)

// contents is what a file holds: for each table the count and a hash of all
// its rows, by schema.name.
func contents(t *testing.T, database string) map[string]string {
	t.Helper()
	r, err := load.OpenRead(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ask := func(sql string) map[string]string {
		a, err := r.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		out := map[string]string{}
		for row, err := range a.All() {
			if err != nil {
				t.Fatal(err)
			}
			out[row[0].Text] = row[1].Text
		}
		return out
	}
	var each []string
	for name := range ask(`select schema_name || '.' || table_name, '' from duckdb_tables()
		where not internal and schema_name in ('main', 'history', 'oleria', 'sailpoint', 'balkanid', 'meta')
			and (schema_name <> 'meta' or table_name in ('rejects', 'gates', 'sources', 'artifacts', 'drift', 'export_tables'))`) {
		each = append(each, fmt.Sprintf("select '%s', concat_ws(' ', count(*), sha256(coalesce(string_agg(t::varchar, chr(10) order by t::varchar), ''))) from %[1]s t", name))
	}
	got := ask(strings.Join(each, " union all ") + " union all select 'run ' || run_id, chain_hash from meta.runs")
	return got
}

// attempt is one command line that may end done or incomplete.
func (f *fixture) attempt(t *testing.T, args ...string) {
	t.Helper()
	var errOut bytes.Buffer
	if got := run(append(args, "--config", f.config), strings.NewReader(""), io.Discard, &errOut); got != exitDone && got != exitIncomplete {
		t.Fatalf("accessmart %s: exit %d\n%s", strings.Join(args, " "), got, errOut.String())
	}
}

func same(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: rebuilt %q, was %q", name, got[name], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("rebuilt %d tables and runs, were %d", len(got), len(want))
	}
}

// Some days of a company, with all that can happen to an export: the file made
// anew has the same rows, history, ledger and even the same chain of hashes.
func TestRebuild_givesTheSameFile(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 5, People: 60})
	good := simulatedConfig(f.server)
	few := func(command string, more ...string) []string {
		return append([]string{command, "balkanid.requests", "balkanid.employees", "balkanid.apps", "balkanid.entitlements", "oleria.risks_v2"}, more...)
	}
	f.attempt(t, few("refresh")...)
	for day := 1; day <= 4; day++ {
		f.sim.Advance()
		switch day {
		case 1: // one vendor is down
			f.write(t, strings.ReplaceAll(good, f.server.BalkanIDKeySecret, "wrong"))
			f.run(t, exitIncomplete, few("refresh")...)
			f.write(t, good)
		case 2: // the two halves apart, after a run that was never loaded
			f.run(t, exitDone, "extract", "balkanid.apps")
			f.run(t, exitDone, few("extract")...)
			f.attempt(t, "load")
		case 3: // falls are held, then one of them is accepted
			f.write(t, "gate: {share: 0, rows: 0}\n"+good)
			held := ""
			for tries := 0; held == "" && tries < 10; tries++ {
				f.sim.Advance()
				f.attempt(t, few("refresh")...)
				if l := f.query(t, "select dataset from meta.gates order by run_id desc, dataset limit 1"); len(l) > 0 {
					held = l[0]["dataset"].(string)
				}
			}
			if held == "" {
				t.Fatal("nothing was held")
			}
			f.attempt(t, few("refresh", "--accept", held)...)
			f.write(t, good)
		case 4: // too many rejects
			f.write(t, "rejects: {share: 0, min: 0}\n"+good)
			f.attempt(t, few("refresh")...)
			f.write(t, good)
		}
		f.run(t, exitDone, "refresh", "balkanid.apps") // unchanged
	}
	f.attempt(t, few("refresh")...)
	original := filepath.Join(f.dir, "access.duckdb")
	want := contents(t, original)
	if err := os.Remove(original); err != nil {
		t.Fatal(err)
	}
	f.run(t, exitDone, "rebuild")
	same(t, want, contents(t, original))
	if n := f.query(t, "select count(*) as n from meta.runs where rebuilt_at is null"); n[0]["n"] != 0.0 {
		t.Errorf("%v runs are not marked as rebuilt", n[0]["n"])
	}
	// And it goes on from there.
	out, _ := f.run(t, exitDone, few("refresh", "--format", "json")...)
	for dataset, r := range byDataset(t, out) {
		if r["inserted"] != 0.0 || r["closed"] != 0.0 {
			t.Errorf("%s: %v", dataset, r)
		}
	}
}

func TestRebuild_refusesToLose(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 5})
	f.run(t, exitDone, "refresh", "balkanid.apps")
	database, data := filepath.Join(f.dir, "access.duckdb"), filepath.Join(f.dir, "data")
	want := contents(t, database)

	// A data folder that is not the file's.
	other := filepath.Join(f.dir, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	_, stderr := f.run(t, exitFailed, "rebuild", "--data", other)
	if !strings.Contains(stderr, "does not know") {
		t.Error(stderr)
	}
	// A lost artifact.
	stored, err := filepath.Glob(filepath.Join(data, "artifacts", "*", "*.zst"))
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	if err := os.Rename(stored[0], stored[0]+".away"); err != nil {
		t.Fatal(err)
	}
	if _, stderr = f.run(t, exitFailed, "rebuild"); !strings.Contains(stderr, "not in the store") {
		t.Error(stderr)
	}
	// A damaged one.
	if err := os.WriteFile(stored[0], []byte("not zstd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr = f.run(t, exitFailed, "rebuild"); !strings.Contains(stderr, "was left as it was") {
		t.Error(stderr)
	}
	same(t, want, contents(t, database))
	if left, err := filepath.Glob(database + ".work"); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// A process that ended between publishing and keeping the record costs
// nothing: the next run keeps it.
func TestRebuild_recordIsMadeUpFor(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 5})
	f.run(t, exitDone, "refresh", "balkanid.apps")
	records, err := filepath.Glob(filepath.Join(f.dir, "data", "runs", "*", "run.json"))
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	if err := os.Remove(records[0]); err != nil {
		t.Fatal(err)
	}
	f.run(t, exitDone, "refresh", "balkanid.integrations")
	if _, err := os.Stat(records[0]); err != nil {
		t.Error(err)
	}
}
