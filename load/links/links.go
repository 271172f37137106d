package links

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// User is what the configuration says about links.
type User struct {
	Lines   []resolve.UserLink // of the links file
	File    string             // SHA-256 of that file in hex, "" for none
	Domains map[string]string  // mail domain -> the one that it is another name of
}

// Options are what a resolution goes by.
type Options struct {
	Set     *schemas.Set
	Run     string    // id of the run
	AsOf    time.Time // its moment
	Changed bool      // a row of observed came or went in the run
	Things  string    // fingerprint of how things are made of links: another one needs them made anew
	User    User
	// More are DuckDB's limits of memory, such as "1GB", with each of which statements are read
	// again where the one before was too low.
	More []string
	Log  *slog.Logger
}

// Summary is what [Update] found.
type Summary struct {
	Resolved bool // false: nothing changed by which it could differ from the last time
	// Since is the moment of the last resolution by the same rules, and for things that were
	// made likewise. What came or ended after it is why this one may differ. Zero for none.
	Since       time.Time
	Statements  int64
	Conflicts   int
	Suggestions int
	KeyChanges  int
	Changed     bool               // a link, or an owner of an account, is another than before
	Idle        []resolve.UserLink // lines of the links file that name a key which no statement has
}

// Update finds out which thing each statement of schema observed is about, and writes it
// into the tables of schema meta. It does nothing if neither a row of observed nor the
// user's links, the aliases of domains or the rules are others than the last time.
//
// An error is the database's. The tables may then be half written, so the copy must not be
// published.
func Update(ctx context.Context, db *database.DB, o Options) (s Summary, err error) {
	last, at, err := lastRun(ctx, db)
	if err != nil {
		return s, err
	}
	now := o.run()
	if !o.Changed && (last.rules == "" || last == now) {
		return s, nil
	}
	if last.rules == now.rules {
		s.Since = at
	}
	back := database.CollectOften(database.LinkingGC)
	defer back()
	err = db.Single(ctx, func() error { return s.resolve(ctx, db, o, now) }) // the program has a thread of its own
	if err != nil {
		return s, fmt.Errorf("links: %w", err)
	}
	s.Resolved = true
	database.Step(o.Log, o.Run, "links written")
	return s, nil
}

func (s *Summary) resolve(ctx context.Context, db *database.DB, o Options, now By) error {
	rules, err := schemas.LoadResolution()
	if err != nil {
		return err
	}
	limits, err := database.LimitsOf(ctx, db)
	if err != nil {
		return err
	}
	var to *resolve.Resolver
	var had *before
	err = limits.OrMore(ctx, o.More, func() (err error) {
		if to != nil {
			o.Log.Info("more memory needed", "run", o.Run, "step", "links", "now", limits)
		}
		if err := limits.Forget(ctx); err != nil { // what loads left, or the last attempt
			return err
		}
		to = resolve.New(rules, resolve.Options{Domains: o.User.Domains})
		return limits.Within(ctx, scanMemory, func() (err error) {
			had, err = (&reader{ctx: ctx, db: db, o: o, rules: rules, to: to, sum: s}).all()
			return err
		})
	})
	if err != nil {
		return err
	}
	database.Step(o.Log, o.Run, "statements read")
	if err := limits.Forget(ctx); err != nil { // rules need memory, and no blocks
		return err
	}
	result := to.Begin()
	defer result.Wait()
	w := writer{ctx, db, o, rules, result, had, limits, s}
	if err := w.all(); err != nil {
		return err
	}
	s.Idle = result.Idle()
	return enter(ctx, db, o, now, *s)
}

// By is what a resolution went by.
type By struct {
	File    string // SHA-256 of the links file in hex, "" for none
	domains string // JSON, "" for none
	rules   string // fingerprint; "" where nothing was resolved yet
}

// Domains are the aliases of mail domains.
func (b By) Domains() (out map[string]string, err error) {
	if b.domains != "" {
		err = json.Unmarshal([]byte(b.domains), &out)
	}
	return out, err
}

// LastRun is what the last resolution of the copy went by; zero where there was none.
func LastRun(ctx context.Context, db *database.DB) (last By, err error) {
	last, _, err = lastRun(ctx, db)
	return last, err
}

// lastRun also tells at which moment it was.
func lastRun(ctx context.Context, db *database.DB) (last By, at time.Time, err error) {
	err = db.Row(ctx, "select coalesce(links_file, ''), coalesce(domain_aliases::varchar, ''), rules, as_of from meta.link_runs order by as_of desc limit 1").
		Scan(&last.File, &last.domains, &last.rules, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return By{}, time.Time{}, nil
	}
	if err != nil {
		err = fmt.Errorf("links: %w", err)
	}
	return last, at, err
}

var enterRun = database.Parse(`insert into meta.link_runs (run_id, as_of, links_file, domain_aliases, rules, statement_count)
	values ({{.run}}, {{.moment}}, nullif({{.file}}, ''), nullif({{.domains}}, ''), {{.rules}}, {{.statements}})`)

func enter(ctx context.Context, db *database.DB, o Options, now By, s Summary) error {
	_, err := db.Exec(ctx, enterRun.Fill(database.Values{"run": o.Run, "moment": o.AsOf, "file": now.File, "domains": now.domains, "rules": now.rules, "statements": s.Statements}))
	return err
}

// ErasedKeys is the table in the stage with the keys of things, column key, about which exports
// told something that [Erase] erased. Whoever needs it drops it.
var ErasedKeys = database.Stage("links erased keys")

var (
	keepKeys = database.Parse(`create or replace table {{.keys}} as select distinct key from history.links where {{.which}}`)
	eraseOf  = database.Parse(`(source = {{.source}} and dataset = {{.dataset}})`)
)

// Erase deletes the closed links of exports, whose keys may name people, and leaves
// [ErasedKeys]. Call it after [Update], which closes what was current. Without exports it does
// nothing.
func Erase(ctx context.Context, db *database.DB, exports []schemas.ExportID) error {
	if len(exports) == 0 {
		return nil
	}
	var which []database.SQL
	for _, id := range exports {
		which = append(which, eraseOf.Fill(database.Values{"source": id.Source, "dataset": id.Dataset}))
	}
	of := database.Join(which, " or ")
	for _, query := range []database.SQL{keepKeys.Fill(database.Values{"keys": ErasedKeys, "which": of}), "delete from history.links where " + of} {
		if _, err := db.Exec(ctx, query); err != nil {
			return fmt.Errorf("erase links: %w", err)
		}
	}
	return nil
}
