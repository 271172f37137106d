//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// faults counts the faults of the disk that were tried.
type faults struct{ tried, refused, incomplete, passed int }

func (f *faults) String() string {
	return fmt.Sprintf("%d tried: %d refreshes failed and left the old file, %d published without some exports, %d had room enough",
		f.tried, f.refused, f.incomplete, f.passed)
}

// full runs a command while no file can grow beyond a size, and checks what it
// leaves; then the same with room, which must work.
func (s *site) full(command string, limit int64, f *faults) {
	s.t.Helper()
	what := fmt.Sprintf("%s with files of %d bytes at most", command, limit)
	before := s.look()
	e := s.run(trap{limit: limit}, command)
	f.tried++
	told := strings.Contains(e.stderr, "free space")
	switch {
	case e.code == exitFailed:
		f.refused++
		if after := s.look(); after.digest != before.digest {
			s.t.Errorf("%s: the file is another one though the run failed", what)
		}
		if !told {
			s.t.Errorf("%s: the message does not say what to do:\n%s", what, e.stderr)
		}
	case e.code == exitIncomplete && told:
		f.incomplete++
		s.look()
	case finished(e.code):
		f.passed++
	default:
		s.t.Errorf("%s: exit %d\n%s", what, e.code, e.stderr)
	}
	if strings.Contains(e.stderr, "goroutine ") {
		s.t.Errorf("%s: a panic:\n%s", what, e.stderr)
	}
	for _, left := range s.leftovers() {
		if !strings.HasPrefix(left, "data/journal/") && !strings.HasPrefix(left, "artifact of no export") {
			s.t.Errorf("%s: left behind: %s", what, left)
		}
	}
	s.recover(what, &kills{})
}

// A refresh that finds the disk full says so, and changes nothing.
func TestDisk_full(t *testing.T) {
	t.Parallel()
	s, f := newFolderSite(t), &faults{}
	s.renew()
	for _, limit := range []int64{60, 13 << 10, 3 << 20}[often(1, 0):] { // the lock, the new file, the checkpoint
		s.renew()
		if err := os.RemoveAll(s.database()); err != nil {
			t.Fatal(err)
		}
		s.full("refresh", limit, f)
	}
	info, err := os.Stat(s.database())
	if err != nil {
		t.Fatal(err)
	}
	limits := []int64{info.Size() / 2, info.Size() + 1<<18} // the copy, the checkpoint
	if *torture {
		for limit := info.Size() * 3 / 4; limit < info.Size()*2; limit += info.Size() / 50 {
			limits = append(limits, limit)
		}
	}
	for _, limit := range limits {
		s.renew()
		s.full("refresh", limit, f)
	}
	for limit := int64(100); limit < 1000; limit += int64(often(500, 50)) { // artifacts and manifests
		s.renew()
		s.full("extract", limit, f)
	}
	if f.refused == 0 {
		t.Error("no refresh found the disk full")
	}
	figure(t, "disk full, a folder of files", "%v", f)
}

// What the vendors delivered before the disk was full is not asked for again.
func TestDisk_fullWhileAsking(t *testing.T) {
	t.Parallel()
	s, f := newVendorSite(t, vendorsim.Config{Seed: 10, People: 60, PotentialRoles: 2, RoleInsights: 2}), &faults{}
	s.begin()
	s.renew()
	limits := []int64{2000}
	if *torture {
		for limit := int64(200); limit < 20000; limit += 500 {
			limits = append(limits, limit)
		}
	}
	for _, limit := range limits {
		s.full("extract", limit, f)
	}
	if f.refused+f.incomplete == 0 {
		t.Error("no refresh found the disk full")
	}
	figure(t, "disk full, three vendors", "%v", f)
}

// noise is text that does not compress well.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

// An export that finds no room for what it must put aside fails by itself, and
// is loaded when there is room.
func TestDisk_fullWhileSpilling(t *testing.T) {
	t.Parallel()
	s := newFolderSite(t)
	s.renew()
	config, err := os.ReadFile(s.path("accessmart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.put("accessmart.yaml", "memory: 128MB\n"+string(config))
	people := often(30_000, 150_000)
	var b strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	b.WriteString("Employee ID,Full Name,Work Email*,Department,Start Date*\n")
	for i := range people {
		fmt.Fprintf(&b, "%d,Ada %s North,p%d@example.com,Sales,01/02/2021\n", i, noise(r, often(300, 100)), i)
	}
	s.put("exports/employees.csv", b.String())
	status := func() (out []string) {
		for _, row := range s.ask("select dataset, status from meta.exports where run_id = (select arg_max(run_id, as_of) from meta.runs) order by 1") {
			out = append(out, row[0]+" "+row[1])
		}
		return out
	}
	e := s.run(trap{limit: 8 << 20}, "refresh") // enough for the file without these people
	if !strings.Contains(e.stderr, "free space") || *torture && !strings.Contains(e.stderr, "access.duckdb.work/spill") {
		t.Errorf("exit %d\n%s", e.code, e.stderr)
	}
	if e.code == exitFailed { // it was the copy that found no room
		if h := s.look(); len(h.runs) > 0 {
			t.Error("the run failed and was published")
		}
	} else if got := status(); e.code != exitIncomplete || !slices.Equal(got, []string{"balkanid.apps loaded", "balkanid.employees failed"}) {
		t.Errorf("without room: %v", got)
	}
	if e = s.run(trap{}, "refresh"); e.code != exitDone {
		t.Errorf("with room: exit %d\n%s", e.code, e.stderr)
	}
	if got := status(); len(got) != 2 || got[1] != "balkanid.employees loaded" {
		t.Errorf("with room: %v", got)
	}
	if n := s.ask("select count(*), '' from observed.identities"); n[0][0] != fmt.Sprint(people) {
		t.Errorf("with room: %v identities", n)
	}
	if left := s.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A folder that cannot be written to is told of, with what to do, and nothing
// changes; with the right given back the next refresh works.
func TestDisk_readOnly(t *testing.T) {
	t.Parallel()
	s := newFolderSite(t)
	s.begin()
	names := []string{".", "data/runs", "data/artifacts", "data/tmp", "access.duckdb", "access.duckdb.lock", "data/lock"}
	for _, name := range names[:often(3, len(names))] {
		code := exitFailed
		if name == "data/artifacts" {
			code = exitIncomplete // the exports could not be kept, and that can
		}
		s.renew()
		before := s.look()
		path := filepath.Join(s.dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode()&0o500); err != nil {
			t.Fatal(err)
		}
		e := s.run(trap{bound: true}, "refresh")
		if err := os.Chmod(path, info.Mode()); err != nil {
			t.Fatal(err)
		}
		if e.code != code || !strings.Contains(e.stderr, "permission denied") || !strings.Contains(e.stderr, "right") {
			// "check … rights of the data folder", or "give this user the right …"
			t.Errorf("%s read-only: exit %d\n%s", name, e.code, e.stderr)
		}
		if after := s.look(); code == exitFailed && after.digest != before.digest {
			t.Errorf("%s read-only: the file is another one", name)
		}
		s.recover(name+" read-only", &kills{})
	}
}
