package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database/read"
)

// at is the program at work by a clock that is off by so much.
func (g *generations) at(off time.Duration) *run.Runner {
	g.t.Helper()
	c := newConsole(strings.NewReader(""), io.Discard, io.Discard)
	cfg, set, err := settings(&globals{config: filepath.Join(g.dir, "accessmart.yaml")})
	if err != nil {
		g.t.Fatal(err)
	}
	o := c.options(cfg, set, runOptions{}, newProgress(c, true))
	o.Into.Now = func() time.Time { return time.Now().Add(off) }
	r, err := run.New(o)
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

func (g *generations) targets(r *run.Runner) []run.Target {
	g.t.Helper()
	cfg, err := config.Read(filepath.Join(g.dir, "accessmart.yaml"))
	if err != nil {
		g.t.Fatal(err)
	}
	targets, err := cfg.Targets(r.Into.Set, nil, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return targets
}

// A clock that was ahead and is set back changes no answer: the newest exports
// are in the file, whether they came by refresh or by extract and load, and
// its history goes forward.
func TestRefresh_clockSetBack(t *testing.T) {
	t.Parallel()
	g := newGenerations(t)
	n := 0
	refresh := func(off time.Duration) {
		t.Helper()
		n++
		g.deliver(n)
		p := g.at(off)
		if _, err := p.Refresh(t.Context(), g.targets(p)); err != nil {
			t.Fatal(err)
		}
		if now, err := g.state(t.Context()); err != nil || now != n {
			t.Fatalf("clock off by %v: generation %d, want %d: %v", off, now, n, err)
		}
	}
	refresh(72 * time.Hour)
	refresh(0)
	refresh(-72 * time.Hour)

	// Of a run that was fetched while the clock was ahead, and never loaded,
	// nothing comes back over what is newer.
	n++
	g.deliver(n)
	p := g.at(100 * time.Hour)
	if _, _, err := p.Extract(t.Context(), g.targets(p)); err != nil {
		t.Fatal(err)
	}
	refresh(0)
	g.run("load")
	if now, err := g.state(t.Context()); err != nil || now != n {
		t.Fatalf("after load: generation %d, want %d: %v", now, n, err)
	}

	// What is fetched now is newer than all that, and is loaded.
	n++
	g.deliver(n)
	g.run("extract")
	g.run("load")
	if now, err := g.state(t.Context()); err != nil || now != n {
		t.Fatalf("after extract and load: generation %d, want %d: %v", now, n, err)
	}
	r, err := read.Open(t.Context(), g.database)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a, err := r.Query(t.Context(), "select count(*) from (select as_of <= lag(as_of) over (order by run_id) as back from meta.runs) where back")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for row, err := range a.All() {
		if err != nil || row[0].Text != "0" {
			t.Errorf("%v runs are not later than the one before: %v", row, err)
		}
	}
	want := contents(t, g.database)
	g.run("rebuild")
	same(t, want, contents(t, g.database))
}

// What is loaded days after it was fetched bears the time of the fetch, and a
// file has the age that it says it has.
func TestLoad_timeOfTheFetch(t *testing.T) {
	g := newGenerations(t)
	g.deliver(1)
	p := g.at(-72 * time.Hour)
	if _, _, err := p.Extract(t.Context(), g.targets(p)); err != nil {
		t.Fatal(err)
	}
	g.run("load")
	ask := func(query string) string {
		t.Helper()
		return strings.TrimSpace(g.run("query", "--format", "csv", query))
	}
	const times = `select max(e.as_of) <= min(e.fetched_at) and max(e.as_of) = max(r.as_of) and (select bool_and(_valid_from = r.as_of) from observed.identities) as good,
		max(e.fetched_at) < now() - interval 2 days as old from meta.exports e join meta.runs r using (run_id) group by r.as_of`
	if got := ask(times); got != "good,old\ntrue,true" {
		t.Errorf("fetched three days ago: %s", got)
	}
	if got := ask("select distinct date_diff('hour', current_as_of, now()) in (72, 73) as days from report.coverage"); got != "days\ntrue" {
		t.Errorf("coverage: %s", got)
	}

	// The same bytes are read again today: they came three days ago.
	g.run("refresh")
	if got := ask("select bool_and(fetched_at < now() - interval 2 days) as same from meta.exports"); got != "same\ntrue" {
		t.Errorf("reused bytes: %s", got)
	}
	if got := ask("select count(*) as n from meta.runs"); got != "n\n2" {
		t.Errorf("runs: %s", got)
	}
	want := contents(t, g.database)
	g.run("rebuild")
	same(t, want, contents(t, g.database))
}
