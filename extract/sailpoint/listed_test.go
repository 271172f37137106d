package sailpoint_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

type options = map[string]any

func contract(plural string, export options) *schemas.Contract {
	if export["job"] == nil {
		export["job"] = "list"
	}
	return &schemas.Contract{Dataset: "sailpoint." + plural, Export: export}
}

// under are a list and one for each of its records.
func under(parent *schemas.Contract, plural string, export options) []*schemas.Contract {
	c := contract(plural, export)
	export["each"], c.Parent = parent.Plural(), parent
	return []*schemas.Contract{parent, c}
}

func assigned() []*schemas.Contract {
	return under(contract("roles", options{"path": "roles", "limit": uint64(50), "sorters": "name,created"}), "role_assignments",
		options{"path": "roles/{id}/assigned-identities", "sorters": "id", "context": options{"role_id": "id", "role_name": "name"}})
}

// records are so many, with ids that count from a number.
func records(prefix string, from, n int) string {
	list := []map[string]any{}
	for i := range n {
		list = append(list, map[string]any{"id": fmt.Sprintf("%s%05d", prefix, from+i), "name": fmt.Sprintf("N %d", from+i), "dimensional": (from+i)%2 == 0})
	}
	data, _ := json.Marshal(list)
	return string(data)
}

func queries(b *bench, route string) (out []string) {
	for _, r := range b.api.Requests(route) {
		out = append(out, r.Query)
	}
	return out
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Each endpoint has its own size of a page, order and parameters, and a list is
// whole where it has as many records as the vendor counts.
func TestLists_askAsTheContractSays(t *testing.T) {
	b := newBench(t)
	b.conf.API = "v1"
	b.api.On("GET /identities/v1", total("300", records("i", 0, 250)), scripted.JSON(200, records("i", 250, 50))).
		On("GET /roles/v1", total("100", records("r", 0, 50)), scripted.JSON(200, records("r", 50, 50)), scripted.JSON(200, "[]")).
		On("GET /role-assignments/v1", scripted.JSON(200, records("a", 0, 400)))
	got := b.run([]*schemas.Contract{
		contract("identities", options{"path": "identities", "sorters": "alias", "query": options{"defaultFilter": "NONE"}}),
		contract("roles", options{"path": "roles", "limit": uint64(50), "sorters": "name,created"}),
		contract("assignments", options{"path": "role-assignments", "limit": uint64(0), "count": false}),
	})
	for plural, e := range got {
		if !e.Complete || e.Filtered || e.Partial != "" {
			t.Errorf("%s: %+v", plural, e)
		}
	}
	same(t, queries(b, "GET /identities/v1"), "count=true&defaultFilter=NONE&limit=250&offset=0&sorters=alias", "defaultFilter=NONE&limit=250&offset=250&sorters=alias")
	same(t, queries(b, "GET /roles/v1"), "count=true&limit=50&offset=0&sorters=name%2Ccreated", "limit=50&offset=50&sorters=name%2Ccreated", "limit=50&offset=100&sorters=name%2Ccreated")
	same(t, queries(b, "GET /role-assignments/v1"), "")
	if n := len(got["roles"].Parts); n != 3 {
		t.Errorf("%d pages of roles", n)
	}
}

// The list that names the parents is paged too, and each part says whose it is.
func TestLists_forEachRecord(t *testing.T) {
	b := newBench(t)
	b.api.On("GET /v2025/roles", total("51", records("r", 0, 50)), scripted.JSON(200, records("r", 50, 1)))
	for i := range 51 {
		b.api.On(fmt.Sprintf("GET /v2025/roles/r%05d/assigned-identities", i), scripted.JSON(200, records("i", 0, i%3)))
	}
	got := b.run(assigned())
	e := got["role_assignments"]
	if !e.Complete || len(e.Parts) != 51 || e.PartsListed != "sailpoint.roles" || !got["roles"].Complete {
		t.Fatalf("%d parts, listed by %q: %s", len(e.Parts), e.PartsListed, e.Error)
	}
	if c := e.Parts[50].Context; c["role_id"] != "r00050" || c["role_name"] != "N 50" {
		t.Errorf("context %v", c)
	}
}

// A list of parents is read where only what hangs on it is asked for, and
// nothing is asked for that the contract leaves out.
func TestLists_someRecordsOfAListNotAskedFor(t *testing.T) {
	b := newBench(t)
	both := under(contract("roles", options{"path": "roles", "limit": uint64(50)}), "dimensions",
		options{"path": "roles/{id}/dimensions", "where": options{"dimensional": true}, "context": options{"role_id": "id"}, "apis": []any{"v2026", "v1"}})
	b.api.On("GET /v2025/roles", scripted.JSON(200, records("r", 0, 3))).
		On("GET /roles/v1/r00000/dimensions", scripted.JSON(200, "[]")).On("GET /roles/v1/r00002/dimensions", scripted.JSON(200, records("d", 0, 1)))
	got := b.run(both[1:])
	if e := got["dimensions"]; !e.Complete || len(e.Parts) != 2 || len(got) != 1 {
		t.Errorf("%+v", e)
	}
}

func TestLists_aParentThatIsGone(t *testing.T) {
	gone := scripted.JSON(404, `{"detailCode":"404 Not found","messages":[{"text":"not there"}]}`)
	members := func(i int) string { return fmt.Sprintf("GET /v2025/roles/r%05d/assigned-identities", i) }
	for name, c := range map[string]struct {
		answers          []http.HandlerFunc // to the first page of three roles
		second           http.HandlerFunc   // page of the first role
		complete, warned bool
		text             string
	}{
		"one":                            {[]http.HandlerFunc{gone, scripted.JSON(200, "[]"), scripted.JSON(200, records("i", 0, 2))}, nil, true, true, ""},
		"all, so it is the endpoint":     {[]http.HandlerFunc{gone, gone, gone}, nil, false, false, "not there"},
		"another refusal":                {[]http.HandlerFunc{scripted.JSON(403, `{"messages":[{"text":"no right"}]}`)}, nil, false, false, "no right"},
		"a later page is an end of none": {[]http.HandlerFunc{scripted.JSON(200, records("i", 0, 250)), scripted.JSON(200, "[]"), scripted.JSON(200, "[]")}, gone, false, false, "no page after record 250"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On("GET /v2025/roles", scripted.JSON(200, records("r", 0, 3)))
			for i, a := range c.answers {
				b.api.On(members(i), a)
			}
			if c.second != nil {
				b.api.On(members(0), c.second)
			}
			got := b.run(assigned())
			e := got["role_assignments"]
			if e.Complete != c.complete || !strings.Contains(e.Error, c.text) || (e.Partial != "") != c.complete || !got["roles"].Complete {
				t.Errorf("complete %v, partial %q, %s", e.Complete, e.Partial, e.Error)
			}
			warned := false
			for _, ev := range b.events {
				warned = warned || ev.State == extract.Warned && strings.Contains(ev.Note, "r00000")
			}
			if warned != c.warned {
				t.Errorf("warned %v", warned)
			}
		})
	}
}

