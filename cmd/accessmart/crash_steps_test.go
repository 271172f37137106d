//go:build linux

package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// tortureFor bounds the long form of the tests that kill.
var tortureFor = flag.Duration("torture.for", time.Hour, "how long a test that kills goes on at most in its long form")

// late reports whether a test in its long form has gone on for long enough.
func (s *site) late() bool { return *torture && time.Since(s.began) > *tortureFor }

// kills counts what became of the refreshes that were killed.
type kills struct {
	killed, kept, replaced, finished int
	requests                         cost // made after the restart
	saved                            cost // not made, because the killed run had them
}

func (k *kills) String() string {
	return fmt.Sprintf("%d kills survived (%d left the old file, %d the new one; %d refreshes ended before their kill)",
		k.killed, k.kept, k.replaced, k.finished)
}

func (k *kills) restarts() string {
	return fmt.Sprintf("%d jobs and %d deliveries asked for, %d and %d not asked for again",
		k.requests.jobs, k.requests.deliveries, k.saved.jobs, k.saved.deliveries)
}

// begin makes the first file.
func (s *site) begin() {
	s.t.Helper()
	s.renew()
	if e := s.run(trap{}, "refresh"); !finished(e.code) {
		s.t.Fatalf("the first refresh: exit %d\n%s", e.code, e.stderr)
	}
}

// interrupted checks the file after a refresh that did not come to its end:
// it is that of before, byte for byte, or that of the whole run.
func (s *site) interrupted(what string, before holding) (replaced bool) {
	s.t.Helper()
	after := s.look()
	switch {
	case after.digest == before.digest:
		return false
	case len(after.runs) != len(before.runs)+1 || !slices.Equal(after.runs[:len(before.runs)], before.runs):
		s.t.Fatalf("%s: the file holds the runs %v, before %v", what, after.runs, before.runs)
	}
	s.checkComplete(what)
	return true
}

// recover refreshes after an interruption: that must work, ask for nothing
// that the run before had noted, give the file that an undisturbed refresh
// gives, and leave nothing lying about.
func (s *site) recover(what string, k *kills) {
	s.t.Helper()
	noted, runs := s.noted(), len(s.look().runs)
	s.forget()
	if e := s.run(trap{}, "refresh"); !finished(e.code) {
		s.t.Fatalf("%s: the next refresh: exit %d\n%s", what, e.code, e.stderr)
	}
	if asked, want := s.asked(), (cost{s.cost.jobs - noted.jobs, s.cost.deliveries - noted.deliveries}); s.sim != nil {
		if asked != want {
			s.t.Errorf("%s: the next refresh asked for %+v, want %+v: the killed one had noted %+v", what, asked, want, noted)
		}
		k.requests.jobs += asked.jobs
		k.requests.deliveries += asked.deliveries
		k.saved.jobs += noted.jobs
		k.saved.deliveries += noted.deliveries
	}
	h := s.look()
	if len(h.runs) != runs+1 {
		s.t.Errorf("%s: %d runs after the next refresh, %d before", what, len(h.runs), runs)
	}
	s.checkComplete(what + ", next refresh")
	if left := s.leftovers(); len(left) > 0 {
		s.t.Errorf("%s: left behind after the next refresh:\n%s", what, strings.Join(left, "\n"))
	}
}

// killAt kills one refresh at a step and checks what it leaves.
func (s *site) killAt(step string, nth int, k *kills) (what string) {
	s.t.Helper()
	what = fmt.Sprintf("killed at %q, time %d", step, nth)
	before := s.look()
	e := s.run(trap{step: step, nth: nth, signal: syscall.SIGKILL}, "refresh", "--verbose")
	s.count(what, e, before, k)
	return what
}

// killAfter kills one refresh after a time.
func (s *site) killAfter(d time.Duration, k *kills) {
	s.t.Helper()
	before := s.look()
	cmd := s.command(trap{}, "refresh")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	timer := time.AfterFunc(d, func() { _ = cmd.Process.Kill() }) // an error: it has ended by itself
	_ = cmd.Wait()                                                // howEnded tells
	timer.Stop()
	what := fmt.Sprintf("killed after %v", d)
	s.count(what, howEnded(cmd, out.String(), errOut.String()), before, k)
	s.recover(what, k)
}

func (s *site) count(what string, e ended, before holding, k *kills) {
	s.t.Helper()
	replaced := s.interrupted(what, before)
	switch {
	case e.killed && replaced:
		k.killed, k.replaced = k.killed+1, k.replaced+1
	case e.killed:
		k.killed, k.kept = k.killed+1, k.kept+1
	case finished(e.code):
		k.finished++
	default:
		s.t.Fatalf("%s: exit %d\n%s", what, e.code, e.stderr)
	}
}

