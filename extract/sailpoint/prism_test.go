//go:build interop

package sailpoint_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/schemas"
)

// Prism answers from SailPoint's specification and refuses what breaks it. It
// keeps no state, so its jobs never end and its archives are no archives: the
// proxy between it and the extractor says that jobs are done and hands out
// real bytes, and hands on everything that is sent.

const sample = "8c190e67-87aa-4ed9-a90b-d9d5344523fb"

func TestPrism_findsNothingWrongInRequests(t *testing.T) {
	for _, api := range []struct{ version, prefix, env string }{
		{"v2024", "/v2024", "PRISM_YEARLY"},
		{"v1", "", "PRISM_PER_SERVICE"},
	} {
		for _, route := range []string{"export", "lists"} {
			t.Run(api.version+" "+route, func(t *testing.T) {
				prism := os.Getenv(api.env)
				if prism == "" {
					t.Fatalf("%s is not set: run 'make interop'", api.env)
				}
				p := &proxy{t: t, prism: prism, prefix: api.prefix}
				server := httptest.NewServer(p)
				defer server.Close()
				fetchAll(t, server.URL, api.version, route)
				p.check(route)
			})
		}
	}
}

// fetchAll runs all jobs with the datasets of the built-in contracts.
func fetchAll(t *testing.T, base, api, route string) {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	store, err := extract.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v, err := sailpoint.New(sailpoint.Config{BaseURL: base, API: api, ClientID: "id", ClientSecret: extract.NewSecret("secret"),
		RoleMining: sailpoint.RoleMining{Route: route},
		Limits:     extract.Limits{Poll: extract.Poll{Min: time.Millisecond, Max: time.Millisecond}}})
	if err != nil {
		t.Fatal(err)
	}
	x := &extract.Extractor{Store: store}
	asked := slices.DeleteFunc(set.Vendor("sailpoint"), (*schemas.Contract).ByHand)
	exports, err := x.Run(context.Background(), "01JQ0000000000000000000000", extract.Source{Name: "isc"}, v, asked)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exports {
		if !e.Complete {
			t.Errorf("%s: %s", e.Dataset, e.Error)
		}
	}
}

type proxy struct {
	t      *testing.T
	prism  string
	prefix string
	mu     sync.Mutex
	seen   []string // operations, ids replaced
}

var perService = regexp.MustCompile(`^/[a-z-]+/v1(/|$)`)

var id = regexp.MustCompile(`/[0-9a-f]{8}[0-9a-f-]{20,}`)

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":3600}`)
		return
	}
	if strings.Contains(r.URL.Path, "outliers") { // not in the files that the project has of the specification
		w.Header().Set("Content-Type", "application/zip")
		w.Write(roleArchive(p.t))
		return
	}
	for _, list := range notInFiles {
		if strings.Contains(r.URL.Path, list[strings.LastIndexByte(list, '/')+1:]) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "[]")
			return
		}
	}
	prism := p.prism
	path, ok := strings.CutPrefix(r.URL.Path, p.prefix)
	if !ok && perService.MatchString(r.URL.Path) { // an endpoint that only this API has
		path, prism = r.URL.Path, os.Getenv("PRISM_PER_SERVICE")
	} else if !ok {
		p.t.Errorf("%s %s: outside %s", r.Method, r.URL.Path, p.prefix)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	out, err := http.NewRequest(r.Method, prism+path+"?"+r.URL.RawQuery, bytes.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding")
	answer, err := http.DefaultClient.Do(out)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Error(err)
	}
	p.judge(r.Method+" "+path, answer, got)
	operation := r.Method + " " + id.ReplaceAllString(strings.Replace(path, "/v1", "", 1), "/{id}")
	p.mu.Lock()
	p.seen = append(p.seen, operation)
	p.mu.Unlock()
	contentType, got := p.enliven(operation, answer.Header.Get("Content-Type"), got)
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(answer.StatusCode)
	w.Write(got)
}

