package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/database/read"
)

// canaries are texts that no output may hold, and how many outputs were
// searched for them.
type canaries struct {
	t       *testing.T
	tokens  map[string]bool     // credentials in all their forms, tokens, signatures of URLs
	masked  map[string]bool     // cells that contracts mask; the vendor's bytes may hold them
	echoes  map[string][]string // what a vendor may repeat of what it was sent
	outputs int
	bytes   int64
}

// plant takes up what the simulated vendors have handed out so far.
func (c *canaries) plant(f *fixture) {
	c.echoes = map[string][]string{}
	for vendor, s := range map[string]string{"oleria": f.server.OleriaClientSecret, "sailpoint": f.server.SailPointClientSecret, "balkanid": f.server.BalkanIDKeySecret} {
		quoted, _ := json.Marshal(s)
		c.echoes[vendor] = []string{s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1 : len(quoted)-1]), fmt.Sprintf("%q", s),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s))}
		for _, form := range append(c.echoes[vendor], hex.EncodeToString([]byte(s)), fmt.Sprint([]byte(s))) {
			c.tokens[form] = true
		}
	}
	for _, s := range f.server.Secrets() {
		c.tokens[s] = true
		switch {
		case strings.HasPrefix(s, "eyJ"):
			c.echoes["oleria"], c.echoes["sailpoint"] = append(c.echoes["oleria"], s), append(c.echoes["sailpoint"], "Bearer "+s)
		case !strings.HasPrefix(s, "CANARY"): // a signature
			for vendor := range c.echoes {
				c.echoes[vendor] = append(c.echoes[vendor], "https://files.example.com/x?X-Amz-Expires=300&X-Amz-Signature="+s, "Signature="+s)
			}
		}
	}
	for _, s := range f.sim.Truth().Secrets {
		c.masked[s] = true
	}
}

// search looks for the canaries in an output.
func (c *canaries) search(name string, text []byte) {
	c.t.Helper()
	c.searchCredentials(name, text)
	for s := range c.masked {
		c.absent(name, text, s, "a masked value")
	}
}

func (c *canaries) searchCredentials(name string, text []byte) {
	c.t.Helper()
	c.outputs++
	c.bytes += int64(len(text))
	for s := range c.tokens {
		c.absent(name, text, s, "a credential, token or signature")
	}
	if i := bytes.Index(text, []byte("X-Amz-Signature=")); i >= 0 && !bytes.HasPrefix(text[i:], []byte("X-Amz-Signature=***")) {
		c.t.Errorf("a signed URL is in %s", name)
	}
}

func (c *canaries) absent(name string, text []byte, canary, kind string) {
	if i := bytes.Index(text, []byte(canary)); i >= 0 {
		c.t.Helper()
		c.t.Errorf("%s is in %s: …%s…", kind, name, text[max(0, i-150):min(len(text), i+30)])
	}
}

// folder searches all files below a folder, and their names. What a vendor
// delivered may hold cells that are masked later, but no credential.
func (c *canaries) folder(dir, config string) {
	c.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		c.search("the name of "+path, []byte(path))
		if d.IsDir() || path == config {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if sha, ok := strings.CutSuffix(filepath.Base(path), ".zst"); ok {
			c.searchCredentials(path, data)
			plain, err := c.artifact(filepath.Dir(filepath.Dir(filepath.Dir(path))), sha)
			if err != nil {
				return err
			}
			c.searchCredentials("what "+path+" holds", plain)
			return nil
		}
		c.search(path, data)
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
}

func (c *canaries) artifact(data, sha string) ([]byte, error) {
	store, err := extract.OpenStore(data)
	if err != nil {
		return nil, err
	}
	r, err := store.Open(sha)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// run runs a command and searches its output.
func (c *canaries) run(f *fixture, code int, args ...string) string {
	c.t.Helper()
	out, log := f.run(c.t, code, args...)
	c.plant(f)
	c.search("stdout of "+args[0], []byte(out))
	c.search("stderr of "+args[0], []byte(log))
	return out
}

// database searches all that can be asked of the file, and its bytes.
func (c *canaries) database(f *fixture) {
	c.t.Helper()
	tables := f.query(c.t, "select schema_name as s, table_name as t from duckdb_tables() union all select schema_name, view_name from duckdb_views() where not internal")
	r, err := read.Open(c.t.Context(), filepath.Join(f.dir, "access.duckdb"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Close()
	for _, table := range tables {
		name := fmt.Sprintf(`"%s"."%s"`, table["s"], table["t"])
		c.search("table "+name, cellsOf(c.t, r, name))
	}
	c.run(f, exitDone, "query", "--format", "csv", "from balkanid.requests")
	c.run(f, exitDone, "query", "--format", "json", "from meta.exports")
	data, err := os.ReadFile(filepath.Join(f.dir, "access.duckdb"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.search("the database file", data)
}

// cellsOf is all that a table or view holds, as text.
func cellsOf(t *testing.T, r *read.File, name string) []byte {
	t.Helper()
	rows, err := r.Query(t.Context(), "from "+name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer rows.Close()
	var b bytes.Buffer
	for row, err := range rows.All() {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range row {
			b.WriteString(v.Text + "\t")
		}
	}
	return b.Bytes()
}

// newCanaries is a simulated company with credentials that look different in
// each way of writing them down.
func newCanaries(t *testing.T, conf vendorsim.Config) (*fixture, *canaries) {
	f := newFixture(t, conf)
	f.server.OleriaClientSecret = `CANARY/oleria+"7f&<3`
	f.server.SailPointClientSecret = `CANARY/sailpoint=%41?'b>`
	f.server.BalkanIDKeySecret = `CANARY/balkanid+\"9~|{x}`
	f.write(t, simulatedConfig(f.server))
	c := &canaries{t: t, tokens: map[string]bool{}, masked: map[string]bool{}}
	c.plant(f)
	t.Cleanup(func() {
		figure(t, "canaries planted", "%d", len(c.tokens)+len(c.masked))
		figure(t, "outputs searched for them", "%d, %d MB", c.outputs, c.bytes>>20)
	})
	return f, c
}
