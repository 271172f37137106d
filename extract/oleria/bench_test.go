package oleria_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/schemas"
)

// bench is one source against a scripted vendor and a scripted storage.
type bench struct {
	t       *testing.T
	api     *scripted.Server
	storage *scripted.Server
	clock   *scripted.Clock
	store   *extract.Store
	logs    *syncBuffer
	events  []extract.Event
	conf    oleria.Config
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, api: scripted.New(t), storage: scripted.New(t), clock: scripted.NewClock(), logs: &syncBuffer{}}
	var err error
	if b.store, err = extract.OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	b.conf = oleria.Config{APIURL: b.api.URL, TokenURL: b.api.URL + "/oauth/token", Audience: "https://api.example.com",
		Scope: "Example", ClientID: "client", ClientSecret: extract.NewSecret(secret)}
	return b
}

// signed is a pre-signed URL at the storage; its query is a secret.
func (b *bench) signed(name string) string { return b.storage.URL + name + "?X-Amz-Signature=" + sig }

func (b *bench) completed(name string) http.HandlerFunc {
	return scripted.JSON(200, map[string]any{"id": "job-1", "status": "completed", "url": b.signed(name)})
}

var accepted = scripted.JSON(200, `{"id":"job-1","status":"accepted"}`)

func contract(plural, context string) *schemas.Contract {
	return &schemas.Contract{Dataset: "oleria." + plural, Export: map[string]any{"context": context}}
}

func (b *bench) run(ctx context.Context, contracts ...*schemas.Contract) ([]*schemas.Export, error) {
	b.t.Helper()
	v, err := oleria.New(b.conf)
	if err != nil {
		b.t.Fatal(err)
	}
	x := &extract.Extractor{Store: b.store, Now: b.clock.Now, Wait: b.clock.Wait, Version: "1.2.3",
		Log:      slog.New(slog.NewJSONHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Progress: func(e extract.Event) { b.events = append(b.events, e) }}
	if len(contracts) == 0 {
		contracts = []*schemas.Contract{contract("employees", "employees")}
	}
	got, err := x.Run(ctx, run1, extract.Source{Name: "prod", Tenant: "example"}, v, contracts)
	b.noSecrets(got, err)
	return got, err
}

// noSecrets searches everything that the run put out.
func (b *bench) noSecrets(exports []*schemas.Export, err error) {
	b.t.Helper()
	all := fmt.Sprintf("%v\n%+v\n%s\n", err, b.events, b.logs.b.String())
	for _, e := range exports {
		data, _ := json.Marshal(e)
		all += string(data)
	}
	filepath.WalkDir(b.store.Dir(), func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".json") {
			data, _ := os.ReadFile(name)
			all += string(data)
		}
		return nil
	})
	for _, canary := range []string{"canary", "ada@example.com", "X-Amz-Signature=c"} {
		if i := strings.Index(all, canary); i >= 0 {
			b.t.Errorf("%q leaked: …%s…", canary, all[max(0, i-200):min(len(all), i+100)])
		}
	}
}

func (b *bench) one(contracts ...*schemas.Contract) *schemas.Export {
	b.t.Helper()
	got, err := b.run(context.Background(), contracts...)
	if err != nil {
		b.t.Fatal(err)
	}
	return got[0]
}

func (b *bench) bytes(e *schemas.Export) string {
	b.t.Helper()
	if !e.Complete || len(e.Parts) != 1 {
		b.t.Fatalf("export: %+v", e)
	}
	r, err := b.store.Open(e.Parts[0].Artifact)
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

// failed checks a failed manifest: its class, that it is saved, what it says.
func (b *bench) failed(e *schemas.Export, failure string, texts ...string) {
	b.t.Helper()
	if e.Complete || e.Failure != failure {
		b.t.Errorf("complete %v, failure %q, want %q; %s", e.Complete, e.Failure, failure, e.Error)
	}
	for _, text := range texts {
		if !strings.Contains(e.Error, text) {
			b.t.Errorf("error %q lacks %q", e.Error, text)
		}
	}
	if strings.Contains(e.Error, "\n") {
		b.t.Errorf("error has several lines: %q", e.Error)
	}
	saved, err := b.store.Exports(run1)
	if err != nil || !slices.ContainsFunc(saved, func(s *schemas.Export) bool { return s.Dataset == e.Dataset && s.Error == e.Error }) {
		b.t.Errorf("the failed export is not saved: %v", err)
	}
}