// judge reports what Prism found wrong in a request. Flaws of its own samples,
// which it reports in the same header, are not ours.
func (p *proxy) judge(request string, answer *http.Response, body []byte) {
	if answer.StatusCode >= 400 {
		p.t.Errorf("%s: %s: %s", request, answer.Status, body)
	}
	var violations []struct {
		Location []string `json:"location"`
		Message  string   `json:"message"`
	}
	if h := answer.Header.Get("sl-violations"); h != "" {
		if err := json.Unmarshal([]byte(h), &violations); err != nil {
			p.t.Errorf("%s: sl-violations: %v", request, err)
		}
	}
	for _, v := range violations {
		if len(v.Location) > 0 && v.Location[0] == "request" {
			p.t.Errorf("%s: %s: %s", request, strings.Join(v.Location, "."), v.Message)
		}
	}
}

// enliven turns the sample answers into those of jobs that end, with ids that
// the specification's samples lack and counts that fit them.
func (p *proxy) enliven(operation, contentType string, body []byte) (string, []byte) {
	switch {
	case strings.HasSuffix(operation, "/export-async/{id}/download"):
		return "application/zip", roleArchive(p.t)
	case strings.HasSuffix(operation, "/entitlement-changes/download"):
		return "text/csv", []byte("name,id\n")
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return contentType, body
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			m, ok := item.(map[string]any)
			if ok && m["id"] == nil {
				m["id"] = sample
			}
			for _, count := range []string{"identityCount", "entitlementCount", "potentialRoleCount"} {
				if m[count] != nil {
					m[count] = 1 // as many as a list of samples has
				}
			}
		}
	case map[string]any:
		switch {
		case strings.HasSuffix(operation, "/export-async/{id}"):
			v["status"] = "SUCCESS"
		case operation == "GET /sp-config/export/{id}":
			v["status"] = "COMPLETE"
		case strings.HasSuffix(operation, "/status"):
			v["state"] = "POTENTIAL_ROLES_CREATED"
		}
	}
	out, err := json.Marshal(v)
	if err != nil {
		p.t.Error(err)
	}
	return contentType, out
}

func roleArchive(t *testing.T) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"identities.csv": "identityId,name\n", "entitlements.csv": "entitlementId,name\n"} {
		w, err := z.Create(name)
		if err != nil {
			t.Error(err)
			return nil
		}
		io.WriteString(w, text)
	}
	if err := z.Close(); err != nil {
		t.Error(err)
	}
	return b.Bytes()
}

// check makes sure that every call of the route went through Prism.
func (p *proxy) check(route string) {
	want := []string{
		"GET /role-mining-sessions",
		"GET /role-mining-sessions/{id}/potential-role-summaries",
		"POST /sp-config/export", "GET /sp-config/export/{id}", "GET /sp-config/export/{id}/download",
		"GET /access-request-status", "GET /access-request-administration", "GET /campaigns", "GET /certifications", "GET /certifications/{id}/access-review-items",
		"GET /sod-policies", "GET /violations", "GET /workgroups", "GET /workgroups/{id}/members", "GET /segments", "GET /identity-profiles",
		"GET /account-activities", "GET /historical-identities",
		"GET /role-insights", "GET /role-insights/{id}/entitlement-changes/download",
		"GET /identities", "GET /public-identities", "GET /accounts", "GET /entitlements", "GET /access-profiles", "GET /sources", "GET /source-apps", "POST /search",
		"GET /roles", "GET /roles/{id}/assigned-identities",
	}
	if route == "export" {
		want = append(want,
			"POST /role-mining-sessions/{id}/potential-roles/{id}/export-async",
			"GET /role-mining-sessions/{id}/potential-roles/{id}/export-async/{id}",
			"GET /role-mining-sessions/{id}/potential-roles/{id}/export-async/{id}/download")
	} else {
		want = append(want,
			"GET /role-mining-sessions/{id}/potential-roles/{id}/identities",
			"GET /role-mining-sessions/{id}/potential-roles/{id}/entitlement-popularities")
	}
	for _, operation := range want {
		if !slices.Contains(p.seen, operation) {
			p.t.Errorf("%s was not sent; sent were %s", operation, strings.Join(p.seen, ", "))
		}
	}
	p.t.Logf("%d requests passed", len(p.seen))
}
