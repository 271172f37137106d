//go:build unix

package resolve_test

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/resolve"
)

// BenchmarkResolve resolves what three exports of a company of 100,000 people
// state, for the first time and again with the links of the run before.
func BenchmarkResolve(b *testing.B) {
	for range b.N {
		peak := watch()
		kinds := []string{"applications", "accounts", "identities"}
		before := map[string][]resolve.Link{}
		for _, turn := range []string{"first", "again"} {
			began := cpu()
			r := newResolver(b, resolve.Options{})
			r.Expect("accounts", 1_050_000)
			r.Expect("identities", 300_000)
			company(100_000, func(kind string, s *resolve.Statement) {
				if err := r.Add(kind, s); err != nil {
					b.Fatal(err)
				}
			})
			for kind, list := range before {
				for _, l := range list {
					r.Earlier(kind, resolve.Earlier{Dataset: l.Dataset, Key: l.Key, Part: l.Part, Thing: l.Thing, Founder: l.Founder, Founded: l.Founded})
				}
			}
			added := cpu()
			res := r.Resolve()
			resolved := cpu()
			n := 0
			for range res.Owners() {
				n++
			}
			for _, kind := range kinds {
				for range res.Links(kind) {
					n++
				}
			}
			b.ReportMetric((added - began).Seconds(), "cpu-s-add-"+turn)
			b.ReportMetric((resolved - added).Seconds(), "cpu-s-resolve-"+turn)
			b.ReportMetric((cpu() - resolved).Seconds(), "cpu-s-tell-"+turn)
			b.ReportMetric(float64(n), "links")
			if turn == "first" {
				b.ReportMetric(float64(peak())/(1<<20), "MiB-peak-first")
				for _, kind := range kinds {
					before[kind] = slices.Collect(res.Links(kind))
				}
			}
		}
	}
}

// cpu is the time that this process has had of all processors: others on the
// machine do not count.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watch gives the largest heap in use until it is asked.
func watch() func() uint64 {
	done, out := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		var most uint64
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys-m.HeapReleased)
			select {
			case <-tick.C:
			case <-done:
				out <- most
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-out }
}
