package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/report"
)

// handover is a folder of files that a person handed over, and a
// configuration that reads them.
func handover(t *testing.T, vendor string, files map[string]string) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	t.Cleanup(func() { f.closeFile(t) })
	f.config = filepath.Join(f.dir, "accessmart.yaml")
	f.write(t, "sources:\n  hr: {vendor: "+vendor+", files: exports}\n")
	for name, text := range files {
		name = filepath.Join(f.dir, "exports", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// hostile are texts that would do something where they are not quoted.
var hostile = []string{
	`"; drop table identities; --`, `x" from meta.runs; drop schema main cascade; --`, `'); attach 'evil.duckdb'; --`, `"`, `""`, `'`, `\`,
	`${jndi}`, `%s%n`, `$1`, `?`, `_part`, `_source`, `_extra`, `select`, `id`, `ID`, `  id  `, "naïve", strings.Repeat("long ", 200), "new\nline", `=cmd|' /C calc'!A0`,
	`copy (select 1) to 'evil.csv'`, `{"a":1}`, `\"; --`, `/* x`, `--`, "\u202etxt.exe", "\ufeffid", `id"`, `{{.Name}}`,
}

// Columns are named by vendors: whatever a header says stays a name, and
// whatever a cell says a value.
func TestHostile_headersAndCells(t *testing.T) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	cells := make([]string, len(hostile))
	for i := range cells {
		cells[i] = hostile[(i+7)%len(hostile)]
	}
	for _, row := range [][]string{hostile, cells} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	f := handover(t, "balkanid", map[string]string{
		"notes.csv":     b.String(), // no columns in its contract: the headers become the table's columns
		"employees.csv": "Employee ID,Full Name,Work Email*,Department,\"x\"\"; drop table identities; --\"\n1,Ada,ada@example.com,\"'); drop table grants; --\",=1+1\n",
	})
	f.write(t, "contracts: contracts\nsources:\n  hr: {vendor: balkanid, files: exports}\n")
	contracts := filepath.Join(f.dir, "contracts")
	if err := os.Mkdir(contracts, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(contracts, "notes.yaml"), []byte("{dataset: balkanid.notes, grain: A note, documented: assumed}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := f.files(t)
	f.run(t, exitDone, "refresh")
	rows := f.query(t, "select * from balkanid.notes")
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	var got []string
	for _, v := range rows[0] {
		if s, ok := v.(string); ok {
			got = append(got, s)
		}
	}
	for _, want := range cells {
		if want = strings.TrimPrefix(strings.TrimSpace(want), "\ufeff"); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("the cell %q is in no column", want)
		}
	}
	people := f.query(t, "select display_name, department, attributes::varchar as rest from observed.identities")
	if len(people) != 1 || people[0]["department"] != "'); drop table grants; --" {
		t.Errorf("%v", people)
	}
	f.run(t, exitDone, "refresh") // and again, over the tables so named
	for _, name := range f.files(t) {
		if base := filepath.Base(name); strings.Contains(base, "evil") && !slices.Contains(before, name) {
			t.Errorf("%s was made", name)
		}
	}
	for _, args := range [][]string{{"query", "from balkanid.notes"}, {"query", "select '=1' as \"=x\", -5 as n"}, {"decode", filepath.Join(f.dir, "exports", "notes.csv"), "--dataset", "balkanid.notes"},
		{"rejects"}, {"artifacts"}, {"status"}, {"datasets"}} {
		f.unguarded(t, args...)
	}
}

// unguarded looks for a cell of a CSV listing that a spreadsheet would run.
func (f *fixture) unguarded(t *testing.T, args ...string) {
	t.Helper()
	out, _ := f.run(t, exitDone, append(args, "--format", "csv")...)
	r := csv.NewReader(strings.NewReader(out))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != report.Guarded(cell) {
				t.Errorf("%v prints the cell %q", args, cell)
			}
		}
	}
}

// files are the paths of all files below the folder.
func (f *fixture) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// archive is a ZIP with these members; a name that ends in @ becomes a link.
func archive(t *testing.T, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		name, link := strings.CutSuffix(members[i], "@")
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		m, err := w.CreateHeader(h)
		if err == nil {
			_, err = m.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Names in an archive say what a member is, never where anything is written.
func TestHostile_archiveMembersNeverTouchTheFileSystem(t *testing.T) {
	const ids, entitled = "identityId,name\n1,Ada\n", "entitlementId,popularity\n9,50\n"
	outside := filepath.Join(t.TempDir(), "planted-identities.csv")
	for name, c := range map[string]struct {
		zip    string
		status ledger.Status
	}{
		"in folders":        {archive(t, "a/planted/", "", "a/planted/identities.csv", ids, "a/planted/entitlements.csv", entitled), ledger.Loaded},
		"up":                {archive(t, "../../planted-identities.csv", ids, "entitlements.csv", entitled), ledger.Failed},
		"up, inside":        {archive(t, "a/../../../planted-identities.csv", ids, "entitlements.csv", entitled), ledger.Failed},
		"absolute":          {archive(t, outside, ids, "entitlements.csv", entitled), ledger.Failed},
		"a drive":           {archive(t, `C:\planted-identities.csv`, ids, "entitlements.csv", entitled), ledger.Failed},
		"backslashes":       {archive(t, `..\..\planted-identities.csv`, ids, "entitlements.csv", entitled), ledger.Failed},
		"a link":            {archive(t, "planted-link@", outside, "identities.csv", ids, "entitlements.csv", entitled), ledger.Loaded},
		"a link and within": {archive(t, "planted@", filepath.Dir(outside), "planted/identities.csv", ids, "entitlements.csv", entitled), ledger.Loaded},
		"the same twice":    {archive(t, "planted/identities.csv", ids, "planted/identities.csv", "identityId,name\n2,Bob\n", "entitlements.csv", entitled), ledger.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			const file = "potential_role_identities.potential_role_id=r1.zip"
			f := handover(t, "sailpoint", map[string]string{file: c.zip})
			code, decoded := exitDone, exitDone
			if c.status != ledger.Loaded {
				code, decoded = exitFailed, exitFailed // nothing was loaded, so that there is no file
			}
			f.run(t, decoded, "decode", filepath.Join(f.dir, "exports", file), "--context", "potential_role_id=r1")
			if *torture || name == "up" || name == "in folders" {
				out, _ := f.run(t, code, "refresh", "--format", "json")
				if got := byDataset(t, out)["sailpoint.potential_role_identities"]["status"]; got != string(c.status) {
					t.Errorf("status %v, want %s", got, c.status)
				}
			}
			for _, path := range f.files(t) {
				if strings.Contains(path, "planted") {
					t.Errorf("%s was made", path)
				}
			}
			if _, err := os.Lstat(outside); err == nil {
				t.Errorf("%s was made", outside)
			}
		})
	}
}

// Nobody but the user may read what the program writes, under any mask, at
// any moment of a run, and afterwards.
func TestHostile_otherUsersMayReadNothing(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	t.Chdir(f.dir)
	var mu sync.Mutex
	seen := map[string]bool{}
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		_ = filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == f.dir {
				return nil // gone since it was listed
			}
			info, err := d.Info()
			if err != nil {
				return nil
			}
			seen[path] = true
			if rights := info.Mode().Perm(); rights&0o077 != 0 || !d.IsDir() && rights != 0o600 || d.IsDir() && rights != 0o700 {
				t.Errorf("%s has the rights %v", path, info.Mode())
			}
			return nil
		})
	}
	f.sim.Faults(vendorsim.Rule{Times: -1, Fault: vendorsim.Arrival(look)})
	old := syscall.Umask(0) // children have it
	defer syscall.Umask(old)
	for _, args := range [][]string{{"init", "--output", "written.yaml"}, {"refresh", "balkanid", "sailpoint.config_objects"}, {"rebuild"}, {"status"}} {
		cmd := exec.Command(program)
		cmd.Args = append([]string{"accessmart", "--config", f.config}, args...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan error, 1)
		go func() { over <- cmd.Wait() }()
		for running := true; running; {
			look()
			select {
			case err := <-over:
				running = false
				if code := cmd.ProcessState.ExitCode(); !finished(code) {
					t.Errorf("%v: %v: %s", args, err, out.String())
				}
			default:
			}
		}
	}
	look()
	for _, want := range []string{"written.yaml", "access.duckdb", "access.duckdb.lock", "data/lock", "data/journal", "data/artifacts", "data/runs"} {
		if !seen[filepath.Join(f.dir, want)] {
			t.Errorf("%s was not seen", want)
		}
	}
	working := 0
	for path := range seen {
		if strings.HasSuffix(path, "/access.duckdb") && path != filepath.Join(f.dir, "access.duckdb") {
			working++
		}
	}
	if working == 0 {
		t.Error("no working copy was seen")
	}
	figure(t, "files whose rights were looked at", "%s", fmt.Sprint(len(seen)))
}
