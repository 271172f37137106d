package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/answers"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/load/sod"
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
	Memory  string // DuckDB's memory_limit, such as "2GB"; "" means 128MB a thread, at least 256MB; beyond it DuckDB spills to disk
	TempDir string // where DuckDB spills; "" means beside the file; what is there is removed in the end

	Wait time.Duration // how long to wait for another refresh; 0 means not at all

	// An export is not loaded if its rejects are more than RejectMin (0 means 100) and
	// also more than the share RejectShare of its records (0 means 0.01). A negative
	// value stands for zero. See [gate.RejectLimit].
	RejectShare float64
	RejectMin   int64

	// Gate is the gate of a source; nil means [gate.Default] for all. An export that it
	// holds is loaded all the same if Accept reports true; nil means for none.
	Gate   func(source string) gate.Gate
	Accept func(source, dataset string) bool
	// AcceptWith is the command line, for error messages, that loads the held export
	// name (SOURCE.DATASET); nil means the command of the run with --accept.
	AcceptWith func(name string) string

	// NoChecks leaves out the checks of package sql, which read all rows of the tables.
	NoChecks bool
	// StatementsOnly leaves out all that is made of what exports state: links, things, the
	// closure, views, reports and checks. What is there of them stays as it was. The file is
	// then for whoever reads schema observed alone, such as most tests of loading.
	StatementsOnly bool

	// Fresh begins with an empty database, with which Publish replaces the published
	// file.
	Fresh bool

	// Links is what the user says about links, as it holds for a run; nil means nothing. It
	// is asked at the end of each run, with what the last resolution of the copy went by.
	Links func(run ledger.Run, last links.By) (links.User, error)

	// Rules are the user's rules on separation of duties, as they hold for a run; nil leaves
	// those that the copy has. It is asked at the end of each run.
	Rules func(run ledger.Run) (sod.File, error)

	// Settings are the values that the user gives to the settings by which reports judge, as
	// in [answers.Model]; nil leaves those that the copy has.
	Settings map[string]string

	// Recorded names the runs whose records [Published] need not have; nil
	// means that none are wanted.
	Recorded func(run string) bool

	// Keep is how many earlier files are kept, as <name>.<run>.duckdb.
	Keep int

	// Mode and Group are those of the published file, the group by its name or
	// number. If they are not set, those of the file that is replaced stay; the first
	// file has mode 0600.
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

// accepts reports whether the export is to be loaded even if the gate holds it.
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
	limits access.Limits // of the closure of grants
	linked bool          // links were found anew in this run
	base   string        // run that made the published file, "" for none or a fresh one
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
	return &Work{opt: o, copy: copied, model: answers.Model{Set: o.Set, Settings: o.Settings}, limits: access.DefaultLimits}, nil
}

// Open copies the published file, opens the copy and brings its tables up
// to date. It takes time where the file is large, and may go on
// beside work that does not need the database, such as asking the vendors.
//
// Errors: a [database.FileError] with [database.ErrNotDatabase] or
// [database.ErrFirstEdition]; only
// [Work.Discard] can follow.
func (w *Work) Open(ctx context.Context) error {
	if err := w.copy.Open(ctx); err != nil {
		return err
	}
	w.db = w.copy.DB()
	w.step("copy opened")
	tables := slices.Concat(ledger.Tables, links.Tables, sod.Tables)
	for _, t := range w.opt.Set.Common.Tables {
		tables = append(tables, database.Common(t), database.History(t))
		if thing := database.Thing(t); thing != nil {
			tables = append(tables, thing, database.Closed(thing))
		}
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

// Ledger is the ledger of the copy, into which the run is entered; nil before
// [Work.Open].
func (w *Work) Ledger() *ledger.Ledger { return w.ledger }

// run is the id of the current run.
func (w *Work) run() string {
	if w.ledger == nil {
		return w.opt.Run.ID
	}
	return w.ledger.Run().ID
}

// step logs that a step is done. A crash can happen between any two of them.
func (w *Work) step(name string, attrs ...any) { database.Step(w.opt.Log, w.run(), name, attrs...) }

// usable is the reason why the work cannot go on, nil for none.
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
