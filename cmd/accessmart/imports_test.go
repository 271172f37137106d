package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/accessmart/accessmart"

// mayImport is the one way in which imports go: what each part of the program
// may import of the others. A package not listed may import nothing of ours.
var mayImport = map[string][]string{
	"schemas":                    {},
	"sql":                        {},
	"transform":                  {"schemas", "transform/frame", "transform/columns", "transform/scan", "transform/fingerprint"},
	"transform/frame":            {"schemas", "transform/columns", "transform/scan"},
	"transform/columns":          {},
	"transform/fingerprint":      {},
	"transform/scan":             {"schemas"},
	"load":                       {"load/access", "load/answers", "load/apply", "load/closure", "load/database", "load/database/read", "load/gate", "load/ledger", "load/links", "load/sod", "load/things", "schemas", "sql", "transform/fingerprint"},
	"load/answers":               {"load/database", "load/ledger", "load/sod", "schemas", "sql"},
	"load/apply":                 {"load/database"},
	"load/database":              {"schemas"},
	"load/database/databasetest": {"load/database"}, // for tests
	"load/database/read":         {"load/database", "load/ledger", "schemas", "sql"},
	"load/gate":                  {"load/apply", "load/database", "load/ledger", "schemas"},
	"load/ledger":                {"load/database", "schemas"},
	"load/access":                {},
	"load/diff":                  {"load/database", "load/database/read", "load/find", "sql"},
	"load/evidence":              {"load/database", "load/database/read", "load/report", "sql"},
	"load/explain":               {"load/access", "load/database", "load/database/read", "load/find"},
	"load/find":                  {"load/database", "load/database/read"},
	"load/closure":               {"load/access", "load/database", "sql"},
	"load/intern":                {},
	"load/links":                 {"load/apply", "load/database", "load/database/read", "load/resolve", "schemas"},
	"load/report":                {"load/database", "load/database/read", "sql"},
	"load/resolve":               {"load/intern", "schemas"},
	"load/review":                {"load/database", "load/database/read", "load/find", "load/report", "sql"},
	"load/sod":                   {"load/database", "load/database/read", "schemas", "sql"},
	"load/merge":                 {"load/intern", "schemas"},
	"load/things":                {"load/apply", "load/database", "load/intern", "load/merge", "schemas"},
	"extract":                    {"schemas"},
	"extract/oleria":             {"extract", "schemas"},
	"extract/sailpoint":          {"extract", "schemas"},
	"extract/balkanid":           {"extract", "schemas", "transform/frame"},
	"extract/files":              {"extract", "schemas", "transform/frame"},
	"extract/internal/scripted":  {},

	"extract/vendorsim/faultline": {}, // for tests
	"cmd/accessmart/config":       {"cmd/accessmart/run", "extract", "extract/balkanid", "extract/files", "extract/oleria", "extract/sailpoint", "load", "load/gate", "schemas", "sql"},
	"cmd/accessmart/run":          {"extract", "transform", "load", "load/database", "load/database/read", "load/gate", "load/ledger", "load/links", "load/report", "load/resolve", "load/review", "load/sod", "schemas"},
	"cmd/accessmart": {"cmd/accessmart/config", "cmd/accessmart/run", "extract", "extract/files",
		"extract/vendorsim", "transform", "load", "load/database", "load/database/read", "load/diff", "load/evidence", "load/explain", "load/find", "load/ledger", "load/links", "load/report", "load/resolve", "load/review", "load/sod", "schemas", "sql"},
	"cmd/bench": {"schemas", "sql"}, // measures the program from outside

	// The simulator shares nothing with the program, and its vendors share
	// forms only.
	"extract/vendorsim": {"extract/vendorsim/oleria", "extract/vendorsim/sailpoint", "extract/vendorsim/balkanid",
		"extract/vendorsim/company", "extract/vendorsim/api", "extract/vendorsim/export"},
	"extract/vendorsim/oleria":    {"extract/vendorsim/company", "extract/vendorsim/api", "extract/vendorsim/export"},
	"extract/vendorsim/sailpoint": {"extract/vendorsim/company", "extract/vendorsim/api", "extract/vendorsim/export"},
	"extract/vendorsim/balkanid":  {"extract/vendorsim/company", "extract/vendorsim/api", "extract/vendorsim/export"},
	"extract/vendorsim/company":   {},
	"extract/vendorsim/api":       {"extract/vendorsim/export"},
	"extract/vendorsim/export":    {},
}

// onlyIn says which of our packages alone may import a foreign one.
var onlyIn = map[string]string{
	"github.com/duckdb/duckdb-go/v2": "load",
	"net/http":                       "extract",
	"os/signal":                      "cmd",
	"github.com/spf13/cobra":         "cmd",
}

// exempt may import what else is for one of our packages alone. The yardstick
// of the benchmark is DuckDB without load.
var exempt = map[string][]string{"cmd/bench": {"github.com/duckdb/duckdb-go/v2"}}

func TestImports(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s: not in the table of imports; say what it may import", name)
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			if owner, ok := onlyIn[imported]; ok && name != owner && !strings.HasPrefix(name, owner+"/") && !slices.Contains(exempt[name], imported) {
				t.Errorf("%s imports %s, which is for %s only", name, imported, owner)
			}
		}
	}
}

// The page about the architecture has the same table.
func TestImports_arePrinted(t *testing.T) {
	data, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, imports := range mayImport {
		cell := "none"
		if len(imports) > 0 {
			cell = "`" + strings.Join(slices.Sorted(slices.Values(imports)), "`, `") + "`"
		}
		if line := fmt.Sprintf("| `%s` | %s |\n", name, cell); !strings.Contains(string(data), line) {
			t.Errorf("docs/architecture.md lacks the line\n%s", line)
		}
	}
	if _, table, _ := strings.Cut(string(data), "| package | imports of ours |"); strings.Count(table, "\n| `") != len(mayImport) {
		t.Errorf("docs/architecture.md tells of %d packages, the table has %d", strings.Count(table, "\n| `"), len(mayImport))
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "duckdb_arrow", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < len(mayImport) {
		t.Fatalf("go list found %d packages, the table has %d", len(packages), len(mayImport))
	}
	return packages
}

// Whoever forgets the build tag is told so, and nothing else.
func TestBuild_withoutTheTag(t *testing.T) {
	cmd := exec.Command("go", "build", "-o", os.DevNull, ".")
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err == nil || len(lines) != 2 || !strings.Contains(lines[1], "go install -tags duckdb_arrow ./cmd/accessmart") {
		t.Errorf("%v: %s", err, out)
	}
}
