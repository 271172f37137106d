package oleria_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

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
