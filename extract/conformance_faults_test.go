package extract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// step is a request of a vendor's protocol that something can go wrong with.
type step struct {
	vendor, name string
	datasets     []string
	rule         vendorsim.Rule
	file         bool // the answer is the file itself
}

var steps = []step{
	{"oleria", "submit", []string{"employees"}, vendorsim.Rule{Vendor: "oleria", Method: "POST", Path: "/v1/downloads"}, false},
	{"oleria", "poll", []string{"employees"}, vendorsim.Rule{Vendor: "oleria", Method: "GET", Path: "/v1/downloads/*"}, false},
	{"oleria", "download", []string{"employees"}, vendorsim.Rule{Vendor: "storage", Method: "GET"}, true},
	{"sailpoint", "list", []string{"role_mining_sessions"}, vendorsim.Rule{Vendor: "sailpoint", Method: "GET", Path: "*/role-mining-sessions"}, false},
	{"sailpoint", "submit", []string{"config_objects"}, vendorsim.Rule{Vendor: "sailpoint", Method: "POST", Path: "*/sp-config/export"}, false},
	{"sailpoint", "poll", []string{"config_objects"}, vendorsim.Rule{Vendor: "sailpoint", Method: "GET", Path: "*/sp-config/export/*"}, false},
	{"sailpoint", "download", []string{"config_objects"}, vendorsim.Rule{Vendor: "sailpoint", Method: "GET", Path: "*/sp-config/export/*/download"}, true},
	{"sailpoint", "submit", []string{"potential_role_identities", "potential_role_entitlements"}, vendorsim.Rule{Vendor: "sailpoint", Method: "POST", Path: "*/export-async"}, false},
	{"sailpoint", "download", []string{"potential_role_identities", "potential_role_entitlements"}, vendorsim.Rule{Vendor: "sailpoint", Method: "GET", Path: "*/export-async/*/download"}, true},
	{"sailpoint", "download", []string{"entitlement_changes"}, vendorsim.Rule{Vendor: "sailpoint", Method: "GET", Path: "*/entitlement-changes/download"}, true},
	{"balkanid", "submit", []string{"employees"}, vendorsim.Rule{Vendor: "balkanid", Method: "POST", Path: "*/employees/download-url"}, false},
	{"balkanid", "poll", []string{"employees"}, vendorsim.Rule{Vendor: "storage", Method: "HEAD"}, false},
	{"balkanid", "download", []string{"employees"}, vendorsim.Rule{Vendor: "storage", Method: "GET"}, true},
	{"balkanid", "download", []string{"entitlements"}, vendorsim.Rule{Vendor: "storage", Method: "GET", Skip: 1}, true},
}

// csv: the file does not say where it ends.
func (s step) csv() bool {
	return s.file && s.datasets[0] != "config_objects" && s.datasets[0] != "potential_role_identities"
}

func (s step) String() string { return s.vendor + " " + s.name + " of " + s.datasets[0] }

// faults are those that any answer may have. body: the fault is in the body,
// which a HEAD does not have.
var faults = []struct {
	name   string
	fault  func(*world) vendorsim.Fault
	body   bool
	framed bool // the body is as long as its header says, so that only its form can tell
}{
	{"429 with seconds", func(*world) vendorsim.Fault { return vendorsim.TooMany("3") }, false, false},
	{"429 with a date", func(w *world) vendorsim.Fault { return vendorsim.TooManyUntil(w.clock.Now().Add(20 * time.Second)) }, false, false},
	{"429 alone", func(*world) vendorsim.Fault { return vendorsim.TooMany("") }, false, false},
	{"500", func(*world) vendorsim.Fault { return vendorsim.Status(500) }, false, false},
	{"503", func(*world) vendorsim.Fault { return vendorsim.Status(503) }, false, false},
	{"dropped before headers", func(*world) vendorsim.Fault { return vendorsim.DropBeforeHeaders() }, false, false},
	{"dropped after headers", func(*world) vendorsim.Fault { return vendorsim.DropAfterHeaders() }, true, false},
	{"truncated", func(*world) vendorsim.Fault { return vendorsim.Truncated(0.5) }, true, false},
	{"Content-Length too long", func(*world) vendorsim.Fault { return vendorsim.WrongLength(100) }, true, false},
	{"Content-Length too short", func(*world) vendorsim.Fault { return vendorsim.WrongLength(-7) }, true, true},
	{"web page", func(*world) vendorsim.Fault { return vendorsim.HTMLPage(200) }, true, false},
	{"web page with 502", func(*world) vendorsim.Fault { return vendorsim.HTMLPage(502) }, false, false},
}

