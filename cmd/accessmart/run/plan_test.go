package run

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

func TestAsked_countsExportsAndRequests(t *testing.T) {
	part := func(method, job, media string) schemas.Part {
		request, err := json.Marshal(map[string]string{"method": method})
		if err != nil {
			t.Fatal(err)
		}
		return schemas.Part{Request: request, JobID: job, MediaType: media}
	}
	for name, tc := range map[string]struct {
		parts             []schemas.Part
		exports, requests int
	}{
		"a folder":                    {[]schemas.Part{{Name: "a.csv"}}, 0, 0},
		"pages":                       {[]schemas.Part{part("GET", "", "application/json"), part("GET", "", "application/json")}, 0, 2},
		"pages of a search":           {[]schemas.Part{part("POST", "", "application/json")}, 0, 1},
		"an export with a job":        {[]schemas.Part{part("POST", "7", "application/json")}, 1, 3},
		"exports without job, of CSV": {[]schemas.Part{part("POST", "", "text/csv"), part("POST", "", "text/csv")}, 2, 6},
		"nothing, such as no parents": {nil, 0, 0},
	} {
		if exports, requests, _ := asked(&schemas.Export{Parts: tc.parts}, map[string]bool{}); exports != tc.exports || requests != tc.requests {
			t.Errorf("%s: %d exports, %d requests", name, exports, requests)
		}
	}
}

// What one archive brings for two datasets is asked for once.
func TestAsked_countsAnArchiveOnce(t *testing.T) {
	archive := &schemas.Export{Parts: []schemas.Part{{Request: []byte(`{"method":"POST"}`), JobID: "7", Artifact: "a"}}}
	counted := map[string]bool{}
	if _, requests, shared := asked(archive, counted); requests != 3 || shared != 0 {
		t.Errorf("the first dataset: %d requests, %d shared", requests, shared)
	}
	if _, requests, shared := asked(archive, counted); requests != 3 || shared != 3 {
		t.Errorf("the second: %d requests, %d shared", requests, shared)
	}
}

// A plan tells what the last fetch asked for, asks nothing itself, and makes no folder.
func TestPlan_asksNobody(t *testing.T) {
	c := newClinic(t, vendorsim.Config{})
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "access.duckdb")
	target := Target{Source: extract.Source{Name: "src"}, Vendor: c.vendor(t, "sailpoint")}
	for _, p := range []string{"role_insights", "entitlement_changes", "config_objects"} {
		contract, err := c.set.Contract("sailpoint." + p)
		if err != nil {
			t.Fatal(err)
		}
		target.Contracts = append(target.Contracts, contract)
	}
	plan := func() []Planned {
		got, err := Plan(t.Context(), data, file, []Target{target})
		if err != nil || len(got) != 3 {
			t.Fatalf("%v, %v", got, err)
		}
		return got
	}
	for i, want := range []Planned{
		{Requests: 1, AtRate: time.Second / 9},
		{Unknown: true, Each: "role_insights"},
		{Exports: 1, Requests: 3, AtRate: time.Second / 3},
	} {
		got := plan()[i]
		want.Source, want.Contract, want.AtRate = got.Source, got.Contract, want.AtRate.Round(time.Microsecond)
		if got.AtRate = got.AtRate.Round(time.Microsecond); got != want {
			t.Errorf("nothing was fetched: %+v, want %+v", got, want)
		}
	}
	if matches, _ := filepath.Glob(filepath.Join(dir, "*")); len(matches) != 0 {
		t.Errorf("a plan made %v", matches)
	}
	store, err := extract.OpenStore(data)
	if err != nil {
		t.Fatal(err)
	}
	x := &extract.Extractor{Store: store}
	if _, err := x.Run(t.Context(), "01ARZ3NDEKTSV4RRFFQ69G5FAV", target.Source, target.Vendor, target.Contracts); err != nil {
		t.Fatal(err)
	}
	before := len(c.sim.Requests())
	got := plan()
	if n := len(c.sim.Requests()); n != before {
		t.Errorf("a plan made %d requests", n-before)
	}
	if p := got[0]; p.Exports != 0 || p.Requests != 1 || p.AtRate <= 0 || p.Fetched.IsZero() {
		t.Errorf("a list of one page: %+v", p)
	}
	if p := got[1]; p.Exports != 0 || p.Requests != 12 {
		t.Errorf("a download for each of 12 insights: %+v", p)
	}
	if p := got[2]; p.Exports != 1 || p.Requests != 3 {
		t.Errorf("an export: %+v", p)
	}
}

// What is asked for each record of another list takes as many requests as that one had records.
func TestPlan_countsTheRecordsOfTheOtherList(t *testing.T) {
	c := newClinic(t, vendorsim.Config{})
	dir := t.TempDir()
	target := func(vendor string, plurals ...string) Target {
		out := Target{Source: extract.Source{Name: vendor}, Vendor: c.vendor(t, vendor)}
		for _, p := range plurals {
			contract, err := c.set.Contract(vendor + "." + p)
			if err != nil {
				t.Fatal(err)
			}
			out.Contracts = append(out.Contracts, contract)
		}
		return out
	}
	r, err := New(Options{Data: filepath.Join(dir, "data"), Into: load.Options{Path: filepath.Join(dir, "access.duckdb"), Set: c.set, Log: slog.New(slog.DiscardHandler)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Refresh(t.Context(), []Target{target("sailpoint", "roles"), target("balkanid", "integrations")}); err != nil {
		t.Fatal(err)
	}
	planned, err := Plan(t.Context(), r.Data, r.Into.Path, []Target{target("sailpoint", "role_assignments", "workgroup_members", "role_dimensions"), target("balkanid", "entitlements")})
	if err != nil {
		t.Fatal(err)
	}
	if p := planned[0]; p.Unknown || p.Each != "roles" || p.Parents == nil || *p.Parents == 0 || int64(p.Requests) != *p.Parents || !p.Fetched.IsZero() {
		t.Errorf("a list for each role: %+v", p)
	}
	if p := planned[1]; !p.Unknown || p.Requests != 0 || p.Each != "workgroups" || p.Parents != nil {
		t.Errorf("a list for each of a list that was never fetched: %+v", p)
	}
	if p := planned[2]; !p.Unknown || p.Requests != 0 || p.Each != "roles" || p.Parents == nil {
		t.Errorf("a list for some of the roles: %+v", p)
	}
	if p := planned[3]; p.Parents == nil || *p.Parents == 0 || int64(p.Exports) != *p.Parents || p.Requests != 3*p.Exports {
		t.Errorf("an export for each integration: %+v", p)
	}
}
