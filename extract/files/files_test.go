package files_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const run1 = "01JRUNAAAAAAAAAAAAAAAAAAAA"

// contract has no columns but what the request says.
func contract(plural string) *schemas.Contract {
	c := &schemas.Contract{Dataset: "balkanid." + plural}
	if plural == "apps" {
		c.Columns = []schemas.Column{{Name: "integration_id", Context: "integration_id", Type: schemas.Text}}
	}
	return c
}

// people has columns that tell its records apart.
func people() *schemas.Contract {
	c := contract("people")
	for _, from := range []string{"Email", "Name", "City"} {
		c.Columns = append(c.Columns, schemas.Column{Name: strings.ToLower(from), From: []string{from}, Type: schemas.Text})
	}
	c.Columns = append(c.Columns, schemas.Column{Name: "at", From: []string{"At"}, Type: schemas.Timestamp})
	return c
}

// documents has a header, the others are known by their names.
func documents() *schemas.Contract {
	c := contract("documents")
	c.Documented, c.Records, c.Single = schemas.DocumentedPartly, schemas.ParsePath("objects"), []string{"self", "object"}
	for _, from := range []string{"self.id", "object", "version", "$.tenant"} {
		c.Columns = append(c.Columns, schemas.Column{Name: strings.ReplaceAll(strings.TrimPrefix(from, "$."), ".", "_"), From: []string{from}, Type: schemas.Text, Required: from == "self.id"})
	}
	c.Columns = append(c.Columns, schemas.Column{Name: "exported_at", From: []string{"$.timestamp"}, Type: schemas.Timestamp})
	return c
}

var known = []*schemas.Contract{contract("requests"), contract("entities"), contract("entity_relations"), contract("apps"), documents(), people()}

type bench struct {
	t      *testing.T
	dir    string
	store  *extract.Store
	conf   files.Config
	events []extract.Event
}

func newBench(t *testing.T) *bench {
	store, err := extract.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &bench{t: t, dir: dir, store: store, conf: files.Config{Folder: dir}}
}