// Each fault at each step: met twice it does not matter, met always it is an
// error that names source, dataset and step, and nothing of it is stored.
func TestVendors_faults(t *testing.T) {
	clean := map[string][]string{}
	{
		w := newWorld(t, vendorsim.Config{})
		for _, s := range steps {
			clean[s.String()] = arrived(w.run(s.vendor, s.datasets...))
		}
	}
	for _, s := range steps {
		w := newWorld(t, vendorsim.Config{})
		for _, f := range faults {
			if f.body && s.rule.Method == "HEAD" || f.framed && s.csv() {
				continue
			}
			t.Run(s.String()+"/"+f.name, func(t *testing.T) {
				w.fresh(t)
				rule := s.rule
				rule.Fault, rule.Times = f.fault(w), 2
				w.sim.Faults(rule)
				if got := arrived(w.run(s.vendor, s.datasets...)); !slices.Equal(got, clean[s.String()]) {
					t.Errorf("twice: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(clean[s.String()], "\n"))
				}
				w.sim.ClearFaults()
				rule.Times = -1
				w.sim.Faults(rule)
				for _, e := range w.run(s.vendor, s.datasets...) {
					if e.Complete || !slices.Contains([]string{schemas.FailureVendor, schemas.FailureUnreachable, schemas.FailureNotReady}, e.Failure) {
						t.Errorf("always: complete %v, failure %s", e.Complete, e.Failure)
					}
					if want := e.Source + ": " + e.Dataset + ": " + s.name + ": "; !strings.HasPrefix(e.Error, want) || !strings.Contains(e.Error, "; ") {
						t.Errorf("always: %q does not start with %q or says not what to do", e.Error, want)
					}
				}
			})
		}
	}
}

func TestVendors_jobs(t *testing.T) {
	for _, s := range steps {
		if s.name != "submit" {
			continue
		}
		t.Run(s.String(), func(t *testing.T) {
			run := func(fault vendorsim.Fault, times int) []*schemas.Export {
				// BalkanID's links must live as long as the job is waited for.
				w := newWorld(t, vendorsim.Config{URLLife: time.Hour})
				rule := s.rule
				rule.Fault, rule.Times = fault, times
				w.sim.Faults(rule)
				return w.run(s.vendor, s.datasets...)
			}
			for _, e := range run(vendorsim.SlowJob(15), 1) {
				if !e.Complete {
					t.Errorf("slow: %s", e.Error)
				}
			}
			for _, e := range run(vendorsim.SlowJob(100_000), 1) {
				if e.Failure != schemas.FailureNotReady || !strings.Contains(e.Error, "not ready within 30m0s") {
					t.Errorf("never ready: %s: %s", e.Failure, e.Error)
				}
			}
			want := schemas.FailureVendor
			if s.vendor == "balkanid" {
				want = schemas.FailureNotReady // it documents no way to say so
			}
			for _, e := range run(vendorsim.FailJob("EXPORT_FAILED", "the export broke"), 1) {
				if e.Failure != want {
					t.Errorf("failed: %s: %s", e.Failure, e.Error)
				}
			}
			word := "PAUSED"
			if s.vendor == "balkanid" {
				word = "418"
			}
			for _, e := range run(vendorsim.JobStatus(word), 1) {
				if e.Failure != schemas.FailureVendor || !strings.Contains(e.Error, word) {
					t.Errorf("unknown status: %s: %s", e.Failure, e.Error)
				}
			}
		})
	}
}

func TestVendors_expiredURL(t *testing.T) {
	for _, s := range steps {
		if s.rule.Vendor != "storage" {
			continue
		}
		for _, stale := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stale %v", s, stale), func(t *testing.T) {
				w := newWorld(t, vendorsim.Config{StaleURL: stale})
				rule := s.rule
				rule.Fault, rule.Times = vendorsim.ExpiredURL(), 1
				w.sim.Faults(rule)
				for _, e := range w.run(s.vendor, s.datasets...) {
					if !e.Complete {
						t.Error(e.Error)
					}
				}
				w.sim.ClearFaults()
				rule.Times = -1
				w.sim.Faults(rule)
				for _, e := range w.run(s.vendor, s.datasets...) {
					if e.Complete || e.Failure != schemas.FailureVendor || !strings.Contains(e.Error, "403") {
						t.Errorf("always: %s: %s", e.Failure, e.Error)
					}
				}
			})
		}
	}
}

