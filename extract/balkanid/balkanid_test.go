package balkanid_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	run1 = "01JRUNAAAAAAAAAAAAAAAAAAAA"
	base = "/api/rest/v0/"
)

type bench struct {
	t       *testing.T
	api     *scripted.Server
	storage *scripted.Server
	clock   *scripted.Clock
	store   *extract.Store
	logs    bytes.Buffer
	conf    balkanid.Config
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, api: scripted.New(t), storage: scripted.New(t), clock: scripted.NewClock()}
	var err error
	if b.store, err = extract.OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	b.conf = balkanid.Config{BaseURL: b.api.URL, KeyID: "canary-key-id", KeySecret: extract.NewSecret("canary-key-secret"), Limits: extract.Limits{Parallel: 1}}
	return b
}

func contract(plural string, body map[string]any) *schemas.Contract {
	c := &schemas.Contract{Dataset: "balkanid." + plural, Export: map[string]any{"path": strings.ReplaceAll(plural, "_", "-") + "/download-url"}}
	if body != nil {
		c.Export["body"] = body
	}
	if plural == "entitlements" {
		c.Export["per"] = "integration"
	}
	return c
}

// links answers with two signed URLs at the storage.
func (b *bench) links(name string) http.HandlerFunc {
	return scripted.JSON(200, map[string]any{"pollingUrl": b.storage.URL + "/poll/" + name + "?sig=canary-sig", "url": b.storage.URL + "/get/" + name + "?sig=canary-sig"})
}

// ready scripts a file that is there at the first poll.
func (b *bench) ready(name, text string) {
	b.storage.On("HEAD /poll/"+name, scripted.Status(200)).On("GET /get/"+name, scripted.Body(200, "text/csv", text))
}

