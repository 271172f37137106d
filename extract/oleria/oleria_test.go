package oleria_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/schemas"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret = "canary-client-secret"
	token  = "canary-token-one"
	sig    = "canary-signature"
	csv    = "Employee Name,Email\nAda Example,ada@example.com\n"
	run1   = "01JRUNAAAAAAAAAAAAAAAAAAAA"
)

func TestExport_wholeWay(t *testing.T) {
	b := newBench(t)
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", scripted.JSON(201, `{"id":"job-1"}`)). // the documented sample has no status
		On("GET /v1/downloads/job-1", accepted, accepted, b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	e := b.one()
	if got := b.bytes(e); got != csv {
		t.Errorf("artifact holds %q", got)
	}
	p := e.Parts[0]
	if p.JobID != "job-1" || p.MediaType != "text/csv" || p.Bytes != int64(len(csv)) || p.StoredBytes == 0 || p.FetchedAt.IsZero() {
		t.Errorf("part %+v", p)
	}
	if want := `{"method":"POST","path":"/v1/downloads","body":{"context":"employees"}}`; string(p.Request) != want {
		t.Errorf("request %s, want %s", p.Request, want)
	}
	if e.Filtered || e.Tenant != "example" || e.Vendor != "oleria" || e.BaseURL != b.api.URL {
		t.Errorf("export %+v", e)
	}
	form := b.api.Requests("POST /oauth/token")[0]
	for _, part := range []string{"grant_type=client_credentials", "client_id=client", "client_secret=" + secret, "audience=https", "scope=Example"} {
		if !strings.Contains(form.Body, part) {
			t.Errorf("token request lacks %s", part)
		}
	}
	for _, r := range b.api.Requests("GET /v1/downloads/job-1") {
		if r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("User-Agent") != "accessmart/1.2.3" {
			t.Errorf("poll with headers %v", r.Header)
		}
	}
	if h := b.storage.Requests("")[0].Header; h.Get("Authorization") != "" || h.Get("Referer") != "" || h.Get("Cookie") != "" {
		t.Errorf("signed URL asked with %v", h)
	}
	waits := b.clock.Waits()
	if len(waits) != 2 || waits[0] < 2*time.Second || waits[1] < 2*time.Second {
		t.Errorf("waits %v: floor is 2s", waits)
	}
	saved, err := b.store.Exports(run1)
	if err != nil || len(saved) != 1 || !saved[0].Complete {
		t.Errorf("saved %v %v", saved, err)
	}
	if left, _ := os.ReadDir(filepath.Join(b.store.Dir(), "journal")); len(left) != 0 {
		t.Error("the journal of a complete export stays")
	}
}

func TestExport_basicCredentials(t *testing.T) {
	b := newBench(t)
	b.conf.Credentials = "basic"
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", accepted).
		On("GET /v1/downloads/job-1", b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	b.bytes(b.one())
	r := b.api.Requests("POST /oauth/token")[0]
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") || strings.Contains(r.Body, secret) {
		t.Errorf("token request %v %s", r.Header, r.Body)
	}
}

func TestExport_filtersGoAlong(t *testing.T) {
	b := newBench(t)
	b.conf.Filters = map[string]oleria.Filter{"employees": {
		FilterBy: []oleria.Condition{{DataType: "string", Field: "department", FilterType: "eq", Values: []any{"Sales"}}, {DataType: "string", Field: "title", FilterType: "isNull"}},
		SortBy:   []oleria.Order{{Field: "createdAt", SortType: "desc"}}}}
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", accepted).
		On("GET /v1/downloads/job-1", b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	e := b.one()
	want := `{"context":"employees","params":{"filterBy":[{"dataType":"string","field":"department","filterType":"eq","values":["Sales"]},{"dataType":"string","field":"title","filterType":"isNull","values":[]}],"sortBy":[{"field":"createdAt","sortType":"desc"}]}}`
	if got := b.api.Requests("POST /v1/downloads")[0].Body; got != want {
		t.Errorf("body %s\nwant %s", got, want)
	}
	if !e.Complete || !e.Filtered {
		t.Errorf("complete %v filtered %v", e.Complete, e.Filtered)
	}
}

func TestExport_tokenRefusedOnceIsReplaced(t *testing.T) {
	b := newBench(t)
	b.api.On("POST /oauth/token", scripted.Token(token, 3600), scripted.Token("canary-token-two", 3600)).
		On("POST /v1/downloads", scripted.JSON(401, `{"code":"expired","message":"token expired"}`), accepted).
		On("GET /v1/downloads/job-1", b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	b.bytes(b.one())
	if h := b.api.Requests("GET /v1/downloads/job-1")[0].Header.Get("Authorization"); h != "Bearer canary-token-two" {
		t.Error("the new token is not used further")
	}
}

func TestExport_tokenIsRefreshedBeforeItExpires(t *testing.T) {
	b := newBench(t)
	b.conf.Poll = extract.Poll{Min: time.Minute, Max: time.Minute}
	b.api.On("POST /oauth/token", scripted.Token(token, 100), scripted.Token("canary-token-two", 100)).
		On("POST /v1/downloads", accepted).
		On("GET /v1/downloads/job-1", accepted, accepted, b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	b.bytes(b.one())
	var used []string
	for _, r := range b.api.Requests("GET /v1/downloads/job-1") {
		used = append(used, r.Header.Get("Authorization")[len("Bearer canary-token-"):])
	}
	if !slices.Equal(used, []string{"one", "one", "two"}) {
		t.Errorf("tokens used: %v", used)
	}
}

func TestExport_expiredURL(t *testing.T) {
	gone := scripted.Body(403, "application/xml", `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`)
	t.Run("one poll gives a new one", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
			On("POST /v1/downloads", accepted).
			On("GET /v1/downloads/job-1", b.completed("/old.csv"), b.completed("/new.csv"))
		b.storage.On("GET /old.csv", gone).On("GET /new.csv", scripted.Body(200, "text/csv", csv))
		b.bytes(b.one())
	})
	t.Run("then one new request", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
			On("POST /v1/downloads", accepted, scripted.JSON(201, `{"id":"job-2","status":"accepted"}`)).
			On("GET /v1/downloads/job-1", b.completed("/old.csv"), b.completed("/old.csv")).
			On("GET /v1/downloads/job-2", b.completed("/new.csv"))
		b.storage.On("GET /old.csv", gone, gone).On("GET /new.csv", scripted.Body(200, "text/csv", csv))
		e := b.one()
		b.bytes(e)
		if e.Parts[0].JobID != "job-2" {
			t.Errorf("job id %s", e.Parts[0].JobID)
		}
	})
	t.Run("then it is an error", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
			On("POST /v1/downloads", accepted, accepted).
			On("GET /v1/downloads/job-1", scripted.Times(4, b.completed("/old.csv"))...)
		b.storage.On("GET /old.csv", scripted.Times(4, gone)...)
		e := b.one()
		b.failed(e, schemas.FailureVendor, "prod: oleria.employees: download", "403", "signed URL at 127.0.0.1")
	})
}

func TestRun_oneFailureLeavesTheOthers(t *testing.T) {
	b := newBench(t)
	b.conf.Parallel = 1
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", byContext(map[string]http.HandlerFunc{"risksV2": scripted.JSON(400, `{"code":"x","message":"y"}`), "employees": accepted}),
			byContext(map[string]http.HandlerFunc{"risksV2": scripted.JSON(400, `{"code":"x","message":"y"}`), "employees": accepted})).
		On("GET /v1/downloads/job-1", b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	got, err := b.run(context.Background(), contract("risks_v2", "risksV2"), contract("none", ""), contract("employees", "employees"))
	if err != nil {
		t.Fatal(err)
	}
	b.failed(got[0], schemas.FailureVendor, "oleria.risks_v2", "x: y")
	b.failed(got[1], schemas.FailureInput, "oleria.none: plan", "context")
	if !got[2].Complete {
		t.Error(got[2].Error)
	}
}

func byContext(m map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Context string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		m[body.Context](w, r)
	}
}

