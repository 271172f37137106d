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

func TestExport_endsInTypedErrors(t *testing.T) {
	page := scripted.Body(200, "text/html", "<html>maintenance</html>")
	for name, tc := range map[string]struct {
		script  func(b *bench)
		failure string
		texts   []string
	}{
		"job failed": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1",
				scripted.JSON(200, `{"id":"job-1","status":"failed","error":{"code":"EXPORT_TIMEOUT","message":"took too long, see https://x.example.com/a?sig=`+sig+`"}}`))
		}, schemas.FailureVendor, []string{"prod: oleria.employees: poll", "EXPORT_TIMEOUT: took too long", "run again"}},
		"unknown status": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", scripted.JSON(200, `{"id":"job-1","status":"queued"}`))
		}, schemas.FailureVendor, []string{"unknown status queued", "accepted, completed, failed"}},
		"empty status": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", scripted.JSON(200, `{"id":"job-1"}`))
		}, schemas.FailureVendor, []string{"no status"}},
		"empty 200": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", scripted.Status(200))
		}, schemas.FailureVendor, []string{"empty"}},
		"no id": {func(b *bench) { b.api.On("POST /v1/downloads", scripted.JSON(201, `{}`)) },
			schemas.FailureVendor, []string{"submit", "no id"}},
		"completed without url": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", scripted.JSON(200, `{"id":"job-1","status":"completed"}`))
		}, schemas.FailureVendor, []string{"no url"}},
		"forbidden": {func(b *bench) {
			b.api.On("POST /v1/downloads", scripted.JSON(403, `{"code":"forbidden","message":"secret `+secret+` is not allowed"}`))
		}, schemas.FailureCredentials, []string{"submit", "403 Forbidden", "forbidden: secret *** is not allowed", "Manage APIs"}},
		"a firewall's page": {func(b *bench) {
			b.api.On("POST /v1/downloads", scripted.Body(403, "text/html", "<html>blocked</html>"))
		}, schemas.FailureVendor, []string{"web page"}},
		"refused twice": {func(b *bench) {
			b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
				On("POST /v1/downloads", scripted.JSON(401, `{}`), scripted.JSON(401, `{"error":{"code":"unauthorized","message":"no"}}`))
		}, schemas.FailureCredentials, []string{"401", "unauthorized: no"}},
		"bad request": {func(b *bench) {
			b.api.On("POST /v1/downloads", scripted.JSON(400, `{"code":"bad_context","message":"unknown context"}`))
		}, schemas.FailureVendor, []string{"400", "bad_context: unknown context"}},
		"server down": {func(b *bench) { b.api.On("POST /v1/downloads", scripted.Times(5, scripted.Status(500))...) },
			schemas.FailureVendor, []string{"500"}},
		"line down": {func(b *bench) { b.api.On("POST /v1/downloads", scripted.Times(5, scripted.Reset)...) },
			schemas.FailureUnreachable, []string{"POST /v1/downloads", "check the network"}},
		"page instead of JSON": {func(b *bench) { b.api.On("POST /v1/downloads", scripted.Times(5, page)...) },
			schemas.FailureVendor, []string{"web page"}},
		"page instead of file": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", b.completed("/e.csv"))
			b.storage.On("GET /e.csv", scripted.Times(5, page)...)
		}, schemas.FailureVendor, []string{"download", "web page"}},
		"page without its type": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", b.completed("/e.csv"))
			b.storage.On("GET /e.csv", scripted.Times(5, scripted.Body(200, "text/csv", " \n<!DOCTYPE html><p>"))...)
		}, schemas.FailureVendor, []string{"error page"}},
		"empty file": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", b.completed("/e.csv"))
			b.storage.On("GET /e.csv", scripted.Times(5, scripted.Status(200))...)
		}, schemas.FailureVendor, []string{"empty"}},
		"always cut": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", b.completed("/e.csv"))
			b.storage.On("GET /e.csv", scripted.Times(5, scripted.Sized(len(csv)+1, csv))...)
		}, schemas.FailureUnreachable, []string{"download", "unexpected EOF"}},
		"file over the limit": {func(b *bench) {
			b.conf.MaxBytes = 10
			b.api.On("POST /v1/downloads", accepted).On("GET /v1/downloads/job-1", b.completed("/e.csv"))
			b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
		}, schemas.FailureVendor, []string{"max_bytes"}},
		"link without TLS to elsewhere": {func(b *bench) {
			b.api.On("POST /v1/downloads", accepted).
				On("GET /v1/downloads/job-1", scripted.JSON(200, `{"id":"job-1","status":"completed","url":"http://storage.example.com/x?sig=`+sig+`"}`))
		}, schemas.FailureVendor, []string{"not https"}},
		"redirected POST": {func(b *bench) {
			b.api.On("POST /v1/downloads", scripted.Status(307, "Location", "https://elsewhere.example.com/"))
		}, schemas.FailureVendor, []string{"307", "base URL"}},
		"token refused": {func(b *bench) {
			b.api.On("POST /oauth/token", scripted.JSON(401, `{"error":"invalid_client","error_description":"bad `+secret+`"}`))
		}, schemas.FailureCredentials, []string{"token", "invalid_client: bad ***", "client_secret"}},
		"token endpoint talks HTML": {func(b *bench) {
			b.api.On("POST /oauth/token", scripted.Body(200, "text/html", "<html>"+secret))
		}, schemas.FailureVendor, []string{"token", "token_url"}},
		"token endpoint redirects": {func(b *bench) {
			b.api.On("POST /oauth/token", scripted.Status(302, "Location", "https://elsewhere.example.com/"))
		}, schemas.FailureVendor, []string{"token", "302", "token_url"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tc.script(b)
			if !slices.ContainsFunc([]string{"token refused", "token endpoint talks HTML", "token endpoint redirects"}, func(s string) bool { return s == name }) {
				b.api.On("POST /oauth/token", scripted.Token(token, 3600))
			}
			b.failed(b.one(), tc.failure, tc.texts...)
			if list, _ := os.ReadDir(filepath.Join(b.store.Dir(), "tmp")); len(list) > 0 {
				t.Error("a temporary file stays")
			}
			for range b.store.Artifacts() {
				t.Error("an artifact was stored")
			}
		})
	}
}