// A search, and a list whose version has it, goes on from the last record: so it
// passes the window of 10,000.
func TestLists_goOnFromTheLastRecord(t *testing.T) {
	const all = 10_100
	pages := func() (out []http.HandlerFunc) {
		for from := 0; from < all; from += 250 {
			out = append(out, total(fmt.Sprint(10_000), records("e", from, min(250, all-from)))) // the vendor's total ends at its window
		}
		return out
	}
	entitlements := func() []*schemas.Contract {
		return []*schemas.Contract{contract("entitlements", options{"path": "entitlements", "sorters": "id", "search_after": []any{"v2026", "v1"}})}
	}
	t.Run("list", func(t *testing.T) {
		b := newBench(t)
		b.conf.API = "v2026"
		b.api.On("GET /v2026/entitlements", pages()...)
		if e := b.run(entitlements())["entitlements"]; !e.Complete || len(e.Parts) != 41 {
			t.Fatalf("%d parts: %s", len(e.Parts), e.Error)
		}
		got := queries(b, "GET /v2026/entitlements")
		same(t, []string{got[0], got[1], got[40]}, "count=true&limit=250&sorters=id", "limit=250&searchAfter=e00249&sorters=id", "limit=250&searchAfter=e09999&sorters=id")
	})
	t.Run("search", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST /v2025/search", pages()...)
		e := b.run([]*schemas.Contract{contract("identities", options{"job": "search", "index": "identities", "sorters": "id"})})["identities"]
		if !e.Complete || len(e.Parts) != 41 {
			t.Fatalf("%d parts: %s", len(e.Parts), e.Error)
		}
		sent := b.api.Requests("POST /v2025/search")
		same(t, []string{sent[0].Query, sent[0].Body, sent[40].Query, sent[40].Body},
			"count=true&limit=250", `{"indices":["identities"],"query":{"query":"*"},"sort":["id"]}`,
			"limit=250", `{"indices":["identities"],"query":{"query":"*"},"sort":["id"],"searchAfter":["e09999"]}`)
	})
	t.Run("by offset", func(t *testing.T) { // the window is not an end
		b := newBench(t)
		b.api.On("GET /v2025/entitlements", pages()[:40]...).
			On("GET /v2025/entitlements", scripted.JSON(400, `{"messages":[{"text":"offset + limit must be within 10000"}]}`))
		e := b.run(entitlements())["entitlements"]
		if e.Complete || !strings.Contains(e.Error, "at the edge of the vendor's window of 10000 records") {
			t.Errorf("complete %v: %s", e.Complete, e.Error)
		}
	})
}

