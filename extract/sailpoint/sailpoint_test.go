package sailpoint_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/schemas"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	run1  = "01JRUNAAAAAAAAAAAAAAAAAAAA"
	token = "canary-token"
	s1    = "11111111-1111-1111-1111-111111111111"
	s2    = "22222222-2222-2222-2222-222222222222"
	r1    = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
	r2    = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
)

type bench struct {
	t      *testing.T
	api    *scripted.Server
	clock  *scripted.Clock
	store  *extract.Store
	conf   sailpoint.Config
	events []extract.Event
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, api: scripted.New(t), clock: scripted.NewClock()}
	var err error
	if b.store, err = extract.OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	b.conf = sailpoint.Config{BaseURL: b.api.URL, ClientID: "client", ClientSecret: extract.NewSecret("canary-secret"), Limits: extract.Limits{Parallel: 1}}
	b.api.On("POST /oauth/token", scripted.Token(token, 43200))
	return b
}

func job(plurals string, name string) []*schemas.Contract {
	var out []*schemas.Contract
	for _, p := range strings.Fields(plurals) {
		out = append(out, &schemas.Contract{Dataset: "sailpoint." + p, Export: map[string]any{"job": name}})
	}
	return out
}

func mining() []*schemas.Contract {
	return job("role_mining_sessions potential_roles potential_role_identities potential_role_entitlements", "role_mining")
}

func (b *bench) run(contracts []*schemas.Contract) map[string]*schemas.Export {
	b.t.Helper()
	out, err := b.runErr(context.Background(), contracts)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) runErr(ctx context.Context, contracts []*schemas.Contract) (map[string]*schemas.Export, error) {
	b.t.Helper()
	v, err := sailpoint.New(b.conf)
	if err != nil {
		b.t.Fatal(err)
	}
	x := &extract.Extractor{Store: b.store, Now: b.clock.Now, Wait: b.clock.Wait, Progress: func(e extract.Event) { b.events = append(b.events, e) }}
	got, err := x.Run(ctx, run1, extract.Source{Name: "isc"}, v, contracts)
	out := map[string]*schemas.Export{}
	for _, e := range got {
		_, plural, _ := strings.Cut(e.Dataset, ".")
		out[plural] = e
		if strings.Contains(e.Error, "canary") {
			b.t.Errorf("secret in %s", e.Error)
		}
	}
	for _, r := range b.api.Requests("") {
		if !strings.Contains(r.Route, "/oauth/") && (r.Header.Get("X-SailPoint-Experimental") != "true" || r.Header.Get("Authorization") != "Bearer "+token) {
			b.t.Errorf("%s with headers %v", r.Route, r.Header)
		}
	}
	return out, err
}

