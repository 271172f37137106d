package sailpoint_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

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