func TestExport_passingFaultsDoNotMatter(t *testing.T) {
	for name, faults := range map[string][]http.HandlerFunc{
		"500 and 502":               {scripted.Status(500), scripted.Status(502)},
		"429 in seconds":            {scripted.Status(429, "Retry-After", "17")},
		"429 as date":               {scripted.Status(429, "Retry-After", "Sun, 01 Mar 2026 02:00:17 GMT")},
		"503 in seconds":            {scripted.Status(503, "Retry-After", "17")},
		"connection reset":          {scripted.Reset, scripted.Reset},
		"cut body":                  {scripted.Raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":")},
		"cut chunks":                {scripted.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"")},
		"page":                      {scripted.Body(200, "text/html", "<html>")},
		"half a JSON":               {scripted.JSON(200, `{"id":"job-1","sta`)},
		"throttled for a long time": scripted.Times(9, scripted.Status(429, "Retry-After", "20")),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On("POST /oauth/token", append(slices.Clone(onlyStatus(faults)), scripted.Token(token, 3600))...).
				On("POST /v1/downloads", append(slices.Clone(faults), accepted)...).
				On("GET /v1/downloads/job-1", append(slices.Clone(faults), b.completed("/e.csv"))...)
			b.storage.On("GET /e.csv", append(slices.Clone(faultsOf(faults)), scripted.Body(200, "text/csv", csv))...)
			if got := b.bytes(b.one()); got != csv {
				t.Errorf("got %q", got)
			}
			if strings.HasPrefix(name, "429 ") || name == "503 in seconds" {
				if w := b.clock.Waits(); slices.Max(w) < 17*time.Second-time.Second || slices.Max(w) > 40*time.Second {
					t.Errorf("waited %v, Retry-After said 17s", w)
				}
			}
		})
	}
}

// onlyStatus leaves out for the token endpoint what oauth2 takes as final.
func onlyStatus(faults []http.HandlerFunc) []http.HandlerFunc {
	if len(faults) == 1 {
		return nil
	}
	return faults
}

// faultsOf leaves out a JSON fault, which is no fault of a file.
func faultsOf(faults []http.HandlerFunc) []http.HandlerFunc {
	rec := &recorder{header: http.Header{}}
	func() {
		defer func() { _ = recover() }() // no hijacking here
		faults[0](rec, nil)
	}()
	if rec.status == 200 && rec.header.Get("Content-Type") == "application/json" {
		return nil
	}
	return faults
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *recorder) WriteHeader(s int)           { r.status = s }

func TestExport_bodyThatIsNotWholeIsAskedAgain(t *testing.T) {
	good := scripted.Body(200, "text/csv", csv)
	for name, fault := range map[string]http.HandlerFunc{
		"shorter than Content-Length": scripted.Sized(len(csv), csv[:20]),
		"longer than Content-Length":  scripted.Sized(26, csv),
		"cut chunk":                   scripted.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nEmployee\r\n"),
		"cut gzip":                    scripted.Raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48"),
		"not found":                   nil,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
				On("POST /v1/downloads", accepted).
				On("GET /v1/downloads/job-1", b.completed("/e.csv"))
			if fault == nil {
				b.storage.On("GET /e.csv", scripted.Status(404))
				b.failed(b.one(), schemas.FailureVendor, "404")
				return
			}
			b.storage.On("GET /e.csv", fault, good)
			if got := b.bytes(b.one()); got != csv {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestExport_deadline(t *testing.T) {
	b := newBench(t)
	b.conf.Deadline = 10 * time.Minute
	polls := 0
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", accepted)
	b.api.On("GET /v1/downloads/job-1", scripted.Times(28, func(w http.ResponseWriter, r *http.Request) { polls++; accepted(w, r) })...)
	got, err := b.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b.failed(got[0], schemas.FailureNotReady, "prod: oleria.employees: poll", "not ready within 10m0s", "deadline")
	var total time.Duration
	for _, w := range b.clock.Waits() {
		if total += w; w > 30*time.Second {
			t.Errorf("wait of %s is over the cap", w)
		}
	}
	if total != 10*time.Minute {
		t.Errorf("gave up after %s", total)
	}
	b.api.On("GET /v1/downloads/job-1", b.completed("/e.csv"))
	drain(b)
	b.storage.On("GET /e.csv", scripted.Body(200, "text/csv", csv))
	b.bytes(b.one())
	if n := len(b.api.Requests("POST /v1/downloads")); n != 1 {
		t.Errorf("%d jobs were asked for: the second run did not take up the first's", n)
	}
}

// drain takes the answers that the first run left.
func drain(b *bench) {
	b.api.Drop("GET /v1/downloads/job-1", 1)
	b.api.On("POST /oauth/token", scripted.Token(token, 3600))
}

func TestExport_throttleBeyondTheDeadline(t *testing.T) {
	b := newBench(t)
	b.api.On("POST /oauth/token", scripted.Token(token, 3600)).
		On("POST /v1/downloads", scripted.Status(429, "Retry-After", "86400"))
	b.failed(b.one(), schemas.FailureNotReady, "429")
	if len(b.clock.Waits()) != 0 {
		t.Error("waited although the deadline comes first")
	}
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
