package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
)

// fixture is a simulated company, its servers and a configuration that
// refreshes from them.
type fixture struct {
	sim    *vendorsim.Sim
	server *vendorsim.Server
	dir    string
	config string

	asking sync.Mutex
	opened *read.File // the database file, as it was when it was last asked
	as     os.FileInfo
}

func newFixture(t *testing.T, cfg vendorsim.Config) *fixture {
	t.Helper()
	if cfg.People == 0 {
		cfg.People = 120
	}
	cfg.Now = time.Now() // the program counts days from its own clock
	f := &fixture{sim: vendorsim.New(cfg), dir: t.TempDir()}
	server, err := f.sim.Start()
	if err != nil {
		t.Fatal(err)
	}
	f.server = server
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	f.config = filepath.Join(f.dir, "accessmart.yaml")
	f.write(t, fewDatasets(server))
	t.Cleanup(func() { f.closeFile(t) })
	return f
}

// fewDatasets is the configuration for tests to which it does not matter which datasets
// there are: some of each vendor's protocols, as all of them take three times as long.
func fewDatasets(server *vendorsim.Server) string {
	config := simulatedConfig(server)
	for vendor, datasets := range map[string]string{
		"oleria": "access_inventory_application_accounts_v2, access_inventory_application_instances_v2, access_inventory_groups_v2, access_inventory_identities_v2, " +
			"access_requests, employees, group_utilization_accounts, risks_v2",
		"sailpoint": "role_mining_sessions, potential_roles, potential_role_identities, potential_role_entitlements, config_objects, role_insights, entitlement_changes",
		"balkanid":  "apps, employees, entities, entitlements, entity_relations, integrations, playbook_templates, relations, requests, webhook_templates",
	} {
		config = strings.Replace(config, "    vendor: "+vendor+"\n", "    vendor: "+vendor+"\n    datasets: ["+datasets+"]\n", 1)
	}
	return config
}

func (f *fixture) write(t *testing.T, config string) {
	t.Helper()
	if err := os.WriteFile(f.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run is one command line; it checks the exit code.
func (f *fixture) run(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	args = append(args, "--config", f.config)
	if got := execute(args, strings.NewReader(""), &out, &errOut); got != code {
		t.Fatalf("accessmart %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errOut.String())
	}
	return out.String(), errOut.String()
}

// rows parses the output of a listing with --format json.
func rows(t *testing.T, out string) []map[string]any {
	t.Helper()
	var l []map[string]any
	if err := json.Unmarshal([]byte(out), &l); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return l
}

// query is what the command query prints as JSON. The file stays open for the next question,
// as opening it takes longer than most answers.
func (f *fixture) query(t *testing.T, sql string) []map[string]any {
	t.Helper()
	f.asking.Lock()
	defer f.asking.Unlock()
	f.openFile(t)
	var out bytes.Buffer
	if err := newConsole(strings.NewReader(""), &out, io.Discard).answer(t.Context(), f.opened, formatJSON, sql, true); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rows(t, out.String())
}

// openFile opens the database file, unless the one that is open is still in its place.
func (f *fixture) openFile(t *testing.T) {
	t.Helper()
	path, err := databasePath(&globals{config: f.config})
	if err != nil {
		t.Fatal(err)
	}
	as, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.opened != nil && os.SameFile(as, f.as) && as.Size() == f.as.Size() && as.ModTime().Equal(f.as.ModTime()) {
		return
	}
	f.closeFile(t)
	if f.opened, err = read.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	f.as = as
}

func (f *fixture) closeFile(t *testing.T) {
	if f.opened != nil {
		if err := f.opened.Close(); err != nil {
			t.Error(err)
		}
		f.opened = nil
	}
}

// byDataset indexes what refresh printed.
func byDataset(t *testing.T, out string) map[string]map[string]any {
	t.Helper()
	m := map[string]map[string]any{}
	for _, r := range rows(t, out) {
		m[r["dataset"].(string)] = r
	}
	return m
}

func TestRefresh_sameExportsTwiceChangeNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3})
	first, _ := f.run(t, exitRejects, "refresh", "--format", "json") // the simulator plants rejects
	var loaded float64
	for dataset, r := range byDataset(t, first) {
		if r["status"] != string(ledger.Loaded) {
			t.Errorf("%s: %v", dataset, r["status"])
		}
		if r["records"] != r["loaded"].(float64)+r["rejected"].(float64) {
			t.Errorf("%s: counts do not close: %v", dataset, r)
		}
		loaded += r["loaded"].(float64)
	}
	if loaded == 0 {
		t.Fatal("nothing was loaded")
	}
	second, _ := f.run(t, exitRejects, "refresh", "--format", "json")
	for dataset, r := range byDataset(t, second) {
		if r["inserted"] != 0.0 || r["closed"] != 0.0 {
			t.Errorf("%s: %v", dataset, r)
		}
	}
}

func TestRefresh_oneVendorDownLeavesTheOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3})
	f.run(t, exitRejects, "refresh", "--format", "json")
	before := f.query(t, "select count(*) as n from observed.accounts where _source = 'balkanid'")
	f.sim.Advance()
	config := strings.ReplaceAll(fewDatasets(f.server), f.server.BalkanIDKeySecret, "wrong")
	f.write(t, config)
	out, stderr := f.run(t, exitRefused, "refresh", "--format", "json")
	for dataset, r := range byDataset(t, out) {
		down := strings.HasPrefix(dataset, "balkanid.")
		if down != (r["status"] == string(ledger.Failed)) {
			t.Errorf("%s: %v", dataset, r["status"])
		}
	}
	if !strings.Contains(stderr, "key_id") && !strings.Contains(stderr, "key_secret") {
		t.Errorf("the message does not say what to set: %s", stderr)
	}
	if strings.Contains(out+stderr, "wrong") {
		t.Error("the secret is in the output")
	}
	after := f.query(t, "select count(*) as n from observed.accounts where _source = 'balkanid'")
	if before[0]["n"] != after[0]["n"] {
		t.Errorf("accounts of the vendor that is down: %v, before %v", after, before)
	}
	f.run(t, exitCredentials, "refresh", "balkanid")
}

func TestRefresh_extractThenLoadIsTheSame(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3})
	f.run(t, exitDone, "extract")
	if _, err := os.Stat(filepath.Join(f.dir, "access.duckdb")); !os.IsNotExist(err) {
		t.Fatalf("extract touched the database: %v", err)
	}
	f.run(t, exitRejects, "load", "--format", "json")
	_, stderr := f.run(t, exitDone, "load")
	if !strings.Contains(stderr, "Nothing to load") {
		t.Errorf("second load: %s", stderr)
	}
	if n := f.query(t, "select count(*) as n from observed.identities"); n[0]["n"] == 0.0 {
		t.Error("no identities")
	}
}

func TestRefresh_oneDatasetOnly(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 3})
	out, _ := f.run(t, exitDone, "refresh", "balkanid.apps", "--format", "json")
	if got := byDataset(t, out); len(got) != 1 || got["balkanid.apps"] == nil {
		t.Errorf("%v", got)
	}
}

// A ZIP that is whole but lacks records is seen by the vendor's own count.
func TestRefresh_memberListShorterThanTheVendorCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 60})
	findings := func() any {
		t.Helper()
		return f.query(t, "select finding_count as n from meta.checks where check_name = 'candidates_short_of_members' and run_id = (select run_id from meta.runs order by as_of desc limit 1)")[0]["n"]
	}
	f.run(t, exitDone, "refresh", "sailpoint")
	if n := findings(); n != 0.0 {
		t.Fatalf("%v findings where nothing is short", n)
	}
	roles := f.query(t, "select candidate_id as id from observed.role_candidates where identity_count > 1 and substr(candidate_id, 1, 1) in ('0', '2', '4', '6', '8', 'b', 'd', 'f') order by 1")
	f.sim.Faults(vendorsim.Rule{Vendor: "sailpoint", Path: "*/potential-roles/" + roles[0]["id"].(string) + "/export-async/*/download", Times: -1, Fault: vendorsim.ShortArchive(1)})
	members := func() any {
		t.Helper()
		return f.query(t, "select count(*) as n from observed.role_candidate_identities")[0]["n"]
	}
	before := members()
	out, stderr := f.run(t, exitIncomplete, "refresh", "sailpoint", "--format", "json")
	got := byDataset(t, out)
	if s := got["sailpoint.potential_role_identities"]["status"]; s != "incomplete" || !strings.Contains(stderr, "records that the vendor counts: not loaded") {
		t.Errorf("%v: %s", s, stderr)
	}
	for _, whole := range []string{"sailpoint.potential_role_entitlements", "sailpoint.potential_roles"} {
		if s := got[whole]["status"]; s != "loaded" && s != "unchanged" {
			t.Errorf("%s is %v", whole, s)
		}
	}
	if n := members(); n != before {
		t.Errorf("%v members, %v before", n, before)
	}
	// Where the count is wrong, a person may say so.
	_, stderr = f.run(t, exitDone, "refresh", "sailpoint", "--accept", "sailpoint.potential_role_identities")
	if n := findings(); n != 1.0 || !strings.Contains(stderr, "candidates_short_of_members") {
		t.Errorf("%v findings: %s", n, stderr)
	}
	f.run(t, exitDone, "rebuild") // decides as then
	if n := findings(); n != 1.0 {
		t.Errorf("%v findings after a rebuild", n)
	}
}

// The file is opened while the vendors are asked. When it cannot be, nobody
// waits for their answers.
func TestRefresh_endsWhenTheFileCannotBeOpened(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	f.run(t, exitRejects, "refresh", "balkanid.employees", "--quiet") // the simulator plants rejects
	file := filepath.Join(f.dir, "access.duckdb")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := append(bytes.Clone(whole[:4096]), make([]byte, len(whole)-4096)...) // it still says that it is DuckDB's
	if err := os.WriteFile(file, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	never := make(chan struct{}) // opens when the test is over
	t.Cleanup(func() { close(never) })
	f.sim.Faults(vendorsim.Rule{Vendor: "storage", Method: "GET", Times: -1, Fault: vendorsim.Drip(never, 100)})
	_, stderr := f.run(t, exitFailed, "refresh", "balkanid.employees", "--quiet")
	if !strings.Contains(stderr, "access.duckdb") || !strings.Contains(stderr, "could not be opened") {
		t.Errorf("the message does not tell what is wrong: %s", stderr)
	}
	left, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(left, broken) {
		t.Errorf("the file was touched: %v", err)
	}
}