func (b *bench) read(sha string) string {
	b.t.Helper()
	r, err := b.store.Open(sha)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

func archive(t *testing.T) string {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, text := range map[string]string{"identities.csv": "identityId,name\n1,Ada\n", "entitlements.csv": "entitlementId\n9\n"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// twoSessions has one finished and one running session, and two roles.
func (b *bench) twoSessions(prefix string) {
	b.api.On("GET "+prefix+"/role-mining-sessions", scripted.JSON(200, []any{
		map[string]any{"id": s1, "name": "First", "status": map[string]any{"state": "POTENTIAL_ROLES_CREATED"}},
		map[string]any{"id": s2, "name": nil, "status": map[string]any{"state": "POTENTIAL_ROLES_PROCESSING"}}}))
	b.roles(prefix)
}

func (b *bench) roles(prefix string) {
	b.api.On("GET "+prefix+"/role-mining-sessions/"+s1+"/potential-role-summaries", scripted.JSON(200, []any{
		map[string]any{"id": r1, "name": "Potential Role - 1", "identityCount": 1, "entitlementCount": 1},
		map[string]any{"id": r2, "name": "Potential Role - 2", "identityCount": nil}}))
}

func export(prefix, role string) string {
	return prefix + "/role-mining-sessions/" + s1 + "/potential-roles/" + role + "/export-async"
}

func exportState(id, status string) http.HandlerFunc {
	return scripted.JSON(200, map[string]any{"exportId": id, "status": status, "minEntitlementPopularity": 0, "includeCommonAccess": true})
}

func TestRoleMining_archives(t *testing.T) {
	b := newBench(t)
	b.conf.API = "v2024"
	b.twoSessions("/v2024")
	zipped := archive(t)
	for role, id := range map[string]string{r1: "e-1", r2: "e-2"} {
		p := export("/v2024", role)
		b.api.On("POST "+p, scripted.JSON(202, map[string]any{"exportId": id, "status": "QUEUED"})).
			On("GET "+p+"/"+id, exportState(id, "QUEUED"), exportState(id, "IN_PROGRESS"), exportState(id, "SUCCESS")).
			On("GET "+p+"/"+id+"/download", scripted.Body(200, "application/zip", zipped))
	}
	got := b.run(mining())
	for plural, e := range got {
		if !e.Complete {
			t.Errorf("%s: %s", plural, e.Error)
		}
		// A session that is not finished has no roles: the export is whole.
		if e.Filtered {
			t.Errorf("%s: filtered %v", plural, e.Filtered)
		}
	}
	ids := got["potential_role_identities"].Parts
	if len(ids) != 2 || ids[0].Artifact != got["potential_role_entitlements"].Parts[0].Artifact {
		t.Fatalf("parts %+v", ids)
	}
	want := map[string]string{"session_id": s1, "potential_role_id": r1, "potential_role_name": "Potential Role - 1", "expected_identities": "1", "expected_entitlements": "1"}
	if fmt.Sprint(ids[0].Context) != fmt.Sprint(want) {
		t.Errorf("context %v", ids[0].Context)
	}
	if n := got["potential_role_entitlements"].Parts[0].Expected; ids[0].Expected != 1 || n != 1 || ids[1].Expected != 0 {
		t.Errorf("%d identities and %d entitlements are expected of the first role, %d identities of the second", ids[0].Expected, n, ids[1].Expected)
	}
	if _, ok := ids[1].Context["expected_identities"]; ok {
		t.Error("a count that the vendor did not say is expected")
	}
	if b.read(ids[0].Artifact) != zipped || ids[0].MediaType != "application/zip" || ids[0].JobID != "e-1" {
		t.Errorf("part %+v", ids[0])
	}
	if body := b.api.Requests("POST " + export("/v2024", r1))[0].Body; body != `{"minEntitlementPopularity":0,"includeCommonAccess":true}` {
		t.Errorf("body %s", body)
	}
	if c := got["potential_roles"].Parts[0].Context; c["session_id"] != s1 {
		t.Errorf("context of potential roles %v", c)
	}
	if q := b.api.Requests("GET /v2024/role-mining-sessions")[0].Query; q != "count=true&limit=250&offset=0&sorters=createdDate" {
		t.Errorf("query %s", q)
	}
	if !slices.ContainsFunc(b.events, func(e extract.Event) bool { return e.State == extract.Warned && strings.Contains(e.Note, s2) }) {
		t.Error("nobody is told of the session that is left out")
	}
}

func TestRoleMining_lists(t *testing.T) {
	b := newBench(t)
	b.conf.API = "v1"
	b.conf.RoleMining = sailpoint.RoleMining{Route: "lists", Sessions: []string{"First"}, PotentialRoles: []string{r2}}
	// As the specification of the list has it: no status in it.
	b.api.On("GET /role-mining-sessions/v1", scripted.JSON(200, []any{map[string]any{"id": s1, "name": "First"}, map[string]any{"id": s2}})).
		On("GET /role-mining-sessions/v1/"+s1+"/status", scripted.JSON(200, `{"state":"POTENTIAL_ROLES_CREATED"}`)).
		On("GET /role-mining-sessions/v1/"+s1+"/potential-role-summaries", scripted.JSON(200, []any{map[string]any{"id": r1, "name": "x"}, map[string]any{"id": r2, "name": "y"}})).
		On("GET /role-mining-sessions/v1/"+s1+"/potential-roles/"+r2+"/identities", scripted.JSON(200, `[{"id":"i1","name":"Ada"}]`)).
		On("GET /role-mining-sessions/v1/"+s1+"/potential-roles/"+r2+"/entitlement-popularities", scripted.JSON(200, `[]`))
	got := b.run(mining())
	for plural, e := range got {
		if !e.Complete || e.Filtered != (plural != "role_mining_sessions") {
			t.Errorf("%s: complete %v filtered %v %s", plural, e.Complete, e.Filtered, e.Error)
		}
	}
	if text := b.read(got["potential_role_entitlements"].Parts[0].Artifact); text != "[]" {
		t.Errorf("page is %q", text)
	}
}

func TestRoleMining_endsInTypedErrors(t *testing.T) {
	p := export("/v2025", r1)
	one := func(b *bench) {
		b.api.On("GET /v2025/role-mining-sessions", scripted.JSON(200, []any{map[string]any{"id": s1, "name": "First", "status": map[string]any{"state": "POTENTIAL_ROLES_CREATED"}}})).
			On("GET /v2025/role-mining-sessions/"+s1+"/potential-role-summaries", scripted.JSON(200, []any{map[string]any{"id": r1, "name": "n"}}))
	}
	queued := scripted.JSON(202, `{"exportId":"e-1","status":"QUEUED"}`)
	for name, tc := range map[string]struct {
		script  func(b *bench)
		failure string
		texts   []string
	}{
		"job ended in ERROR": {func(b *bench) { one(b); b.api.On("POST "+p, queued).On("GET "+p+"/e-1", exportState("e-1", "ERROR")) },
			schemas.FailureVendor, []string{"poll", "ERROR"}},
		"unknown status": {func(b *bench) { one(b); b.api.On("POST "+p, queued).On("GET "+p+"/e-1", exportState("e-1", "EXPIRED")) },
			schemas.FailureVendor, []string{"unknown status EXPIRED"}},
		"no scope": {func(b *bench) {
			one(b)
			b.api.On("POST "+p, scripted.JSON(403, `{"detailCode":"403 Forbidden","trackingId":"e7eab60924f64aa284175b9fa3309599","messages":[{"locale":"en-US","localeOrigin":"DEFAULT","text":"The server understood the request but refuses to authorize it."}]}`))
		}, schemas.FailureCredentials, []string{"submit", "403 Forbidden", "refuses to authorize", "tracking id e7eab60924f64aa284175b9fa3309599", "route: lists"}},
		"no exportId": {func(b *bench) { one(b); b.api.On("POST "+p, scripted.JSON(202, `{"status":"QUEUED"}`)) }, schemas.FailureVendor, []string{"no exportId"}},
		"named session is missing": {func(b *bench) {
			b.conf.RoleMining.Sessions = []string{"Nope"}
			b.api.On("GET /v2025/role-mining-sessions", scripted.JSON(200, `[]`))
		}, schemas.FailureInput, []string{`role_mining.sessions: "Nope"`}},
		"named session is not finished": {func(b *bench) {
			b.conf.RoleMining.Sessions = []string{s2}
			b.api.On("GET /v2025/role-mining-sessions", scripted.JSON(200, []any{map[string]any{"id": s2, "status": map[string]any{"state": "CREATED"}}}))
		}, schemas.FailureNotReady, []string{"not finished"}},
		"session without id": {func(b *bench) { b.api.On("GET /v2025/role-mining-sessions", scripted.JSON(200, `[{"name":"x"}]`)) },
			schemas.FailureVendor, []string{"no id"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tc.script(b)
			got := b.run(mining())
			e := got["potential_role_identities"]
			if e.Complete || e.Failure != tc.failure {
				t.Errorf("complete %v, failure %s: %s", e.Complete, e.Failure, e.Error)
			}
			for _, text := range tc.texts {
				if !strings.Contains(e.Error, text) {
					t.Errorf("%q lacks %q", e.Error, text)
				}
			}
			if !got["role_mining_sessions"].Complete {
				t.Error("the list of sessions was whole and is not complete")
			}
		})
	}
}

func TestRoleMining_expiredArchiveIsAskedForOnceMore(t *testing.T) {
	b := newBench(t)
	b.twoSessions("/v2025")
	b.conf.RoleMining.PotentialRoles = []string{"Potential Role - 1"}
	p := export("/v2025", r1)
	b.api.On("POST "+p, scripted.JSON(202, `{"exportId":"e-1","status":"QUEUED"}`), scripted.JSON(202, `{"exportId":"e-2","status":"QUEUED"}`)).
		On("GET "+p+"/e-1", exportState("e-1", "SUCCESS")).On("GET "+p+"/e-2", exportState("e-2", "SUCCESS")).
		On("GET "+p+"/e-1/download", scripted.JSON(404, `{"detailCode":"404 Not found"}`)).
		On("GET "+p+"/e-2/download", scripted.Body(200, "application/zip", archive(t)))
	if e := b.run(mining())["potential_role_identities"]; !e.Complete || e.Parts[0].JobID != "e-2" {
		t.Errorf("%+v", e)
	}
}

func TestRoleMining_redirectToStorageCarriesNoCredentials(t *testing.T) {
	b := newBench(t)
	storage := scripted.New(t)
	b.twoSessions("/v2025")
	b.conf.RoleMining.PotentialRoles = []string{r1}
	p := export("/v2025", r1)
	b.api.On("POST "+p, scripted.JSON(202, `{"exportId":"e-1","status":"QUEUED"}`)).
		On("GET "+p+"/e-1", exportState("e-1", "SUCCESS")).
		On("GET "+p+"/e-1/download", scripted.Status(302, "Location", p+"/elsewhere")).
		On("GET "+p+"/elsewhere", scripted.Status(307, "Location", storage.URL+"/z.zip?X-Amz-Signature=canary"))
	storage.On("GET /z.zip", scripted.Body(200, "application/zip", archive(t)))
	if e := b.run(mining())["potential_role_identities"]; !e.Complete {
		t.Error(e.Error)
	}
	for name := range storage.Requests("")[0].Header {
		if name != "User-Agent" && name != "Accept" && name != "Connection" {
			t.Errorf("header %s went to the storage", name)
		}
	}
}

func items(from, n int) string {
	var list []map[string]any
	for i := range n {
		list = append(list, map[string]any{"id": fmt.Sprintf("in-%04d", from+i), "role": map[string]any{"id": fmt.Sprint("role-", from+i), "name": "n"}})
	}
	if list == nil {
		return "[]"
	}
	data, _ := json.Marshal(list)
	return string(data)
}

func counted(n, from, records int) http.HandlerFunc {
	return total(fmt.Sprint(n), items(from, records))
}

func total(n, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", n)
		scripted.JSON(200, body)(w, r)
	}
}

// pages are full ones with so many records in all; only the first tells the total.
func pages(total, records int) []http.HandlerFunc {
	out := []http.HandlerFunc{counted(total, 0, 250)}
	for from := 250; from < records; from += 250 {
		out = append(out, scripted.JSON(200, items(from, 250)))
	}
	return out
}

// A search gives no more than 10,000 records of a list, and its total may be
// cut to that: a refusal there is never the end.
func TestRoleInsights_window(t *testing.T) {
	const list = "GET /v2025/role-insights"
	const sentence = "offset + limit must not be greater than 10000"
	refusal := scripted.JSON(400, `{"detailCode":"400.1 Bad Request Content","trackingId":"b21b1f7ce4da4d639f2c62a57171b427","messages":[{"text":"`+sentence+`"}]}`)
	for name, n := range map[string]int{"the total is larger": 12_345, "the total is cut to the window": 10_000} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On(list, append(pages(n, 10_000), refusal)...)
			e := b.run(job("role_insights", "role_insights"))["role_insights"]
			if e.Complete || e.Failure != schemas.FailureVendor || len(e.Parts) != 0 {
				t.Errorf("complete %v, failure %s, %d parts", e.Complete, e.Failure, len(e.Parts))
			}
			for _, text := range []string{"window of 10000 records", "HTTP 400", sentence, "tracking id", "narrow"} {
				if !strings.Contains(e.Error, text) {
					t.Errorf("%q lacks %q", e.Error, text)
				}
			}
		})
	}
	t.Run("all came before it", func(t *testing.T) {
		b := newBench(t)
		b.api.On(list, append(pages(9_750, 9_750), refusal)...)
		if e := b.run(job("role_insights", "role_insights"))["role_insights"]; !e.Complete || len(e.Parts) != 39 {
			t.Errorf("%d parts: %s", len(e.Parts), e.Error)
		}
	})
}

