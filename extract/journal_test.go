package extract

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// The next run has what was noted, but for a note that was cut, and each part
// costs one line, however many there are.
func TestJournal_lines(t *testing.T) {
	x := &Extractor{Store: newStore(t)}
	open := func() *journal {
		return openJournal(x, "s", "j", "https://api.example.com", slog.New(slog.DiscardHandler))
	}
	part := func(i int) Part {
		return Part{Key: fmt.Sprintf("p/%04d", i), Request: Request{Method: "GET", Path: fmt.Sprintf("/%d", i)}}
	}
	name := filepath.Join(x.Store.Dir(), "journal", "s.j.json")
	const n = 500
	size := func() int64 {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	j := open()
	var first int64
	for i := range n {
		j.arrived(part(i), schemas.Part{Artifact: fmt.Sprintf("%064d", i), FetchedAt: x.now()})
		if i == 0 {
			first = size()
		}
	}
	if got := size(); got > n*first {
		t.Errorf("%d bytes for %d parts, %d for one", got, n, first)
	}
	j.forget(part(7))
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	has := func(j *journal, i int) bool {
		p, _, ok := j.part(part(i))
		return ok && p.Artifact == fmt.Sprintf("%064d", i)
	}
	again := open()
	for i := range n {
		if has(again, i) != (i != 7) {
			t.Errorf("part %d: %v", i, !has(again, i))
		}
	}
	// What this run notes is beside what the last one did.
	again.started(part(7), "job-7")
	if third := open(); !has(third, 1) || third.file.Parts[part(7).Key].JobID != "job-7" {
		t.Error("a note of the run before is lost")
	}
	// Cut anywhere, it has the parts whose lines are whole.
	for cut := len(data) - 1; cut > 0; cut -= 997 {
		if err := os.WriteFile(name, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if j := open(); len(j.file.Parts) > n || has(j, 0) != (int64(cut) >= first) {
			t.Fatalf("cut at %d: %d parts", cut, len(j.file.Parts))
		}
	}
	if err := x.Store.Release("s"); err != nil {
		t.Fatal(err)
	}
	// An end that is noted is kept to.
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	j = open()
	j.end(true)
	if err := x.Store.Release("s"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("the journal of a complete job stays: %v", err)
	}
}

// A folder may be called what would be a pattern.
func TestRelease_pathOfAPattern(t *testing.T) {
	for _, name := range []string{"[x", "[ab]", "st*r", "what?"} {
		store, err := OpenStore(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Release("s"); err != nil {
			t.Errorf("%s, nothing kept yet: %v", name, err)
		}
		dir := filepath.Join(store.Dir(), "journal")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"s.requests.json", "so.requests.json"} {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Release("s"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != "so.requests.json" {
			t.Errorf("%s: %v stay, %v", name, left, err)
		}
	}
}
