package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// Who only looks at the file needs no secret, and a refresh those of the
// sources that it asks. Mistakes that show without them are found all the same.
func TestConfig_referencesAreResolvedWhenUsed(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	config, err := os.ReadFile(f.config)
	if err != nil {
		t.Fatal(err)
	}
	f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet")
	const other = `
  other:
    vendor: oleria
    api_url: https://${NO_SUCH_TENANT}.example.com
    token_url: https://auth.example.com
    audience: a
    scope: s
    client_id: c
    client_secret: file:no/such/secret
    deadline: ${NO_SUCH_DEADLINE}
    datasets: [risks, "${NO_SUCH_DATASET}"]
  folder: {vendor: "${NO_SUCH_VENDOR}", files: "${NO_SUCH_FOLDER}"}
`
	f.write(t, "memory: ${NO_SUCH_MEMORY}\n"+string(config)+other)
	f.run(t, exitDone, "query", "select 1")
	f.run(t, exitDone, "status")
	f.run(t, exitDone, "connect")
	f.run(t, exitDone, "rejects")
	f.run(t, exitDone, "datasets")
	f.run(t, exitDone, "artifacts")
	if _, stderr := f.run(t, exitUsage, "refresh", "balkanid.apps"); !strings.Contains(stderr, "line 1: memory: the environment variable NO_SUCH_MEMORY is not set") {
		t.Error(stderr)
	}
	t.Setenv("NO_SUCH_MEMORY", "300MB")
	f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet")
	if _, stderr := f.run(t, exitUsage, "refresh"); !strings.Contains(stderr, "sources.other.api_url: the environment variable NO_SUCH_TENANT is not set") {
		t.Error(stderr)
	}
	t.Setenv("NO_SUCH_TENANT", "x")
	if _, stderr := f.run(t, exitUsage, "refresh", "other"); !strings.Contains(stderr, "sources.other.client_secret: open ") {
		t.Error(stderr)
	}
	for text, want := range map[string]string{
		"    client_secert: ${NO_SUCH_NAME}\n": `unknown field "client_secert"`,
		"    parallel: many\n":                 "want a whole number",
	} {
		f.write(t, string(config)+strings.Replace(other, "    scope: s\n", "    scope: s\n"+text, 1))
		if _, stderr := f.run(t, exitUsage, "status"); !strings.Contains(stderr, want) {
			t.Errorf("%s: %s", text, stderr)
		}
	}
	// The file that --database names is looked for nowhere else.
	f.write(t, regexp.MustCompile(`(?m)^database: .*$`).ReplaceAllString(string(config), "database: $${NO_SUCH_NAME}"))
	f.run(t, exitUsage, "query", "select 1")
	f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet", "--database", filepath.Join(f.dir, "access.duckdb"))
}
