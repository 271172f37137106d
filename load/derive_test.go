package load

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/load/things"
	"github.com/accessmart/accessmart/schemas"
)

// What is made of what changed, run by run, is what is made of everything: exports change a
// little, fail, are taken out with their history or without it, things are joined and parted
// by hand, several runs are in one working copy, and some runs load statements alone.
func TestDerive_ofWhatChanged(t *testing.T) {
	parts := 0
	for i := range often(1, 30) {
		parts += newRegion(t, *modelSeed+uint64(i), 1, 80).derives(often(10, 24))
	}
	figure(t, "things of what changed", "a part of a table made %d times", parts)
	if parts < 10 {
		t.Errorf("a part of a table was made %d times: too few to show anything", parts)
	}
}

// derives does some runs, holds after each that to make all things anew changes nothing, and
// returns how often a part of a table was made.
func (h *region) derives(runs int) (parts int) {
	h.t.Helper()
	h.bare = true
	for _, source := range []string{"one", "two"} {
		for _, dataset := range townDatasets {
			of := stated{schemas.ExportID{Source: source, Dataset: dataset}, 0}
			for range 2 * h.people {
				h.states[of] = h.with(h.states[of], h.row(of))
			}
		}
	}
	var steps bytes.Buffer
	log := slog.New(slog.NewTextHandler(&steps, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var w *Work
	var lines plan
	derived, seen := false, map[schemas.ExportID]string{}
	for n := range runs {
		p := h.next(n == runs-1)
		run := ledger.Run{ID: fmt.Sprintf("01J00000000000000000%06d", n+1), Command: "refresh", Version: "test", StartedAt: p.at}
		if w == nil {
			alone := h.r.IntN(4) == 0 && n > 0 && n < runs-1
			w = h.begin(func(o *Options) {
				o.Run, o.Log, o.StatementsOnly = run, log, alone
				o.Links = func(ledger.Run, links.By) (links.User, error) {
					return links.User{Lines: lines.lines, File: fmt.Sprint(lines.lines)}, nil
				}
			})
			derived = !alone
		} else if err := w.Next(h.t.Context(), ledger.RunDone, run); err != nil {
			h.t.Fatal(err)
		} else if derived {
			h.wholeIsTheSame(w, n)
		}
		lines = p
		if h.r.IntN(5) == 0 && n > 0 {
			h.takeOut(w)
		} else {
			h.run(w, p, seen)
		}
		if p.publish {
			h.publish(w)
			if w = nil; derived {
				check := h.begin()
				h.wholeIsTheSame(check, n)
				if err := check.Discard(); err != nil {
					h.t.Fatal(err)
				}
			}
		}
	}
	return strings.Count(steps.String(), "made=part")
}

// takeOut takes a dataset out of the file, with its history or without.
func (h *region) takeOut(w *Work) {
	h.t.Helper()
	e := export(pick(h.r, "one", "two"), pick(h.r, townDatasets...))
	e.Parts = nil
	if _, err := w.Drop(h.t.Context(), e, pick(h.r, ledger.Dropped, ledger.Erased)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *region) wholeIsTheSame(w *Work, run int) {
	h.t.Helper()
	var tables []string
	for table := range thingTables() {
		tables = append(tables, table)
	}
	slices.Sort(tables)
	made, err := things.Make(h.t.Context(), w.db, things.Options{Set: contracts(), Moment: w.Ledger().AsOf(), Run: "whole"})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, table := range tables {
		if made.Changed(table) {
			query := fmt.Sprintf("select to_json(x)::varchar from %%s.%s x where %%s order by all", table)
			h.t.Errorf("after run %d, all of main.%s made anew: %+v", run, table, made.Tables[table])
			for _, cells := range textRows(h.t, w.db, fmt.Sprintf(query, "history", "_ended_by = 'whole'"), 1) {
				h.t.Log("made of what changed:", cells[0])
			}
			for _, cells := range textRows(h.t, w.db, fmt.Sprintf(query, "main", "_valid_from = "+literal(w.Ledger().AsOf())), 1) {
				h.t.Log("made of all:", cells[0])
			}
		}
	}
	if h.t.Failed() {
		h.t.FailNow()
	}
}