// The vendor's own sentence stays in the message, whatever form it has, one
// line, without secrets and with an end.
func TestLists_vendorsOwnWords(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"standard":              {`{"detailCode":"400.1 Bad Request Content","messages":[{"text":"bad sorter"}]}`, "400.1 Bad Request Content: bad sorter"},
		"error object":          {`{"error":{"code":7,"message":"no such index"}}`, "no such index"},
		"list of errors":        {`{"errors":[{"detail":"no such field"}]}`, "no such field"},
		"plain text":            {"Result window is too large,\n from + size must be less", "Result window is too large"},
		"a JSON text":           {`"sorry"`, "sorry"},
		"with a secret":         {`{"message":"client canary-secret may not"}`, "may not"},
		"with a signed URL":     {`{"message":"see https://x.example.com/a?X-Amz-Signature=canary"}`, "see https://x.example.com/…"},
		"a text without an end": {`{"message":"` + strings.Repeat("long ", 5000) + `"}`, "long …"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On("GET /v2025/role-insights", scripted.Body(400, "text/plain", c.body))
			e := b.run(job("role_insights", "role_insights"))["role_insights"]
			if !strings.Contains(e.Error, c.want) || strings.ContainsAny(e.Error, "\n") || len(e.Error) > 1000 {
				t.Errorf("%q lacks %q", e.Error, c.want)
			}
		})
	}
}

