package sailpoint_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
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
