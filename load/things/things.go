// Package things makes the tables of schema main out of what exports state: one row for
// each thing and each edge between things, whoever speaks of it. Which statements are about
// one thing, meta.links say. docs/linking.md says how the columns of a thing come from those
// of its statements.
//
//	meta.links ────────▶ population: which statement is about which thing
//	observed.* ──read──▶ [merge.Things]: what is said of each ──▶ line ──apply──▶ main.*, history.*
package things

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// Options say for which run the tables are made.
type Options struct {
	Set    *schemas.Set
	Moment time.Time // of the run: _valid_from of rows that come, _valid_to of those that go
	Run    string    // id of the run, by which rows end
	// Since is the moment of the run of whose statements and links the tables were made, by
	// the same [Print]: only things are made that rows of observed, or links, touch which
	// came or ended after it. They must have left what ended in observed_history and
	// history.links. Zero: all things are made.
	Since time.Time
	Log   *slog.Logger
}

// method is raised when the same statements and links become other rows than before.
const method = "4"

// Print is a fingerprint of how things are made of statements and links. Where it is another
// one, they need to be made anew though no statement changed.
func Print(set *schemas.Set) string {
	h := sha256.New()
	fmt.Fprintln(h, method)
	for _, t := range set.Common.Tables {
		layout := database.Thing(t)
		if layout == nil {
			continue
		}
		fmt.Fprintln(h, t.Name, layout.Names())
		for _, f := range t.Fields {
			fmt.Fprintln(h, f.Name, f.Type, f.Merge, f.Compare, f.Enum, f.Refers, f.RefersBy)
		}
		if !schemas.IsThing(t.Name) { // of things meta.links say how strong a statement is
			fmt.Fprintln(h, strengthsOf(set, t))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Summary tells what [Make] did.
type Summary struct {
	Tables map[string]apply.Counts // by name of the table in main
	// Unplaced are the statements of edges, by name of the table, of which an end is the
	// key of no thing, or of several, so that main does not have the edge.
	Unplaced map[string]int64
	Seconds  float64
}

// Changed reports whether a row of one of these tables of main came or went.
func (s Summary) Changed(tables ...string) bool {
	for _, t := range tables {
		if n := s.Tables[t]; n.Inserted > 0 || n.Closed > 0 {
			return true
		}
	}
	return false
}

// garbage is how much of it, in percent of what is live, there may be while statements are in
// memory. They are few large blocks, which take little time to look through.
const garbage = 10

// Make makes the tables of things and edges in main equal to what observed and meta.links
// say, and moves what ends to history. After an error some tables may be made and others
// not, so the copy must not be published.
//
// Errors: [UnlinkedError]; otherwise those of the database, with the table in which they
// occurred.
func Make(ctx context.Context, db *database.DB, o Options) (s Summary, err error) {
	start := time.Now()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s = Summary{Tables: map[string]apply.Counts{}, Unplaced: map[string]int64{}}
	m := &maker{Options: o, db: db}
	defer func() { err = errors.Join(err, m.drop(ctx)) }()
	defer database.CollectOften(garbage)()
	if err := m.prepare(ctx); err != nil {
		return s, fmt.Errorf("make things: %w", err)
	}
	m.step("keys to translate by")
	for _, t := range o.Set.Common.Tables {
		layout := database.Thing(t)
		if layout == nil {
			continue
		}
		var n apply.Counts
		p, err := m.part(ctx, t)
		switch {
		case err != nil:
		case p.none:
			n, s.Unplaced[t.Name], err = m.leave(ctx, t, layout)
		case t.Name == ownership:
			n, s.Unplaced[t.Name], err = m.owners(ctx, layout, p)
		default:
			n, s.Unplaced[t.Name], err = m.merge(ctx, t, layout, p)
		}
		if err != nil {
			return s, fmt.Errorf("make things: table %s: %w", t.Name, err)
		}
		s.Tables[t.Name] = n
		m.step("things made", "table", t.Name, "made", p.extent(), "rows", n.Rows, "new", n.Inserted, "gone", n.Closed)
	}
	s.Seconds = time.Since(start).Seconds()
	return s, nil
}

// UnlinkedError says that rows of observed have no link, so that a thing would be missing
// from main: meta.links are not those of these rows.
type UnlinkedError struct {
	Table string
	Rows  int64
}

func (e *UnlinkedError) Error() string {
	return fmt.Sprintf("%d rows of observed.%s have no link in meta.links; refresh again with this program, and report it if it happens again", e.Rows, e.Table)
}

// maker makes the tables of one run.
type maker struct {
	Options
	db      *database.DB
	names   []string                     // of the sources, in the order of the alphabet
	tellers map[string]map[string]teller // by source and dataset
	limits  database.Limits
	memory  float64          // DuckDB's limit in MiB
	touched map[string]int64 // by kind: how many things changes touch; nil: all of each kind
}

func (m *maker) step(name string, attrs ...any) { database.Step(m.Log, m.Run, name, attrs...) }

// Tables of the stage.
var (
	references = database.Stage("things references")
	seen       = database.Stage("things seen")
	changed    = database.Stage("things changed")
	fresh      = database.Stage("things fresh")
)

// Tables of the stage that there are only where a part of the things is made.
var (
	moved     = database.Stage("things moved")
	altered   = database.Stage("things altered")
	touched   = database.Stage("things touched")
	linked    = database.Stage("things linked")
	stated    = database.Stage("things stated")
	concerned = database.Stage("things concerned")
	edges     = database.Stage("things edges")
)

var dropTables = database.Parse(`drop table if exists {{.table}};
`)

// drop removes what is left in the stage.
func (m *maker) drop(ctx context.Context) error {
	var all database.SQL
	for _, t := range []database.SQL{references, seen, changed, fresh, moved, altered, touched, linked, stated, concerned, edges} {
		all += dropTables.Fill(database.Values{"table": t})
	}
	_, err := m.db.Exec(context.WithoutCancel(ctx), all)
	return err
}

var (
	listTellers = database.Parse(`select distinct source, dataset from meta.links
union select distinct source, _dataset from observed.grants
union select distinct source, _dataset from observed.identity_accounts
order by all`)
	// Several datasets may state one key: it means the same thing for all of them.
	listReferences = database.Parse(`create or replace table {{.references}} as
select kind, statement_key, min(key) as key from meta.links where is_reference group by kind, statement_key`)
)

// teller is a dataset of a source. Its weight orders statements that are equally strong and
// fresh: the first source in the order of the alphabet, then the first dataset, weighs most.
type teller struct {
	source uint16
	weight uint32
}

// teller is that of a dataset of a source.
func (m *maker) teller(source, dataset string) teller { return m.tellers[source][dataset] }

// prepare lists the sources, for each key that a row may refer to the thing it means, and
// what is touched.
func (m *maker) prepare(ctx context.Context) (err error) {
	if m.limits, err = database.LimitsOf(ctx, m.db); err != nil {
		return err
	}
	if m.memory, err = m.limits.MiB(); err != nil {
		return err
	}
	m.tellers = map[string]map[string]teller{}
	weight := ^uint32(0)
	err = m.db.Each(ctx, listTellers.Fill(nil), func(rows *sql.Rows) error {
		var source, dataset string
		if err := rows.Scan(&source, &dataset); err != nil {
			return err
		}
		if m.tellers[source] == nil {
			m.tellers[source] = map[string]teller{}
			m.names = append(m.names, source)
		}
		weight--
		m.tellers[source][dataset] = teller{uint16(len(m.names) - 1), weight}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := m.db.Exec(ctx, listReferences.Fill(database.Values{"references": references})); err != nil {
		return err
	}
	return m.touch(ctx)
}
