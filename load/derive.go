package load

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load/closure"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/load/sod"
	"github.com/accessmart/accessmart/load/things"
	"github.com/accessmart/accessmart/schemas"
)

// memoryToDerive are DuckDB's limits of memory for each step of what follows the loads, unless
// the configuration sets one: the next where one does not do. Loading needs little, as batches
// pass through; joining all statements needs more the more there are, and not all of it can
// spill.
var memoryToDerive = []string{"512MB", "1GB", "2GB"}

const giveMemory = "give it some, such as 'memory: 4GB' in the configuration"

// derive brings what is made of schema observed up to what the run left there: links of
// statements, and of these the things in main. After an error the copy is broken.
func (w *Work) derive(ctx context.Context, p *Published) (err error) {
	if w.opt.StatementsOnly {
		return nil
	}
	defer func() {
		if err != nil {
			w.db.Break(err)
		}
	}()
	if err := w.spareThreads(ctx); err != nil {
		return err
	}
	database.SpareMemory()
	o := links.Options{Set: w.opt.Set, Run: w.run(), AsOf: w.ledger.AsOf(), Changed: w.ledger.Changed(), Things: things.Print(w.opt.Set), Log: w.opt.Log}
	if w.opt.Memory == "" {
		o.More = memoryToDerive
	}
	if w.opt.Links != nil {
		last, err := links.LastRun(ctx, w.db)
		if err != nil {
			return err
		}
		if o.User, err = w.opt.Links(w.ledger.Run(), last); err != nil {
			return err
		}
	}
	found, err := links.Update(ctx, w.db, o)
	w.linked = found.Resolved
	if database.IsOutOfMemory(err) {
		return fmt.Errorf("DuckDB needs more memory to find out which statements are about one thing; %s: %w", giveMemory, err)
	}
	if err == nil {
		err = links.Erase(ctx, w.db, w.ledger.Erased())
	}
	if err != nil || !found.Resolved {
		return err
	}
	for _, u := range found.Idle {
		p.Notes = append(p.Notes, fmt.Sprintf("links file, line %d: it does nothing, as no statement has a key that it names; 'accessmart links check' tells which", u.Line))
	}
	w.opt.Log.Info("linked", "run", w.run(), "statements", found.Statements, "conflicts", found.Conflicts, "suggestions", found.Suggestions, "key_changes", found.KeyChanges)
	debug.FreeOSMemory() // of the resolution, before DuckDB takes more
	since := found.Since
	if erased, err := w.ledger.ErasedSince(ctx, since); err != nil {
		return err
	} else if erased {
		since = time.Time{} // what went left no trace
	}
	made, err := w.makeThings(ctx, since)
	if database.IsOutOfMemory(err) {
		return fmt.Errorf("DuckDB needs more memory to make things of %d statements; %s: %w", found.Statements, giveMemory, err)
	}
	if err == nil {
		err = things.Erase(ctx, w.db, w.opt.Set, sourcesOf(w.ledger.Erased()), links.ErasedKeys)
	}
	if err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(made.Unplaced)) {
		if n := made.Unplaced[table]; n > 0 {
			p.Notes = append(p.Notes, fmt.Sprintf("%d rows of observed.%s name a key that several things bear, so main has no row for them: tell these things apart in the links file", n, table))
		}
	}
	w.opt.Log.Info("things made", "run", w.run(), "identities", made.Tables["identities"].Rows, "accounts", made.Tables["accounts"].Rows, "grants", made.Tables["grants"].Rows, "took", made.Seconds)
	return nil
}

// sourcesOf are the sources of exports, each once.
func sourcesOf(exports []schemas.ExportID) (out []string) {
	for _, e := range exports {
		out = append(out, e.Source)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// makeThings makes the things of what changed since a moment; zero: of everything.
func (w *Work) makeThings(ctx context.Context, since time.Time) (made things.Summary, err error) {
	err = w.inMemory(ctx, "things", func(again bool) error {
		if again {
			since = time.Time{} // some tables are made, others not: all are compared
		}
		made, err = things.Make(ctx, w.db, things.Options{Set: w.opt.Set, Moment: w.ledger.AsOf(), Run: w.run(), Since: since, Log: w.opt.Log})
		return err
	})
	return made, err
}

// inMemory does a step, which what names in the log, with as little memory as it needs. It is
// done again where DuckDB had too little, so what it did by then must be undone or do no harm.
func (w *Work) inMemory(ctx context.Context, what string, do func(again bool) error) (err error) {
	limits := memoryToDerive
	if w.opt.Memory != "" {
		limits = []string{w.opt.Memory}
	}
	database.SpareMemory()
	for i, limit := range limits {
		if err = w.db.Memory(ctx, limit); err == nil {
			err = do(i > 0)
		}
		if !database.IsOutOfMemory(err) {
			return err
		}
		w.opt.Log.Info("more memory needed", "run", w.run(), "step", what, "than", limit)
	}
	return err
}

// fewRows is up to how many rows of a file one thread does all that follows a load sooner than
// several: it is hundreds of small statements, for each of which the others wake up, find no
// work and look for some.
const fewRows = 100_000

const countRows database.SQL = "select coalesce(sum(estimated_size), 0)::bigint from duckdb_tables() where database_name = current_database()"

// spareThreads lets DuckDB have one thread, if the file has few rows.
func (w *Work) spareThreads(ctx context.Context) error {
	rows, err := w.db.Count(ctx, countRows)
	if err != nil || rows > fewRows {
		return err
	}
	return w.db.Threads(ctx, 1)
}

// keepClosure derives the closure of grants, if these or the owners of accounts changed.
func (w *Work) keepClosure(ctx context.Context) error {
	return w.inMemory(ctx, "closure", func(bool) error {
		return w.db.InTx(ctx, func(t *database.Tx) error {
			c, err := closure.Keep(ctx, t, w.limits)
			if err != nil || c == nil {
				return err
			}
			w.step("closure of grants kept", "pairs", c.Pairs, "steps", c.Steps, "longest", c.Longest, "rings", c.Rings)
			return nil
		})
	})
}

// keepRules makes the rules on separation of duties of the copy the user's, as they hold for
// the run.
func (w *Work) keepRules(ctx context.Context) error {
	if w.opt.Rules == nil || w.opt.StatementsOnly {
		return nil
	}
	file, err := w.opt.Rules(w.ledger.Run())
	if err != nil {
		return err
	}
	return sod.Keep(ctx, w.db, w.run(), w.ledger.AsOf(), file)
}
