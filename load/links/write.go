package links

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"iter"
	"math"
	"runtime/debug"
	"slices"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// Memory limits of DuckDB, in MiB.
const (
	scanMemory   = 64 // is enough to read rows, of several tables at a time
	insertMemory = 64 // is enough to insert rows, however many, by one thread
)

// writer puts what a resolution found into the file.
type writer struct {
	ctx    context.Context
	db     *database.DB
	o      Options
	rules  *schemas.Resolution
	result *resolve.Result
	before *before
	limits database.Limits
	sum    *Summary
}

func (w *writer) all() error {
	if err := w.links(); err != nil {
		return err
	}
	w.result.Wait()
	for _, write := range []func() error{w.owners, w.addresses, w.keyChanges, w.conflicts, w.suggestions, w.unlinkable} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// links makes meta.links what was found. Only rows that are not there yet are made.
func (w *writer) links() error {
	target := apply.Target{Table: links.SQL(), History: database.Closed(links).SQL(), Columns: links.Names(), Scope: "true"}
	var rows int64
	err := w.db.InTx(w.ctx, func(tx *database.Tx) error {
		var inserted int64
		err := w.limits.Within(w.ctx, insertMemory, func() (err error) {
			inserted, err = w.insert(tx, links, func(row *database.Rows) (err error) {
				rows, err = w.newLinks(row)
				return err
			})
			return err
		})
		if err != nil {
			return err
		}
		gone := w.before.gone()
		w.sum.Changed = w.sum.Changed || inserted > 0 || len(gone) > 0
		if err := database.Expect("links new and unchanged", inserted+w.before.rows-int64(len(gone)), rows); err != nil {
			return err
		}
		return target.EndRows(w.ctx, tx, gone, w.o.AsOf, w.o.Run)
	})
	if err != nil {
		return err
	}
	return target.Verify(w.ctx, w.db, rows)
}

// insert adds the rows that are built to a table, and counts them.
func (w *writer) insert(tx *database.Tx, table *database.Table, rows func(*database.Rows) error) (n int64, err error) {
	columns := database.Idents(table.Names())
	err = database.Give(w.ctx, database.ShapeOf(table), func(ctx context.Context, feed *database.Feed) (err error) {
		n, err = tx.Take(ctx, feed, func(feed database.SQL) database.SQL {
			return "insert into " + table.SQL() + " (" + columns + ") select " + columns + " from " + feed
		})
		return err
	}, rows)
	return n, err
}

// fewStatements is up to how many statements rules need little memory.
const fewStatements = 100_000

// newLinks builds the rows of the links that are not there yet, strikes the others from
// those that the file had, and counts all.
func (w *writer) newLinks(row *database.Rows) (rows int64, err error) {
	for _, k := range w.rules.Kinds {
		w.result.WaitFor(k.Table)
		if w.result.Statements(k.Table) > fewStatements {
			debug.FreeOSMemory() // of what its rules needed
		}
		database.Step(w.o.Log, w.o.Run, "statements resolved", "kind", k.Table)
		for l := range unique(w.result.Links(k.Table)) {
			rows++
			p := printOf(k.Table, &l)
			if w.before.stays(k.Table, l.Was, p) {
				continue
			}
			row.Texts(k.Table, l.Key, l.Part, l.Source, l.Dataset, l.Thing, l.Rule)
			row.TextOrNull(l.Evidence)
			row.Float(l.Confidence)
			row.Flag(l.Founder)
			row.Moment(l.Founded)
			row.Moment(l.FirstSeen)
			row.Flag(l.IsReference)
			row.Flag(l.IsDescribed)
			row.Texts(l.Strength.String())
			row.Moment(w.o.AsOf.UnixMicro())
			row.UUID(p)
			if err := row.End(); err != nil {
				return 0, err
			}
		}
	}
	return rows, nil
}

// equal makes a target what is staged and drops the stages.
func (w *writer) equal(t apply.Target, s apply.Staged, stages ...database.SQL) error {
	n, err := apply.Equal(w.ctx, w.db, t, s, w.o.AsOf, w.o.Run)
	if err != nil {
		return err
	}
	w.sum.Changed = w.sum.Changed || n.Inserted > 0 || n.Closed > 0
	for _, stage := range stages {
		if _, err := w.db.Exec(w.ctx, "drop table "+stage); err != nil {
			return err
		}
	}
	return nil
}

// unique gives one link for each dataset, key and part. An export may have several rows of
// one key and part; of these that counts which a reference means, then the founder.
func unique(links iter.Seq[resolve.Link]) iter.Seq[resolve.Link] {
	return func(yield func(resolve.Link) bool) {
		var best resolve.Link
		any := false
		for l := range links {
			switch {
			case !any:
				best, any = l, true
			case l.Key == best.Key && l.Part == best.Part && l.Dataset == best.Dataset && l.Source == best.Source:
				if goesFirst(&l, &best) {
					best = l
				}
			default:
				if !yield(best) {
					return
				}
				best = l
			}
		}
		if any {
			yield(best)
		}
	}
}

func goesFirst(a, b *resolve.Link) bool {
	switch {
	case a.IsReference != b.IsReference:
		return a.IsReference
	case a.Founder != b.Founder:
		return a.Founder
	case a.Thing != b.Thing:
		return a.Thing < b.Thing
	case a.Confidence != b.Confidence:
		return a.Confidence > b.Confidence
	case a.Rule != b.Rule:
		return a.Rule < b.Rule
	}
	return a.Evidence < b.Evidence
}

// printOf is the fingerprint of all columns of a link but _valid_from.
func printOf(kind string, l *resolve.Link) print {
	var stack [512]byte
	b := stack[:0]
	for _, s := range []string{kind, l.Key, l.Part, l.Source, l.Dataset, l.Thing, l.Rule, l.Evidence} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(l.Confidence))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Founded))
	b = binary.BigEndian.AppendUint64(b, uint64(l.FirstSeen))
	for _, flag := range []bool{l.Founder, l.IsReference, l.IsDescribed} {
		if flag {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	return md5.Sum(append(b, byte(l.Strength)))
}

func (w *writer) owners() error {
	return w.replace("account_owners", func(row *database.Rows) error {
		for o := range w.result.Owners() {
			row.Texts(o.Account, o.Identity, o.Rule)
			row.TextOrNull(o.Evidence)
			row.Float(o.Confidence)
			if err := row.End(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) addresses() error {
	return w.replace("addresses", func(row *database.Rows) error {
		for email, key := range w.result.Addresses() {
			row.Texts(email, key)
			if err := row.End(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) conflicts() error {
	return w.replace("link_conflicts", func(row *database.Rows) error {
		for _, k := range w.rules.Kinds {
			for _, c := range w.result.Conflicts(k.Table) {
				if c.Chain {
					c.Reason += ", in a chain of values of which each alone would join"
				}
				row.Texts(k.Table, c.Rule, c.Evidence, c.Reason)
				row.List(c.Keys)
				row.List(c.Things)
				row.List(c.Joined)
				if err := row.End(); err != nil {
					return err
				}
				w.sum.Conflicts++
			}
		}
		for _, c := range w.result.Claimed() {
			row.Texts("accounts", "vendor", "account "+c.Account, "sources map the account to several people")
			row.Null()
			row.List(c.Identities)
			row.List(nil)
			if err := row.End(); err != nil {
				return err
			}
			w.sum.Conflicts++
		}
		return nil
	})
}

func (w *writer) suggestions() error {
	return w.replace("link_suggestions", func(row *database.Rows) error {
		for _, k := range w.rules.Kinds {
			for _, s := range w.result.Suggestions(k.Table) {
				row.Texts(k.Table, s.Look, s.Evidence, s.Left, s.Right)
				if err := row.End(); err != nil {
					return err
				}
				w.sum.Suggestions++
			}
		}
		return nil
	})
}

func (w *writer) unlinkable() error {
	return w.replace("unlinkable_values", func(row *database.Rows) error {
		for _, k := range w.rules.Kinds {
			for _, u := range slices.Compact(w.result.Unlinkable(k.Table)) {
				row.Texts(k.Table, u.Namespace, u.Value, u.Reason)
				row.Int(int64(u.Count))
				if err := row.End(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// replace makes a table of schema meta that keeps no history what was found.
func (w *writer) replace(name string, rows func(*database.Rows) error) error {
	table := tableOf(name)
	target := apply.Target{Table: table.SQL(), Columns: table.Names(), Version: table.Names(), Scope: "true", Repeats: true}
	had, err := w.db.Count(w.ctx, "select count(*) from "+table.SQL())
	if err != nil {
		return err
	}
	if had > 0 {
		stage := database.Stage(name)
		if err := w.stage(stage, table, rows); err != nil {
			return err
		}
		return w.equal(target, apply.Staged{Rows: stage}, stage)
	}
	var inserted int64
	err = w.db.InTx(w.ctx, func(tx *database.Tx) (err error) {
		inserted, err = w.insert(tx, table, rows)
		return err
	})
	if err != nil {
		return err
	}
	w.sum.Changed = w.sum.Changed || inserted > 0
	return target.Verify(w.ctx, w.db, inserted)
}

// keyChanges adds to meta.key_changes.
func (w *writer) keyChanges() error {
	return w.db.InTx(w.ctx, func(tx *database.Tx) error {
		_, err := w.insert(tx, tableOf("key_changes"), func(row *database.Rows) error {
			for _, k := range w.rules.Kinds {
				for _, c := range w.result.KeyChanges(k.Table) {
					row.Texts(k.Table, c.Old, c.New, w.o.Run, string(c.Reason))
					if err := row.End(); err != nil {
						return err
					}
					w.sum.KeyChanges++
				}
			}
			return nil
		})
		return err
	})
}

// stage makes a table of the stage, with the columns of another one, of the rows that are built.
func (w *writer) stage(name database.SQL, of *database.Table, rows func(*database.Rows) error) error {
	return database.Give(w.ctx, database.ShapeOf(of), func(ctx context.Context, feed *database.Feed) error {
		_, err := w.db.Take(ctx, feed, func(feed database.SQL) database.SQL { return "create or replace table " + name + " as from " + feed })
		return err
	}, rows)
}
