package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// oddSecrets are values that would say something else if they were read as YAML.
var oddSecrets = []string{
	"a: b", "a #b", "#a", "- a", "[a", "{a: b}", "*a", "&a b", "!a", "!!int 1", "|", ">-", "%a", "@a", "`a`",
	`"`, `'`, `a"b'c`, `"a"`, `'a'`, `a\nb`, `\`, "a\nb: c", "a\n---\nb", "a\n\n  b", "a\tb", " a ", "\ta", "a\rb",
	"~", "null", "true", "0777", "1e3", "0x1F", ".inf", "2026-01-02", "<<", "?", ": a", "a:", "\ufeffa", "é\u2028b",
	"${NO_SUCH_NAME}", "$$", "file:no/such/file", "a, key_id: b", "a}", "a\n    key_id: b",
}

// secretForms are the ways in which a reference may be written; %s is the reference.
var secretForms = map[string]string{
	"plain":              "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: %s\n    parallel: 3\n",
	"single quotes":      "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: '%s'\n    parallel: 3\n",
	"double quotes":      "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: \"%s\"\n    parallel: 3\n",
	"a comment after it": "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: %s # kept elsewhere\n    parallel: 3\n",
	"a block":            "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: |\n      %s\n    parallel: 3\n",
	"a folded block":     "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: >-\n      %s\n    parallel: 3\n",
	"a tag":              "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: !!str %s\n    parallel: 3\n",
	"an anchor":          "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: &s %s\n    parallel: 3\n",
	"an alias":           "sources:\n  a: {vendor: balkanid, key_id: k, key_secret: &s '%s'}\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: *s\n    parallel: 3\n",
	"flow":               "sources: {b: {vendor: balkanid, key_id: k, key_secret: '%s', parallel: 3}}\n",
	"a merge":            "sources:\n  a: &a {vendor: balkanid, key_id: k, key_secret: '%s', parallel: 3}\n  b:\n    <<: *a\n    key_id: k\n",
}

// What a reference stands for comes through byte by byte, whatever it would
// mean as YAML, and leaves the keys around it as they are.
func TestParse_secretsComeThroughUnchanged(t *testing.T) {
	dir := t.TempDir()
	for form, text := range secretForms {
		for _, secret := range oddSecrets {
			t.Setenv("ACCESSMART_TEST_SECRET", secret)
			if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, reference := range []string{"${ACCESSMART_TEST_SECRET}", "file:secret"} {
				c, err := Parse(fmt.Appendf(nil, text, reference), dir)
				if err != nil {
					t.Errorf("%s: %q by %s: %v", form, secret, reference, err)
					continue
				}
				last := c.Sources[len(c.Sources)-1]
				access := last.api.Access()
				got := access.Keys["X-Api-Key-Secret"]
				if got.Reveal() != secret || access.Keys["X-Api-Key-Id"].Reveal() != "k" || access.Limits.Parallel != 3 {
					t.Errorf("%s: %q by %s came as %q: %+v", form, secret, reference, got.Reveal(), access.Limits)
				}
			}
		}
	}
}

// A number, a duration or a mode may be a reference too.
func TestParse_referencesForNumbers(t *testing.T) {
	for name, value := range map[string]string{"N": "7", "SHARE": "0.25", "YES": "true", "TIME": "90s", "MODE": "0640"} {
		t.Setenv("ACCESSMART_TEST_"+name, value)
	}
	c, err := Parse([]byte(strings.ReplaceAll(`
threads: ${N}
file_mode: ${MODE}
rejects: {share: "${SHARE}", min: "${N}"}
gate: {rows: "${N}"}
sources:
  b: {vendor: balkanid, key_id: k, key_secret: s, parallel: "${N}", deadline: "${TIME}", bodies: {requests: {note: "${YES}"}}}
  f: {vendor: balkanid, files: x, datasets: ["${YES}"]}
`, "${", "${ACCESSMART_TEST_")), "/")
	if err != nil {
		t.Fatal(err)
	}
	if c.Threads != 7 || c.FileMode != 0o640 || c.Rejects != (rejectLimit{0.25, 7}) || *c.Gate.Rows != 7 {
		t.Errorf("%+v", c)
	}
	if l := c.Sources[0].api.Access().Limits; l.Parallel != 7 || l.Deadline.Seconds() != 90 {
		t.Errorf("%+v", l)
	}
	if f := c.Sources[1]; f.Datasets[0] != "true" {
		t.Errorf("%+v", f)
	}
}

// An error in a value that a reference stands for names the place, never the value.
func TestParse_errorsDoNotTellValues(t *testing.T) {
	const marker = "s3cr3t"
	whole := []string{
		"database: x", "data: x", "contracts: x", "memory: 4GB", "threads: 3", "keep: 3", "file_mode: 0640", "file_group: x",
		"rejects: {share: 0.5, min: 3}", "gate: {share: 0.5, rows: 3, allow_empty: true}",
	}
	sources := []string{
		"vendor: oleria, api_url: 'https://a.example.com', token_url: 'https://b.example.com', audience: a, scope: s, client_id: i, client_secret: s, credentials: body",
		"vendor: sailpoint, base_url: 'https://a.example.com', api: v2025, token_url: 'https://b.example.com', client_id: i, client_secret: s, role_mining: {route: x, sessions: [x], min_entitlement_popularity: 3, include_common_access: true}, sp_config: {include_types: [x], exclude_types: [x]}",
		"vendor: balkanid, base_url: 'https://a.example.com', key_id: k, key_secret: s, integrations: [x], entitlements_body_field: x, bodies: {requests: {x: y}}",
		"vendor: balkanid, files: x, join: true, partial: true, datasets: [apps], gate: {share: 0.5}",
		"vendor: balkanid, key_id: k, key_secret: s, datasets: [apps], parallel: 3, deadline: 3s, poll: 3s",
	}
	texts := []string{}
	place := regexp.MustCompile(`(?m)([:\[] ?)('[^']+'|[a-zA-Z0-9_.]+)([,}\]]|$)`)
	for _, w := range whole {
		for _, at := range place.FindAllStringSubmatchIndex(w, -1) {
			texts = append(texts, w[:at[4]]+"'${ACCESSMART_TEST_SECRET}'"+w[at[5]:]+"\nsources: {b: {"+sources[4]+"}}\n")
		}
	}
	for _, s := range sources {
		for _, at := range place.FindAllStringSubmatchIndex(s, -1) {
			texts = append(texts, "sources: {b: {"+s[:at[4]]+"'${ACCESSMART_TEST_SECRET}'"+s[at[5]:]+"}}\n")
		}
	}
	failed := 0
	for _, value := range []string{marker, marker + ": x\n" + marker, "https://" + marker + ":x@host/%zz", "-1" + marker, "http://" + marker} {
		t.Setenv("ACCESSMART_TEST_SECRET", value)
		for _, text := range texts {
			_, err := Parse([]byte(text), t.TempDir())
			if err == nil {
				continue
			}
			if failed++; strings.Contains(err.Error(), marker) {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if failed < 50 {
		t.Errorf("%d of %d texts failed", failed, len(texts))
	}
}

func TestParse_aliases(t *testing.T) {
	t.Setenv("ACCESSMART_TEST_SECRET", "${NO_SUCH_NAME}")
	const text = `
sources:
  a: &a {vendor: balkanid, key_id: a, key_secret: &s "${ACCESSMART_TEST_SECRET}", parallel: 2}
  b: {<<: *a, key_id: b, parallel: 3}
  c: {<<: [{key_id: c, parallel: 5}, *a]}
`
	c, err := Parse([]byte(text), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i, parallel := range []int{2, 3, 5} {
		s := c.Sources[i]
		access := s.api.Access()
		if access.Keys["X-Api-Key-Id"].Reveal() != s.Name || access.Keys["X-Api-Key-Secret"].Reveal() != "${NO_SUCH_NAME}" || access.Limits.Parallel != parallel {
			t.Errorf("%s: %q %q %d", s.Name, access.Keys["X-Api-Key-Id"].Reveal(), access.Keys["X-Api-Key-Secret"].Reveal(), access.Limits.Parallel)
		}
	}
	for text, want := range map[string]string{
		"sources:\n  b: *b\n":                    "line 2: a * names an anchor that no & before it makes; a value that begins with * needs quotes",
		"sources:\n  b: &b {files: *b}\n":        "line 2: a * names an anchor that no & before it makes; a value that begins with * needs quotes",
		"sources:\n  b: {vendor: x, <<: text}\n": "line 2: << takes a mapping",
		"sources:\n  b: {vendor: x, <<: [a]}\n":  "line 2: << takes a mapping",
	} {
		if _, err := Parse([]byte(text), t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
