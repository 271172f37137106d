package load

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/accessmart/accessmart/schemas"
)

// Run names the refresh that a [Work] belongs to.
type Run struct {
	ID        string // ULID
	Command   string
	Version   string
	StartedAt time.Time // gives all changes of the run their time; zero means now

	// Record makes this a run that is done again: its time and what it
	// decided at the gate and the reject limit are those of the record.
	Record *schemas.Run
}

// Options say what [Begin] works on and within which limits.
type Options struct {
	Path string // the published file; need not exist yet
	Set  *schemas.Set
	Run  Run

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

	// Gate is the gate of a source; nil means [DefaultGate] for all. What it
	// holds is loaded all the same where Accept says so.
	Gate   func(source string) Gate
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
	memoryOfThread     = 128 // MB; a load is as fast with it as with more
	defaultRejectShare = 0.01
	defaultRejectMin   = 100
)

// Work is a refresh in progress: the lock and a private copy of the database,
// which [Work.Publish] puts in place and [Work.Discard] throws away. One of
// them must be called. Its methods are for one goroutine.
type Work struct {
	opt    Options  // with the path of the file itself, where a link was given
	way    []string // to the file by its links, the path given first
	gid    int      // of Options.Group, -1 for none
	notes  []string
	log    *slog.Logger
	lock   *flock.Flock
	dir    string // holds the copy and all that may spill
	copy   string // path of the copy
	copies bool   // there is a published file, of which it is one
	db     *sql.DB
	asOf   time.Time
	last   time.Time // as_of of the run before, zero for none
	prev   string    // run before this one, "" for none
	base   string    // run that made the published file, "" for none or a fresh one
	feeds  int       // names registered so far

	digest     func() (string, error) // SHA-256 of the published file; waits for it
	stopDigest func()                 // ends that early, and waits

	exports map[exportKey]outcome // of this run

	mu     sync.Mutex
	broken error
}

type exportKey struct{ source, dataset string }

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

// Lock takes the lock, refuses a published file that is not ours to replace and
// clears what a killed run left behind. A symbolic link is followed: lock and
// temporary files are beside the file itself. [Work.Open] must be called next.
//
// Errors: [LockedError], or a [FileError] with [ErrInUse] or [ErrNotDatabase].
func Lock(ctx context.Context, o Options) (_ *Work, err error) {
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return nil, err
	}
	o.setDefaults()
	settleMemory()
	gid, err := groupID(o.Group)
	if err != nil {
		return nil, err
	}
	given := o.Path
	var way []string
	if o.Path, way, err = follow(given); err != nil {
		return nil, err
	}
	host, _ := os.Hostname() // only to be shown
	lock, err := acquire(ctx, lockPath(o.Path), o.Wait,
		Owner{PID: os.Getpid(), Host: host, Since: o.Now().UTC(), Run: o.Run.ID, Command: o.Run.Command})
	if err != nil {
		return nil, err
	}
	w := &Work{opt: o, way: way, gid: gid, log: o.Log, lock: lock, dir: workDir(o.Path), exports: map[exportKey]outcome{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Discard())
		}
	}()
	w.step("lock taken")
	if err := os.RemoveAll(w.dir); err != nil {
		return nil, fmt.Errorf("clear what an earlier run left: %w", err)
	}
	exists, err := inspect(o.Path)
	if err != nil {
		return nil, err
	}
	w.copies = exists && !o.Fresh
	return w, nil
}

// Open copies the published file, opens the copy and brings its tables up
// to date. It takes time where the file is large, and may go on
// beside work that does not need the database, such as asking the vendors.
//
// Errors: a [FileError] with [ErrInUse] or [ErrNotDatabase]; only
// [Work.Discard] can follow.
func (w *Work) Open(ctx context.Context) error {
	if err := w.open(ctx); err != nil {
		return err
	}
	w.step("copy opened")
	if err := w.migrate(ctx, w.opt.Set); err != nil {
		return fmt.Errorf("bring %s up to date: %w", w.opt.Path, err)
	}
	w.step("tables up to date")
	if err := w.define(ctx); err != nil {
		return err
	}
	w.step("contracts entered")
	if err := w.readLedger(ctx); err != nil {
		return err
	}
	w.base = w.prev
	return nil
}

// threads are those of DuckDB.
func (o *Options) threads() int {
	if o.Threads > 0 {
		return o.Threads
	}
	return runtime.NumCPU()
}

