// Package run does whole runs: it brings what vendors, a folder or the data
// folder hold into the database file. Commands, schedulers and tests call it
// alike; it knows no flags and no terminal, and tells a [Progress] what it does.
package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Options are where runs work, and by which rules.
type Options struct {
	Data    string // data folder, made where it is missing
	Version string // of the program, for the ledger
	// Into is the database file and the rules by which it is loaded. Path, Set and
	// Log must be there; Run, Accept and Recorded are set by each run. Wait is
	// for the data folder too.
	Into     load.Options
	Accept   Acceptance
	Progress Progress // nil: nobody is told

	// Links is what the configuration says of links; nil where there is none: then what
	// the file was resolved by last holds on.
	Links *Links

	// Rules are what it says of separation of duties; nil where there is none: then the
	// rules by which the file was made last hold on.
	Rules *Rules

	// NewID makes the id of a run that begins at a time; nil means
	// [extract.Store.NewRun].
	NewID func(at time.Time) (string, error)
}

// Progress is told what a run does. Fetched is called from several goroutines.
type Progress interface {
	Expect(exports int)          // so many will be told of: each once when it is fetched, and once when it is loaded
	Fetched(extract.Event)       // of exports that are fetched
	Loading(*schemas.Export)     // its bytes are read now
	Loaded(run string, x Export) // what became of an export
	Step(what string)            // a step that is about no export
	Note(what string)            // what whoever runs this must know, wanted or not
	Published(load.Published)    // a file is in place
}

// Export is what a run did with one export.
type Export struct {
	Source, Dataset             string
	Status                      ledger.Status
	Records, Loaded, Rejected   int64
	Inserted, Closed, Unchanged int64
	FetchSeconds, LoadSeconds   float64
	ItemRejected                int64 // items of records that became rejects
	Findings                    []schemas.Finding
	Unopened                    int    // files beside it that may hold exports and could not be looked into
	Arrived                     bool   // all of it, so that what went wrong did when it was read or loaded
	Failure, Error              string // class of the error, and its text without source and dataset
}

// ID names the export within the run.
func (x *Export) ID() schemas.ExportID { return schemas.ExportID{Source: x.Source, Dataset: x.Dataset} }

// Outcome is what a command did, in one run or several.
type Outcome struct {
	Exports []Export
	Checks  []ledger.CheckResult // of the run that was published last
	Notes   []string             // of it too: what it met at the file
	// Unpublished is true where there was no file yet, and nothing to make a
	// first one of.
	Unpublished bool
}

// Target is one source with the datasets wanted of it.
type Target struct {
	Source    extract.Source
	Vendor    extract.Vendor
	Contracts []*schemas.Contract
	Handed    []*schemas.Contract // of an API: datasets that come only as files, for which it is not asked
	Refused   error               // why nothing can be asked of it, such as a folder without exports; nil where something can
}

// Refused are the targets of which nothing can be asked, each told of as an export
// that failed and whose dataset is not known; rest are the others.
func Refused(targets []Target) (rest []Target, refused []Export) {
	for _, t := range targets {
		if t.Refused == nil {
			rest = append(rest, t)
			continue
		}
		refused = append(refused, Export{Source: t.Source.Name, Status: ledger.Failed,
			Failure: schemas.FailureInput, Error: t.Refused.Error()})
	}
	return rest, refused
}

// Datasets counts those of all targets.
func Datasets(targets []Target) (n int) {
	for _, t := range targets {
		n += len(t.Contracts)
	}
	return n
}

// RequestError is a mistake in what was asked for. Nothing was done.
type RequestError struct{ Err error }

func (e *RequestError) Error() string { return e.Err.Error() }
func (e *RequestError) Unwrap() error { return e.Err }

func mistake(format string, args ...any) error {
	return &RequestError{fmt.Errorf(format, args...)}
}

// Runner does runs for one database file and one data folder.
type Runner struct {
	Options
	store     *extract.Store
	extractor *extract.Extractor
	links     []byte // the links file
	rules     []byte // the rules file on separation of duties
	reread    bool   // load also what is unchanged
}

// New reads the links file and the rules file and opens the data folder.
//
// Errors: [*RequestError] where one of the two is wrong.
func New(o Options) (*Runner, error) {
	links, err := o.Links.read()
	if err != nil {
		return nil, err
	}
	rules, err := o.Rules.read()
	if err != nil {
		return nil, err
	}
	store, err := extract.OpenStore(o.Data)
	if err != nil {
		return nil, err
	}
	if o.Into.Now == nil {
		o.Into.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = silent{}
	}
	if o.NewID == nil {
		o.NewID = store.NewRun
	}
	r := &Runner{Options: o, store: store, links: links, rules: rules}
	// What was fetched is held until it is in the file: a run that is killed in
	// between does not ask the vendors again.
	r.extractor = &extract.Extractor{Store: store, Log: o.Into.Log, Progress: o.Progress.Fetched, Version: o.Version, Now: o.Into.Now, Hold: true}
	return r, nil
}

// lock takes the data folder for one run: two runs on one folder would ask the
// vendors twice.
//
// Errors: [database.ErrLocked].
func (r *Runner) lock(ctx context.Context) (unlock func(), err error) {
	return lockFolder(ctx, r.store.Dir(), r.Into.Wait)
}

func lockFolder(ctx context.Context, dir string, wait time.Duration) (unlock func(), err error) {
	lock := flock.New(filepath.Join(dir, "lock"))
	ok, err := lock.TryLock() // at once, whatever time there is to wait
	if err == nil && !ok && wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		ok, err = lock.TryLockContext(waiting, 250*time.Millisecond)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			err = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: the data folder %s is in use; wait for that run or use --wait", database.ErrLocked, dir)
	}
	return func() { _ = lock.Unlock() }, nil
}

// now is a run that begins now, for who holds the lock on the data folder.
func (r *Runner) now(command string) (ledger.Run, error) {
	at := r.Into.Now()
	id, err := r.NewID(at)
	return ledger.Run{ID: id, Command: command, Version: r.Version, StartedAt: at}, err
}

// begin takes the lock on the database file and makes the working copy.
func (r *Runner) begin(ctx context.Context, run ledger.Run) (*load.Work, error) {
	return load.Begin(ctx, r.options(run))
}

// options are those of a run.
func (r *Runner) options(run ledger.Run) load.Options {
	o := r.Into
	o.Run, o.Accept, o.Recorded, o.Links = run, r.Accept.has, r.store.HasRun, r.userLinks
	if r.Rules != nil || run.Record != nil {
		o.Rules = r.userRules
	}
	return o
}

// silent is the progress that nobody sees.
type silent struct{}

func (silent) Expect(int)               {}
func (silent) Fetched(extract.Event)    {}
func (silent) Loading(*schemas.Export)  {}
func (silent) Loaded(string, Export)    {}
func (silent) Step(string)              {}
func (silent) Note(string)              {}
func (silent) Published(load.Published) {}