// A role's list with fewer records than the vendor counts for the role is not
// whole, and the sibling list is.
func TestRoleMining_listsShorterThanTheRoleCounts(t *testing.T) {
	const base = "GET /v2025/role-mining-sessions/" + s1
	list := func(n int) string {
		return strings.ReplaceAll(items(0, n), `"role":{`, `"entitlementRef":{`)
	}
	for name, c := range map[string]struct {
		roles                        int // as the session counts
		identities, entitlements     int // as the role counts
		script                       func(b *bench)
		failed, complete, text, also string
	}{
		"identities": {1, 3, 2, func(b *bench) {
			b.api.On(base+"/potential-roles/"+r1+"/identities", scripted.Times(2, scripted.JSON(200, list(2)))...).
				On(base+"/potential-roles/"+r1+"/entitlement-popularities", scripted.JSON(200, list(2)))
		}, "potential_role_identities", "potential_role_entitlements", "2 records came where the vendor counts 3", ""},
		"entitlements refused": {1, 2, 2, func(b *bench) {
			b.api.On(base+"/potential-roles/"+r1+"/identities", scripted.JSON(200, list(2))).
				On(base+"/potential-roles/"+r1+"/entitlement-popularities", scripted.JSON(404, `{"messages":[{"text":"Gone fishing."}]}`))
		}, "potential_role_entitlements", "potential_role_identities", "Gone fishing.", ""},
		"roles of a session": {2, 2, 2, func(b *bench) {
			b.api.On(base+"/potential-role-summaries", scripted.JSON(200, `[{"id":"`+r1+`","name":"n"}]`)) // read again
		}, "potential_roles", "role_mining_sessions", "1 records came where the vendor counts 2", "potential_role_identities"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.conf.RoleMining.Route = "lists"
			b.api.On("GET /v2025/role-mining-sessions", scripted.JSON(200, []any{map[string]any{"id": s1, "potentialRoleCount": c.roles, "status": map[string]any{"state": "POTENTIAL_ROLES_CREATED"}}})).
				On(base+"/potential-role-summaries", scripted.JSON(200, []any{map[string]any{"id": r1, "name": "n", "identityCount": c.identities, "entitlementCount": c.entitlements}}))
			c.script(b)
			got := b.run(mining())
			if e := got[c.failed]; e.Complete || e.Failure != schemas.FailureVendor || !strings.Contains(e.Error, c.text) {
				t.Errorf("%s: complete %v, %s", c.failed, e.Complete, e.Error)
			}
			if c.also != "" && got[c.also].Complete {
				t.Errorf("%s is complete", c.also)
			}
			if e := got[c.complete]; !e.Complete {
				t.Errorf("%s: %s", c.complete, e.Error)
			}
		})
	}
}

