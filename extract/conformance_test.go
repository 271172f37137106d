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
	contracts := slices.DeleteFunc(w.set.Vendor(vendor), (*schemas.Contract).ByHand)
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
		"sailpoint.entitlement_changes": "sailpoint.role_insights", "sailpoint.role_assignments": "sailpoint.roles",
		"sailpoint.access_review_items": "sailpoint.certifications", "sailpoint.lifecycle_states": "sailpoint.identity_profiles",
		"sailpoint.workgroup_members": "sailpoint.workgroups", "sailpoint.role_dimensions": "sailpoint.roles",
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