func TestRun_cancelled(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	b.clock.OnWait = func(int) { cancel() }
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", accepted).
		On("GET /v1/downloads/job-1", accepted)
	got, err := b.run(ctx)
	if err == nil {
		t.Error("no error of the context")
	}
	b.failed(got[0], schemas.FailureInterrupted, "interrupted", "run again")

	// The next run takes the job up.
	b.clock.OnWait = nil
	b.clock.Add(time.Hour)
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("GET /v1/downloads/job-1", b.completed("/e.csv"))
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	b.bytes(b.one())
}

func TestRun_resume(t *testing.T) {
	interrupt := func(t *testing.T) *bench {
		b := newBench(t)
		ctx, cancel := context.WithCancel(context.Background())
		b.clock.OnWait = func(int) { cancel() }
		b.api.On("POST /oauth/token", scripted.Token(token, 3600), scripted.Token(token, 3600)).
			On("POST /v1/downloads", accepted).
			On("GET /v1/downloads/job-1", accepted)
		if _, err := b.run(ctx); err == nil {
			t.Fatal("not interrupted")
		}
		b.clock.OnWait = nil
		b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
		return b
	}
	fresh := func(b *bench) {
		b.api.On("POST /v1/downloads", scripted.JSON(201, `{"id":"job-2","status":"accepted"}`)).On("GET /v1/downloads/job-2", b.completed("/e.csv"))
	}
	for name, prepare := range map[string]func(b *bench){
		"the vendor forgot the job": func(b *bench) {
			b.api.On("GET /v1/downloads/job-1", scripted.JSON(404, `{"code":"not_found","message":"no such id"}`))
		},
		"the job failed meanwhile": func(b *bench) {
			b.api.On("GET /v1/downloads/job-1", scripted.JSON(200, `{"id":"job-1","status":"failed"}`))
		},
		"too old":             func(b *bench) { b.clock.Add(13 * time.Hour) },
		"the clock went back": func(b *bench) { b.clock.Add(-time.Hour) },
		"another request": func(b *bench) {
			b.conf.Filters = map[string]oleria.Filter{"employees": {SortBy: []oleria.Order{{Field: "a", SortType: "asc"}}}}
		},
		"the journal is wreck": func(b *bench) {
			os.WriteFile(filepath.Join(b.store.Dir(), "journal", "prod.employees.json"), []byte(`{"ver`), 0o600)
		},
	} {
		t.Run(name+": asked anew", func(t *testing.T) {
			b := interrupt(t)
			prepare(b)
			fresh(b)
			if e := b.one(); e.Parts[0].JobID != "job-2" {
				t.Errorf("%+v", e)
			}
		})
	}
	t.Run("server down: the job is kept", func(t *testing.T) {
		b := interrupt(t)
		b.api.On("GET /v1/downloads/job-1", scripted.Times(5, scripted.Status(500))...)
		b.failed(b.one(), schemas.FailureVendor, "500")
		b.api.On("POST /oauth/token", scripted.Token(token, 3600)).On("GET /v1/downloads/job-1", b.completed("/e.csv"))
		b.bytes(b.one())
	})
}
