package load

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/ledger"
)

// BenchmarkSmallRun measures a run that loads a few rows into a file of a few rows: what any
// refresh costs besides its data, in all and for each step.
func BenchmarkSmallRun(b *testing.B) {
	for _, what := range []string{"same", "changed"} {
		b.Run(what, func(b *testing.B) {
			s := &site{path: b.TempDir() + "/access.duckdb", clock: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
			steps := &stepTimes{b: b, spent: map[string]time.Duration{}}
			run := func(every int) {
				o := s.options()
				o.Log = slog.New(steps)
				w, err := Begin(b.Context(), o)
				if err != nil {
					b.Fatal(err)
				}
				e := makeEntitlements(40, every)
				defer e.release()
				if _, err := w.Load(b.Context(), export("balkan", dataset, fmt.Sprint("a", s.runs)), contract(dataset), e.stream()); err != nil {
					b.Fatal(err)
				}
				if _, err := w.Publish(b.Context(), ledger.RunDone); err != nil {
					b.Fatal(err)
				}
			}
			run(0)
			clear(steps.spent)
			before := processor(b)
			for b.Loop() {
				every := 0
				if what == "changed" {
					every = 3 + s.runs%5
				}
				run(every)
			}
			b.ReportMetric((processor(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
			var told strings.Builder
			for _, step := range steps.order {
				fmt.Fprintf(&told, "%.1f ms to: %s; ", steps.spent[step].Seconds()*1000/float64(b.N), step)
			}
			b.Log(told.String())
		})
	}
}

// stepTimes adds up the time of processors before each step of a run that is logged.
type stepTimes struct {
	b     *testing.B
	spent map[string]time.Duration
	order []string
	last  time.Duration
}

func (s *stepTimes) Enabled(context.Context, slog.Level) bool { return true }

func (s *stepTimes) Handle(_ context.Context, r slog.Record) error {
	now := processor(s.b)
	name := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "table" {
			name += " " + a.Value.String()
		}
		return true
	})
	if !slices.Contains(s.order, name) {
		s.order = append(s.order, name)
	}
	s.spent[name] += now - s.last
	s.last = now
	return nil
}

func (s *stepTimes) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *stepTimes) WithGroup(string) slog.Handler      { return s }

// processor is the time that this process has had of processors.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
