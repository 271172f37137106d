package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// What a scheduler is told of a run, by what became of its exports.
func TestOutcome(t *testing.T) {
	good := run.Export{Status: ledger.Loaded}
	same := run.Export{Status: ledger.Unchanged}
	rejects := run.Export{Status: ledger.Loaded, Rejected: 1}
	standing := run.Export{Status: ledger.Unchanged, Rejected: 1}
	part := run.Export{Status: ledger.Unchanged, ItemRejected: 1}
	held := run.Export{Status: ledger.Held, Failure: ledger.FailureGate}
	limit := run.Export{Status: ledger.Failed, Failure: ledger.FailureRejects}
	credentials := run.Export{Status: ledger.Failed, Failure: schemas.FailureCredentials}
	unopened := run.Export{Status: ledger.Unchanged, Unopened: 1}
	away := run.Export{Status: ledger.Failed, Failure: schemas.FailureUnreachable}
	halfway := run.Export{Status: ledger.Incomplete, Failure: schemas.FailureUnreachable}
	slow := run.Export{Status: ledger.Failed, Failure: schemas.FailureNotReady}
	broken := run.Export{Status: ledger.Failed, Failure: schemas.FailureVendor}
	for name, c := range map[string]struct {
		rows []run.Export
		want int
	}{
		"nothing was asked for":                       {nil, exitDone},
		"all arrived":                                 {[]run.Export{good, same}, exitDone},
		"one has rejects":                             {[]run.Export{good, rejects}, exitRejects},
		"the rejects are those of yesterday":          {[]run.Export{good, standing}, exitRejects},
		"a part of a record is a reject":              {[]run.Export{good, part}, exitRejects},
		"one is held, another has rejects":            {[]run.Export{held, rejects}, exitHeld},
		"an archive could not be opened":              {[]run.Export{good, unopened, rejects}, exitIncomplete},
		"all are held":                                {[]run.Export{held, held}, exitHeld},
		"one has too many rejects":                    {[]run.Export{good, limit}, exitIncomplete},
		"one failed, one is held":                     {[]run.Export{held, broken}, exitIncomplete},
		"all failed":                                  {[]run.Export{broken, broken}, exitIncomplete},
		"credentials of one source are refused":       {[]run.Export{good, credentials}, exitRefused},
		"credentials refused, and others are held":    {[]run.Export{held, credentials}, exitRefused},
		"credentials refused, and others failed":      {[]run.Export{broken, credentials}, exitRefused},
		"credentials refused, and one away":           {[]run.Export{good, away, credentials}, exitRefused},
		"all credentials are refused":                 {[]run.Export{credentials, credentials}, exitCredentials},
		"one vendor is away":                          {[]run.Export{good, away, halfway}, exitUnreachable},
		"all are away":                                {[]run.Export{away}, exitUnreachable},
		"one is away, one failed":                     {[]run.Export{good, away, broken}, exitIncomplete},
		"one is away, one is held, one has rejects":   {[]run.Export{away, held, rejects}, exitUnreachable},
		"none was ready":                              {[]run.Export{slow, slow}, exitNotReady},
		"one was not ready":                           {[]run.Export{good, slow}, exitIncomplete},
		"one was not ready, and nothing else arrived": {[]run.Export{away, slow}, exitIncomplete},
	} {
		if got := exitCode(t.Context(), outcome(c.rows)); got != c.want {
			t.Errorf("%s: exit %d, want %d", name, got, c.want)
		}
		checks := []ledger.CheckResult{{Severity: "error", Findings: 1}}
		want := exitChecks
		if c.want == exitCredentials || c.want == exitNotReady {
			want = c.want // it got nothing, of which the checks say nothing
		}
		if got := exitCode(t.Context(), strictly(true, checks, outcome(c.rows))); got != want {
			t.Errorf("%s, strictly: exit %d, want %d", name, got, want)
		}
	}
}

// A vendor that cannot be reached is told from one that refuses, and a first
// refresh that gets nothing makes no file that would answer with no rows.
func TestRefresh_unreachable(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	config := strings.ReplaceAll(fewDatasets(f.server), "rate: 1000", "rate: 1000\n    deadline: 1s")
	f.write(t, strings.ReplaceAll(config, f.server.BalkanIDURL, nobody))
	told := filepath.Join(f.dir, "summary.json")
	_, stderr := f.run(t, exitUnreachable, "refresh", "balkanid.apps", "balkanid.employees", "--summary", told)
	if !strings.Contains(stderr, "Nothing was published") {
		t.Errorf("it does not say that nothing was published:\n%s", stderr)
	}
	if _, err := os.Stat(filepath.Join(f.dir, "access.duckdb")); !os.IsNotExist(err) {
		t.Errorf("a file was published: %v", err)
	}
	if s := readSummary(t, told); s.Published || s.ExitCode != exitUnreachable || len(s.Exports) != 2 || s.Exports[0].Failure != schemas.FailureUnreachable {
		t.Errorf("%+v", s)
	}
	out, _ := f.run(t, exitUnreachable, "refresh", "balkanid.apps", "oleria.employees", "--format", "json")
	if r := byDataset(t, out); r["balkanid.apps"]["status"] != "failed" || r["oleria.employees"]["status"] != "loaded" {
		t.Errorf("%v", r)
	}
	f.run(t, exitUnreachable, "status")
	f.run(t, exitDone, "status", "--source", "oleria")
}

func readSummary(t *testing.T, path string) (s summary) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}