func (b *bench) run(contracts ...*schemas.Contract) []*schemas.Export {
	b.t.Helper()
	v, err := balkanid.New(b.conf)
	if err != nil {
		b.t.Fatal(err)
	}
	x := &extract.Extractor{Store: b.store, Now: b.clock.Now, Wait: b.clock.Wait,
		Log: slog.New(slog.NewTextHandler(&b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	got, err := x.Run(context.Background(), run1, extract.Source{Name: "bid"}, v, contracts)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range got {
		if s := fmt.Sprintf("%+v", e); strings.Contains(s, "canary") {
			b.t.Errorf("secret in %s", s)
		}
	}
	if strings.Contains(b.logs.String(), "canary") {
		b.t.Errorf("secret in the log:\n%s", b.logs.String())
	}
	for _, r := range b.api.Requests("") {
		if r.Header.Get("X-Api-Key-ID") != "canary-key-id" || r.Header.Get("X-Api-Key-Secret") != "canary-key-secret" || r.Header.Get("Content-Type") != "application/json" {
			b.t.Errorf("%s with headers %v", r.Route, r.Header)
		}
	}
	for _, r := range b.storage.Requests("") {
		for name := range r.Header {
			if !slices.Contains([]string{"User-Agent", "Accept", "Connection"}, name) {
				b.t.Errorf("signed URL asked with header %s", name)
			}
		}
	}
	return got
}

func (b *bench) read(sha string) string {
	r, err := b.store.Open(sha)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	data, _ := io.ReadAll(r)
	return string(data)
}

func TestExport_wholeWay(t *testing.T) {
	b := newBench(t)
	b.api.On("POST "+base+"requests/download-url", b.links("r"))
	b.storage.On("HEAD /poll/r", scripted.Status(404), scripted.Status(404), scripted.Status(200)).
		On("GET /get/r", scripted.Body(200, "text/csv", "Request ID*\n1\n"))
	e := b.run(contract("requests", map[string]any{"includeCompleted": true}))[0]
	if !e.Complete || e.Filtered || b.read(e.Parts[0].Artifact) != "Request ID*\n1\n" {
		t.Errorf("%+v", e)
	}
	if want := `{"method":"POST","path":"/requests/download-url","body":{"includeCompleted":true}}`; string(e.Parts[0].Request) != want {
		t.Errorf("request %s", e.Parts[0].Request)
	}
	if got := b.api.Requests("")[0].Body; got != `{"includeCompleted":true}` {
		t.Errorf("body %s", got)
	}
	if len(b.clock.Waits()) != 2 {
		t.Errorf("waits %v", b.clock.Waits())
	}
}

func TestExport_emptyBodyIsAnObject(t *testing.T) {
	b := newBench(t)
	b.api.On("POST "+base+"entity-relations/download-url", b.links("r"))
	b.ready("r", "a\n")
	b.run(contract("entity_relations", nil))
	if got := b.api.Requests("")[0].Body; got != "{}" {
		t.Errorf("body %q", got)
	}
}

func TestExport_ownBodyMayNarrow(t *testing.T) {
	for body, filtered := range map[bool]bool{true: false, false: true} {
		b := newBench(t)
		b.conf.Bodies = map[string]map[string]any{"requests": {"includeCompleted": body}}
		b.api.On("POST "+base+"requests/download-url", b.links("r"))
		b.ready("r", "a\n")
		if e := b.run(contract("requests", map[string]any{"includeCompleted": true}))[0]; e.Filtered != filtered {
			t.Errorf("includeCompleted %v: filtered %v", body, e.Filtered)
		}
	}
}

const list = "ID*,Name*,Status*,Metadata\n" +
	"github/01A,GitHub,active,{}\n" +
	"aws/02B,AWS,inactive,\"[{\"\"name\"\":\"\"k\"\",\"\"type\"\":\"\"secret\"\"}]\"\n" +
	"github/01A,GitHub again,active,{}\n"

func TestEntitlements_onePerIntegration(t *testing.T) {
	for name, contracts := range map[string][]*schemas.Contract{
		"with the list":    {contract("entitlements", nil), contract("integrations", nil)},
		"without the list": {contract("entitlements", nil)},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On("POST "+base+"integrations/download-url", b.links("i")).
				On("POST "+base+"entitlements/download-url", b.links("e1"), b.links("e2"))
			b.ready("i", list)
			b.ready("e1", "Email\na@example.com\n")
			b.ready("e2", "Email\nb@example.com\n")
			got := b.run(contracts...)
			e := got[0]
			if !e.Complete || e.Filtered || len(e.Parts) != 2 || len(got) != len(contracts) {
				t.Fatalf("%+v", e)
			}
			// Parts are ordered by key, whatever order they came in.
			if e.Parts[0].Context["integration_id"] != "aws/02B" || b.read(e.Parts[0].Artifact) != "Email\nb@example.com\n" {
				t.Errorf("%+v", e.Parts)
			}
			if body := b.api.Requests("POST " + base + "entitlements/download-url")[0].Body; body != `{"integrationId":"github/01A"}` {
				t.Errorf("body %s", body)
			}
			if len(got) == 2 && (!got[1].Complete || len(got[1].Parts) != 1) {
				t.Errorf("%+v", got[1])
			}
		})
	}
}

func TestEntitlements_noIntegrationsIsCompleteAndEmpty(t *testing.T) {
	b := newBench(t)
	b.api.On("POST "+base+"integrations/download-url", b.links("i"))
	b.ready("i", "ID*,Name*\n")
	if e := b.run(contract("entitlements", nil))[0]; !e.Complete || len(e.Parts) != 0 {
		t.Errorf("%+v", e)
	}
}

func TestEntitlements_named(t *testing.T) {
	b := newBench(t)
	b.conf.Integrations = []string{"aws/02B"}
	b.conf.EntitlementsBodyField = "integration"
	b.api.On("POST "+base+"integrations/download-url", b.links("i")).On("POST "+base+"entitlements/download-url", b.links("e"))
	b.ready("i", list)
	b.ready("e", "Email\n")
	if e := b.run(contract("entitlements", nil))[0]; !e.Complete || !e.Filtered {
		t.Errorf("%+v", e)
	}
	if body := b.api.Requests("POST " + base + "entitlements/download-url")[0].Body; body != `{"integration":"aws/02B"}` {
		t.Errorf("body %s", body)
	}

	b = newBench(t)
	b.conf.Integrations = []string{"aws/99"}
	b.api.On("POST "+base+"integrations/download-url", b.links("i"))
	b.ready("i", list)
	e := b.run(contract("entitlements", nil), contract("integrations", nil))
	if e[0].Complete || !strings.Contains(e[0].Error, `"aws/99"`) || e[0].Failure != schemas.FailureInput || !e[1].Complete {
		t.Errorf("%+v %+v", e[0], e[1])
	}
}

func TestEntitlements_oneThatFailsFailsTheExport(t *testing.T) {
	b := newBench(t)
	b.api.On("POST "+base+"integrations/download-url", b.links("i")).
		On("POST "+base+"entitlements/download-url", b.links("e1"), scripted.JSON(400, `{"message":"unknown integration"}`))
	b.ready("i", list)
	b.ready("e1", "Email\n")
	got := b.run(contract("entitlements", nil), contract("integrations", nil))
	if got[0].Complete || !strings.Contains(got[0].Error, "unknown integration") || !got[1].Complete {
		t.Errorf("%+v", got[0])
	}
	// The next run asks only for what is missing: the first integration's
	// entitlements had arrived, and so had the list.
	b.api.On("POST "+base+"entitlements/download-url", b.links("e2"))
	b.ready("e2", "Email\n")
	if e := b.run(contract("entitlements", nil), contract("integrations", nil))[0]; !e.Complete || len(e.Parts) != 2 {
		t.Errorf("%+v", e)
	}
}

func TestExport_expiredLinks(t *testing.T) {
	denied := scripted.Body(403, "application/xml", "<Error/>")
	t.Run("polling link: asked once more", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST "+base+"apps/download-url", b.links("a"), b.links("b"))
		b.storage.On("HEAD /poll/a", scripted.Status(404), denied)
		b.ready("b", "ID\n")
		if e := b.run(contract("apps", nil))[0]; !e.Complete {
			t.Error(e.Error)
		}
	})
	t.Run("file link: asked once more", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST "+base+"apps/download-url", b.links("a"), b.links("b"))
		b.storage.On("HEAD /poll/a", scripted.Status(200)).On("GET /get/a", denied)
		b.ready("b", "ID\n")
		if e := b.run(contract("apps", nil))[0]; !e.Complete {
			t.Error(e.Error)
		}
	})
	t.Run("twice is an error of the vendor, not of the keys", func(t *testing.T) {
		b := newBench(t)
		b.api.On("POST "+base+"apps/download-url", b.links("a"), b.links("b"))
		b.storage.On("HEAD /poll/a", denied).On("HEAD /poll/b", denied)
		if e := b.run(contract("apps", nil))[0]; e.Failure != schemas.FailureVendor || !strings.Contains(e.Error, "403") {
			t.Errorf("%+v", e)
		}
	})
}