// What was fetched before an interruption is not asked for again, by whichever
// way the pages are told apart.
func TestLists_goOnAfterAnInterruption(t *testing.T) {
	b := newBench(t)
	b.conf.API = "v1"
	b.api.On("GET /entitlements/v1", total("251", records("e", 0, 250)), scripted.JSON(403, "{}"), scripted.JSON(200, records("e", 250, 1)))
	entitlements := []*schemas.Contract{contract("entitlements", options{"path": "entitlements", "sorters": "id", "search_after": []any{"v1"}})}
	if e := b.run(entitlements)["entitlements"]; e.Complete {
		t.Error("complete without its second page")
	}
	b.api.On("POST /oauth/token", scripted.Token(token, 43200))
	if e := b.run(entitlements)["entitlements"]; !e.Complete || len(e.Parts) != 2 {
		t.Errorf("%+v", e)
	}
	q, _ := url.ParseQuery(b.api.Requests("GET /entitlements/v1")[2].Query)
	if q.Get("searchAfter") != "e00249" {
		t.Errorf("query %v", q)
	}
}

func TestLists_contractsThatSayNonsense(t *testing.T) {
	for text, c := range map[string]*schemas.Contract{
		"it has no path":                                    contract("x", options{}),
		"unknown word sorter":                               contract("x", options{"path": "x", "sorter": "id"}),
		"limit: want a number":                              contract("x", options{"path": "x", "limit": "many"}),
		"search_after: want a list":                         contract("x", options{"path": "x", "sorters": "id", "search_after": "v1"}),
		"search_after needs sorters":                        contract("x", options{"path": "x", "search_after": []any{"v1"}}),
		"a path with {id} needs each":                       contract("x", options{"path": "x/{id}/y"}),
		"a search needs index and sorters":                  contract("x", options{"job": "search", "index": "events"}),
		"each: say in context by which fact":                under(contract("p", options{"path": "p"}), "x", options{"path": "p/{id}/x"})[1],
		"where: want words with values":                     contract("x", options{"path": "x", "where": "dimensional"}),
		"set export: {job: list, search, download, role_mi": contract("x", options{"job": "lists", "path": "x"}),
	} {
		b := newBench(t)
		b.api.Drop("POST /oauth/token", 0)
		if e := b.run([]*schemas.Contract{c})["x"]; e.Failure != schemas.FailureInput || !strings.Contains(e.Error, text) {
			t.Errorf("%q lacks %q", e.Error, text)
		}
	}
}
