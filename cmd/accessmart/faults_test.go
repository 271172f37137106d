package main

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/extract/vendorsim/faultline"
	"github.com/accessmart/accessmart/load/ledger"
)

// downs are ways of a host to be down.
var downs = []struct {
	name string
	faultline.Fault
}{
	{"black hole", faultline.Silence(0).Upstream()},
	{"reset", faultline.Reset(0)},
	{"half-closed", faultline.Silence(50 * time.Millisecond)},
	{"cut", faultline.Cut(60)},
	{"an answer after a minute", faultline.Latency(time.Minute, 0)},
}

// One host that is down fails the exports that need it, within their deadline;
// all others are loaded and published, and the rows of last time stay.
func TestFaults_oneHostDownNeverBlocksTheRest(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 4, People: 40})
	s := f.server
	lines := map[string]*faultline.Line{}
	for host, urls := range map[string][]*string{"oleria": {&s.OleriaURL, &s.OleriaTokenURL}, "sailpoint": {&s.SailPointURL},
		"balkanid": {&s.BalkanIDURL}, "storage": {&s.StorageURL}} {
		address := strings.TrimPrefix(*urls[0], "http://")
		line, err := faultline.New(address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(line.Close)
		lines[host] = line
		for _, u := range urls {
			*u = strings.Replace(*u, address, line.Address(), 1)
		}
	}
	config := fewDatasets(s)
	f.write(t, config)
	f.run(t, exitRejects, "refresh", "--quiet") // the simulator plants rejects
	hosts, ways := []string{"oleria", "storage"}, downs[:1]
	if *torture {
		hosts, ways = []string{"oleria", "sailpoint", "balkanid", "storage"}, downs
	}
	tried := 0
	for _, host := range hosts {
		for _, down := range ways {
			t.Run(host+": "+down.name, func(t *testing.T) {
				tried++
				f.sim.Advance()
				f.write(t, strings.ReplaceAll(config, "rate: 1000", "rate: 1000\n    deadline: 2s\n    parallel: 16"))
				before := f.current(t)
				lines[host].Break(down.Fault)
				out, stderr := f.run(t, exitIncomplete, "refresh", "--format", "json")
				lines[host].Mend()
				failed, loaded := 0, 0
				for dataset, r := range byDataset(t, out) {
					switch r["status"] {
					case string(ledger.Loaded), string(ledger.Unchanged):
						loaded++
						if strings.HasPrefix(dataset, host+".") {
							t.Errorf("%s came from a host that is down", dataset)
						}
						continue
					}
					failed++
					if host != "storage" && !strings.HasPrefix(dataset, host+".") {
						t.Errorf("%s is %v, but its host is not down", dataset, r["status"])
					}
					if seconds := r["seconds"].(float64); seconds > 10 {
						t.Errorf("%s took %v s with a deadline of 2 s", dataset, seconds)
					}
				}
				if failed == 0 || loaded == 0 {
					t.Errorf("%d exports failed, %d were loaded", failed, loaded)
				}
				f.toldInFull(t, host)
				if after := f.current(t); host != "storage" && after[host] != before[host] {
					t.Errorf("rows of the source that is down: %v, before %v", after[host], before[host])
				}
				if !strings.Contains(stderr, "not ready within 2s") && !strings.Contains(stderr, "check the network") {
					t.Errorf("the log does not say why: %s", stderr)
				}
				f.write(t, config)
				if host == "storage" && !*torture {
					return
				}
				var mended, log bytes.Buffer
				// Incomplete where what was missing has planted rejects.
				if code := execute([]string{"refresh", "--format", "json", "--config", f.config}, strings.NewReader(""), &mended, &log); !finished(code) {
					t.Fatalf("when it is mended: exit %d: %s", code, log.String())
				}
				for dataset, r := range byDataset(t, mended.String()) {
					if r["status"] != string(ledger.Loaded) && r["status"] != string(ledger.Unchanged) {
						t.Errorf("when it is mended, %s is %v", dataset, r["status"])
					}
				}
			})
		}
	}
	figure(t, "refreshes with a host that is down", "%d", tried)
}

// current are the current rows of each source in the common model.
func (f *fixture) current(t *testing.T) map[string]any {
	t.Helper()
	m := map[string]any{}
	for _, r := range f.query(t, "select _source as source, count(*) as n, max(_valid_from)::varchar as at from (select _source, _valid_from from observed.accounts union all by name select _source, _valid_from from observed.grants union all by name select _source, _valid_from from observed.role_candidates) group by all") {
		m[r["source"].(string)] = fmt.Sprint(r["n"], " ", r["at"])
	}
	return m
}

// toldInFull checks that the ledger names, for each failed export of the last
// run, step and what to do, and that the run is published.
func (f *fixture) toldInFull(t *testing.T, host string) {
	t.Helper()
	rows := f.query(t, "select source, dataset, error, failure from meta.exports where status in ('failed', 'incomplete') and run_id = (select run_id from meta.runs order by as_of desc limit 1)")
	if len(rows) == 0 {
		t.Error("the ledger has no failed export: the run was not published")
	}
	for _, r := range rows {
		text := r["error"].(string)
		step, _, _ := strings.Cut(text, ":")
		if !strings.Contains(" token list submit poll download ", " "+step+" ") || !strings.Contains(text, "; ") {
			t.Errorf("%s of %s, %s down: %q does not name the step or says not what to do", r["dataset"], r["source"], host, text)
		}
		if r["failure"] != "vendor" && r["failure"] != "not_ready" {
			t.Errorf("%s: failure %v", r["dataset"], r["failure"])
		}
	}
}

// A host that cannot be reached is told of once, not once for each dataset,
// whose rows keep a short reason.
func TestFaults_oneNetworkErrorIsReportedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 4, People: 30})
	f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.server.OleriaURL, f.server.OleriaTokenURL = "http://"+l.Addr().String(), "http://"+l.Addr().String()+"/oauth/token"
	l.Close() // nobody listens there now
	f.write(t, strings.ReplaceAll(fewDatasets(f.server), "rate: 1000", "rate: 1000\n    parallel: 16"))
	datasets := []string{"oleria.employees", "oleria.risks", "oleria.identities", "oleria.user_group"}
	for _, quiet := range []bool{false, true} {
		args := append([]string{"refresh", "balkanid.apps", "--format", "json"}, datasets...)
		if quiet {
			args = append(args, "--quiet")
		}
		_, stderr := f.run(t, exitUnreachable, args...)
		if n := strings.Count(stderr, "connection refused"); n != 1 || !strings.Contains(stderr, "oleria: 3 other datasets failed for the same reason") {
			t.Errorf("quiet %v: told %d times: %s", quiet, n, stderr)
		}
	}
	short := 0
	for _, r := range f.query(t, "select dataset, failure, error from meta.exports where source = 'oleria' and run_id = (select max(run_id) from meta.runs)") {
		text := r["error"].(string)
		if r["failure"] != "unreachable" || !strings.Contains(text, "connection refused") {
			t.Errorf("%v", r)
		}
		if !strings.Contains(text, "check the network") {
			short++
		}
	}
	if short != 3 {
		t.Errorf("%d short reasons", short)
	}
}