func (o *Options) setDefaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Memory == "" {
		o.Memory = fmt.Sprintf("%dMB", memoryOfThread*max(o.threads(), 2))
	}
	if o.RejectShare == 0 {
		o.RejectShare = defaultRejectShare
	}
	if o.RejectMin == 0 {
		o.RejectMin = defaultRejectMin
	}
}

// step logs that a step of the work is done: where a crash can fall between.
func (w *Work) step(name string, attrs ...any) {
	w.log.Debug(name, append([]any{"run", w.opt.Run.ID}, attrs...)...)
}

// workDir is the folder that holds all temporary files of a refresh. It lies
// beside the file so that the finished copy can be renamed over it.
func workDir(path string) string { return path + ".work" }

// inspect tells whether there is a published file, and refuses one that is
// not ours to replace.
func inspect(path string) (exists bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := checkMagic(f, path); err != nil {
		return false, err
	}
	held, err := heldForWriting(f)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	if held {
		return false, &FileError{path, ErrInUse, "close it there, or open it there read-only"}
	}
	return true, nil
}

// magic stands at offset 8 of each DuckDB file, after a checksum.
var magic = []byte("DUCK")

func checkMagic(f *os.File, path string) error {
	head := make([]byte, 12)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head[8:], magic) {
		return &FileError{path, ErrNotDatabase, "it is not a DuckDB file; name another with --database"}
	}
	return nil
}

// readLedger finds the run that made the published file and fixes the time of
// this one: later than that of each run before, whatever the clock says.
func (w *Work) readLedger(ctx context.Context) error {
	w.asOf = w.opt.Run.StartedAt
	if w.asOf.IsZero() {
		w.asOf = w.opt.Now()
	}
	if r := w.opt.Run.Record; r != nil {
		w.asOf = r.AsOf
	}
	w.asOf = w.asOf.UTC().Truncate(time.Microsecond)
	var run sql.NullString
	var last sql.NullTime
	err := w.db.QueryRowContext(ctx, "select arg_max(run_id, as_of), max(as_of) from meta.runs").Scan(&run, &last)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	w.prev, w.last = run.String, last.Time.UTC()
	if last.Valid && !w.asOf.After(w.last) {
		w.log.Warn("the clock is behind the last run", "run", w.opt.Run.ID, "last", w.last)
		w.asOf = w.last.Add(time.Microsecond)
	}
	return nil
}

// NotAfter makes the time of the run that of exports that were fetched before it
// began. It stays later than that of each run before; late tells that it had to,
// since one was published after they were fetched. Call it before anything is
// loaded. A run that is done again keeps its time.
func (w *Work) NotAfter(fetched time.Time) (late bool) {
	fetched = fetched.UTC().Truncate(time.Microsecond)
	if w.opt.Run.Record != nil || fetched.IsZero() || !fetched.Before(w.asOf) {
		return false
	}
	w.asOf = fetched
	if w.prev == "" || fetched.After(w.last) {
		return false
	}
	w.asOf = w.last.Add(time.Microsecond)
	return true
}

// AsOf is the time that this run gives to all changes: _valid_from of rows
// that are new, _valid_to of rows that are gone. UTC, microseconds.
func (w *Work) AsOf() time.Time { return w.asOf }

// PreviousRun is the id of the run before this one, or "".
func (w *Work) PreviousRun() string { return w.prev }

func (w *Work) breakOff(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken == nil {
		w.broken = fmt.Errorf("%w: %w", ErrBroken, err)
	}
}

// usable returns the reason why the work cannot go on, if there is one.
func (w *Work) usable() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.db == nil && w.broken == nil {
		return errors.New("load: the work is over, or was not opened")
	}
	return w.broken
}

// Discard throws the working copy away and gives the lock back. After Publish
// it does nothing.
func (w *Work) Discard() error {
	var errs []error
	if w.digest != nil {
		w.stopDigest()
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
		w.db = nil
	}
	if w.lock != nil {
		errs = append(errs, w.clear(), release(w.lock))
		w.lock = nil
	}
	return errors.Join(errs...)
}

// clear removes all temporary files.
func (w *Work) clear() error {
	err := os.RemoveAll(w.dir)
	if w.opt.TempDir != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Join(w.opt.TempDir, filepath.Base(w.dir))))
	}
	return err
}
