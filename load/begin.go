package load

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
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
	Memory  string // DuckDB's memory_limit, such as "2GB"; "" means 320MB; what needs more spills to disk
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

	// NoChecks leaves the checks of package sql out, which read whole tables.
	NoChecks bool

	// Fresh begins with an empty database, which Publish puts in the place of
	// the published file.
	Fresh bool

	// Keep is how many earlier files stay, as <name>.<run>.duckdb.
	Keep int
}

const (
	defaultMemory      = "320MB" // a load is as fast with it as with more
	defaultRejectShare = 0.01
	defaultRejectMin   = 100
)

// Work is a refresh in progress: the lock and a private copy of the database,
// which [Work.Publish] puts in place and [Work.Discard] throws away. One of
// them must be called. Its methods are for one goroutine.
type Work struct {
	opt   Options
	log   *slog.Logger
	lock  *flock.Flock
	dir   string // holds the copy and all that may spill
	copy  string // path of the copy
	db    *sql.DB
	asOf  time.Time
	prev  string // run before this one, "" for none
	base  string // run that made the published file, "" for none or a fresh one
	feeds int    // names registered so far

	installed bool // views and macros of this program are in the copy

	digest     func() (string, error) // SHA-256 of the published file; waits for it
	stopDigest func()                 // ends that early, and waits

	exports map[exportKey]outcome // of this run

	mu     sync.Mutex
	broken error
}

type exportKey struct{ source, dataset string }

// Begin takes the lock, clears what a killed run left behind, copies the
// published file, opens the copy and brings its tables up to date.
//
// Errors: [LockedError], or a [FileError] with [ErrInUse] or [ErrNotDatabase].
func Begin(ctx context.Context, o Options) (_ *Work, err error) {
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return nil, err
	}
	o.setDefaults()
	settleMemory()
	host, _ := os.Hostname() // only to be shown
	lock, err := acquire(ctx, lockPath(o.Path), o.Wait,
		Owner{PID: os.Getpid(), Host: host, Since: o.Now().UTC(), Run: o.Run.ID, Command: o.Run.Command})
	if err != nil {
		return nil, err
	}
	w := &Work{opt: o, log: o.Log, lock: lock, dir: workDir(o.Path), exports: map[exportKey]outcome{}}
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
	if err := w.open(ctx, exists && !o.Fresh); err != nil {
		return nil, err
	}
	w.step("copy opened")
	if err := w.migrate(ctx, o.Set); err != nil {
		return nil, fmt.Errorf("bring %s up to date: %w", o.Path, err)
	}
	w.step("tables up to date")
	if err := w.readLedger(ctx); err != nil {
		return nil, err
	}
	w.base = w.prev
	return w, nil
}

func (o *Options) setDefaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Memory == "" {
		o.Memory = defaultMemory
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
	if info, err := os.Stat(path + ".wal"); err == nil && info.Size() > 0 {
		return false, &FileError{path, ErrInUse,
			"there are unsaved changes in " + path + ".wal: open the file once with duckdb and run CHECKPOINT, or remove both"}
	}
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

// open makes the working copy and opens it.
func (w *Work) open(ctx context.Context, exists bool) error {
	spill := filepath.Join(w.dir, "spill")
	if w.opt.TempDir != "" {
		spill = filepath.Join(w.opt.TempDir, filepath.Base(w.dir))
		if err := os.RemoveAll(spill); err != nil {
			return err
		}
	}
	for _, dir := range []string{w.dir, spill} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	// The same file name as the published one, and so the same catalog name.
	w.copy = filepath.Join(w.dir, filepath.Base(w.opt.Path))
	if exists {
		if err := w.startDigest(); err != nil { // beside the copying: both read the same pages
			return err
		}
		if err := copyFile(w.copy, w.opt.Path); err != nil {
			return err
		}
		w.step("file copied")
	}
	var err error
	if w.db, err = w.connect(spill); err != nil {
		return err
	}
	if err := w.db.PingContext(ctx); err != nil {
		if exists {
			return &FileError{w.opt.Path, err, "it could not be opened"}
		}
		return err
	}
	if err := os.Chmod(w.copy, 0o600); err != nil {
		return err
	}
	return w.ours(ctx)
}

// connect opens DuckDB in memory with the copy and a stage attached.
//
// The copy is private and thrown away after a crash, so it needs no write-
// ahead log: a commit costs no sync, and the one checkpoint of Publish makes
// all durable. The stage lives in memory and spills.
func (w *Work) connect(spill string) (*sql.DB, error) {
	global := []string{
		"set temp_directory = " + text(spill),
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"set global TimeZone = 'UTC'",
		"set memory_limit = " + text(w.opt.Memory),
		// With it a second checkpoint writes files that DuckDB before 1.4 cannot
		// attach, though the storage version is theirs.
		"set experimental_metadata_reuse = false",
	}
	if w.opt.Threads > 0 {
		global = append(global, fmt.Sprintf("set threads = %d", w.opt.Threads))
	}
	name := catalogName(w.opt.Path)
	session := []string{
		"attach if not exists " + text(w.copy) + " as " + ident(name) + " (recovery_mode no_wal_writes)",
		"attach if not exists ':memory:' as " + stageSchema,
		"use " + ident(name),
	}
	var once sync.Once
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) (err error) {
		once.Do(func() { err = run(conn, global) })
		if err != nil {
			return err
		}
		return run(conn, session)
	})
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

func run(conn driver.ExecerContext, statements []string) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(context.Background(), s, nil); err != nil {
			return err
		}
	}
	return nil
}

// stageSchema is the attached in-memory database in which a refresh is
// compared, so that nothing of it stays in the file.
const stageSchema = "stage"

// catalogName is the name under which DuckDB knows the file at path when it
// opens it directly.
func catalogName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	if name == "" || name == stageSchema || name == "memory" || name == "system" || name == "temp" {
		return "access"
	}
	return name
}

// ours refuses a database that holds tables but no ledger: somebody else's.
func (w *Work) ours(ctx context.Context) error {
	var tables, ledger int
	err := w.db.QueryRowContext(ctx, `select count(*), count(*) filter (schema_name = 'meta' and table_name = 'runs')
		from duckdb_tables() where database_name = current_database()`).Scan(&tables, &ledger)
	if err != nil {
		return err
	}
	if tables > 0 && ledger == 0 {
		return &FileError{w.opt.Path, ErrNotDatabase, "it holds other tables; name another file with --database"}
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
	w.prev = run.String
	if last.Valid && !w.asOf.After(last.Time) {
		w.log.Warn("the clock is behind the last run", "run", w.opt.Run.ID, "last", last.Time.UTC())
		w.asOf = last.Time.UTC().Add(time.Microsecond)
	}
	return nil
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
		return errors.New("load: the work is over")
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
