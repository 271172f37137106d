package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// plantLog leaves beside the file what somebody's DuckDB would, who changed a
// copy of it and crashed.
func plantLog(t *testing.T, file, change string) {
	t.Helper()
	mine := filepath.Join(t.TempDir(), filepath.Base(file))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", mine)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"pragma disable_checkpoint_on_shutdown", change} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(mine+".wal", file+".wal"); err != nil {
		t.Fatal(err)
	}
}

// What lies beside the file and would change it is named by each command that
// reads, believed by none, and keeps no refresh from its end.
func TestLogs_besideTheFileAreNeverBelieved(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	f.run(t, exitDone, "refresh", "balkanid.apps")
	file := filepath.Join(f.dir, "access.duckdb")
	ask := "select count(*) as n from meta.runs where command = 'planted'"
	plantLog(t, file, "update meta.runs set command = 'planted'")
	for _, args := range [][]string{{"query", ask, "--format", "csv"}, {"query", ask}, {"status"}, {"rejects"}} {
		out, stderr := f.run(t, exitDone, args...)
		if !strings.Contains(stderr, "warning: not read: "+file+".wal lies beside") || !strings.Contains(stderr, "mv '"+file+".wal'") {
			t.Errorf("%v: %s", args, stderr)
		}
		if args[0] == "query" && !strings.Contains(out, "0") {
			t.Errorf("%v believed it: %s", args, out)
		}
	}
	if _, stderr := f.run(t, exitFailed, "connect"); !strings.Contains(stderr, "Other programs take it for changes") {
		t.Error(stderr)
	}
	_, stderr := f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet")
	if !strings.Contains(stderr, "warning: "+file+".wal was not made by this program") || strings.Contains(stderr, "CHECKPOINT") {
		t.Error(stderr)
	}
	if n := f.query(t, ask)[0]["n"]; n != 0.0 {
		t.Errorf("%v rows are planted", n)
	}
	aside, err := filepath.Glob(file + ".wal.*.foreign")
	if err != nil || len(aside) != 1 {
		t.Errorf("moved aside: %v, %v", aside, err)
	}
	f.run(t, exitDone, "connect")
	plantLog(t, file, "update meta.runs set command = 'planted'")
	if _, stderr := f.run(t, exitDone, "rebuild"); !strings.Contains(stderr, "was not made by this program") {
		t.Error(stderr)
	}
	if n := f.query(t, ask)[0]["n"]; n != 0.0 {
		t.Errorf("%v rows are planted", n)
	}
}

func TestConfig_fileRights(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	config, err := os.ReadFile(f.config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(f.dir, "access.duckdb")
	for _, c := range []struct{ text, want string }{
		{"", "600"}, {"file_mode: 0640", "640"}, {"", "640"}, {`file_mode: "0644"`, "644"}, {"file_mode: 600", "600"}, {"file_mode: 0o640", "640"},
		{fmt.Sprintf("file_mode: 0640\nfile_group: %d", os.Getegid()), "640"},
	} {
		f.write(t, c.text+"\n"+string(config))
		f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet")
		info, err := os.Stat(file)
		if err != nil || fmt.Sprintf("%o", info.Mode().Perm()) != c.want {
			t.Errorf("%q: %v, %v, want %s", c.text, info.Mode(), err, c.want)
		}
	}
	for text, want := range map[string]string{
		"file_mode: rw-r-----": "file_mode: want 0600", "file_mode: 0660": "file_mode: want 0600", "file_mode: 0440": "file_mode: want 0600",
		"file_mode: 0755": "file_mode: want 0600", "file_mode: 0x1a0": "file_mode: want 0600", "file_mode: 04640": "file_mode: want 0600", "file_mode: [1]": "file_mode: want 0600",
	} {
		f.write(t, text+"\n"+string(config))
		if _, stderr := f.run(t, exitUsage, "refresh", "balkanid.apps"); !strings.Contains(stderr, want) {
			t.Errorf("%s: %s", text, stderr)
		}
	}
	f.write(t, "file_group: nobody's friends\n"+string(config))
	if _, stderr := f.run(t, exitFailed, "refresh", "balkanid.apps"); !strings.Contains(stderr, "file_group: this machine has no group") {
		t.Error(stderr)
	}
}

// A path that is a link is followed by each command.
func TestDatabase_throughALink(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	file, link := filepath.Join(t.TempDir(), "v3.duckdb"), filepath.Join(f.dir, "access.duckdb")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f.run(t, exitDone, "refresh", "balkanid.apps", "--quiet")
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Fatalf("the link was replaced: %v", err)
		}
	}
	if n := f.query(t, "select count(*) as n from meta.runs")[0]["n"]; n != 2.0 {
		t.Errorf("%v runs", n)
	}
	f.run(t, exitDone, "status", "--database", file)
	f.run(t, exitDone, "rebuild")
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// A file has one data folder, by whatever link it is named: with two, a rebuild
// from either would lose what the other holds.
func TestLoad_dataFolderOfALink(t *testing.T) {
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 30})
	file, link := filepath.Join(t.TempDir(), "v3.duckdb"), filepath.Join(f.dir, "access.duckdb")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	f.run(t, exitDone, "simulate", "--files", filepath.Join(f.dir, "out"), "--people", "30")
	folder := filepath.Join(f.dir, "apps")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(f.dir, "out", "balkanid", "apps.csv"), filepath.Join(folder, "apps.csv")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, file} {
		f.run(t, exitDone, "load", folder, "--vendor", "balkanid", "--database", path, "--quiet")
	}
	if _, err := os.Stat(file + ".data"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(link + ".data"); err == nil {
		t.Error("a second data folder beside the link")
	}
}
