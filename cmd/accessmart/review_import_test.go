package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// A pack that is a workbook has two sheets. A reviewer fills one, and names
// that look like formulas stay what they are.
func TestReviewImport_workbook(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 5, People: 20})
	for name, text := range map[string]string{
		"employees.csv":        "Employee ID*,Full Name*,Work Email*\n1,Ada Marsh,ada@example.com\n",
		"integrations.csv":     "ID*,Name*,Status*\ngithub/1,example-org,active\n",
		"entities.csv":         "BRN*,App*,Integration*,Name,Entity Type,Source System,Source ID,Source Type,Metadata Version,Metadata\nbrn:b:x:::t:identity:ada,github,github/1,Ada,identity,github,1,user,v1,\"{\"\"email\"\":\"\"ada@example.com\"\"}\"\nbrn:b:x:::t:resource:deploy,github,github/1,=deploy,resource,github,5,repository,v1,{}\n",
		"entity_relations.csv": "App*,Integration*,Parent Entity BRN*,Entity BRN*,Entity Type*,Source System*,Metadata Version*,Metadata*\ngithub,github/1,brn:b:x:::t:identity:ada,brn:b:x:::t:resource:deploy,resource,github,v1,\"{\"\"privilegeName\"\":\"\"push\"\",\"\"privilegeValue\"\":true}\"\n",
	} {
		if err := os.MkdirAll(filepath.Join(f.dir, "exports"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(f.dir, "exports", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(f.dir, name) }
	f.run(t, exitDone, "load", at("exports"), "--vendor", "balkanid", "--database", at("access.duckdb"), "-q")
	database := at("access.duckdb")
	for _, pack := range []string{at("pack.csv"), at("pack.xlsx")} {
		f.run(t, exitDone, "review", "--application", "example-org", "--database", database, "-o", pack)
	}
	book, err := excelize.OpenFile(at("pack.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	for cell, value := range map[string]string{"A2": "revoke", "B2": "=left"} {
		if err := book.SetCellStr("rows", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SaveAs(at("filled.xlsx")); err != nil {
		t.Fatal(err)
	}
	_, stderr := f.run(t, exitDone, "review", "import", at("filled.xlsx"), "--database", database)
	if !strings.Contains(stderr, "filled.xlsx: 1 decision (revoke 1), 0 rows without one.") {
		t.Error(stderr)
	}
	out, _ := f.run(t, exitDone, "query", "--database", database, "--format", "json", "select decision, target_name from reviews")
	if !strings.Contains(out, `{"decision": "revoke", "target_name": "=deploy"}`) {
		t.Error(out)
	}

	text, err := os.ReadFile(at("pack.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "'=deploy") {
		t.Fatalf("no guarded name in %s", text)
	}
	if err := os.WriteFile(at("filled.csv"), []byte(strings.Replace(string(text), "\n,", "\napprove,", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	f.run(t, exitDone, "review", "import", at("filled.csv"), "--database", database, "-q")
}
