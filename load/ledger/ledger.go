// Package ledger keeps schema meta of the database file: what each run did, what
// became of each export, and why. It records what others decide; it does not decide
// which export is loaded, or what the gate holds.
package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// Run names a run of the program.
type Run struct {
	ID        string // ULID
	Command   string
	Version   string
	StartedAt time.Time // gives all changes of the run their time; zero means now

	// Record makes this a repeated run: its time, and what it decided at the gate and
	// at the reject limit, are those of the record.
	Record *schemas.Run
}

// Options are what a [Ledger] works with.
type Options struct {
	Set *schemas.Set
	Now func() time.Time
	Log *slog.Logger
}

// Ledger is the ledger of one run at a time, in an open copy. Its methods must be called
// by one goroutine.
type Ledger struct {
	Options
	db      *database.DB
	run     Run
	asOf    time.Time
	last    time.Time // as_of of the run before, zero if there is none
	prev    string    // id of the run before, "" if there is none
	exports map[schemas.ExportID]Outcome
}

// Open begins a run in the ledger of an open copy.
func Open(ctx context.Context, db *database.DB, o Options, run Run) (*Ledger, error) {
	l := &Ledger{Options: o, db: db}
	return l, l.begin(ctx, run)
}

// begin finds the run before and fixes the time of this one: later than that of
// each run before, whatever the clock says.
func (l *Ledger) begin(ctx context.Context, r Run) error {
	l.run, l.exports = r, map[schemas.ExportID]Outcome{}
	l.asOf = r.StartedAt
	if l.asOf.IsZero() {
		l.asOf = l.Now()
	}
	if r.Record != nil {
		l.asOf = r.Record.AsOf
	}
	l.asOf = l.asOf.UTC().Truncate(time.Microsecond)
	var before sql.NullString
	var last sql.NullTime
	if err := l.db.Row(ctx, "select arg_max(run_id, as_of), max(as_of) from meta.runs").Scan(&before, &last); err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	l.prev, l.last = before.String, last.Time.UTC()
	if last.Valid && !l.asOf.After(l.last) {
		l.Log.Warn("the clock is behind the last run", "run", r.ID, "last", l.last)
		l.asOf = l.last.Add(time.Microsecond)
	}
	return nil
}

// NotAfter moves the time of the run back to when its exports were fetched, if that was
// before the run began. The time stays later than that of every earlier run; late reports
// that this kept it from moving back that far, since another run was published after the
// exports were fetched. Call it before anything is loaded. A repeated run keeps its time.
func (l *Ledger) NotAfter(fetched time.Time) (late bool) {
	fetched = fetched.UTC().Truncate(time.Microsecond)
	if l.run.Record != nil || fetched.IsZero() || !fetched.Before(l.asOf) {
		return false
	}
	l.asOf = fetched
	if l.prev == "" || fetched.After(l.last) {
		return false
	}
	l.asOf = l.last.Add(time.Microsecond)
	return true
}

// Run is the current run.
func (l *Ledger) Run() Run { return l.run }

// AsOf is the time that this run gives to all changes: _valid_from of new rows, and
// _valid_to of rows that are gone. It is in UTC and has microseconds.
func (l *Ledger) AsOf() time.Time { return l.asOf }

// Previous is the id of the run before this one, or "".
func (l *Ledger) Previous() string { return l.prev }

// End writes the run into the ledger, with the hash that binds it to the run before.
func (l *Ledger) End(ctx context.Context, t *database.Tx, status RunStatus) error {
	if err := l.completeSources(ctx, t); err != nil {
		return err
	}
	run, finished, remade := l.run, l.Now().UTC(), any(nil)
	if r := run.Record; r != nil {
		finished, remade = r.FinishedAt, l.Now().UTC()
	}
	if _, err := t.Exec(ctx, `insert into meta.runs (run_id, started_at, finished_at, status, command, version, previous_run_id, as_of, rebuilt_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, run.ID, nullTime(run.StartedAt), finished, string(status),
		null(run.Command), null(run.Version), null(l.prev), l.asOf, remade); err != nil {
		return err
	}
	_, err := t.Exec(ctx, "update meta.runs set chain_hash = meta.chain_hash_of("+database.Text(run.ID)+") where run_id = ?", run.ID)
	return err
}

// completeSources records the run at each source whose exports all arrived.
func (l *Ledger) completeSources(ctx context.Context, t *database.Tx) error {
	_, err := t.Exec(ctx, `update meta.sources set last_complete_run_id = ?, last_complete_at = ?
		where source in (select source from meta.exports where run_id = ?
			group by source having bool_and(status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0))`, l.run.ID, l.asOf, l.run.ID)
	return err
}

// Next ends the run and begins another one in the same copy.
func (l *Ledger) Next(ctx context.Context, status RunStatus, run Run) error {
	err := l.db.InTx(ctx, func(t *database.Tx) error { return l.End(ctx, t, status) })
	if err != nil {
		return fmt.Errorf("end of run %s: %w", l.run.ID, err)
	}
	return l.begin(ctx, run)
}

// Decided is what became of an export in the run that is repeated; nil if none is.
func (l *Ledger) Decided(e *schemas.Export) *schemas.RunExport {
	r := l.run.Record
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Exports, func(x schemas.RunExport) bool { return x.Source == e.Source && x.Dataset == e.Dataset })
	if i < 0 {
		return &schemas.RunExport{Source: e.Source, Dataset: e.Dataset, Status: string(Loaded)}
	}
	return &r.Exports[i]
}

// Asked reports whether the run asked for a dataset.
func (l *Ledger) Asked(id schemas.ExportID) bool {
	if _, ok := l.exports[id]; ok {
		return true
	}
	r := l.run.Record
	return r != nil && slices.ContainsFunc(r.Exports, func(x schemas.RunExport) bool { return x.Source == id.Source && x.Dataset == id.Dataset })
}

// Changed reports whether a row of any export came or went in this run.
func (l *Ledger) Changed() bool {
	for _, o := range l.exports {
		if o.Result.changes() {
			return true
		}
	}
	return false
}

// EnterDigest records the SHA-256 of the published file at the run that made it.
func EnterDigest(ctx context.Context, t *database.Tx, run, sum string) error {
	_, err := t.Exec(ctx, "update meta.runs set published_file_sha256 = ? where run_id = ?", sum, run)
	return err
}

// null is s, or NULL if s is empty.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}
