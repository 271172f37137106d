package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// goWords are what no message may hold: the words of the library and of Go.
var goWords = regexp.MustCompile(`Go struct|unmarshal|uint64|time\.Duration|interface \{`)

func TestParseConfig_mistakes(t *testing.T) {
	const source = "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n"
	for name, tc := range map[string]struct{ text, want string }{
		"a reference in a block":             {source + "    key_secret: |\n      ${NO_SUCH_NAME}\n", "NO_SUCH_NAME is not set"},
		"a reference with a tag":             {source + "    key_secret: !!str ${NO_SUCH_NAME}\n", "NO_SUCH_NAME is not set"},
		"a reference with an anchor":         {source + "    key_secret: &s ${NO_SUCH_NAME}\n", "NO_SUCH_NAME is not set"},
		"a reference that does not end":      {source + "    key_secret: ${NO_SUCH_NAME\n", "write ${NAME}"},
		"a text for a number":                {"threads: many\n" + source + "    key_secret: s\n", "[1:10] want a whole number"},
		"a fraction for a number":            {"threads: 2.5\n" + source + "    key_secret: s\n", "line 1: threads: want a whole number"},
		"a fraction in a group":              {"rejects: {share: 0.5, min: 1.5}\n" + source + "    key_secret: s\n", "line 1: rejects.min: want a whole number"},
		"a fraction in a gate":               {"gate: {share: 0.5, rows: 1.5}\n" + source + "    key_secret: s\n", "line 1: gate.rows: want a whole number"},
		"a fraction in a source":             {source + "    key_secret: s\n    parallel: 2.5\n", "line 6: parallel: want a whole number"},
		"a fraction in the gate of a source": {source + "    key_secret: s\n    gate: {rows: 2.5}\n", "line 6: gate.rows: want a whole number"},
		"a fraction for a duration":          {source + "    key_secret: s\n    poll: {min: 2.5}\n", "want a duration such as 30s"},
		"a number for a duration":            {source + "    key_secret: s\n    deadline: 5\n", "want a duration such as 30s"},
		"a text for a duration":              {source + "    key_secret: s\n    deadline: soon\n", "deadline or poll: want a duration such as 30s"},
		"a unit that is none":                {source + "    key_secret: s\n    deadline: 5x\n", "deadline or poll: want a duration such as 30s"},
		"a key that nobody knows":            {source + "    key_secret: s\n    dead_line: 5s\n", `unknown field "dead_line"`},
		"a list for a text":                  {source + "    key_secret: s\n    base_url: [a]\n", "want a text"},
		"a size that is none":                {"memory: lots\n" + source + "    key_secret: s\n", "memory: want a size such as 4GB"},
		"fewer than no files":                {"keep: -1\n" + source + "    key_secret: s\n", "keep: want the number of earlier files"},
		"less than no threads":               {"threads: -3\n" + source + "    key_secret: s\n", "threads: want 1 or more"},
		"a domain that is none":              {"domain_aliases: {old: example.com}\n" + source + "    key_secret: s\n", "domain_aliases: want pairs of two domains"},
		"an alias of an alias":               {"domain_aliases: {a.example.com: b.example.com, b.example.com: example.com}\n" + source + "    key_secret: s\n", "a.example.com is said to be b.example.com, which is an alias itself"},
		"a secret that YAML reads as number": {source + "    key_secret: 0777\n", "put it in quotes"},
	} {
		_, err := parseConfig([]byte(tc.text), t.TempDir())
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if !strings.Contains(err.Error(), tc.want) || goWords.MatchString(err.Error()) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func TestParseConfig_forms(t *testing.T) {
	t.Setenv("ACCESSMART_TEST_KEY", "k")
	for name, text := range map[string]string{
		"a byte-order mark":   "\ufeffsources: {b: {vendor: balkanid, key_id: k, key_secret: s}}\n",
		"lines that end CRLF": "sources:\r\n  b:\r\n    vendor: balkanid\r\n    key_id: k\r\n    key_secret: s\r\n",
		"references":          "sources: {b: {vendor: balkanid, key_id: '${ACCESSMART_TEST_KEY}', key_secret: !!str '${ACCESSMART_TEST_KEY}'}}\nmemory: 500 MB\n",
	} {
		if _, err := parseConfig([]byte(text), t.TempDir()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseConfig_lineBreaksAfterSecretsAreCut(t *testing.T) {
	t.Setenv("ACCESSMART_TEST_KEY", "folder\n")
	c, err := parseConfig([]byte("database: ${ACCESSMART_TEST_KEY}\ndata: |\n  /${ACCESSMART_TEST_KEY}\nsources: {f: {vendor: balkanid, files: x}}\n"), "/")
	if err != nil {
		t.Fatal(err)
	}
	if c.Database != "/folder" || c.Data != "/folder" {
		t.Errorf("%q, %q", c.Database, c.Data)
	}
}

func TestParseConfig_emptyFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "empty"), []byte("\r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := parseConfig([]byte("sources: {b: {vendor: balkanid, key_id: k, key_secret: file:empty}}\n"), dir)
	if err == nil || !strings.Contains(err.Error(), "sources.b.key_secret: the file empty is empty") {
		t.Error(err)
	}
}

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

// What can be configured stands in what init writes, in force or as a comment.
func TestInit_namesEverySetting(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); key != "" && key != "-" && !regexp.MustCompile(`(?m)^(# )?`+key+`:`).MatchString(initHead) {
			t.Errorf("the template lacks %s", key)
		}
	}
}