func TestRoleInsights_paging(t *testing.T) {
	const list = "GET /v2025/role-insights"
	standard := func(status int) http.HandlerFunc {
		return scripted.JSON(status, `{"detailCode":"x","messages":[{"text":"Nothing here."}]}`)
	}
	nameless := strings.ReplaceAll(items(0, 250), `"id":"in-`, `"key":"in-`)
	for name, tc := range map[string]struct {
		pages   []http.HandlerFunc
		records int
		failure string
		texts   []string
	}{
		"none":                            {[]http.HandlerFunc{scripted.JSON(200, "[]")}, 0, "", nil},
		"one short page":                  {[]http.HandlerFunc{scripted.JSON(200, items(0, 3))}, 3, "", nil},
		"short last page":                 {[]http.HandlerFunc{counted(251, 0, 250), scripted.JSON(200, items(250, 1))}, 251, "", nil},
		"exact multiple, empty page":      {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), scripted.JSON(200, "[]")}, 250, "", nil},
		"exact multiple, 404":             {[]http.HandlerFunc{counted(250, 0, 250), standard(404)}, 250, "", nil},
		"404 without a total":             {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), standard(404)}, 0, schemas.FailureVendor, []string{"no page after record 250", "404", "Nothing here.", "not taken for whole"}},
		"400 without a total":             {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), scripted.JSON(400, `{"problem":{"x":1}}`)}, 0, schemas.FailureVendor, []string{"no page after record 250", "400"}},
		"total that is no number":         {[]http.HandlerFunc{total("12,345", items(0, 250))}, 0, schemas.FailureVendor, []string{"not a number"}},
		"the same page again, no ids":     {scripted.Times(4, scripted.JSON(200, nameless)), 0, schemas.FailureVendor, []string{"a page came twice"}},
		"exact multiple, 400":             {[]http.HandlerFunc{counted(500, 0, 250), scripted.JSON(200, items(250, 250)), standard(400)}, 500, "", nil},
		"401 does not end a list":         {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), standard(401), standard(401)}, 0, schemas.FailureCredentials, []string{"401"}},
		"403 does not end a list":         {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), standard(403)}, 0, schemas.FailureCredentials, []string{"403"}},
		"409 does not end a list":         {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), standard(409)}, 0, schemas.FailureVendor, []string{"409"}},
		"429 is waited for":               {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), scripted.Status(429, "Retry-After", "3"), scripted.JSON(200, items(250, 1))}, 251, "", nil},
		"400 on the first page":           {[]http.HandlerFunc{standard(400)}, 0, schemas.FailureVendor, []string{"list", "400"}},
		"404 although more was counted":   {[]http.HandlerFunc{counted(300, 0, 250), standard(404), counted(300, 0, 250), standard(404)}, 0, schemas.FailureVendor, []string{"250 of 300"}},
		"short although more was counted": {[]http.HandlerFunc{counted(300, 0, 250), scripted.JSON(200, items(250, 49)), counted(300, 0, 250), scripted.JSON(200, items(250, 50))}, 300, "", nil},
		"a record on two pages":           {[]http.HandlerFunc{scripted.JSON(200, items(0, 250)), scripted.JSON(200, items(249, 10)), scripted.JSON(200, items(0, 250)), scripted.JSON(200, items(250, 10))}, 260, "", nil},
		"an object instead of a list":     {[]http.HandlerFunc{scripted.JSON(200, `{"items":[]}`)}, 0, schemas.FailureVendor, []string{"not the JSON"}},
		"null instead of a list":          {[]http.HandlerFunc{scripted.JSON(200, `null`)}, 0, schemas.FailureVendor, []string{"not a list"}},
		"numbers instead of objects":      {[]http.HandlerFunc{scripted.JSON(200, `[1]`)}, 0, schemas.FailureVendor, []string{"not an object"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if strings.HasPrefix(name, "401") {
				b.api.On("POST /oauth/token", scripted.Token(token, 43200))
			}
			b.api.On(list, tc.pages...)
			e := b.run(job("role_insights", "role_insights"))["role_insights"]
			if tc.failure != "" {
				if e.Complete || e.Failure != tc.failure {
					t.Errorf("failure %q: %s", e.Failure, e.Error)
				}
				for _, text := range tc.texts {
					if !strings.Contains(e.Error, text) {
						t.Errorf("%q lacks %q", e.Error, text)
					}
				}
				return
			}
			n := 0
			for _, p := range e.Parts {
				var list []any
				if err := json.Unmarshal([]byte(b.read(p.Artifact)), &list); err != nil {
					t.Fatal(err)
				}
				n += len(list)
			}
			if !e.Complete || n != tc.records {
				t.Errorf("complete %v with %d records, want %d; %s", e.Complete, n, tc.records, e.Error)
			}
		})
	}
}

