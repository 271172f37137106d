package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
)

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %v", e.Name(), info.Mode()))
	}
	return out
}

func TestPublish_leavesTheFileAndTheLock(t *testing.T) {
	t.Parallel()
	s := newSiteWithoutFile(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	got := strings.Join(files(t, filepath.Dir(s.path)), ", ")
	if want := "access.duckdb -rw-------, access.duckdb.lock -rw-------"; got != want {
		t.Errorf("left %s, want %s", got, want)
	}
}

func TestPublish_ledger(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "b x"))
	s.want("select run_id, status, command, version, previous_run_id, as_of, chain_hash = meta.chain_hash_of(run_id), length(chain_hash) from meta.runs order by 1",
		"01J00000000000000000000001|done|refresh|test|NULL|2026-03-01T09:00:00Z|true|64",
		"01J00000000000000000000002|done|refresh|test|01J00000000000000000000001|2026-03-01T10:00:00Z|true|64")
	s.want("select count(distinct chain_hash) from meta.runs", "2")
	s.want("select artifact, source, bytes, stored_bytes, run_id from meta.artifacts order by 1",
		"a0|balkan|100|10|01J00000000000000000000001", "a1|balkan|100|10|01J00000000000000000000002")
	s.want("select table_name, row_count, inserted_count, closed_count, unchanged_count from meta.export_tables order by run_id, 1",
		"balkanid.entitlements|1|1|0|0", "observed.grants|1|1|0|0", "balkanid.entitlements|1|1|1|0", "observed.grants|1|1|1|0")
	s.want("select source, vendor, last_complete_run_id from meta.sources", "balkan|balkanid|01J00000000000000000000002")
}

func TestPublish_notesTheHashOfTheFileBefore(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	data, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	s.publish(s.begin())
	s.want("select published_file_sha256 from meta.runs order by 1 nulls last", fmt.Sprintf("%x", sha256.Sum256(data)), "NULL")
}

func TestPublish_checksAreRepeatedWhereNothingWasLoaded(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x")) // two dangling references
	p := s.publish(s.begin())
	s.want("select run_id, finding_count from meta.checks where check_name = 'dangling_references' order by 1",
		"01J00000000000000000000001|2", "01J00000000000000000000002|2")
	if len(p.Checks) == 0 {
		t.Error("no checks reported")
	}
}

// A check that asks something else than in the run before is asked again, also
// where no row changed: its old count is the answer to another question.
func TestPublish_checksThatAskOtherwiseAreAskedAgain(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x")) // two dangling references
	count := func() (n int64) {
		t.Helper()
		for _, c := range s.publish(s.begin()).Checks {
			if c.Name == "dangling_references" {
				n = c.Findings
			}
		}
		return n
	}
	const counted = "update meta.checks set finding_count = 9"
	direct(t, s.path, counted)
	if n := count(); n != 9 {
		t.Errorf("%d findings of the same question, want those of the run before", n)
	}
	direct(t, s.path, counted+", query = 'another'")
	if n := count(); n != 2 {
		t.Errorf("%d findings where the run before asked another question, want 2", n)
	}
	direct(t, s.path, counted+", query = NULL") // as an earlier program left it
	if n := count(); n != 2 {
		t.Errorf("%d findings where nobody knows what the run before asked, want 2", n)
	}
}

func TestPublish_chainBreaksWhenTheLedgerIsChanged(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	direct(t, s.path, "update meta.exports set inserted_count = 2", "checkpoint")
	s.want("select chain_hash = meta.chain_hash_of(run_id) from meta.runs", "false")
}

