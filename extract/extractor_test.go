package extract

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// plain is a vendor without network, made of functions.
type plain map[string]func(context.Context, *Task) error

func (p plain) Access() Access { return Access{} }
func (p plain) Origin() string { return "nowhere" }
func (p plain) Jobs(contracts []*schemas.Contract) []Job {
	var jobs []Job
	for _, c := range contracts {
		if f := p[c.Plural()]; f != nil {
			jobs = append(jobs, Job{Name: c.Plural(), Contracts: []*schemas.Contract{c}, Fetch: f})
		}
	}
	return jobs
}

func contracts(plurals ...string) []*schemas.Contract {
	var out []*schemas.Contract
	for _, p := range plurals {
		out = append(out, &schemas.Contract{Dataset: "oleria." + p})
	}
	return out
}

func keep(key, text string) func(context.Context, *Task) error {
	return func(ctx context.Context, t *Task) error {
		_, err := t.Keep(ctx, Part{Key: key, Datasets: t.plurals()}, "text/csv", strings.NewReader(text))
		return err
	}
}

func TestRun_oneManifestForEachContract(t *testing.T) {
	s := newStore(t)
	stale := filepath.Join(s.Dir(), "tmp", "old.part")
	os.WriteFile(stale, nil, 0o600)
	at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.FixedZone("", 3600))
	x := &Extractor{Store: s, Now: func() time.Time { return at }}
	v := plain{
		"good":   keep("a", "text"),
		"panics": func(context.Context, *Task) error { panic("canary") },
		"plain":  func(context.Context, *Task) error { return errors.New("get https://x.example.com/a?sig=canary") },
		"none":   func(context.Context, *Task) error { return nil },
		"partly": func(ctx context.Context, t *Task) error {
			if err := keep("a", "text")(ctx, t); err != nil {
				return err
			}
			return Refused(StepPoll, "the vendor ended the job", "C", "M")
		},
	}
	got, err := x.Run(context.Background(), "r1", Source{Name: "src"}, v, contracts("partly", "good", "panics", "forgotten", "plain", "none"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range got {
		names = append(names, e.Dataset)
		if e.Complete == (e.Error != "") || e.Complete == (e.Failure != "") || e.StartedAt.Location() != time.UTC || e.Parts == nil {
			t.Errorf("%+v", e)
		}
		if strings.Contains(e.Error, "canary") {
			t.Errorf("a value leaked: %s", e.Error)
		}
	}
	if want := []string{"oleria.partly", "oleria.good", "oleria.panics", "oleria.forgotten", "oleria.plain", "oleria.none"}; !slices.Equal(names, want) {
		t.Errorf("datasets %v", names)
	}
	if !got[1].Complete || len(got[1].Parts) != 1 || !got[5].Complete || len(got[5].Parts) != 0 {
		t.Errorf("good: %+v, none: %+v", got[1], got[5])
	}
	if want := "src: oleria.partly: poll: the vendor ended the job: C: M; run again; if it stays so, ask the vendor's support with the text above"; got[0].Error != want {
		t.Errorf("error %q", got[0].Error)
	}
	saved, err := s.Exports("r1")
	if err != nil || len(saved) != len(got) {
		t.Errorf("%d saved, %v", len(saved), err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("a temporary file of a dead process stays")
	}
}

func TestRun_invalidNames(t *testing.T) {
	x := &Extractor{Store: newStore(t)}
	for _, tc := range [][2]string{{"a/b", "r"}, {"", "r"}, {"a.b", "r"}, {"a", "../r"}, {"a", ""}} {
		if _, err := x.Run(context.Background(), tc[1], Source{Name: tc[0]}, plain{}, nil); err == nil {
			t.Errorf("source %q, run %q pass", tc[0], tc[1])
		}
	}
}

// A manifest that cannot be kept is an error of Run: load would not see the
// export at all.
func TestRun_manifestsThatCannotBeKept(t *testing.T) {
	s := newStore(t)
	x := &Extractor{Store: s}
	if err := os.WriteFile(filepath.Join(s.Dir(), "runs", "r1"), nil, 0o600); err != nil { // a file where a folder must be
		t.Fatal(err)
	}
	got, err := x.Run(context.Background(), "r1", Source{Name: "src"}, plain{"good": keep("a", "text")}, contracts("good"))
	if !errors.Is(err, errStore) || len(got) != 1 || !got[0].Complete {
		t.Errorf("%v %v", got, err)
	}
}

func TestRun_cancelledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := &Extractor{Store: newStore(t)}
	got, err := x.Run(ctx, "r1", Source{Name: "src"}, plain{"good": keep("a", "text")}, contracts("good"))
	if !errors.Is(err, context.Canceled) || len(got) != 1 || got[0].Failure != schemas.FailureInterrupted {
		t.Errorf("%+v %v", got[0], err)
	}
}

// Parts that were not begun when a run was cancelled are not there: their
// export must not be complete without them.
func TestEach_cancelledBetweenParts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	v := plain{"parts": func(_ context.Context, t *Task) error {
		cancel()
		return t.Each(ctx, 3, func(context.Context, int) error { return nil })
	}}
	got, err := (&Extractor{Store: newStore(t)}).Run(ctx, "r1", Source{Name: "src"}, v, contracts("parts"))
	if !errors.Is(err, context.Canceled) || got[0].Complete || got[0].Failure != schemas.FailureInterrupted {
		t.Errorf("%v %+v", err, got[0])
	}
}