func (b *bench) put(name, text string) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(b.dir, name)), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) run(plurals ...string) []*schemas.Export {
	b.t.Helper()
	f, err := files.New(b.conf, known)
	if err != nil {
		b.t.Fatal(err)
	}
	var contracts []*schemas.Contract
	for _, p := range plurals {
		contracts = append(contracts, contract(p))
	}
	x := &extract.Extractor{Store: b.store, Progress: func(e extract.Event) { b.events = append(b.events, e) }}
	got, err := x.Run(context.Background(), run1, extract.Source{Name: "byhand"}, f, contracts)
	if err != nil {
		b.t.Fatal(err)
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

func TestRun_partsInNameOrder(t *testing.T) {
	b := newBench(t)
	for name, text := range map[string]string{"requests.part2.csv": "b", "requests.part1.csv.gz": "a", "requests.part3.json": "c", "entities.csv": "e",
		"entity_relations.ndjson.zst": "r", ".DS_Store": "x"} {
		b.put(name, text)
	}
	got := b.run("requests", "entities", "entity_relations")
	var names, texts []string
	for _, p := range got[0].Parts {
		names, texts = append(names, p.Name), append(texts, b.read(p.Artifact))
	}
	if !slices.Equal(names, []string{"requests.part1.csv.gz", "requests.part2.csv", "requests.part3.json"}) || !slices.Equal(texts, []string{"a", "b", "c"}) {
		t.Errorf("parts %v with %v", names, texts)
	}
	for _, e := range got {
		if !e.Complete || e.Filtered || e.BaseURL != b.dir || e.Vendor != "balkanid" {
			t.Errorf("%+v", e)
		}
	}
	if m := got[2].Parts[0].MediaType; m != "application/zstd" {
		t.Errorf("media type %s", m)
	}
}

func TestRun_errorWithoutFilesNamesThem(t *testing.T) {
	b := newBench(t)
	b.put("app.csv", "x")
	e := b.run("apps")[0]
	if e.Complete || e.Failure != schemas.FailureInput {
		t.Errorf("%+v", e)
	}
	for _, text := range []string{"byhand: balkanid.apps: read", "apps.csv", "apps.<anything>.csv", "not understood: app.csv"} {
		if !strings.Contains(e.Error, text) {
			t.Errorf("%q lacks %q", e.Error, text)
		}
	}
}

func TestRun_unreadFilesAreListed(t *testing.T) {
	b := newBench(t)
	b.put("requests.csv", "x")
	b.put("request.part2.csv", "y")
	b.put("notes.docx", "z")
	b.put("employees.csv.bak", "z")
	b.put("a/b/c/d/requests.csv", "deep")
	b.put("own/artifacts/aa/aa.zst", "1")
	b.put("own/runs/r/run.json", "2")
	b.put("own/journal/x.json", "3")
	b.put("~$requests.xlsx", "5")
	e := b.run("requests")[0]
	if !e.Complete || len(e.Parts) != 1 {
		t.Errorf("%+v", e)
	}
	var told, kept []string
	for _, e := range b.events {
		if e.State == extract.Unread {
			told = append(told, e.Part+": "+e.Note)
		}
	}
	for _, f := range e.Files {
		if !f.Read {
			kept = append(kept, f.Name+": "+f.Reason)
		}
	}
	want := []string{
		"a/b/c/d: it lies more than 3 folders deep",
		"employees.csv.bak: files of the kind .bak are not read",
		"notes.docx: files of the kind .docx are not read",
		"request.part2.csv: neither its name nor its header is that of one dataset of balkanid; if it is an export, name it <dataset>.csv: 'accessmart datasets' lists the names",
	}
	if !slices.Equal(told, want) || !slices.Equal(kept, want) {
		t.Errorf("told %q, kept %q", told, kept)
	}
	f, _ := files.New(b.conf, known)
	plurals, unread, err := f.Datasets()
	if err != nil || !slices.Equal(plurals, []string{"requests"}) || len(unread) != 4 {
		t.Errorf("%v %v %v", plurals, unread, err)
	}
}

func TestRun_unusableFiles(t *testing.T) {
	for name, tc := range map[string]struct {
		make func(b *bench)
		text string
	}{
		"empty":                  {func(b *bench) { b.put("apps.csv", "") }, "is empty"},
		"folder":                 {func(b *bench) { os.Mkdir(filepath.Join(b.dir, "apps.csv"), 0o700) }, "no file for it"},
		"pipe":                   {func(b *bench) { syscall.Mkfifo(filepath.Join(b.dir, "apps.csv"), 0o600) }, "is not a file"},
		"dangling link":          {func(b *bench) { os.Symlink("nowhere.csv", filepath.Join(b.dir, "apps.csv")) }, "no such file"},
		"link out of the folder": {func(b *bench) { os.Symlink("/etc/hostname", filepath.Join(b.dir, "apps.csv")) }, "escapes"},
		"over the limit":         {func(b *bench) { b.conf.MaxBytes = 3; b.put("apps.csv", "four") }, "max_bytes"},
		"second part is bad":     {func(b *bench) { b.put("apps.part1.csv", "x"); b.put("apps.part2.csv", "") }, "apps.part2.csv: is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tc.make(b)
			b.put("requests.csv", "x")
			got := b.run("apps", "requests")
			if e := got[0]; e.Complete || !strings.Contains(e.Error, tc.text) {
				t.Errorf("%+v", e)
			}
			if !got[1].Complete {
				t.Error("the other dataset failed too")
			}
		})
	}
}

func TestRun_linkInsideTheFolder(t *testing.T) {
	b := newBench(t)
	b.put("export-4711.txt", "x")
	os.Symlink("export-4711.txt", filepath.Join(b.dir, "apps.csv"))
	if e := b.run("apps")[0]; !e.Complete {
		t.Error(e.Error)
	}
}

func TestRun_factsInTheName(t *testing.T) {
	b := newBench(t)
	b.put("apps.integration_id=github%2F01HX.2026-01.csv", "x")
	if e := b.run("apps")[0]; !e.Complete || len(e.Parts[0].Context) != 1 || e.Parts[0].Context["integration_id"] != "github/01HX" {
		t.Errorf("%+v", e)
	}
	b.put("apps.integration_id=.csv", "x")
	if e := b.run("apps")[0]; e.Complete || !strings.Contains(e.Error, "key=value") {
		t.Errorf("%+v", e)
	}
}

func TestRun_noFolder(t *testing.T) {
	b := newBench(t)
	b.conf.Folder = filepath.Join(b.dir, "nope")
	if e := b.run("apps")[0]; e.Complete || e.Failure != schemas.FailureInput || !strings.Contains(e.Error, "no such file") {
		t.Errorf("%+v", e)
	}
}

// A file that grows while it is read is a copy that has not ended.
func TestRun_fileThatChanges(t *testing.T) {
	b := newBench(t)
	b.put("apps.csv", strings.Repeat("x", 1<<20))
	name := filepath.Join(b.dir, "apps.csv")
	f, err := files.New(b.conf, known)
	if err != nil {
		t.Fatal(err)
	}
	// The event of its arrival comes after its bytes were read and before it
	// is looked at again.
	x := &extract.Extractor{Store: b.store, Progress: func(e extract.Event) {
		if e.State == extract.Arrived {
			os.Chtimes(name, time.Now(), time.Now().Add(time.Hour))
		}
	}}
	got, err := x.Run(context.Background(), run1, extract.Source{Name: "byhand"}, f, []*schemas.Contract{contract("apps")})
	if err != nil || got[0].Complete || !strings.Contains(got[0].Error, "changed while") {
		t.Errorf("%+v %v", got[0], err)
	}
}

// A file that nobody touched is not stored again; one that changed, or whose
// stored bytes are cut off, is.
func TestFiles_secondRun(t *testing.T) {
	b := newBench(t)
	b.put("requests.csv", "id,name\n1,alice\n")
	first := b.run("requests")[0].Parts[0]
	stored := filepath.Join(b.store.Dir(), "artifacts", first.Artifact[:2], first.Artifact+".zst")
	old := time.Unix(1000, 0)
	if err := os.Chtimes(stored, old, old); err != nil {
		t.Fatal(err)
	}
	again := b.run("requests")[0].Parts[0]
	if again.Artifact != first.Artifact || again.Bytes != first.Bytes || again.StoredBytes != first.StoredBytes {
		t.Errorf("second run: %+v, want what the first had: %+v", again, first)
	}
	if info, err := os.Stat(stored); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("the artifact was written again: %v", err)
	}

	for _, name := range []string{"bobby", "alice" + strings.Repeat(" ", 200_000) + "x", "alice" + strings.Repeat(" ", 200_000) + "y"} {
		text := "id,name\n1," + name + "\n" // as long as before, but for the second: differs at once, or late
		b.put("requests.csv", text)
		other := b.run("requests")[0].Parts[0]
		if sum := sha256.Sum256([]byte(text)); other.Artifact != hex.EncodeToString(sum[:]) || b.store.Verify(other.Artifact) != nil {
			t.Errorf("other bytes of the same length: %+v", other)
		}
	}

	b.put("requests.csv", "id,name\n1,alice\n")
	b.run("requests")
	if err := os.Truncate(stored, 30); err != nil {
		t.Fatal(err)
	}
	b.run("requests")
	if err := b.store.Verify(first.Artifact); err != nil {
		t.Errorf("after the stored bytes were cut off: %v", err)
	}
}

