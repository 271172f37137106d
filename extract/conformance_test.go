package extract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the simulated vendors and an extractor on the same clock, which
// moves only by waiting.
type world struct {
	t      testing.TB
	sim    *vendorsim.Sim
	server *vendorsim.Server
	clock  *scripted.Clock
	store  *extract.Store
	set    *schemas.Set
	idle   time.Duration
	limits extract.Limits
	mining sailpoint.RoleMining
	line   *http.Transport // nil: the usual one

	mu  sync.Mutex
	out bytes.Buffer // logs, events, manifests: what a secret must not be in
}

func newWorld(t testing.TB, conf vendorsim.Config) *world {
	t.Helper()
	w := &world{t: t, clock: scripted.NewClock()}
	if conf.People == 0 {
		conf.People = 40
	}
	conf.PotentialRoles, conf.RoleInsights = 3, max(conf.RoleInsights, 3)
	conf.Clock = w.clock.Now
	w.sim = vendorsim.New(conf)
	var err error
	if w.server, err = w.sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
	})
	if w.store, err = extract.OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if w.set, err = schemas.Load(nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// fresh is the same world for another test: an empty store, no faults.
func (w *world) fresh(t testing.TB) {
	t.Helper()
	w.t = t
	w.sim.ClearFaults()
	w.out.Reset()
	var err error
	if w.store, err = extract.OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

func (w *world) vendor(name string) extract.Vendor {
	w.t.Helper()
	var v extract.Vendor
	var err error
	switch s := w.server; name {
	case "oleria":
		v, err = oleria.New(oleria.Config{APIURL: s.OleriaURL, TokenURL: s.OleriaTokenURL, Audience: s.Audience, Scope: s.Scope,
			ClientID: s.OleriaClientID, ClientSecret: extract.NewSecret(s.OleriaClientSecret), Limits: w.limits})
	case "sailpoint":
		v, err = sailpoint.New(sailpoint.Config{BaseURL: s.SailPointURL, API: "v2024", ClientID: s.SailPointClientID,
			ClientSecret: extract.NewSecret(s.SailPointClientSecret), Limits: w.limits, RoleMining: w.mining})
	case "balkanid":
		v, err = balkanid.New(balkanid.Config{BaseURL: s.BalkanIDURL, KeyID: s.BalkanIDKeyID,
			KeySecret: extract.NewSecret(s.BalkanIDKeySecret), Limits: w.limits})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// run fetches the datasets named, or all of the vendor.
func (w *world) run(vendor string, datasets ...string) []*schemas.Export {
	w.t.Helper()
	got, err := w.runErr(context.Background(), vendor, datasets...)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) runErr(ctx context.Context, vendor string, datasets ...string) ([]*schemas.Export, error) {
	w.t.Helper()
	contracts := w.set.Vendor(vendor)
	if len(datasets) > 0 {
		contracts = nil
		for _, d := range datasets {
			c, err := w.set.Contract(vendor + "." + d)
			if err != nil {
				w.t.Fatal(err)
			}
			contracts = append(contracts, c)
		}
	}
	x := &extract.Extractor{Store: w.store, Now: w.clock.Now, Wait: w.clock.Wait, Idle: w.idle, Transport: w.line,
		Log:      slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Progress: func(e extract.Event) { fmt.Fprintf(w, "%+v\n", e) }}
	got, err := x.Run(ctx, "01JRUNAAAAAAAAAAAAAAAAAAAA", extract.Source{Name: vendor + "-prod"}, w.vendor(vendor), contracts)
	data, _ := json.Marshal(got)
	w.Write(data)
	fmt.Fprintln(w, err)
	w.noSecrets()
	return got, err
}

// noSecrets searches logs, events, errors, manifests and journals for every
// credential, token and signature that the simulator handed out.
func (w *world) noSecrets() {
	w.t.Helper()
	filepath.WalkDir(w.store.Dir(), func(name string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".json") {
			data, _ := os.ReadFile(name)
			w.Write(data)
		}
		return nil
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.out.String()
	for _, s := range append(w.server.Secrets(), w.sim.Truth().Secrets...) {
		if i := strings.Index(all, s); s != "" && i >= 0 {
			w.t.Fatalf("a secret is in the output: …%s…", all[max(0, i-200):min(len(all), i+50)])
		}
	}
}

// arrived is what a vendor's exports hold: dataset, key facts and hash of each part.
func arrived(exports []*schemas.Export) []string {
	var out []string
	for _, e := range exports {
		out = append(out, fmt.Sprintf("%s complete=%v filtered=%v", e.Dataset, e.Complete, e.Filtered))
		for _, p := range e.Parts {
			out = append(out, fmt.Sprintf("%s %v %s", e.Dataset, p.Context, p.Artifact))
		}
	}
	return out
}

func TestVendors_allDatasets(t *testing.T) {
	for _, vendor := range []string{"oleria", "sailpoint", "balkanid"} {
		t.Run(vendor, func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{RoleInsights: 250, PastEnd: 404}) // an exact page
			got := w.run(vendor)
			known := w.sim.Datasets()
			for _, e := range got {
				if !e.Complete {
					t.Errorf("%s: %s", e.Dataset, e.Error)
				}
				if !slices.Contains(known, e.Dataset) {
					t.Logf("%s is not simulated", e.Dataset)
				}
			}
			for _, r := range w.sim.Requests() {
				if r.Status >= 400 && r.Status != 404 {
					t.Errorf("refused: %+v", r)
				}
			}
			// The same again: the bytes are the same, and nothing is stored twice.
			before := count(w)
			again := w.run(vendor)
			if a, b := arrived(got), arrived(again); !slices.Equal(a, b) {
				t.Errorf("second run differs:\n%v\n%v", a, b)
			}
			if n := count(w); n != before {
				t.Errorf("%d artifacts after the second run, %d before", n, before)
			}
		})
	}
}

func count(w *world) (n int) {
	for _, err := range w.store.Artifacts() {
		if n++; err != nil {
			w.t.Fatal(err)
		}
	}
	return n
}

func TestSailPoint_readOnlyRoute(t *testing.T) {
	w := newWorld(t, vendorsim.Config{})
	w.mining.Route = "lists"
	for _, e := range w.run("sailpoint", "role_mining_sessions", "potential_roles", "potential_role_identities", "potential_role_entitlements") {
		if !e.Complete {
			t.Errorf("%s: %s", e.Dataset, e.Error)
		}
	}
	if n := w.sim.CountRequests("sailpoint", "POST", "*export*"); n != 0 {
		t.Errorf("%d exports were started", n)
	}
}

// Each export whose parts a list of the vendor's tells names that list; one
// whose parts the user chose names none.
func TestVendors_partsListed(t *testing.T) {
	w := newWorld(t, vendorsim.Config{})
	want := map[string]string{
		"balkanid.entitlements": "balkanid.integrations", "sailpoint.potential_roles": "sailpoint.role_mining_sessions",
		"sailpoint.potential_role_identities": "sailpoint.potential_roles", "sailpoint.potential_role_entitlements": "sailpoint.potential_roles",
		"sailpoint.entitlement_changes": "sailpoint.role_insights",
	}
	for _, vendor := range []string{"oleria", "sailpoint", "balkanid"} {
		for _, e := range w.run(vendor) {
			if e.PartsListed != want[e.Dataset] {
				t.Errorf("%s: the parts are told by %q, want %q", e.Dataset, e.PartsListed, want[e.Dataset])
			}
		}
	}
	w.mining.PotentialRoles = []string{"Potential Role - 1"}
	for _, e := range w.run("sailpoint", "potential_roles", "potential_role_identities") {
		if listed := e.PartsListed != ""; listed != (e.Dataset == "sailpoint.potential_roles") {
			t.Errorf("%s: the parts are told by %q", e.Dataset, e.PartsListed)
		}
	}
	// A part that the list names and that cannot be fetched makes the export
	// incomplete; its siblings arrive.
	w.sim.Faults(vendorsim.Rule{Vendor: "balkanid", Path: "*/entitlements/download-url", Skip: 1, Fault: vendorsim.Refusal(400, "No such integration.")})
	e := w.run("balkanid", "entitlements")[0]
	if e.Complete || len(e.Parts) == 0 || !strings.Contains(e.Error, "No such integration.") {
		t.Errorf("complete %v with %d parts: %s", e.Complete, len(e.Parts), e.Error)
	}
}

// A list that ends early is never taken for whole, whichever way it ends, and
// takes no other list with it.
func TestSailPoint_listsThatEndEarly(t *testing.T) {
	all := []string{"role_mining_sessions", "potential_roles", "potential_role_identities", "potential_role_entitlements", "role_insights"}
	list := func(path string, f vendorsim.Fault) vendorsim.Rule {
		return vendorsim.Rule{Vendor: "sailpoint", Method: "GET", Path: path, Times: -1, Fault: f}
	}
	for name, c := range map[string]struct {
		insights int
		rule     vendorsim.Rule
		failed   string
		texts    string // separated by '|'
	}{
		"the window": {10_001, list("*/role-insights", vendorsim.PastWindow(10_000)), "role_insights",
			"no page after record 10000|window of 10000 records|HTTP 400|The offset must be below 10000."},
		"another edge": {600, list("*/role-insights", vendorsim.PastWindow(500)), "role_insights",
			"no page after record 500|500 of 600 records|The offset must be below 500."},
		"fewer than the total":               {600, list("*/role-insights", vendorsim.ShortList(1, false)), "role_insights", "249 of 600 records came"},
		"fewer than the role's identities":   {3, list("*/identities", vendorsim.ShortList(1, true)), "potential_role_identities", "records came where the vendor counts"},
		"fewer than the role's entitlements": {3, list("*/entitlement-popularities", vendorsim.ShortList(1, true)), "potential_role_entitlements", "records came where the vendor counts"},
		"fewer than the session's roles": {3, list("*/potential-role-summaries", vendorsim.ShortList(1, true)),
			"potential_roles potential_role_identities potential_role_entitlements", "records came where the vendor counts"},
		"no sessions": {3, list("*/role-mining-sessions", vendorsim.ShortList(1, false)),
			"role_mining_sessions potential_roles potential_role_identities potential_role_entitlements", "records came"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{RoleInsights: c.insights})
			w.mining.Route = "lists"
			w.sim.Faults(c.rule)
			for _, e := range w.run("sailpoint", all...) {
				_, plural, _ := strings.Cut(e.Dataset, ".")
				if slices.Contains(strings.Fields(c.failed), plural) == e.Complete {
					t.Errorf("%s: complete %v: %s", plural, e.Complete, e.Error)
				}
				for _, text := range strings.Split(c.texts, "|") {
					if !e.Complete && !strings.Contains(e.Error, text) {
						t.Errorf("%s: %q lacks %q", plural, e.Error, text)
					}
				}
			}
		})
	}
}

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
