package vendorsim

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// visitor is a client that knows the vendors' pages and nothing else.
type visitor struct {
	testing.TB
	sim    *Sim
	server *Server
	http   *http.Client
}

const small = 120 // people: enough for every planted finding

func visit(t testing.TB, cfg Config) *visitor {
	t.Helper()
	if cfg.People == 0 {
		cfg.People = small
	}
	sim := New(cfg)
	server, err := sim.Start()
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, sim, server, &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(func() {
		v.http.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the connection or of reading the body
}

func (r reply) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("status %d: %v in %.200q", r.status, err, r.body)
	}
	return v
}

func (r reply) list(t testing.TB) []map[string]any {
	t.Helper()
	var v []map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("status %d: %v in %.200q", r.status, err, r.body)
	}
	return v
}

// do sends a request; headers come as name, value, name, value.
func (v *visitor) do(method, target, body string, headers ...string) reply {
	v.Helper()
	req, err := http.NewRequestWithContext(v.Context(), method, target, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	for h := range slices.Chunk(headers, 2) {
		req.Header.Set(h[0], h[1])
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data), err}
}

func (v *visitor) want(status int, r reply) reply {
	v.Helper()
	if r.err != nil || r.status != status {
		v.Fatalf("got status %d, error %v, want %d: %.300s", r.status, r.err, status, r.body)
	}
	return r
}

func (v *visitor) form(target string, fields map[string]string, headers ...string) reply {
	v.Helper()
	values := url.Values{}
	for k, f := range fields {
		values.Set(k, f)
	}
	return v.do("POST", target, values.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

func (v *visitor) oleriaFields() map[string]string {
	s := v.server
	return map[string]string{"grant_type": "client_credentials", "client_id": s.OleriaClientID, "client_secret": s.OleriaClientSecret, "audience": s.Audience, "scope": s.Scope}
}

func (v *visitor) oleriaToken() []string {
	v.Helper()
	r := v.want(200, v.form(v.server.OleriaTokenURL, v.oleriaFields()))
	return []string{"Authorization", "Bearer " + r.json(v)["access_token"].(string), "Content-Type", "application/json"}
}

func (v *visitor) sailpointFields() map[string]string {
	s := v.server
	return map[string]string{"grant_type": "client_credentials", "client_id": s.SailPointClientID, "client_secret": s.SailPointClientSecret}
}

func (v *visitor) sailpointToken() []string {
	v.Helper()
	r := v.want(200, v.form(v.server.SailPointURL+"/oauth/token", v.sailpointFields()))
	return []string{"Authorization", "Bearer " + r.json(v)["access_token"].(string), "X-SailPoint-Experimental", "true", "Content-Type", "application/json"}
}

func (v *visitor) balkanidKeys() []string {
	return []string{"X-Api-Key-ID", v.server.BalkanIDKeyID, "X-Api-Key-Secret", v.server.BalkanIDKeySecret, "Content-Type", "application/json"}
}

// oleria runs a download to its end and gives the payload.
func (v *visitor) oleria(token []string, body string) string {
	v.Helper()
	id := v.want(201, v.do("POST", v.server.OleriaURL+"/v1/downloads", body, token...)).json(v)["id"].(string)
	for range 10 {
		j := v.want(200, v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", token...)).json(v)
		switch j["status"] {
		case "accepted":
		case "completed":
			return v.want(200, v.do("GET", j["url"].(string), "")).body
		default:
			v.Fatalf("download: %v", j)
		}
	}
	v.Fatal("download never completed")
	return ""
}

// balkanid runs a download to its end and gives the payload.
func (v *visitor) balkanid(path, body string) string {
	v.Helper()
	links := v.want(200, v.do("POST", v.server.BalkanIDURL+"/api/rest/v0/"+path+"/download-url", body, v.balkanidKeys()...)).json(v)
	for range 10 {
		r := v.do("HEAD", links["pollingUrl"].(string), "")
		switch r.status {
		case 404:
		case 200:
			return v.want(200, v.do("GET", links["url"].(string), "")).body
		default:
			v.Fatalf("poll: %d %v", r.status, r.err)
		}
	}
	v.Fatal("file never ready")
	return ""
}

// sailpointAll reads a list to its end.
func (v *visitor) sailpointAll(token []string, path string) []map[string]any {
	v.Helper()
	var all []map[string]any
	sep, limit := "?", 250
	if strings.Contains(path, "?") {
		sep = "&"
	}
	if strings.HasSuffix(strings.TrimSuffix(path, "/v1"), "/roles") || strings.HasSuffix(path, "/dimensions") {
		limit = 50
	}
	for {
		page := v.want(200, v.do("GET", fmt.Sprint(v.server.SailPointURL, path, sep, "limit=", limit, "&offset=", len(all)), "", token...)).list(v)
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
	}
}

func (v *visitor) archive(token []string, session, role, body string) map[string]string {
	v.Helper()
	base := v.server.SailPointURL + "/v2024/role-mining-sessions/" + session + "/potential-roles/" + role + "/export-async"
	id := v.want(202, v.do("POST", base, body, token...)).json(v)["exportId"].(string)
	for range 10 {
		switch status := v.want(200, v.do("GET", base+"/"+id, "", token...)).json(v)["status"]; status {
		case "QUEUED", "IN_PROGRESS":
			continue
		case "SUCCESS":
		default:
			v.Fatalf("export: %v", status)
		}
		r := v.do("GET", base+"/"+id+"/download", "", token...)
		if r.status == 302 {
			r = v.do("GET", r.header.Get("Location"), "")
		}
		return unzip(v, v.want(200, r).body)
	}
	v.Fatal("export never ended")
	return nil
}

func unzip(t testing.TB, data string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		out[f.Name] = string(b)
	}
	return out
}

func gunzip(t testing.TB, data string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readCSV reads strictly: any damage is an error.
func readCSV(t testing.TB, data string) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix([]byte(data), []byte("\ufeff"))))
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// normal is a header with nothing but letters and digits, in lower case.
func normal(header string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" *_-.", r) {
			return -1
		}
		return r
	}, strings.ToLower(header))
}

// text is a JSON value as a CSV would show it.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	b, _ := json.Marshal(v)
	return string(b)
}