func TestRoleInsights_changes(t *testing.T) {
	b := newBench(t)
	b.api.On("GET /v2025/role-insights", scripted.JSON(200, items(1, 2))).
		On("GET /v2025/role-insights/in-0001/entitlement-changes/download", scripted.Body(200, "text/csv", "name\na\n")).
		On("GET /v2025/role-insights/in-0002/entitlement-changes/download", scripted.Body(200, "text/csv", "name\nb\n"))
	got := b.run(job("role_insights entitlement_changes", "role_insights"))
	e := got["entitlement_changes"]
	if !e.Complete || len(e.Parts) != 2 || fmt.Sprint(e.Parts[0].Context) != "map[insight_id:in-0001 role_id:role-1 role_name:n]" {
		t.Errorf("%+v", e)
	}
	if a := b.api.Requests("GET /v2025/role-insights/in-0001/entitlement-changes/download")[0].Header.Get("Accept"); a != "text/csv" {
		t.Errorf("accept %s", a)
	}
}

func TestRoleInsights_resumeAsksForNothingTwice(t *testing.T) {
	b := newBench(t)
	const changes = "GET /v2025/role-insights/in-%04d/entitlement-changes/download"
	b.api.On("GET /v2025/role-insights", counted(252, 0, 250), scripted.JSON(200, items(250, 2)))
	for i := range 252 {
		h := scripted.Body(200, "text/csv", fmt.Sprintf("name\n%d\n", i))
		if i == 200 {
			h = scripted.JSON(400, `{"detailCode":"x"}`)
		}
		b.api.On(fmt.Sprintf(changes, i), h)
	}
	first := b.run(job("role_insights entitlement_changes", "role_insights"))
	if e := first["entitlement_changes"]; e.Complete || !first["role_insights"].Complete {
		t.Fatalf("%+v", e)
	}
	b.api.On("POST /oauth/token", scripted.Token(token, 43200))
	b.api.On(fmt.Sprintf(changes, 200), scripted.Body(200, "text/csv", "name\n200\n"))
	before := len(b.api.Requests(""))
	second := b.run(job("role_insights entitlement_changes", "role_insights"))
	for _, e := range second {
		if !e.Complete {
			t.Error(e.Error)
		}
	}
	if n := len(second["entitlement_changes"].Parts); n != 252 {
		t.Errorf("%d parts", n)
	}
	if n := len(b.api.Requests("")) - before; n != 2 { // a token and the one that was missing: one refusal keeps no other from arriving
		t.Errorf("%d requests after the restart", n)
	}
	for i, p := range second["entitlement_changes"].Parts {
		if got := b.read(p.Artifact); got != fmt.Sprintf("name\n%d\n", i) {
			t.Fatalf("part %d holds %q", i, got)
		}
	}
	if left, _ := os.ReadDir(b.store.Dir() + "/journal"); len(left) != 0 {
		t.Error("journal stays")
	}
}

