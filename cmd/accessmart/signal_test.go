//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// lastLook is the step after which the program looks for the last time whether
// it is asked to end, perhaps just before it hears so. At the steps tooLate the
// new file is in place. What is left to do then waits for nobody: the refresh
// comes to its end.
const lastLook = "copy synced"

var tooLate = []string{"file replaced", "published"}

// stop interrupts one refresh at a step and checks what it leaves at once, and
// what comes after.
func (s *site) stop(signal syscall.Signal, step string, nth int, k *kills) {
	s.t.Helper()
	what := fmt.Sprintf("%v at %q, time %d", signal, step, nth)
	before := s.look()
	e := s.run(trap{step: step, nth: nth, signal: signal}, "refresh", "--verbose")
	if s.sim != nil {
		s.sim.ClearFaults()
	}
	replaced := s.interrupted(what, before)
	want := exitInterrupted
	if slices.Contains(tooLate, step) || step == lastLook && replaced {
		want = exitDone
	}
	if e.code != want {
		s.t.Fatalf("%s: exit %d, want %d\n%s", what, e.code, want, e.stderr)
	}
	if told := strings.Contains(e.stderr, "accessmart: interrupted: the database file is whole"); told != (want == exitInterrupted) {
		s.t.Errorf("%s: the message does not tell what is the case:\n%s", what, e.stderr)
	}
	if strings.Contains(e.stderr, "goroutine ") {
		s.t.Errorf("%s: a panic:\n%s", what, e.stderr)
	}
	k.killed++
	if replaced != (want == exitDone) {
		s.t.Errorf("%s: exit %d, the new file is in place: %v", what, e.code, replaced)
	}
	if replaced {
		k.replaced++
	} else {
		k.kept++
	}
	for _, left := range s.leftovers() {
		// What arrived is noted and kept for the next run.
		if !strings.HasPrefix(left, "data/journal/") && !strings.HasPrefix(left, "artifact of no export") {
			s.t.Errorf("%s: left behind: %s", what, left)
		}
	}
	s.recover(what, k)
}

// A refresh that is asked to end ends with 130, whatever it is at unless it has
// replaced the file, and leaves nothing half done.
func TestSignal_inEachStage(t *testing.T) {
	t.Parallel()
	s, k := newFolderSite(t), &kills{}
	s.begin()
	stages := []string{"lock taken", "file copied", "copy opened", "tables up to date", "contracts entered", "part stored", "export complete", "framed",
		"export staged", "changes applied", "export committed", "ledger", "publishing", "reports up to date", "run entered", "checkpoint made", "copy verified",
		"copy synced", "file replaced", "published"}
	usual := []string{"framed", "checkpoint made", "copy synced", "file replaced"}
	for i, step := range stages {
		for j, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			if *torture || slices.Contains(usual, step) && i%2 == j {
				s.renew()
				s.stop(signal, step, 1, k)
			}
		}
	}
	if k.kept == 0 || k.replaced == 0 {
		t.Error("one of the two files was never seen")
	}
	figure(t, "SIGTERM and SIGINT, a folder of files", "%d refreshes ended when asked (%d left the old file, %d the new one)", k.killed, k.kept, k.replaced)
}

// A run that has put its file in place says how it went, also where it did not
// get everything.
func TestSignal_afterAnIncompleteRun(t *testing.T) {
	t.Parallel()
	s := newFolderSite(t)
	s.begin()
	s.renew()
	s.folder.put("exports/requests.csv", "") // not even a header
	e := s.run(trap{step: "file replaced", nth: 1, signal: syscall.SIGTERM}, "refresh", "--verbose")
	if e.code != exitIncomplete || strings.Contains(e.stderr, "interrupted: the database file") {
		t.Errorf("exit %d, want %d\n%s", e.code, exitIncomplete, e.stderr)
	}
}

// With 130 ends one that waits for a vendor's job, too, or reads a file of theirs that
// does not come to its end.
func TestSignal_whileAsking(t *testing.T) {
	t.Parallel()
	s, k := newVendorSite(t, vendorsim.Config{Seed: 9, People: 30, PotentialRoles: 2, RoleInsights: 2}), &kills{}
	s.begin()
	s.renew()
	never := make(chan struct{}) // opens when the test is over
	t.Cleanup(func() { close(never) })
	waits := []struct {
		step  string
		fault vendorsim.Rule
	}{
		{"request poll", vendorsim.Rule{Vendor: "oleria", Dataset: "oleria.employees", Fault: vendorsim.SlowJob(9)}},
		{"request download", vendorsim.Rule{Vendor: "storage", Method: "GET", Times: -1, Fault: vendorsim.Drip(never, 100)}},
		{"request list", vendorsim.Rule{Vendor: "sailpoint", Path: "*/role-insights", Fault: vendorsim.Drip(never, 10)}},
		{"job submitted", vendorsim.Rule{Vendor: "balkanid", Dataset: "balkanid.entitlements", Fault: vendorsim.SlowJob(9)}},
	}
	for i, w := range waits {
		for j, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			if *torture || i%2 == j {
				s.sim.Faults(w.fault)
				s.stop(signal, w.step, 2, k)
			}
		}
	}
	if k.saved.jobs == 0 || k.saved.deliveries == 0 {
		t.Error("nothing was ever taken up again")
	}
	figure(t, "SIGTERM and SIGINT, three vendors", "%d refreshes ended with 130", k.killed)
	figure(t, "requests after these restarts", "%s", k.restarts())
}