// Whoever handed over a file of a kind that is not read is told what to make of it.
func TestRun_kindsThatAreNotRead(t *testing.T) {
	for name, want := range map[string]string{
		"requests.xls":    "files of the kind .xls are not read; if it is an export, save it as .xlsx or .csv",
		"requests.ods":    "files of the kind .ods are not read; if it is an export, save it as .xlsx or .csv",
		"requests.7z":     "files of the kind .7z are not read; if it is an export, unpack it",
		"requests.tar.gz": "files of the kind .tar are not read; if it is an export, unpack it",
		"requests.docx":   "files of the kind .docx are not read",
	} {
		b := newBench(t)
		b.put(name, "x")
		f, err := files.New(b.conf, known)
		if err != nil {
			t.Fatal(err)
		}
		_, unread, _ := f.Datasets()
		if len(unread) != 1 || unread[0].Reason != want || unread[0].Unopened == (name == "requests.docx") {
			t.Errorf("%s: %v, want %s", name, unread, want)
		}
	}
}

// A file that nobody could look into may hold what is missing. One whose header was seen, or that
// no export comes as, does not.
func TestRun_unopenedFiles(t *testing.T) {
	cut := zipped(t, "apps.csv", "a")
	for name, c := range map[string]struct {
		text     string
		unopened int
	}{
		"more.zip":       {zipped(t, "inner.zip", cut, "apps.csv", "a"), 1},
		"cut.zip":        {cut[:len(cut)/2], 1},
		"book.xlsx":      {zipped(t, "[Content_Types].xml", "<x/>"), 1},
		"in.zip":         {zipped(t, "book.xlsx", zipped(t, "[Content_Types].xml", "<x/>")), 1},
		"old.rar":        {"x", 1},
		"a/b/c/d/e/f.md": {"x", 1},
		"list.csv":       {"1,2\n", 0},
		"empty.csv":      {"", 0},
		"readme.txt":     {"Sent on Monday.\n", 0},
		"letter.docx":    {zipped(t, "[Content_Types].xml", "<x/>"), 0},
		"list.zip":       {zipped(t, "list.csv", "1,2\n", "readme.md", "x"), 0},
	} {
		b := newBench(t)
		b.put("requests.csv", "x")
		b.put(name, c.text)
		n := 0
		for _, f := range b.run("requests")[0].Files {
			if f.Unopened {
				n++
			}
		}
		if n != c.unopened {
			t.Errorf("%s: %d files were not opened, want %d", name, n, c.unopened)
		}
	}
}