func TestExport_endsInTypedErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		contract *schemas.Contract
		script   func(b *bench)
		failure  string
		text     string
	}{
		"keys refused": {contract("apps", nil), func(b *bench) {
			b.api.On("POST "+base+"apps/download-url", scripted.JSON(401, `{"message":"bad key canary-key-secret"}`))
		}, schemas.FailureCredentials, "bad key ***; check key_id"},
		"a page in front of the API": {contract("apps", nil), func(b *bench) {
			b.api.On("POST "+base+"apps/download-url", scripted.Body(403, "text/html", "<html>"))
		}, schemas.FailureVendor, "web page"},
		"no links": {contract("apps", nil), func(b *bench) {
			b.api.On("POST "+base+"apps/download-url", scripted.JSON(200, `{"url":"https://x.example.com"}`))
		}, schemas.FailureVendor, "lacks pollingUrl"},
		"never ready": {contract("apps", nil), func(b *bench) {
			b.conf.Deadline = 0
			b.conf.Poll = extract.Poll{Min: 1e10, Max: 1e12}
			b.api.On("POST "+base+"apps/download-url", b.links("a"))
			b.storage.On("HEAD /poll/a", scripted.Times(40, scripted.Status(404))...)
			t.Cleanup(func() { b.storage.Drop("HEAD /poll/a", 0) })
		}, schemas.FailureNotReady, "not ready within 30m0s"},
		"poll answers 410": {contract("apps", nil), func(b *bench) {
			b.api.On("POST "+base+"apps/download-url", b.links("a"))
			b.storage.On("HEAD /poll/a", scripted.Status(410))
		}, schemas.FailureVendor, "410"},
		"poll fails for good": {contract("apps", nil), func(b *bench) {
			b.api.On("POST "+base+"apps/download-url", b.links("a"))
			b.storage.On("HEAD /poll/a", scripted.Times(5, scripted.Status(500))...)
		}, schemas.FailureVendor, "500"},
		"a path that would change something": {
			&schemas.Contract{Dataset: "balkanid.apps", Export: map[string]any{"path": "apps/upload-url"}}, func(b *bench) {}, schemas.FailureInput, "no other path is ever called"},
		"a path that climbs": {
			&schemas.Contract{Dataset: "balkanid.apps", Export: map[string]any{"path": "../x/download-url"}}, func(b *bench) {}, schemas.FailureInput, "no other path"},
		"integrations without ID": {contract("entitlements", nil), func(b *bench) {
			b.api.On("POST "+base+"integrations/download-url", b.links("i"))
			b.ready("i", "Name\nx\n")
		}, schemas.FailureInput, "no column ID"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tc.script(b)
			e := b.run(tc.contract)[0]
			b.storage.Drop("HEAD /poll/a", 0)
			if e.Complete || e.Failure != tc.failure || !strings.Contains(e.Error, tc.text) {
				t.Errorf("%s: %s", e.Failure, e.Error)
			}
		})
	}
}

