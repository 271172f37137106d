package extract_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// line is a fault proxy in front of one host.
type line struct {
	t        testing.TB
	upstream string
	listen   string

	mu    sync.Mutex
	proxy *toxiproxy.Proxy
}

// newLine puts a proxy in front of an address and returns it.
func newLine(t testing.TB, upstream string) *line {
	t.Helper()
	l := &line{t: t, upstream: upstream, listen: "127.0.0.1:0"}
	l.start()
	t.Cleanup(func() { l.proxy.Stop() })
	return l
}

func (l *line) start() {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l.proxy = toxiproxy.NewProxy(server, "line", l.listen, l.upstream)
	if err := l.proxy.Start(); err != nil {
		l.t.Error(err)
	}
	l.listen = l.proxy.Listen
}

// add makes the line faulty, connections that are open included.
func (l *line) add(toxic string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.proxy.Toxics.GetToxicArray()) > 0 {
		return
	}
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		l.t.Errorf("toxic %s: %v", toxic, err)
	}
}

// clear mends the line by another proxy in the place of the first: to take a
// toxic away from a connection whose client is gone waits for ever.
func (l *line) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.proxy.Toxics.GetToxicArray()) > 0 {
		l.proxy.Stop()
		l.start()
	}
}

// behind puts the simulated hosts behind fault proxies.
func (w *world) behind(t testing.TB) map[string]*line {
	t.Helper()
	lines := map[string]*line{}
	for host, urls := range map[string][]*string{
		"oleria": {&w.server.OleriaURL, &w.server.OleriaTokenURL}, "sailpoint": {&w.server.SailPointURL},
		"balkanid": {&w.server.BalkanIDURL}, "storage": {&w.server.StorageURL},
	} {
		address := strings.TrimPrefix(*urls[0], "http://")
		lines[host] = newLine(t, address)
		for _, u := range urls {
			*u = strings.Replace(*u, address, lines[host].listen, 1)
		}
	}
	return lines
}

// toxic is one way in which a line may be faulty.
type toxic struct {
	name string
	json string
	file bool // cuts only answers that are longer than any but a file
	wide bool // tried in the long form only
}

func poison(kind, attributes string) string {
	return fmt.Sprintf(`{"type":%q,"stream":"downstream","attributes":{%s}}`, kind, attributes)
}

// slow lines deliver in the end, and what they deliver must be taken.
var slow = []toxic{
	{name: "latency", json: poison("latency", `"latency":30`)},
	{name: "jitter", json: poison("latency", `"latency":20,"jitter":20`)},
	{name: "slices", json: poison("slicer", `"average_size":700,"size_variation":300,"delay":200`)},
	{name: "bandwidth", json: poison("bandwidth", `"rate":400`)},
	{name: "slow close", json: poison("slow_close", `"delay":60`)},
	{name: "latency 150 ms", json: poison("latency", `"latency":150`), wide: true},
	{name: "jitter 100 ms", json: poison("latency", `"latency":100,"jitter":100`), wide: true},
	{name: "slices of 64 bytes", json: poison("slicer", `"average_size":64,"size_variation":32,"delay":20`), wide: true},
	{name: "bandwidth 60 KB/s", json: poison("bandwidth", `"rate":60`), wide: true},
	{name: "slow close 500 ms", json: poison("slow_close", `"delay":500`), wide: true},
}

// dead lines never deliver the answer.
var dead = []toxic{
	{name: "reset", json: poison("reset_peer", `"timeout":0`)},
	{name: "black hole", json: poison("timeout", `"timeout":0`)},
	{name: "half-closed", json: poison("timeout", `"timeout":30`)},
	{name: "nothing, then closed", json: poison("limit_data", `"bytes":0`)},
	{name: "cut in the header", json: poison("limit_data", `"bytes":60`)},
	{name: "cut in the body", json: poison("limit_data", `"bytes":400`), file: true},
	{name: "late reset", json: poison("reset_peer", `"timeout":40`), wide: true},
	{name: "half-closed after 80 ms", json: poison("timeout", `"timeout":80`), wide: true},
	{name: "cut after one byte", json: poison("limit_data", `"bytes":1`), wide: true},
	{name: "cut in the status line", json: poison("limit_data", `"bytes":12`), wide: true},
	{name: "cut later in the body", json: poison("limit_data", `"bytes":480`), file: true, wide: true},
}

// spread picks from the toxics: all of them in the long form, else some that
// differ from step to step, so that all are met.
func spread(all []toxic, file bool, at, n int) []toxic {
	var some []toxic
	for _, x := range all {
		if (!x.file || file) && (*torture || !x.wide) {
			some = append(some, x)
		}
	}
	if *torture {
		return some
	}
	var out []toxic
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

// lined is a world whose hosts are behind fault proxies. One job at a time:
// what happens at a step then happens at no other.
func lined(t *testing.T) (*world, map[string]*line) {
	w := newWorld(t, vendorsim.Config{URLLife: time.Hour})
	w.limits.Parallel = 1
	return w, w.behind(t)
}

// at makes the host of a step answer it, and what follows, over a faulty line.
func (w *world) at(s step, times int, l *line, json string) {
	rule := s.rule
	rule.Times, rule.Fault = times, vendorsim.Arrival(func() { l.add(json) })
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
					l.clear()
					w.fresh(t)
					w.clock.OnWait = nil
				}
				for _, x := range spread(slow, s.file, i, 1) {
					begin()
					w.idle = 20 * time.Second
					w.at(s, -1, l, x.json)
					same(x.name, w.run(s.vendor, s.datasets...))
				}
				for _, x := range spread(dead, s.file, i, 1) {
					begin()
					w.idle = 100 * time.Millisecond
					w.at(s, 1, l, x.json)
					w.clock.OnWait = func(int) { l.clear() }
					same(x.name+" once", w.run(s.vendor, s.datasets...))

					begin()
					w.at(s, -1, l, x.json)
					start := time.Now()
					failedAt(t, s, schemas.FailureUnreachable, w.run(s.vendor, s.datasets...))
					if took := time.Since(start); took > time.Minute { // not seconds: machines may be busy
						t.Errorf("%s always: it took %v", x.name, took)
					}
					w.nothingHalf()
					w.sim.ClearFaults()
					l.clear()
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
	holes := []toxic{
		{name: "black hole", json: poison("timeout", `"timeout":0`)},
		{name: "slow drip", json: poison("bandwidth", `"rate":1`), file: true},
		{name: "an answer after a minute", json: poison("latency", `"latency":60000`)},
		{name: "slices that take minutes", json: poison("slicer", `"average_size":8,"size_variation":4,"delay":60000`), file: true, wide: true},
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
					w.at(s, -1, lines[s.rule.Vendor], x.json)
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
	l.add(`{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`)
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
	l.clear()
	for _, e := range w.run("balkanid", "employees", "apps") {
		if !e.Complete {
			t.Error(e.Error)
		}
	}
	// A host that closes at once costs no time: each export has all its tries.
	before := waits()
	l.add(poison("limit_data", `"bytes":0`))
	w.run("balkanid", "requests", "entities", "relations")
	if n := waits() - before; n != 3*4 {
		t.Errorf("waited %d times to ask again, want 4 for each export", n)
	}
}
