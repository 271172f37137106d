package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/accessmart/accessmart/load/answers"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Options say what [Begin] works on and within which limits.
type Options struct {
	Path string // the published file; need not exist yet
	Set  *schemas.Set
	Run  ledger.Run

	Now func() time.Time // nil means time.Now
	Log *slog.Logger     // nil means silent

	Threads int    // of DuckDB; 0 means one per core
	Memory  string // DuckDB's memory_limit, such as "2GB"; "" means 128MB a thread, at least 256MB; what needs more spills to disk
	TempDir string // where DuckDB spills; "" means beside the file; removed in the end

	Wait time.Duration // how long to wait for another refresh; 0 means not at all

	// An export is not loaded when more of its records are rejects than both
	// RejectMin (0 means 100) and RejectShare (0 means 0.01) of all; negative
	// means none.
	RejectShare float64
	RejectMin   int64

	// Gate is the gate of a source; nil means [gate.Default] for all. What it
	// holds is loaded all the same where Accept says so.
	Gate   func(source string) gate.Gate
	Accept func(source, dataset string) bool
	// AcceptWith is the command line that lets a held export through, SOURCE.DATASET;
	// nil means the command of the run.
	AcceptWith func(name string) string

	// NoChecks leaves the checks of package sql out, which read whole tables.
	NoChecks bool

	// Fresh begins with an empty database, which Publish puts in the place of
	// the published file.
	Fresh bool

	// Recorded names the runs whose records [Published] need not have; nil
	// means that none are wanted.
	Recorded func(run string) bool

	// Keep is how many earlier files stay, as <name>.<run>.duckdb.
	Keep int

	// Mode and Group are those of the published file, the group by its name or
	// number. Where they are not given, they stay as they are at the file that
	// is replaced; the first one has mode 0600.
	Mode  fs.FileMode
	Group string
}

const (
	defaultRejectShare = 0.01
	defaultRejectMin   = 100
)

func (o *Options) setDefaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.RejectShare == 0 {
		o.RejectShare = defaultRejectShare
	}
	if o.RejectMin == 0 {
		o.RejectMin = defaultRejectMin
	}
}

// database are the options of the file.
func (o *Options) database() database.Options {
	return database.Options{Path: o.Path, Fresh: o.Fresh, Log: o.Log, Threads: o.Threads, Memory: o.Memory, TempDir: o.TempDir, Mode: o.Mode, Group: o.Group}
}

// accepts reports whether a person lets the export through.
func (o *Options) accepts(e *schemas.Export) bool {
	return o.Accept != nil && o.Accept(e.Source, e.Dataset)
}

// Work is a refresh in progress: the lock and a private copy of the database,
// which [Work.Publish] puts in place and [Work.Discard] throws away. One of
// them must be called. Its methods are for one goroutine.
type Work struct {
	opt    Options
	copy   *database.Copy
	db     *database.DB // of the copy, while it is open
	ledger *ledger.Ledger
	model  answers.Model
	base   string // run that made the published file, "" for none or a fresh one
}

// Begin is [Lock] and [Work.Open] in one.
func Begin(ctx context.Context, o Options) (*Work, error) {
	w, err := Lock(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := w.Open(ctx); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w, nil
}

// Lock takes the lock of the file: see [database.Lock]. [Work.Open] must be
// called next.
//
// Errors: [database.LockedError], or a [database.FileError] with
// [database.ErrInUse] or [database.ErrNotDatabase].
func Lock(ctx context.Context, o Options) (*Work, error) {
	o.setDefaults()
	host, _ := os.Hostname() // only to be shown
	copied, err := database.Lock(ctx, o.database(), database.Owner{PID: os.Getpid(), Host: host, Since: o.Now().UTC(), Run: o.Run.ID, Command: o.Run.Command}, o.Wait)
	if err != nil {
		return nil, err
	}
	return &Work{opt: o, copy: copied, model: answers.Model{Set: o.Set}}, nil
}

// Open copies the published file, opens the copy and brings its tables up
// to date. It takes time where the file is large, and may go on
// beside work that does not need the database, such as asking the vendors.
//
// Errors: a [database.FileError] with [database.ErrNotDatabase]; only
// [Work.Discard] can follow.
func (w *Work) Open(ctx context.Context) error {
	if err := w.copy.Open(ctx); err != nil {
		return err
	}
	w.db = w.copy.DB()
	w.step("copy opened")
	tables := append([]*database.Table{}, ledger.Tables...)
	for _, t := range w.opt.Set.Common.Tables {
		tables = append(tables, database.Common(t), database.History(t))
	}
	if err := database.Migrate(ctx, w.db, tables); err != nil {
		return fmt.Errorf("bring %s up to date: %w", w.copy.File(), err)
	}
	w.step("tables up to date")
	err := w.db.InTx(ctx, func(t *database.Tx) error {
		if err := ledger.WriteContracts(ctx, t, w.opt.Set); err != nil {
			return err
		}
		return w.model.Define(ctx, t)
	})
	if err != nil {
		return err
	}
	w.step("contracts entered")
	if w.ledger, err = ledger.Open(ctx, w.db, ledger.Options{Set: w.opt.Set, Now: w.opt.Now, Log: w.opt.Log}, w.opt.Run); err != nil {
		return err
	}
	w.base = w.ledger.Previous()
	return nil
}

// Ledger is what the run enters of itself, nil before [Work.Open].
func (w *Work) Ledger() *ledger.Ledger { return w.ledger }

// run is the id of the run that is at work.
func (w *Work) run() string {
	if w.ledger == nil {
		return w.opt.Run.ID
	}
	return w.ledger.Run().ID
}

// step logs that a step of the work is done: where a crash can fall between.
func (w *Work) step(name string, attrs ...any) { database.Step(w.opt.Log, w.run(), name, attrs...) }

// usable returns the reason why the work cannot go on, if there is one.
func (w *Work) usable() error {
	if w.db == nil {
		return errors.New("load: the work is over, or was not opened")
	}
	return w.db.Err()
}

// Discard throws the working copy away and gives the lock back. After Publish
// it does nothing.
func (w *Work) Discard() error {
	w.db = nil
	return w.copy.Discard()
}