// atEachStep kills a refresh at each of its named steps: once, when tortured
// at every time that the step comes, 40 at most. Before each so many kills the
// sources deliver something else, and after each so many an undisturbed
// refresh clears up. It returns the names of the steps.
func (s *site) atEachStep(k *kills, renew, recover int, wanted func(step string) bool) (names []string) {
	s.t.Helper()
	s.changes = recover > 1
	s.begin()
	s.renew()
	e := s.run(trap{}, "refresh", "--verbose")
	if !finished(e.code) {
		s.t.Fatalf("exit %d\n%s", e.code, e.stderr)
	}
	found := steps(e.stderr)
	r := rand.New(rand.NewPCG(*crashSeed, 5))
	order := map[string][]int{} // of the times at which a step comes
	for _, step := range slices.Sorted(maps.Keys(found)) {
		if wanted(step) {
			order[step] = r.Perm(found[step])
		}
	}
	for round := range often(1, 40) {
		for _, step := range slices.Sorted(maps.Keys(order)) {
			if round >= len(order[step]) || s.late() {
				continue
			}
			if k.killed%renew == 0 {
				s.renew()
			}
			what := s.killAt(step, order[step][round]+1, k)
			if k.killed%recover == 0 {
				s.recover(what, k)
			}
			if round == 0 {
				names = append(names, step)
			}
		}
	}
	s.recover("in the end", k)
	return names
}

// Steps at which each refresh can be killed, by what it says with --verbose.
var (
	fetchSteps = []string{"part stored", "part arrived", "export complete"}
	askSteps   = []string{"request list", "request submit", "request poll", "request download", "job submitted"}
	loadSteps  = []string{"lock taken", "file copied", "copy opened", "tables up to date", "contracts entered", "export staged", "changes applied",
		"export committed", "ledger", "publishing", "reports up to date", "run entered", "checkpoint made", "copy verified", "copy synced",
		"file replaced", "published", "run recorded", "source released"}
)

func (s *site) has(names []string, want ...string) {
	s.t.Helper()
	for _, w := range want {
		if !s.late() && !slices.Contains(names, w) {
			s.t.Errorf("no refresh was killed at %q: the step did not come, or has another name now", w)
		}
	}
}

// A refresh that is killed at a step of its own, whichever it is, leaves the
// old file or the new one, and the next one works.
func TestCrash_atEachStep(t *testing.T) {
	t.Parallel()
	s, k := newFolderSite(t), &kills{}
	must := append(slices.Clone(loadSteps), "part stored", "export complete")
	names := s.atEachStep(k, 1, often(8, 1), func(step string) bool { return *torture || slices.Contains(must, step) })
	s.has(names, must...)
	if k.kept == 0 || k.replaced == 0 {
		t.Error("one of the two files was never seen")
	}
	figure(t, "killed at named steps, a folder of files", "%d steps, %v", len(names), k)
}

// So does one that is killed while the vendors are asked; and the next one
// asks them for nothing that had arrived, nor for a job whose id is known.
func TestCrash_atEachStepOfAsking(t *testing.T) {
	t.Parallel()
	s, k := newVendorSite(t, vendorsim.Config{Seed: 7, People: 30, PotentialRoles: 2, RoleInsights: 2}), &kills{}
	names := s.atEachStep(k, often(4, 1), 1, func(step string) bool {
		return *torture || slices.Contains(fetchSteps, step) || slices.Contains(askSteps, step)
	})
	s.has(names, append(slices.Clone(fetchSteps), askSteps...)...)
	if k.saved.jobs == 0 || k.saved.deliveries == 0 {
		t.Error("nothing was ever taken up again")
	}
	figure(t, "killed at named steps, three vendors", "%d steps, %v", len(names), k)
	figure(t, "requests after these restarts", "%s", k.restarts())
}

// And so does one that is killed at any moment.
func TestCrash_atRandomWhileAsking(t *testing.T) {
	t.Parallel()
	s, k := newVendorSite(t, vendorsim.Config{Seed: 8, People: 30, PotentialRoles: 2, RoleInsights: 2}), &kills{}
	s.begin()
	s.renew()
	began := time.Now()
	s.run(trap{}, "refresh")
	whole := time.Since(began)
	r := rand.New(rand.NewPCG(*crashSeed, 7))
	for n := range often(1, 150) {
		if s.late() {
			break
		}
		if n%often(3, 1) == 0 {
			s.renew()
		}
		s.killAfter(time.Duration(r.Float64()*1.1*float64(whole)), k)
	}
	figure(t, "killed at random, three vendors", "%v", k)
	figure(t, "requests after these restarts", "%s", k.restarts())
}