// direct changes a file as somebody with a DuckDB shell would.
func direct(t *testing.T, path string, statements ...string) {
	t.Helper()
	c, err := duckdb.NewConnector(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPublish_underOpenReader(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	old, err := read.Open(t.Context(), s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	count := func(r *read.File) string {
		t.Helper()
		got, err := ask(r, "select count(*) from observed.grants")
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	before := count(old)
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "a x", "b x"))
	if after := count(old); before != "1" || after != "1" {
		t.Errorf("the reader of the old file saw %s, then %s", before, after)
	}
	s.want("select count(*) from observed.grants", "2")
}

func TestPublish_renamedFileStillAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	moved := filepath.Join(filepath.Dir(s.path), "moved elsewhere.duckdb")
	if err := os.Rename(s.path, moved); err != nil {
		t.Fatal(err)
	}
	if got := query(t, moved, "select count(*) from observed_grants_as_of(now())"); got[0] != "1" {
		t.Errorf("got %v", got)
	}
	query(t, moved, "from report.dangling_references")
}

func TestPublish_keepsEarlierFiles(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.path = filepath.Join(filepath.Dir(s.path), "folder [of] *", "access.duckdb") // no pattern, whatever it looks like
	if err := os.Mkdir(filepath.Dir(s.path), 0o700); err != nil {
		t.Fatal(err)
	}
	others := []string{"access.backup.duckdb", "access.01J0000000000000000000000.duckdb", "access2.01J00000000000000000000000.duckdb"}
	for _, name := range others {
		mustWrite(t, filepath.Join(filepath.Dir(s.path), name))
	}
	for i := range 4 {
		w := s.begin(func(o *Options) { o.Keep = 2 })
		if _, err := w.Load(t.Context(), export("balkan", dataset, fmt.Sprint("a", i)), contract(dataset), s.grants(nil, fmt.Sprint("k", i, " x"))); err != nil {
			t.Fatal(err)
		}
		s.publish(w)
	}
	got := strings.Join(files(t, filepath.Dir(s.path)), " ")
	for name, want := range map[string]bool{"000001": false, "000002": true, "000003": true, "000004": false} {
		if strings.Contains(got, "access.01J00000000000000000"+name+".duckdb") != want {
			t.Errorf("%s kept: %v, want %v; folder: %s", name, !want, want, got)
		}
	}
	for _, name := range others {
		if !strings.Contains(got, name) {
			t.Errorf("%s is no file of this program, and was removed", name)
		}
	}
	kept := strings.TrimSuffix(s.path, ".duckdb") + ".01J00000000000000000000002.duckdb"
	if got := query(t, kept, "select grant_key from observed.grants"); got[0] != "k1" {
		t.Errorf("got %v", got)
	}
}

func TestDiscard_leavesThePublishedFile(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	before, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	w := s.begin()
	if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), s.grants(nil, "b x")); err != nil {
		t.Fatal(err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(s.path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the published file changed: %v", err)
	}
	if _, err := w.Publish(t.Context(), ledger.RunDone); err == nil {
		t.Error("published after discard")
	}
	if got := files(t, filepath.Dir(s.path)); len(got) != 2 {
		t.Errorf("left %v", got)
	}
}

func TestBegin_clearsWhatAKilledRunLeft(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	dir := s.path + ".work"
	if err := os.MkdirAll(filepath.Join(dir, "spill"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"access.duckdb", "access.duckdb.wal", "spill/duckdb_temp_block-1.block"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.publish(s.begin())
	s.want("select count(*) from observed.grants", "1")
	if got := files(t, filepath.Dir(s.path)); len(got) != 2 {
		t.Errorf("left %v", got)
	}
}

func TestBegin_lockHeld(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	w := s.begin()
	_, err := Begin(t.Context(), s.options())
	var x *database.LockedError
	if !errors.Is(err, database.ErrLocked) || !errors.As(err, &x) {
		t.Fatalf("got %v", err)
	}
	if x.Owner.PID != os.Getpid() || x.Owner.Run != "01J00000000000000000000001" || !x.Owner.Since.Equal(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("owner %+v", x.Owner)
	}
	if _, held, err := database.Locked(s.path); err != nil || !held {
		t.Errorf("held %v, %v", held, err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, held, err := database.Locked(s.path); err != nil || held {
		t.Errorf("held %v, %v", held, err)
	}
	s.publish(s.begin())
}

// The lock of a process that died is free, whatever its file says.
func TestBegin_staleLock(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	if err := os.WriteFile(s.path+".lock", []byte(`{"pid":1,"host":"elsewhere"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.publish(s.begin())
}

func TestBegin_waitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.begin()
	o := s.options()
	o.Wait = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Begin(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBegin_clockJumpedBack(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	s.clock = s.clock.Add(-48 * time.Hour)
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "b x"))
	s.refresh(export("balkan", dataset, "a2"), s.grants(nil, "c x"))
	s.want("select grant_key, _valid_from from observed.grants", "c|2026-03-01T09:00:00.000002Z")
	s.want("select grant_key, _valid_from, _valid_to from observed_history.grants order by 1",
		"a|2026-03-01T09:00:00Z|2026-03-01T09:00:00.000001Z", "b|2026-03-01T09:00:00.000001Z|2026-03-01T09:00:00.000002Z")
}

func TestBegin_refusesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.duckdb")
	if err := os.WriteFile(text, []byte("not a database, but long enough to look into"), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign.duckdb")
	direct(t, foreign, "create table precious (a int)")
	for _, path := range []string{text, foreign} {
		s := &site{t: t, path: path}
		if _, err := Begin(t.Context(), s.options()); !errors.Is(err, database.ErrNotDatabase) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if _, held, _ := database.Locked(text); held {
		t.Error("the lock was kept")
	}
}

// TestMain_writer is what TestBegin_refusesAFileOpenForWriting runs as a process of its
// own: record locks do not show inside one process.
func TestMain_writer(t *testing.T) {
	path := os.Getenv("ACCESSMART_TEST_WRITER")
	if path == "" {
		return
	}
	c, err := duckdb.NewConnector(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Println("open")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent is done
}

func TestBegin_refusesAFileOpenForWriting(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMain_writer$")
	cmd.Env = append(os.Environ(), "ACCESSMART_TEST_WRITER="+s.path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(t.Context(), s.options()); !errors.Is(err, database.ErrInUse) {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Fatal(err)
	}
}

// Whatever goes wrong while publishing, the old file stays and the lock is free.
func TestPublish_failureLeavesTheOldFile(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	for name, spoil := range map[string]func(*Work){
		"rows lost":     func(w *Work) { mustExec(t, w, "delete from observed.grants") },
		"ledger broken": func(w *Work) { mustExec(t, w, "drop table meta.runs") },
	} {
		t.Run(name, func(t *testing.T) {
			defer os.Remove(s.path + ".wal")
			w := s.begin()
			if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), s.grants(nil, "b x", "c x")); err != nil {
				t.Fatal(err)
			}
			spoil(w)
			if _, err := w.Publish(t.Context(), ledger.RunDone); err == nil {
				t.Fatal("published")
			}
			if err := os.Remove(s.path + ".wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			s.want("select grant_key from observed.grants", "a")
			if got := files(t, filepath.Dir(s.path)); len(got) != 2 {
				t.Errorf("left %v", got)
			}
		})
	}
}

func mustExec(t *testing.T, w *Work, q database.SQL) {
	t.Helper()
	if _, err := w.db.Exec(t.Context(), q); err != nil {
		t.Fatal(err)
	}
}

func mustWrite(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}