func TestSPConfig(t *testing.T) {
	const path = "/sp-config/v1/export"
	status := func(s, message string) http.HandlerFunc {
		return scripted.JSON(200, map[string]any{"jobId": "j-1", "status": s, "message": message, "type": "EXPORT"})
	}
	for name, tc := range map[string]struct {
		conf     sailpoint.SPConfig
		polls    []http.HandlerFunc
		body     string
		filtered bool
		failure  string
		text     string
	}{
		"default types": {polls: []http.HandlerFunc{status("NOT_STARTED", ""), status("IN_PROGRESS", ""), status("COMPLETE", "")},
			body: `{"description":"accessmart","includeTypes":["ROLE","ACCESS_PROFILE","SOURCE","SOD_POLICY","GOVERNANCE_GROUP","IDENTITY_PROFILE","LIFECYCLE_STATE","SEGMENT","TAG","CAMPAIGN_FILTER","ACCESS_REQUEST_CONFIG"]}`},
		"own types": {conf: sailpoint.SPConfig{IncludeTypes: []string{"SOURCE"}, ObjectOptions: map[string]sailpoint.ObjectOptions{"SOURCE": {IncludedNames: []string{"HR"}}}},
			polls: []http.HandlerFunc{status("COMPLETE", "")}, filtered: true,
			body: `{"description":"accessmart","includeTypes":["SOURCE"],"objectOptions":{"SOURCE":{"includedNames":["HR"]}}}`},
		"FAILED shows the message":    {polls: []http.HandlerFunc{status("FAILED", "unsupported type WORKFLOWS")}, failure: schemas.FailureVendor, text: "FAILED: unsupported type WORKFLOWS"},
		"CANCELLED":                   {polls: []http.HandlerFunc{status("CANCELLED", "")}, failure: schemas.FailureVendor, text: "CANCELLED"},
		"unknown status":              {polls: []http.HandlerFunc{status("EXPIRED", "")}, failure: schemas.FailureVendor, text: "unknown status EXPIRED"},
		"a status that is a sentence": {polls: []http.HandlerFunc{status("see <b>here</b>", "")}, failure: schemas.FailureVendor, text: "unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.conf.API, b.conf.SPConfig = "v1", tc.conf
			b.api.On("POST "+path, scripted.JSON(202, `{"jobId":"j-1","status":"NOT_STARTED"}`)).On("GET "+path+"/j-1", tc.polls...)
			if tc.failure == "" {
				b.api.On("GET "+path+"/j-1/download", scripted.JSON(200, `{"version":1,"objects":[]}`))
			}
			e := b.run(job("config_objects", "sp_config"))["config_objects"]
			if e.Failure != tc.failure || !strings.Contains(e.Error, tc.text) || e.Complete != (tc.failure == "") || e.Filtered != tc.filtered {
				t.Errorf("%+v", e)
			}
			if got := b.api.Requests("POST " + path)[0].Body; tc.body != "" && got != tc.body {
				t.Errorf("body %s", got)
			}
		})
	}
}

