package extract_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/extract/vendorsim/faultline"
	"github.com/accessmart/accessmart/schemas"
)

// newLine puts a line that can fail in front of an address.
func newLine(t testing.TB, upstream string) *faultline.Line {
	t.Helper()
	l, err := faultline.New(upstream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// behind puts the simulated hosts behind lines that can fail.
func (w *world) behind(t testing.TB) map[string]*faultline.Line {
	t.Helper()
	lines := map[string]*faultline.Line{}
	for host, urls := range map[string][]*string{
		"oleria": {&w.server.OleriaURL, &w.server.OleriaTokenURL}, "sailpoint": {&w.server.SailPointURL},
		"balkanid": {&w.server.BalkanIDURL}, "storage": {&w.server.StorageURL},
	} {
		address := strings.TrimPrefix(*urls[0], "http://")
		lines[host] = newLine(t, address)
		for _, u := range urls {
			*u = strings.Replace(*u, address, lines[host].Address(), 1)
		}
	}
	return lines
}

// fault is one way in which a line may be faulty.
type fault struct {
	name string
	faultline.Fault
	file bool // cuts only answers that are longer than any but a file
	wide bool // tried in the long form only
}

const ms = time.Millisecond

// slow lines deliver in the end, and what they deliver must be taken.
var slow = []fault{
	{name: "latency", Fault: faultline.Latency(30*ms, 0)},
	{name: "jitter", Fault: faultline.Latency(20*ms, 20*ms)},
	{name: "slices", Fault: faultline.Slices(700, 300, ms/5)},
	{name: "bandwidth", Fault: faultline.Bandwidth(400)},
	{name: "slow close", Fault: faultline.SlowClose(60 * ms)},
	{name: "latency 150 ms", Fault: faultline.Latency(150*ms, 0), wide: true},
	{name: "jitter 100 ms", Fault: faultline.Latency(100*ms, 100*ms), wide: true},
	{name: "slices of 64 bytes", Fault: faultline.Slices(64, 32, ms/50), wide: true},
	{name: "bandwidth 60 KB/s", Fault: faultline.Bandwidth(60), wide: true},
	{name: "slow close 500 ms", Fault: faultline.SlowClose(500 * ms), wide: true},
}

// dead lines never deliver the answer.
var dead = []fault{
	{name: "reset", Fault: faultline.Reset(0)},
	{name: "black hole", Fault: faultline.Silence(0)},
	{name: "half-closed", Fault: faultline.Silence(30 * ms)},
	{name: "nothing, then closed", Fault: faultline.Cut(0)},
	{name: "cut in the header", Fault: faultline.Cut(60)},
	{name: "cut in the body", Fault: faultline.Cut(400), file: true},
	{name: "late reset", Fault: faultline.Reset(40 * ms), wide: true},
	{name: "half-closed after 80 ms", Fault: faultline.Silence(80 * ms), wide: true},
	{name: "cut after one byte", Fault: faultline.Cut(1), wide: true},
	{name: "cut in the status line", Fault: faultline.Cut(12), wide: true},
	{name: "cut later in the body", Fault: faultline.Cut(480), file: true, wide: true},
}

// spread picks from the faults: all of them in the long form, else some that
// differ from step to step, so that all are met.
func spread(all []fault, file bool, at, n int) []fault {
	var some []fault
	for _, x := range all {
		if (!x.file || file) && (*torture || !x.wide) {
			some = append(some, x)
		}
	}
	if *torture {
		return some
	}
	var out []fault
	for i := range n {
		out = append(out, some[(at*n+i)%len(some)])
	}
	return out
}

// lineSteps are all steps of all vendors, the token's included.
func lineSteps() []step {
	return append([]step{
		{"oleria", "token", []string{"employees"}, vendorsim.Rule{Vendor: "oleria", Method: "POST", Path: "*token*"}, false},
		{"sailpoint", "token", []string{"config_objects"}, vendorsim.Rule{Vendor: "sailpoint", Method: "POST", Path: "*token*"}, false},
	}, steps...)
}

// lined is a world whose hosts are behind lines that can fail. One job at a time:
// what happens at a step then happens at no other.
func lined(t *testing.T) (*world, map[string]*faultline.Line) {
	w := newWorld(t, vendorsim.Config{URLLife: time.Hour})
	w.limits.Parallel = 1
	return w, w.behind(t)
}

// at makes the host of a step answer it, and what follows, over a faulty line.
func (w *world) at(s step, times int, l *faultline.Line, f faultline.Fault) {
	rule := s.rule
	rule.Times, rule.Fault = times, vendorsim.Arrival(func() { l.Break(f) })
	w.sim.Faults(rule)
}

// nothingHalf checks that no part of a file is left.
func (w *world) nothingHalf() {
	w.t.Helper()
	left, err := os.ReadDir(filepath.Join(w.store.Dir(), "tmp"))
	if err != nil || len(left) > 0 {
		w.t.Errorf("temporary files are left: %v %v", left, err)
	}
}

// failedAt checks that all exports failed at a step, with an error that names
// source, dataset and step and says what to do.
func failedAt(t *testing.T, s step, failure string, exports []*schemas.Export) {
	t.Helper()
	for _, e := range exports {
		if e.Complete || e.Failure != failure {
			t.Errorf("complete %v, failure %s, want %s: %s", e.Complete, e.Failure, failure, e.Error)
		}
		if want := e.Source + ": " + e.Dataset + ": " + s.name + ": "; !strings.HasPrefix(e.Error, want) || !strings.Contains(e.Error, "; ") {
			t.Errorf("%q does not start with %q or says not what to do", e.Error, want)
		}
	}
}

// A line that is only slow changes nothing. One that is broken once is tried
// again. One that stays broken fails the export within bounds, and when it is
// mended, the next run gets all.
func TestLines(t *testing.T) {
	var tried atomic.Int64
	t.Run("steps", func(t *testing.T) {
		for i, s := range lineSteps() {
			t.Run(s.String(), func(t *testing.T) {
				t.Parallel()
				w, lines := lined(t)
				l := lines[s.rule.Vendor]
				clean := arrived(w.run(s.vendor, s.datasets...))
				same := func(how string, got []*schemas.Export) {
					t.Helper()
					if got := arrived(got); !slices.Equal(got, clean) {
						t.Errorf("%s: got\n%s\nwant\n%s", how, strings.Join(got, "\n"), strings.Join(clean, "\n"))
					}
				}
				begin := func() {
					tried.Add(1)
					l.Mend()
					w.fresh(t)
					w.clock.OnWait = nil
				}
				for _, x := range spread(slow, s.file, i, 1) {
					begin()
					w.idle = 20 * time.Second
					w.at(s, -1, l, x.Fault)
					same(x.name, w.run(s.vendor, s.datasets...))
				}
				for _, x := range spread(dead, s.file, i, 1) {
					begin()
					w.idle = 100 * time.Millisecond
					w.at(s, 1, l, x.Fault)
					w.clock.OnWait = func(int) { l.Mend() }
					same(x.name+" once", w.run(s.vendor, s.datasets...))

					begin()
					w.at(s, -1, l, x.Fault)
					start := time.Now()
					failedAt(t, s, schemas.FailureUnreachable, w.run(s.vendor, s.datasets...))
					if took := time.Since(start); took > time.Minute { // not seconds: machines may be busy
						t.Errorf("%s always: it took %v", x.name, took)
					}
					w.nothingHalf()
					w.sim.ClearFaults()
					l.Mend()
					same(x.name+" mended", w.run(s.vendor, s.datasets...))
				}
			})
		}
	})
	figure(t, "line faults tried between extract and the vendors, by step", "%d", tried.Load())
}

// A line that gives nothing, or too little, ends the export at its deadline,
// however patient the line itself is taken.
func TestLines_deadline(t *testing.T) {
	holes := []fault{
		{name: "black hole", Fault: faultline.Silence(0)},
		{name: "slow drip", Fault: faultline.Bandwidth(1), file: true},
		{name: "an answer after a minute", Fault: faultline.Latency(time.Minute, 0)},
		{name: "slices that take minutes", Fault: faultline.Slices(8, 4, 60*ms), file: true, wide: true},
	}
	var tried atomic.Int64
	t.Run("steps", func(t *testing.T) {
		for i, s := range lineSteps() {
			for j, x := range holes {
				// The files of some datasets are too small to drip for long.
				if x.file && (!s.file || s.datasets[0] != "employees" && s.datasets[0] != "config_objects") {
					continue
				}
				if !*torture && (x.wide || x.file && s.vendor != "oleria" || !x.file && (i+j)%4 != 0) {
					continue
				}
				t.Run(s.String()+"/"+x.name, func(t *testing.T) {
					t.Parallel()
					w, lines := lined(t)
					w.limits.Deadline = time.Second // of real time
					w.limits.Poll = extract.Poll{Min: time.Millisecond, Max: time.Millisecond}
					w.at(s, -1, lines[s.rule.Vendor], x.Fault)
					start := time.Now()
					got := w.run(s.vendor, s.datasets...)
					if took := time.Since(start); took > time.Minute {
						t.Errorf("it took %v", took)
					}
					for _, e := range got {
						want := schemas.FailureNotReady
						if e.Failure == schemas.FailureUnreachable && strings.Contains(e.Error, "the last answer was: ") { // none
							want = e.Failure
						}
						failedAt(t, s, want, []*schemas.Export{e})
						if !strings.Contains(e.Error, "not ready within 1s") || strings.Contains(e.Error, "X-Amz") {
							t.Error(e.Error)
						}
					}
					w.nothingHalf()
					tried.Add(1)
				})
			}
		}
	})
	figure(t, "line faults that only the deadline ends", "%d", tried.Load())
}

// A host that is silent for one export is asked once, not five times, for each
// of the others, and as ever again when it answers.
func TestLines_aHostThatIsDownIsAskedLess(t *testing.T) {
	w, lines := lined(t)
	w.idle = 50 * time.Millisecond
	l := lines["balkanid"]
	l.Break(faultline.Silence(0).Upstream())
	waits := func() int { return len(w.clock.Waits()) }
	got := w.run("balkanid", "employees", "apps", "requests", "entities", "relations")
	for _, e := range got {
		if e.Complete || !strings.Contains(e.Error, "no byte arrived in time") || !strings.Contains(e.Error, ": submit: ") {
			t.Errorf("%s: %s", e.Dataset, e.Error)
		}
	}
	if n := waits(); n != 4 {
		t.Errorf("waited %d times to ask again, want 4: for the first export only", n)
	}
	l.Mend()
	for _, e := range w.run("balkanid", "employees", "apps") {
		if !e.Complete {
			t.Error(e.Error)
		}
	}
	// A host that closes at once costs no time: each export has all its tries.
	before := waits()
	l.Break(faultline.Cut(0))
	w.run("balkanid", "requests", "entities", "relations")
	if n := waits() - before; n != 3*4 {
		t.Errorf("waited %d times to ask again, want 4 for each export", n)
	}
}
