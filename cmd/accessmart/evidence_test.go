package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/evidence"
)

// A pack of an earlier moment has the rows that the pack of that time had, and says of each
// report that it cannot answer why not.
func TestEvidence_ofThePast(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 5, People: 20})
	at := func(name string) string { return filepath.Join(f.dir, name) }
	deliver := func(files map[string]string) {
		for name, text := range files {
			if err := os.MkdirAll(at("exports"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at("exports"), name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		f.run(t, exitDone, "load", at("exports"), "--vendor", "balkanid", "--database", at("access.duckdb"), "-q")
	}
	entities := "BRN*,App*,Integration*,Name,Entity Type,Source System,Source ID,Source Type,Metadata Version,Metadata\n"
	account := func(name string) string {
		return "brn:b:x:::t:identity:" + name + ",github,github/1," + name + ",identity,github," + name + ",user,v1,\"{\"\"username\"\":\"\"" + name + "\"\",\"\"email\"\":\"\"" + name + "@example.com\"\",\"\"accountEnabled\"\":true}\"\n"
	}
	deploy := "brn:b:x:::t:resource:deploy,github,github/1,deploy,resource,github,5,repository,v1,{}\n"
	relations := "App*,Integration*,Parent Entity BRN*,Entity BRN*,Entity Type*,Source System*,Metadata Version*,Metadata*\n"
	admin := func(name string) string {
		return "github,github/1,brn:b:x:::t:identity:" + name + ",brn:b:x:::t:resource:deploy,resource,github,v1,\"{\"\"privilegeName\"\":\"\"admin\"\",\"\"privilegeValue\"\":true}\"\n"
	}
	employees := "Employee ID*,Full Name*,Work Email*,Start Date,End Date\n"
	deliver(map[string]string{
		"integrations.csv":     "ID*,Name*,Status*\ngithub/1,example-org,active\n",
		"employees.csv":        employees + "1,Ann Lee,ann@example.com,01/31/2019,\n2,Bob Ray,bob@example.com,01/31/2019,12/31/2024\n3,Cat Moss,cat@example.com,01/31/2019,\n",
		"entities.csv":         entities + account("ann") + account("bob") + account("cat") + account("robot") + deploy,
		"entity_relations.csv": relations + admin("ann") + admin("bob"),
	})
	database := at("access.duckdb")
	pack := func(name string, more ...string) (*zip.ReadCloser, evidence.Manifest) {
		args := append([]string{"evidence", "--control", "soc2:cc6.1,soc2:cc6.3,iso27001:a.5.18", "--database", database, "-o", at(name)}, more...)
		f.run(t, exitChecks, args...)
		z, err := zip.OpenReader(at(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { z.Close() })
		var m evidence.Manifest
		if err := json.Unmarshal([]byte(memberOf(t, z, "manifest.json")), &m); err != nil {
			t.Fatal(err)
		}
		return z, m
	}
	then, made := pack("then.zip")

	// Ann lost her right, Bob's account is gone, Cat has left, and the robot has somebody.
	deliver(map[string]string{
		"employees.csv":        employees + "1,Ann Lee,ann@example.com,01/31/2019,\n2,Bob Ray,bob@example.com,01/31/2019,12/31/2024\n3,Cat Moss,cat@example.com,01/31/2019,02/28/2025\n4,Rob Otis,robot@example.com,01/31/2019,\n",
		"entities.csv":         entities + account("ann") + account("cat") + account("robot") + deploy,
		"entity_relations.csv": relations + admin("cat"),
	})
	later, m := pack("later.zip", "--as-of", made.AsOf.Format("2006-01-02T15:04:05.999999Z07:00"))
	now, _ := pack("now.zip")
	for _, name := range []string{"population/identities_as_of", "population/accounts_as_of", "answers/grants_as_of", "answers/privileged_access", "answers/leavers_with_access", "answers/orphaned_accounts"} {
		rows := memberOf(t, then, name+"/rows.csv")
		if got := memberOf(t, later, name+"/rows.csv"); got != rows {
			t.Errorf("%s of that moment\n%s\nand made then\n%s", name, got, rows)
		}
		if got := memberOf(t, now, name+"/rows.csv"); got == rows || strings.Count(rows, "\n") < 2 {
			t.Errorf("%s has no rows, or is the same later: what was compared shows nothing:\n%s", name, rows)
		}
	}
	if query := memberOf(t, later, "answers/privileged_access/query.sql"); !strings.Contains(query, "privileged_access_as_of") {
		t.Error(query)
	}
	because := func(m evidence.Manifest, name string) string {
		i := slices.IndexFunc(m.Answers, func(a evidence.Answer) bool { return a.Name == name })
		if i < 0 {
			t.Fatalf("no answer %s", name)
		}
		return m.Answers[i].Because
	}
	for name, why := range map[string]string{
		"expiring_access":   "this report judges the newest state of a file",
		"sod_violations":    "no export was loaded that says policies.left_criteria",
		"reviews_as_of":     "no export was loaded that says reviews.decision",
		"privileged_access": "",
		"orphaned_accounts": "",
		"coverage":          "this report judges the newest state of a file",
	} {
		if got := because(m, name); (why == "") != (got == "") || !strings.Contains(got, why) {
			t.Errorf("%s: not answered because %q, want %q", name, got, why)
		}
	}
}

// memberOf is the text of a member of a pack.
func memberOf(t *testing.T, z *zip.ReadCloser, name string) string {
	t.Helper()
	in, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
