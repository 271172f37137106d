package things

import (
	"bytes"
	"log/slog"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/database"
)

// Where few worlds change, only the things are made that changes touch. All rows and all
// history are as if all were made, with the moments, and as a plain program says.
func TestMake_ofWhatChanged(t *testing.T) {
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	c, twin := newChronicle(t), newFile(t)
	const worlds, runs = 300, 5
	all := make([]*world, worlds)
	parts := map[string]int{}
	var steps bytes.Buffer
	o := Options{Log: slog.New(slog.NewTextHandler(&steps, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for run := 1; run <= runs; run++ {
		makeInSlices(t, int64(150*run))
		for i, w := range all {
			switch {
			case w == nil || rnd.IntN(60) == 0:
				all[i] = nextWorld(rnd, w, i, day(run))
			case rnd.IntN(10) == 0:
				all[i] = nudged(rnd, w, i, day(run))
			}
			if run > 1 { // of two kinds all changes, of the others little
				for _, kind := range kinds[2*run-4 : min(2*run-2, len(kinds))] {
					all[i] = all[i].allOtherwise(rnd, kind, i, day(run))
				}
			}
		}
		now := put(all)
		c.state(now, rnd, run)
		twin.state(now, rnd, run)
		steps.Reset()
		made, whole := c.make(run, o), twin.make(run, Options{})
		for line := range strings.Lines(steps.String()) {
			if _, after, ok := strings.Cut(line, "table="); ok && strings.Contains(line, "made=part") {
				name, _, _ := strings.Cut(after, " ")
				parts[name]++
			}
		}
		for table := range whole.Tables {
			for _, schema := range []database.SQL{"main.", "history."} {
				query := "select to_json(x)::varchar as j from " + schema + database.Ident(table) + " x order by j"
				if got, want := c.Rows(query), twin.Rows(query); !slices.Equal(got, want) {
					t.Fatalf("run %d, %s%s: %s", run, schema, table, firstDifference(got, want))
				}
			}
		}
		if !reflect.DeepEqual(made.Tables, whole.Tables) || !maps.Equal(made.Unplaced, whole.Unplaced) {
			t.Fatalf("run %d: %+v, want %+v", run, made, whole)
		}
		c.holds(run, made, all)
		o.Since = day(run)
	}
	for table := range c.before {
		if parts[table] < 2 {
			t.Errorf("of main.%s a part was made in %d runs: too few to show anything", table, parts[table])
		}
	}
	t.Log("parts were made of", parts)
}
