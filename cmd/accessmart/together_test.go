//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/accessmart/accessmart/load/database"
)

// running is a process that has come to a step.
type running struct {
	cmd    *exec.Cmd
	out    bytes.Buffer
	stderr strings.Builder
	read   chan struct{}
}

// standing starts a refresh that stops, alive, at a step, and returns when it
// is there.
func (s *site) standing(step string) *running {
	s.t.Helper()
	r := &running{cmd: s.command(trap{step: step, nth: 1, signal: syscall.SIGSTOP}, "refresh", "--verbose"), read: make(chan struct{})}
	r.cmd.Stdout = &r.out
	pipe, err := r.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	there := make(chan struct{})
	go func() {
		defer close(r.read)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			fmt.Fprintln(&r.stderr, lines.Text())
			if stepOf(lines.Text()) == step {
				close(there)
			}
		}
	}()
	select {
	case <-there:
	case <-r.read:
		s.t.Fatalf("the refresh ended before %q: %s", step, r.stderr.String())
	}
	return r
}

// goOn lets the process come to its end.
func (r *running) goOn(t *testing.T) ended {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	return r.end()
}

func (r *running) end() ended {
	<-r.read
	_ = r.cmd.Wait() // howEnded tells
	return howEnded(r.cmd, r.out.String(), r.stderr.String())
}

// While a refresh is at work, and be it silent, no second one begins: it is
// told who works, or waits. Readers do not notice.
func TestTogether_oneAtATime(t *testing.T) {
	t.Parallel()
	s := newFolderSite(t)
	s.begin()
	s.renew()
	before := s.look()
	first := s.standing("tables up to date")
	owner := fmt.Sprintf("process %d", first.cmd.Process.Pid)

	// By the same configuration the data folder is in use, by another one with
	// the same database file that file is.
	s.put("other.yaml", "data: other\nsources:\n  hr: {vendor: balkanid, files: exports}\n")
	s.expected = append(s.expected, "other.yaml", "other")
	for _, args := range [][]string{{"refresh"}, {"refresh", "--wait", "1ms"}, {"extract"}, {"load"}, {"rebuild"}, {"rejects", "replay"}} {
		if e := s.run(trap{}, args...); e.code != exitLocked || !strings.Contains(e.stderr, "--wait") {
			t.Errorf("%v beside a refresh: exit %d\n%s", args, e.code, e.stderr)
		}
	}
	if e := s.run(trap{}, "refresh", "--config", "other.yaml"); e.code != exitLocked || !strings.Contains(e.stderr, owner) {
		t.Errorf("a refresh beside another one, with its own data folder: exit %d\n%s", e.code, e.stderr)
	}
	for _, args := range [][]string{{"query", "select count(*) from observed.identities"}, {"status"}, {"artifacts"}} {
		if e := s.run(trap{}, args...); e.code != exitDone {
			t.Errorf("%v beside a refresh: exit %d\n%s", args, e.code, e.stderr)
		}
	}
	if s.look().digest != before.digest {
		t.Error("the file changed while the refresh stood still")
	}
	waiting := s.command(trap{}, "refresh", "--wait", "10m")
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	if e := first.goOn(t); e.code != exitDone {
		t.Errorf("the first refresh: exit %d\n%s", e.code, e.stderr)
	}
	if err := waiting.Wait(); err != nil {
		t.Errorf("the refresh that waited: %v", err)
	}
	if after := s.look(); len(after.runs) != len(before.runs)+2 {
		t.Errorf("%d runs after two refreshes, %d before", len(after.runs), len(before.runs))
	}
	s.checkComplete("after both")
}

// The lock of a process that died is taken over at once, though its name
// still stands in it; that of one that lives never is.
func TestTogether_lockOfTheDead(t *testing.T) {
	t.Parallel()
	s := newFolderSite(t)
	s.begin()
	s.renew()
	first := s.standing("tables up to date")
	if err := first.cmd.Process.Kill(); err != nil { // while it stands still
		t.Fatal(err)
	}
	if e := first.end(); !e.killed {
		t.Fatalf("the first refresh ended by itself: %+v", e)
	}
	data, err := os.ReadFile(s.database() + ".lock")
	var owner database.Owner
	if err != nil || json.Unmarshal(data, &owner) != nil || owner.PID != first.cmd.Process.Pid || owner.Since.IsZero() || owner.Command != "refresh" {
		t.Errorf("the lock tells of no owner with a time: %s %v", data, err)
	}
	s.recover("after the death of the owner", &kills{})
	if data, err := os.ReadFile(s.database() + ".lock"); err != nil || len(data) > 0 {
		t.Errorf("the lock that was given back tells of an owner: %s %v", data, err)
	}
}

// Of refreshes that start at the same moment each one either works alone or is
// told that another one does; with --wait all work, one after the other.
func TestTogether_startedAtOnce(t *testing.T) {
	t.Parallel()
	s := newFolderSite(t)
	s.begin()
	for round := range often(1, 10) {
		for _, wait := range []string{"0s", "10m"} {
			s.renew()
			before, n := s.look(), often(3, 6)
			codes := make([]ended, n)
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() { codes[i] = finish(t, s.command(trap{}, "refresh", "--wait", wait)) })
			}
			wg.Wait()
			worked := 0
			for _, e := range codes {
				switch {
				case e.code == exitDone:
					worked++
				case e.code != exitLocked || wait != "0s":
					t.Errorf("round %d, --wait %s: exit %d\n%s", round, wait, e.code, e.stderr)
				}
			}
			if worked == 0 || wait != "0s" && worked != n {
				t.Errorf("round %d, --wait %s: %d of %d refreshes worked", round, wait, worked, n)
			}
			if after := s.look(); len(after.runs) != len(before.runs)+worked {
				t.Errorf("round %d, --wait %s: %d runs more after %d refreshes", round, wait, len(after.runs)-len(before.runs), worked)
			}
			s.checkComplete("after all")
		}
	}
}
