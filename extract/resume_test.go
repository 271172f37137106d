package extract_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// interruptedAt runs all datasets of a vendor and cancels at the n-th event
// that is not the start of a job. It reports whether there was one.
func (w *world) interruptedAt(vendor string, datasets []string, n int) (hit bool, got []*schemas.Export) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var contracts []*schemas.Contract
	for _, d := range datasets {
		c, err := w.set.Contract(vendor + "." + d)
		if err != nil {
			w.t.Fatal(err)
		}
		contracts = append(contracts, c)
	}
	x := &extract.Extractor{Store: w.store, Now: w.clock.Now, Wait: w.clock.Wait, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Progress: func(e extract.Event) {
			if e.State == extract.Submitted || e.State == extract.Pending || e.State == extract.Arrived {
				if n--; n == 0 {
					hit = true
					cancel()
				}
			}
		}}
	got, err := x.Run(ctx, "01JRUNAAAAAAAAAAAAAAAAAAAA", extract.Source{Name: vendor + "-prod"}, w.vendor(vendor), contracts)
	if (err != nil) != hit {
		w.t.Fatalf("interrupted %v, error %v", hit, err)
	}
	return hit, got
}

// asked counts the requests by what they cost the vendor: jobs begun, files
// and pages delivered.
func asked(w *world) map[string]int {
	out := map[string]int{}
	for _, r := range w.sim.Requests() {
		switch {
		case r.Method == "POST" && !strings.Contains(r.Path, "token"):
			out["jobs"]++
		case r.Method == "GET" && (r.Vendor == "storage" || strings.HasSuffix(r.Path, "/download")):
			out["files"]++
		case r.Method == "GET" && strings.Contains(r.Query, "offset="):
			out["pages"]++
		}
	}
	return out
}

// A run that is interrupted at any moment and then repeated ends as one that
// was not, and asks the vendor for nothing twice that had arrived or whose job
// was known by its id.
func TestVendors_interruptedAnywhere(t *testing.T) {
	for vendor, datasets := range map[string][]string{
		"oleria":    {"employees", "risks_v2"},
		"sailpoint": {"role_mining_sessions", "potential_roles", "potential_role_identities", "config_objects", "role_insights", "entitlement_changes"},
		"balkanid":  {"apps", "entitlements"},
	} {
		t.Run(vendor, func(t *testing.T) {
			w := newWorld(t, vendorsim.Config{})
			w.limits.Parallel = 1
			_, got := w.interruptedAt(vendor, datasets, -1)
			clean, cost := arrived(got), asked(w)
			for n := 1; ; n++ {
				w.fresh(t)
				w.sim.ForgetRequests()
				hit, _ := w.interruptedAt(vendor, datasets, n)
				if !hit {
					t.Logf("%s: interrupted at %d moments", vendor, n-1)
					return
				}
				_, got := w.interruptedAt(vendor, datasets, -1)
				if again := arrived(got); !slices.Equal(clean, again) {
					t.Fatalf("interrupted at event %d:\n%s\nwant\n%s", n, strings.Join(again, "\n"), strings.Join(clean, "\n"))
				}
				more := asked(w)
				if vendor == "balkanid" && more["jobs"] == cost["jobs"]+1 {
					more["jobs"]-- // it has no ids: the job in flight is asked for anew
				}
				if fmt.Sprint(more) != fmt.Sprint(cost) {
					t.Errorf("interrupted at event %d: both runs asked %v, one run asks %v", n, more, cost)
				}
			}
		})
	}
}

// What a refresh has fetched but not yet loaded when it is killed is not asked
// for again; once it is released, it is.
func TestRun_hold(t *testing.T) {
	w := newWorld(t, vendorsim.Config{})
	hold := func() *schemas.Export {
		t.Helper()
		c, err := w.set.Contract("oleria.employees")
		if err != nil {
			t.Fatal(err)
		}
		x := &extract.Extractor{Store: w.store, Now: w.clock.Now, Wait: w.clock.Wait, Hold: true}
		got, err := x.Run(context.Background(), "r1", extract.Source{Name: "prod"}, w.vendor("oleria"), []*schemas.Contract{c})
		if err != nil || !got[0].Complete {
			t.Fatal(got[0].Error, err)
		}
		return got[0]
	}
	first := hold()
	w.sim.ForgetRequests()
	second := hold()
	if n := len(w.sim.Requests()); n != 0 {
		t.Errorf("%d requests for what was held", n)
	}
	if first.Parts[0].FetchedAt != second.Parts[0].FetchedAt || first.Parts[0].Artifact != second.Parts[0].Artifact {
		t.Errorf("%+v is not %+v", second.Parts[0], first.Parts[0])
	}
	if err := w.store.Release("prod"); err != nil {
		t.Fatal(err)
	}
	if hold(); len(w.sim.Requests()) == 0 {
		t.Error("nothing was asked after the release")
	}
}