// A killed run cannot take up a job that has no id, and must not keep the
// signed URLs that stand for one.
func TestJournal_holdsNoSignedURL(t *testing.T) {
	b := newBench(t)
	b.api.On("POST "+base+"apps/download-url", b.links("a"))
	b.storage.On("HEAD /poll/a", scripted.Status(410))
	b.run(contract("apps", nil))
	entries, _ := os.ReadDir(b.store.Dir() + "/journal")
	for _, e := range entries {
		data, _ := os.ReadFile(b.store.Dir() + "/journal/" + e.Name())
		if strings.Contains(string(data), "canary") || strings.Contains(string(data), "/poll/") {
			t.Errorf("journal: %s", data)
		}
	}
}

func TestConfig_Validate(t *testing.T) {
	good := balkanid.Config{KeyID: "k", KeySecret: extract.NewSecret("s")}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*balkanid.Config){
		"key_id: missing":         func(c *balkanid.Config) { c.KeyID = "" },
		"key_secret: missing":     func(c *balkanid.Config) { c.KeySecret = extract.Secret{} },
		"base_url: http would":    func(c *balkanid.Config) { c.BaseURL = "http://app.balkan.id" },
		"base_url: set only":      func(c *balkanid.Config) { c.BaseURL = "https://app.balkan.id/api/rest/v0" },
		"integrations: holds an":  func(c *balkanid.Config) { c.Integrations = []string{" "} },
		"max_bytes: -1 is":        func(c *balkanid.Config) { c.MaxBytes = -1 },
		"deadline: -1ns is":       func(c *balkanid.Config) { c.Deadline = -1 },
		"bodies.apps: cannot be ": func(c *balkanid.Config) { c.Bodies = map[string]map[string]any{"apps": {"x": func() {}}} },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}
