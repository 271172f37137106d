package main

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/database/read"
)

// contents is what a file holds: for each table the count and a hash of all
// its rows, by schema.name.
func contents(t *testing.T, database string) map[string]string {
	t.Helper()
	r, err := read.Open(t.Context(), database)
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
		where not internal and schema_name in ('main', 'history', 'observed', 'observed_history', 'oleria', 'sailpoint', 'balkanid', 'meta')
			and (schema_name <> 'meta' or table_name in ('rejects', 'gates', 'sources', 'artifacts', 'drift', 'export_tables', 'findings', 'parts', 'kept_rows',
				'links', 'link_runs', 'account_owners', 'addresses', 'key_changes', 'link_conflicts', 'link_suggestions'))`) {
		each = append(each, fmt.Sprintf("select '%s', concat_ws(' ', count(*), sha256(coalesce(string_agg(t::varchar, chr(10) order by t::varchar), ''))) from %[1]s t", name))
	}
	got := ask(strings.Join(each, " union all ") + " union all select 'run ' || run_id, chain_hash from meta.runs")
	return got
}

// attempt is one command line that may end done or incomplete.
func (f *fixture) attempt(t *testing.T, args ...string) {
	t.Helper()
	var errOut bytes.Buffer
	if got := execute(append(args, "--config", f.config), strings.NewReader(""), io.Discard, &errOut); !finished(got) {
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

var rebuildSeed = flag.Int64("rebuild.seed", 1, "seed of the random history that is rebuilt")

// history is a random one: each day something else happens to the exports.
type history struct {
	*fixture
	t       *testing.T
	good    string // the configuration
	targets []string
	r       *rand.Rand
}

// days are what can happen to a day's run.
var days = []struct {
	name string
	run  func(h *history)
}{
	{"all as usual", func(h *history) { h.attempt(h.t, h.args("refresh")...) }},
	{"one dataset only", func(h *history) { h.attempt(h.t, "refresh", h.targets[0]) }},
	{"no change", func(h *history) {
		h.attempt(h.t, h.args("refresh")...)
		h.attempt(h.t, h.args("refresh")...)
	}},
	{"in halves, the first twice", func(h *history) {
		h.run(h.t, exitDone, h.args("extract")...)
		h.sim.Advance()
		h.run(h.t, exitDone, h.args("extract")...)
		h.attempt(h.t, "load")
	}},
	{"one vendor is down", func(h *history) {
		h.with(strings.ReplaceAll(h.good, h.server.BalkanIDKeySecret, "wrong"), "refresh")
	}},
	{"an export comes in part", func(h *history) {
		h.sim.Faults(vendorsim.Rule{Vendor: "storage", Method: "GET", Dataset: "balkanid.entitlements", Skip: 1, Times: -1, Fault: vendorsim.Status(400)})
		defer h.sim.ClearFaults()
		one := strings.Replace(h.good, "vendor: balkanid\n", "vendor: balkanid\n    parallel: 1\n", 1) // so that a part is there when the next fails
		h.with(one, "refresh")
	}},
	{"a fall is held", func(h *history) {
		h.cutShort()
		defer h.sim.ClearFaults()
		h.run(h.t, exitHeld, h.args("refresh")...)
	}},
	{"a fall is held, then accepted", func(h *history) {
		h.cutShort()
		h.run(h.t, exitHeld, h.args("refresh")...)
		h.attempt(h.t, append(h.args("refresh"), "--accept", "balkanid.employees")...)
		h.usual()
	}},
	{"every fall is held", func(h *history) { h.with("gate: {share: 0, rows: 0}\n"+fewDatasets(h.server), "refresh") }},
	{"too many rejects", func(h *history) {
		h.deliver("employees", func(lines [][]byte) [][]byte { return append(lines, bytes.Repeat([]byte("x,"), 99)) })
		defer h.sim.ClearFaults()
		h.with("rejects: {share: 0, min: 0}\n"+h.good, "refresh")
	}},
	{"a column is called otherwise, held, then accepted", func(h *history) {
		h.deliver("employees", func(lines [][]byte) [][]byte {
			lines[0] = bytes.Replace(lines[0], []byte("End Date"), []byte("Termination Date"), 1)
			return lines
		})
		h.run(h.t, exitHeld, h.args("refresh")...)
		h.attempt(h.t, append(h.args("refresh"), "--accept", "balkanid.employees")...)
		h.usual()
	}},
	{"a column comes empty, held, then accepted", func(h *history) { h.heldThenAccepted("Work Email", func(string) string { return "" }) }},
	{"all keys are others, held, then accepted", func(h *history) {
		h.heldThenAccepted("Work Email", func(cell string) string { return strings.Replace(cell, "@", "@other.", 1) })
	}},
	{"what belongs together is held together, then accepted", func(h *history) {
		h.deliver("entities", func(lines [][]byte) [][]byte { return lines[:len(lines)/4] })
		h.run(h.t, exitHeld, h.args("refresh")...)
		h.run(h.t, exitHeld, h.args("refresh")...)
		h.attempt(h.t, append(h.args("refresh"), "--accept", "balkanid.entities")...)
		h.usual()
	}},
	{"the vendor's list no longer names a part", func(h *history) {
		h.deliver("integrations", func(lines [][]byte) [][]byte { return lines[:len(lines)-2] }) // after the last line stands nothing
		defer h.sim.ClearFaults()
		h.attempt(h.t, h.args("refresh")...)
	}},
	{"a key cannot be read, so nothing of its table closes", func(h *history) {
		h.deliver("requests", func(lines [][]byte) [][]byte {
			if len(lines) > 2 {
				lines[1] = append([]byte("#N/A"), lines[1][bytes.IndexByte(lines[1], ','):]...)
			}
			return lines
		})
		defer h.sim.ClearFaults()
		h.attempt(h.t, h.args("refresh")...)
	}},
	{"rejects are replayed", func(h *history) {
		h.attempt(h.t, h.args("refresh")...)
		h.attempt(h.t, "rejects", "replay")
	}},
}

// cutShort makes the vendor deliver only the first employees, or none.
func (h *history) cutShort() {
	h.deliver("employees", func(lines [][]byte) [][]byte { return lines[:1+h.r.IntN(min(5, len(lines)))] })
}

// heldThenAccepted makes BalkanID deliver employees with other cells in a
// column, and after a person let that through the usual ones again.
func (h *history) heldThenAccepted(column string, other func(cell string) string) {
	h.t.Helper()
	h.deliver("employees", func(lines [][]byte) [][]byte {
		records, err := csv.NewReader(bytes.NewReader(bytes.Join(lines, nil))).ReadAll()
		if err != nil {
			h.t.Fatal(err)
		}
		at := slices.IndexFunc(records[0], func(name string) bool { return strings.TrimRight(name, "*") == column })
		for _, r := range records[1:] {
			r[at] = other(r[at])
		}
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(records); err != nil {
			h.t.Fatal(err)
		}
		return [][]byte{b.Bytes()}
	})
	h.run(h.t, exitHeld, h.args("refresh")...)
	h.attempt(h.t, append(h.args("refresh"), "--accept", "balkanid.employees")...)
	h.usual()
}

// usual makes all exports come as they are and lets them through, so that what
// the next day holds is another day's doing.
func (h *history) usual() {
	h.sim.ClearFaults()
	h.attempt(h.t, append(h.args("refresh"), "--accept", "balkanid.employees")...)
}

// deliver makes BalkanID deliver other lines of a dataset.
func (h *history) deliver(plural string, other func(lines [][]byte) [][]byte) {
	h.t.Helper()
	dir := h.t.TempDir()
	if err := h.sim.WriteFiles(dir, "balkanid"); err != nil {
		h.t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, plural+".csv"))
	if err != nil {
		h.t.Fatal(err)
	}
	text := bytes.Join(other(bytes.SplitAfter(whole, []byte("\n"))), nil)
	h.sim.Faults(vendorsim.Rule{Vendor: "storage", Dataset: "balkanid." + plural, Times: -1, Fault: vendorsim.Payload(text)})
}

func (h *history) args(command string) []string { return append([]string{command}, h.targets...) }

// with runs the command under another configuration.
func (h *history) with(config, command string, more ...string) {
	h.t.Helper()
	h.write(h.t, config)
	h.attempt(h.t, append(h.args(command), more...)...)
	h.write(h.t, h.good)
}

// Days of a company in random order, with all that can happen to an export: the
// file made anew has the same rows, history, ledger and even the same chain of
// hashes.
func TestRebuild_givesTheSameFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: *rebuildSeed, People: 40})
	r := rand.New(rand.NewPCG(uint64(*rebuildSeed), 5))
	h := &history{f, t, "gate: {share: 0.5, rows: 10}\n" + fewDatasets(f.server), []string{"balkanid.employees", "balkanid.requests",
		"balkanid.entitlements", "balkanid.apps", "balkanid.entities", "balkanid.entity_relations", "oleria.risks_v2"}, r}
	database := filepath.Join(f.dir, "access.duckdb")
	n, rebuilt, rows := often(len(days), 4*len(days)), 0, 0
	var order []int
	h.usual()
	for day := range n {
		if len(order) == 0 {
			order = r.Perm(len(days))
		}
		days[order[0]].run(h)
		order = order[1:]
		for range r.IntN(3) {
			f.sim.Advance()
		}
		if day+1 < n && (!*torture || r.IntN(8) > 0) {
			continue
		}
		want := contents(t, database)
		if err := os.Remove(database); err != nil {
			t.Fatal(err)
		}
		f.run(t, exitDone, "rebuild")
		same(t, want, contents(t, database))
		rebuilt, rows = rebuilt+1, len(want)
		if t.Failed() {
			t.Fatalf("seed %d, day %d", *rebuildSeed, day)
		}
	}
	if n := f.query(t, "select count(*) as n from meta.runs where rebuilt_at is null"); n[0]["n"] != 0.0 {
		t.Errorf("%v runs are not marked as rebuilt", n[0]["n"])
	}
	for _, c := range f.query(t, "select check_name, finding_count from meta.checks where severity = 'error' and finding_count > 0") {
		t.Errorf("the rebuilt file has findings: %v", c)
	}
	// And it goes on from there.
	f.attempt(t, h.args("refresh")...) // completes what came in part
	f.attempt(t, h.args("refresh")...)
	out, _ := f.run(t, exitRejects, append(h.args("refresh"), "--format", "json")...)
	for dataset, r := range byDataset(t, out) {
		if r["inserted"] != 0.0 || r["closed"] != 0.0 {
			t.Errorf("%s: %v", dataset, r)
		}
	}
	seen := f.query(t, `select count(*) as exports, count(*) filter (status = 'loaded') as loaded, count(*) filter (status = 'unchanged') as unchanged,
			count(*) filter (status = 'held') as held, count(*) filter (status = 'incomplete') as partial, count(*) filter (failure = 'rejects') as refused,
			count(*) filter (failure = 'credentials') as down, (select count(*) from meta.gates where accepted_run_id = run_id) as accepted,
			(select count(*) from meta.gates where reason = 'column missing') as columns,
			(select count(*) from meta.gates where reason = 'values missing' and accepted_run_id = run_id) as emptied, (select count(*) from meta.gates where reason = 'replaced' and accepted_run_id = run_id) as replaced, (select count(*) from meta.findings where rule = 'part_gone') as parts,
			count(*) filter (dataset = 'balkanid.entity_relations' and status = 'held') as companions, count(*) filter (kept_count > 0) as kept,
			(select count(*) from meta.runs) as runs, (select count(*) from meta.runs where command = 'rejects replay') as replays
		from meta.exports`)[0]
	for what, count := range seen {
		if count == 0.0 {
			t.Errorf("seed %d: none %s", *rebuildSeed, what)
		}
	}
	figure(t, "rebuild", "%d times over a history of %v runs, %d tables and runs equal at the end; exports: %v", rebuilt, seen["runs"], rows, seen)
}

func TestRebuild_refusesToLose(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
