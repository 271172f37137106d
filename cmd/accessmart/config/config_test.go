package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// goWords are what no message may hold: the words of the library and of Go.
var goWords = regexp.MustCompile(`Go struct|unmarshal|uint64|time\.Duration|interface \{`)

func TestParse_mistakes(t *testing.T) {
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
		"a setting that is none":             {"settings: {dormant_day: 90}\n" + source + "    key_secret: s\n", "settings: no setting dormant_day; there are dormant_days, expiring_days"},
		"a setting of another kind":          {"settings: {dormant_days: [90]}\n" + source + "    key_secret: s\n", "settings.dormant_days: want days, a whole number from 0 to 36500"},
		"a list of everything":               {"settings: {privileged_names: ['*']}\n" + source + "    key_secret: s\n", "settings.privileged_names: want a list of names, such as"},
		"an alias of an alias":               {"domain_aliases: {a.example.com: b.example.com, b.example.com: example.com}\n" + source + "    key_secret: s\n", "a.example.com is said to be b.example.com, which is an alias itself"},
		"a secret that YAML reads as number": {source + "    key_secret: 0777\n", "put it in quotes"},
	} {
		_, err := Parse([]byte(tc.text), t.TempDir())
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if !strings.Contains(err.Error(), tc.want) || goWords.MatchString(err.Error()) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func TestParse_forms(t *testing.T) {
	t.Setenv("ACCESSMART_TEST_KEY", "k")
	for name, text := range map[string]string{
		"a byte-order mark":   "\ufeffsources: {b: {vendor: balkanid, key_id: k, key_secret: s}}\n",
		"lines that end CRLF": "sources:\r\n  b:\r\n    vendor: balkanid\r\n    key_id: k\r\n    key_secret: s\r\n",
		"references":          "sources: {b: {vendor: balkanid, key_id: '${ACCESSMART_TEST_KEY}', key_secret: !!str '${ACCESSMART_TEST_KEY}'}}\nmemory: 500 MB\n",
	} {
		if _, err := Parse([]byte(text), t.TempDir()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParse_lineBreaksAfterSecretsAreCut(t *testing.T) {
	t.Setenv("ACCESSMART_TEST_KEY", "folder\n")
	c, err := Parse([]byte("database: ${ACCESSMART_TEST_KEY}\ndata: |\n  /${ACCESSMART_TEST_KEY}\nsources: {f: {vendor: balkanid, files: x}}\n"), "/")
	if err != nil {
		t.Fatal(err)
	}
	if c.Database != "/folder" || c.Data != "/folder" {
		t.Errorf("%q, %q", c.Database, c.Data)
	}
}

func TestParse_emptyFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "empty"), []byte("\r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Parse([]byte("sources: {b: {vendor: balkanid, key_id: k, key_secret: file:empty}}\n"), dir)
	if err == nil || !strings.Contains(err.Error(), "sources.b.key_secret: the file empty is empty") {
		t.Error(err)
	}
}

// What can be configured stands in what init writes, in force or as a comment.
func TestTemplate_namesEverySetting(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); key != "" && key != "-" && !regexp.MustCompile(`(?m)^(# )?`+key+`:`).MatchString(initHead) {
			t.Errorf("the template lacks %s", key)
		}
	}
}