func TestVendors_tokens(t *testing.T) {
	for _, vendor := range []string{"oleria", "sailpoint"} {
		dataset := map[string]string{"oleria": "employees", "sailpoint": "role_insights"}[vendor]
		t.Run(vendor+": withdrawn in the middle", func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{})
			w.sim.Faults(vendorsim.Rule{Vendor: vendor, Method: "GET", Skip: 0, Fault: vendorsim.ExpireToken()})
			if e := w.run(vendor, dataset)[0]; !e.Complete {
				t.Error(e.Error)
			}
		})
		t.Run(vendor+": refused", func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{})
			w.sim.Faults(vendorsim.Rule{Vendor: vendor, Method: "POST", Path: "*token*", Times: -1, Fault: vendorsim.RefuseToken()})
			if e := w.run(vendor, dataset)[0]; e.Failure != schemas.FailureCredentials || !strings.Contains(e.Error, ": token: ") {
				t.Errorf("%s: %s", e.Failure, e.Error)
			}
		})
		t.Run(vendor+": short-lived", func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{TokenLife: 20 * time.Second, Polls: 12})
			if vendor == "sailpoint" {
				dataset = "config_objects"
			}
			if e := w.run(vendor, dataset)[0]; !e.Complete {
				t.Error(e.Error)
			}
			for _, r := range w.sim.Requests() {
				if r.Status == 401 {
					t.Errorf("a token was used after its time: %+v", r)
				}
			}
		})
	}
}

// One vendor that is down does not keep its other datasets from ending, and
// each ends within the deadline of real time too.
func TestVendors_hangAndDrip(t *testing.T) {
	for _, s := range steps {
		if s.name == "list" {
			continue
		}
		t.Run(s.String()+"/hang", func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{})
			w.idle = 20 * time.Millisecond
			gate := make(chan struct{})
			rule := s.rule
			rule.Fault, rule.Times = vendorsim.Hang(gate), -1
			w.sim.Faults(rule)
			for _, e := range w.run(s.vendor, s.datasets...) {
				if e.Complete || !strings.Contains(e.Error, "no byte arrived in time") {
					t.Errorf("%s: %s", e.Failure, e.Error)
				}
			}
			close(gate)
		})
	}
	t.Run("drip beyond the deadline", func(t *testing.T) {
		w := newWorld(t, vendorsim.Config{})
		w.limits.Deadline = 150 * time.Millisecond // of real time: the bytes come too slowly
		gate := make(chan struct{}, 2)
		gate <- struct{}{}
		gate <- struct{}{}
		w.sim.Faults(vendorsim.Rule{Vendor: "storage", Method: "GET", Times: -1, Fault: vendorsim.Drip(gate, 1)})
		w.sim.Faults(vendorsim.Rule{Vendor: "storage", Method: "HEAD"})
		e := w.run("balkanid", "employees")[0]
		if e.Failure != schemas.FailureNotReady {
			t.Errorf("%s: %s", e.Failure, e.Error)
		}
		close(gate)
	})
}

func TestVendors_redirectsCarryNoCredentials(t *testing.T) {
	for _, s := range steps {
		t.Run(s.String(), func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{})
			elsewhere := scripted.New(t)
			for _, method := range []string{"GET", "HEAD"} {
				elsewhere.On(method+" /trap", scripted.Times(50, scripted.Status(410))...)
			}
			rule := s.rule
			rule.Fault, rule.Times = vendorsim.Redirect(307, elsewhere.URL+"/trap"), -1
			w.sim.Faults(rule)
			for _, e := range w.run(s.vendor, s.datasets...) {
				if e.Complete {
					t.Error("complete")
				}
			}
			for _, r := range elsewhere.Requests("") {
				for name := range r.Header {
					if !slices.Contains([]string{"User-Agent", "Accept", "Connection"}, name) {
						t.Errorf("%s carried %s to another host", r.Route, name)
					}
				}
				if r.Body != "" {
					t.Error("a body went to another host")
				}
			}
			elsewhere.Drop("GET /trap", 0)
			elsewhere.Drop("HEAD /trap", 0)
		})
	}
}