// A part that is refused keeps no other from being asked for; one that the
// others would meet too does, and so do many.
func TestEach_oneRefusalIsOfOnePart(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		times int // numbers that fail, from 1
		asked int
		text  string
	}{
		"one":         {Broken(StepList, "no id"), 1, 40, "list: no id"},
		"some":        {Broken(StepList, "no id"), 3, 40, "3 of 40 parts failed, first: no id"},
		"all":         {Broken(StepList, "no id"), 40, maxRefused + 1, "10 of 40 parts failed, first: no id"},
		"credentials": {&Error{Failure: schemas.FailureCredentials, Status: 403}, 1, 2, "403"},
		"the line":    {&Error{Failure: schemas.FailureVendor, transient: true, What: "reset"}, 1, 2, "reset"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			v := serial{plain{"parts": func(ctx context.Context, t *Task) error {
				return t.Each(ctx, 40, func(_ context.Context, i int) error {
					if asked++; i >= 1 && i <= c.times {
						return c.err
					}
					return nil
				})
			}}}
			got, err := (&Extractor{Store: newStore(t)}).Run(context.Background(), "r1", Source{Name: "src"}, v, contracts("parts"))
			if e := got[0]; err != nil || e.Complete || asked > c.asked || c.asked == 40 && asked != 40 || !strings.Contains(e.Error, c.text) {
				t.Errorf("asked %d times, %v: %s", asked, err, e.Error)
			}
		})
	}
}

// serial is a vendor that is asked for one part at a time.
type serial struct{ plain }

func (serial) Access() Access { return Access{Limits: Limits{Parallel: 1}} }

func TestLimits_defaults(t *testing.T) {
	for _, tc := range []struct{ in, want Poll }{
		{Poll{}, Poll{2 * time.Second, 30 * time.Second}},
		{Poll{Min: time.Minute}, Poll{time.Minute, time.Minute}},
		{Poll{Max: time.Second}, Poll{time.Second, time.Second}},
		{Poll{Min: 5 * time.Millisecond, Max: 20 * time.Millisecond}, Poll{5 * time.Millisecond, 20 * time.Millisecond}},
	} {
		if got := (Limits{Poll: tc.in}).withDefaults().Poll; got != tc.want {
			t.Errorf("%+v becomes %+v, want %+v", tc.in, got, tc.want)
		}
	}
}
