package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
)

var crashSeed = flag.Uint64("crash.seed", 1, "seed of the moments at which refreshes are killed")

// generations is a folder of exports, each row of which names the generation
// that it belongs to: a file that holds two of them is half a refresh.
type generations struct {
	t        *testing.T
	dir      string
	database string
	program  string
}

func newGenerations(t *testing.T) *generations {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := &generations{t: t, dir: t.TempDir(), program: program}
	g.database = filepath.Join(g.dir, "access.duckdb")
	g.put("accessmart.yaml", "sources:\n  hr: {vendor: balkanid, files: exports}\n")
	return g
}

func (g *generations) put(name, text string) {
	g.t.Helper()
	name = filepath.Join(g.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		g.t.Fatal(err)
	}
}

// deliver writes the exports of a generation: two datasets, so that one may be
// loaded and the other not yet.
func (g *generations) deliver(n int) {
	people, apps := "Employee ID,Full Name,Work Email*,Department,Start Date*\n", "ID,Name,Description\n"
	for i := range 200 {
		people += fmt.Sprintf("%d,Ada North,p%d@example.com,generation %d,01/02/2021\n", i, i, n)
		apps += fmt.Sprintf("app%d,App,generation %d\n", i, n)
	}
	g.put("exports/employees.csv", people)
	g.put("exports/apps.csv", apps)
}

// command is the real program as a process of its own.
func (g *generations) command(args ...string) *exec.Cmd {
	cmd := exec.Command(g.program)
	cmd.Args = append([]string{"accessmart"}, args...) // by this name the test binary is the program
	cmd.Dir = g.dir
	return cmd
}

func (g *generations) run(args ...string) string {
	g.t.Helper()
	out, err := g.command(args...).CombinedOutput()
	if err != nil {
		g.t.Fatalf("accessmart %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// oneGeneration asks which generation the file holds, and whether it is whole.
const oneGeneration = `
with rows as (
	select department as generation, 'identities' as place from observed.identities
	union all select department, 'employees' from balkanid.employees
	union all select description, 'apps' from balkanid.apps
)
select min(generation) || '|' || count(distinct generation) || '|' || count(*) || '|' || (select count(*) from meta.runs) || '|' ||
	(select count(*) from meta.runs where chain_hash <> meta.chain_hash_of(run_id)) || '|' ||
	(select count(*) from observed_history.identities h where h._valid_to <= h._valid_from) from rows`

// state is the generation in the file, -1 where there is no file yet.
func (g *generations) state(ctx context.Context) (generation int, err error) {
	r, err := read.Open(ctx, g.database)
	if errors.Is(err, database.ErrNoDatabase) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return g.ask(ctx, r)
}

func (g *generations) ask(ctx context.Context, r *read.File) (generation int, err error) {
	rows, err := r.Query(ctx, oneGeneration)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for row, err := range rows.All() {
		if err != nil {
			return 0, err
		}
		var kinds, n, runs, unfit, backwards int
		text := strings.TrimPrefix(row[0].Text, "generation ")
		if _, err := fmt.Sscanf(strings.ReplaceAll(text, "|", " "), "%d %d %d %d %d %d", &generation, &kinds, &n, &runs, &unfit, &backwards); err != nil {
			return 0, fmt.Errorf("%q: %w", text, err)
		}
		if kinds != 1 || n != 600 || unfit != 0 || backwards != 0 || runs == 0 {
			return 0, fmt.Errorf("not one whole generation: %s", text)
		}
	}
	return generation, nil
}

// Whenever a refresh is killed, the file is that of before or that of after,
// the next refresh works, and in the end nothing is left lying about and the
// file can be made anew.
func TestCrash_killedAtRandom(t *testing.T) {
	t.Parallel()
	g := newGenerations(t)
	g.deliver(-1)
	g.run("refresh")
	g.deliver(0)
	began := time.Now()
	g.run("refresh") // like those to be killed, which have rows to compare with
	whole := time.Since(began)
	r := rand.New(rand.NewPCG(*crashSeed, 3))
	kills, before, replaced, finished := often(6, 550), 0, 0, 0
	for n := 1; n <= kills; n++ {
		g.deliver(n)
		cmd := g.command("refresh")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		timer := time.NewTimer(time.Duration(r.Float64() * 1.3 * float64(whole)))
		select {
		case <-timer.C:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			<-done
		case err := <-done:
			timer.Stop()
			if err != nil {
				t.Fatalf("refresh %d, after a kill: %v", n, err)
			}
			finished++
		}
		after, err := g.state(t.Context())
		if err != nil {
			t.Fatalf("seed %d, kill %d: %v", *crashSeed, n, err)
		}
		switch after {
		case n: // kill the next ones earlier, or later, so that both are seen often
			replaced++
			whole = whole * 9 / 10
		case before:
			whole = whole * 21 / 20
		default:
			t.Fatalf("seed %d, kill %d: the file holds generation %d, want %d or %d", *crashSeed, n, after, before, n)
		}
		before = after
	}
	g.deliver(kills + 1)
	g.run("refresh")
	if after, err := g.state(t.Context()); err != nil || after != kills+1 {
		t.Errorf("after all: generation %d, %v", after, err)
	}
	for _, left := range []string{"access.duckdb.work", "access.duckdb.wal", "accessmart-data/tmp/*", "accessmart-data/journal/*"} {
		if found, err := filepath.Glob(filepath.Join(g.dir, left)); err != nil || len(found) > 0 {
			t.Errorf("left behind: %v %v", found, err)
		}
	}
	want := contents(t, g.database)
	g.run("rebuild")
	same(t, want, contents(t, g.database))
	figure(t, "killed at random, a folder of files", "%d kills survived, one upon the other (%d of %d refreshes left the new file; %d ended before their kill)",
		kills-finished, replaced, kills, finished)
}