func TestConfig_Validate(t *testing.T) {
	good := sailpoint.Config{BaseURL: "https://example.api.identitynow.com", ClientID: "c", ClientSecret: extract.NewSecret("s")}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*sailpoint.Config){
		"base_url: missing":                         func(c *sailpoint.Config) { c.BaseURL = "" },
		"base_url: must end before the version":     func(c *sailpoint.Config) { c.BaseURL += "/v2025" },
		"base_url: http would send":                 func(c *sailpoint.Config) { c.BaseURL = "http://example.com" },
		`api: want v2024`:                           func(c *sailpoint.Config) { c.API = "v3" },
		"token_url: not a URL":                      func(c *sailpoint.Config) { c.TokenURL = "oauth/token" },
		"client_id: missing":                        func(c *sailpoint.Config) { c.ClientID = "" },
		"role_mining.route":                         func(c *sailpoint.Config) { c.RoleMining.Route = "zip" },
		"role_mining.min_entitlement_popularity: 1": func(c *sailpoint.Config) { c.RoleMining.MinEntitlementPopularity = 101 },
		"lists route cannot filter": func(c *sailpoint.Config) {
			c.RoleMining = sailpoint.RoleMining{Route: "lists", MinEntitlementPopularity: 5}
		},
		"role_mining.sessions: holds an empty": func(c *sailpoint.Config) { c.RoleMining.Sessions = []string{""} },
		`include_types: "Role" is not`:         func(c *sailpoint.Config) { c.SPConfig.IncludeTypes = []string{"Role"} },
		"exclude_types: ROLE is in include_types": func(c *sailpoint.Config) {
			c.SPConfig = sailpoint.SPConfig{IncludeTypes: []string{"ROLE"}, ExcludeTypes: []string{"ROLE"}}
		},
		"object_options.RULE: the type": func(c *sailpoint.Config) {
			c.SPConfig.ObjectOptions = map[string]sailpoint.ObjectOptions{"RULE": {IncludedIDs: []string{"a"}}}
		},
		"object_options.ROLE: set includedIds": func(c *sailpoint.Config) { c.SPConfig.ObjectOptions = map[string]sailpoint.ObjectOptions{"ROLE": {}} },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}
