package extract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore_putAndOpen(t *testing.T) {
	s := newStore(t)
	for _, text := range []string{"", "a", strings.Repeat("some text, again and again\n", 100_000)} {
		a, err := s.Put(context.Background(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		if a.SHA != hex.EncodeToString(sum[:]) || a.Bytes != int64(len(text)) {
			t.Errorf("%+v", a)
		}
		again, err := s.Put(context.Background(), strings.NewReader(text))
		if err != nil || again != a {
			t.Errorf("second put: %+v %v", again, err)
		}
		r, err := s.Open(a.SHA)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if r.Close(); err != nil || string(got) != text {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		if err := s.Verify(a.SHA); err != nil {
			t.Error(err)
		}
	}
	n := 0
	for a, err := range s.Artifacts() {
		if n++; err != nil || a.StoredBytes == 0 {
			t.Errorf("%+v %v", a, err)
		}
	}
	if n != 3 {
		t.Errorf("%d artifacts", n)
	}
}

// A file is the one that is stored when all its bytes are, also one that is
// shorter or longer by now than its folder said.
func TestStore_same(t *testing.T) {
	s := newStore(t)
	stored := strings.Repeat("some text, again and again\n", 10_000)
	a, err := s.Put(t.Context(), strings.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	part := &schemas.Part{Artifact: a.SHA, Bytes: a.Bytes}
	for text, want := range map[string]bool{stored: true, "": false, stored[:100]: false, stored[:beginning]: false, stored + "x": false,
		"S" + stored[1:]: false, stored[:len(stored)-1] + " ": false} {
		if got, err := s.same(t.Context(), strings.NewReader(text), part); got != want || err != nil {
			t.Errorf("%d bytes, %.1q to %q: %v %v", len(text), text, text[max(0, len(text)-1):], got, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.same(ended, strings.NewReader(stored), part); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got, err := s.same(t.Context(), strings.NewReader(""), &schemas.Part{Artifact: a.SHA}); got || err != nil {
		t.Errorf("nothing, and a part of nothing that has another hash: %v %v", got, err)
	}
}

func TestStore_modes(t *testing.T) {
	s := newStore(t)
	if _, err := s.Put(context.Background(), strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveExport(&schemas.Export{Run: "r1", Source: "s", Dataset: "oleria.employees"}); err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(s.Dir(), func(name string, d fs.DirEntry, walkErr error) error {
		info, err := d.Info()
		if err != nil || walkErr != nil {
			t.Fatal(err)
		}
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return nil
	})
}

func TestStore_failedPutLeavesNothing(t *testing.T) {
	s := newStore(t)
	broken := errors.New("line broke")
	if _, err := s.Put(context.Background(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))); !errors.Is(err, broken) || errors.Is(err, errStore) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Put(ctx, strings.NewReader("abc")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, dir := range []string{"tmp", "artifacts"} {
		if left, _ := os.ReadDir(filepath.Join(s.Dir(), dir)); len(left) > 0 {
			t.Errorf("%s holds %v", dir, left)
		}
	}
}

func TestStore_diskThatRefuses(t *testing.T) {
	s := newStore(t)
	if err := os.RemoveAll(filepath.Join(s.Dir(), "tmp")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(context.Background(), strings.NewReader("abc")); !errors.Is(err, errStore) {
		t.Errorf("got %v", err)
	}
	if _, err := OpenStore(filepath.Join(s.Dir(), "artifacts", "x\x00")); err == nil {
		t.Error("a folder that cannot be is opened")
	}
}

func TestStore_damageIsSeen(t *testing.T) {
	s := newStore(t)
	text := strings.Repeat("0123456789", 5000)
	a, err := s.Put(context.Background(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	name := s.artifact(a.SHA)
	good, _ := os.ReadFile(name)
	for what, bad := range map[string][]byte{
		"cut": good[:len(good)-3], "a bit": append(append(bytes.Clone(good[:len(good)/2]), good[len(good)/2]^1), good[len(good)/2+1:]...), "empty": nil,
	} {
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(a.SHA); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: Verify gives %v", what, err)
		}
		if r, err := s.Open(a.SHA); err == nil {
			got, err := io.ReadAll(r)
			r.Close()
			if err == nil && len(got) > 0 {
				t.Errorf("%s: %d bytes read without an error", what, len(got))
			}
		}
	}
	for _, sha := range []string{strings.Repeat("0", 64), "../../etc/passwd", "", strings.ToUpper(a.SHA)} {
		if _, err := s.Open(sha); !errors.Is(err, ErrNoArtifact) {
			t.Errorf("Open(%q) gives %v", sha, err)
		}
	}
}

func TestStore_damagedArtifactIsWrittenAnew(t *testing.T) {
	s := newStore(t)
	a, err := s.Put(context.Background(), strings.NewReader("text"))
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(s.artifact(a.SHA), []byte("x"), 0o600)
	if _, err := s.Put(context.Background(), strings.NewReader("text")); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(a.SHA); err != nil {
		t.Error(err)
	}
}

func TestStore_sweepSparesTheLiving(t *testing.T) {
	s := newStore(t)
	dead := filepath.Join(s.Dir(), "tmp", "1.part")
	os.WriteFile(dead, []byte("x"), 0o600)
	pr, pw := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := s.Put(context.Background(), pr)
		done <- err
	}()
	pw.Write([]byte("first half, ")) // the put has its temporary file now
	if n, err := s.Sweep(); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	pw.Write([]byte("second half"))
	pw.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dead); err == nil {
		t.Error("the dead file stays")
	}
}

func TestStore_manyWritersOfTheSame(t *testing.T) {
	s := newStore(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				if _, err := s.Put(context.Background(), strings.NewReader("same")); err != nil {
					t.Error(err)
				}
				if _, err := s.Sweep(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// A process that is killed while it writes leaves a temporary file, and the
// next one removes it.
func TestStore_killedWriter(t *testing.T) {
	if dir := os.Getenv("ACCESSMART_TEST_STORE"); dir != "" {
		s, err := OpenStore(dir)
		if err != nil {
			os.Exit(1)
		}
		s.Put(context.Background(), io.MultiReader(strings.NewReader("half"), blocker{}))
		os.Exit(2) // not reached: the parent kills
	}
	s := newStore(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestStore_killedWriter$")
	cmd.Env = append(os.Environ(), "ACCESSMART_TEST_STORE="+s.Dir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Read(make([]byte, 1)) // blocker tells that half is written
	cmd.Process.Kill()
	cmd.Wait()
	left, _ := os.ReadDir(filepath.Join(s.Dir(), "tmp"))
	if len(left) != 1 {
		t.Fatalf("tmp holds %v", left)
	}
	if n, err := s.Sweep(); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
}

// blocker says so on stdout and never ends.
type blocker struct{}

func (blocker) Read([]byte) (int, error) {
	os.Stdout.WriteString("x")
	time.Sleep(time.Hour) // of the child that is killed
	return 0, io.EOF
}

func TestStore_manifests(t *testing.T) {
	s := newStore(t)
	for _, e := range []*schemas.Export{
		{Run: "01B", Source: "b-prod", Dataset: "balkanid.requests", Complete: true},
		{Run: "01A", Source: "a_prod", Dataset: "oleria.employees", Error: "x", Failure: schemas.FailureVendor},
		{Run: "01A", Source: "a_prod", Dataset: "oleria.risks_v2"},
		{Run: "01A", Source: "a_prod", Dataset: "oleria.employees", Complete: true}, // replaces
	} {
		if err := s.SaveExport(e); err != nil {
			t.Fatal(err)
		}
	}
	if runs, err := s.Runs(); err != nil || !slices.Equal(runs, []string{"01A", "01B"}) {
		t.Errorf("%v %v", runs, err)
	}
	got, err := s.Exports("01A")
	if err != nil || len(got) != 2 || !got[0].Complete || got[1].Dataset != "oleria.risks_v2" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := s.Exports("01C"); !errors.Is(err, ErrNoRun) {
		t.Errorf("got %v", err)
	}
	for _, bad := range []*schemas.Export{{Run: "../x", Source: "a", Dataset: "a.b"}, {Run: "r", Source: "a.b", Dataset: "a.b"}, {Run: "r", Source: "", Dataset: "a.b"}, {Run: "r", Source: "a", Dataset: "x"}} {
		if s.SaveExport(bad) == nil {
			t.Errorf("%+v is saved", bad)
		}
	}
	os.WriteFile(filepath.Join(s.Dir(), "runs", "01A", "z.json"), []byte("{"), 0o600)
	if _, err := s.Exports("01A"); err == nil {
		t.Error("a broken manifest is left out silently")
	}
}

// What turns out to be damaged makes room for the same bytes to come again.
func TestStore_damagedArtifactIsSetAside(t *testing.T) {
	s := newStore(t)
	a, err := s.Put(context.Background(), strings.NewReader("text"))
	if err != nil {
		t.Fatal(err)
	}
	stored, _ := os.ReadFile(s.artifact(a.SHA))
	stored[len(stored)-trailer-2] ^= 1 // in the checksum
	os.WriteFile(s.artifact(a.SHA), stored, 0o600)
	r, err := s.Open(a.SHA)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, ErrCorrupt) {
		t.Errorf("reading: %v", err)
	}
	if s.Has(a.SHA) {
		t.Error("the damaged artifact still has its name")
	}
	if _, err := os.Stat(s.artifact(a.SHA) + ".damaged"); err != nil {
		t.Error(err)
	}
}
