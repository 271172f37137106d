package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// Options say which file is worked on, and within which limits.
type Options struct {
	Path  string // the published file; need not exist yet
	Fresh bool   // begin with an empty database, not with a copy of that file
	Log   *slog.Logger

	Threads int    // of DuckDB; 0 means one per core
	Memory  string // DuckDB's memory_limit, such as "2GB"; "" means 128MB a thread, at least 256MB; beyond it DuckDB spills to disk
	TempDir string // where DuckDB spills; "" means beside the file; what is there is removed in the end

	// Mode and Group are those of the published file, the group by its name or
	// number. If they are not set, those of the file that is replaced stay; the first
	// file has mode 0600.
	Mode  fs.FileMode
	Group string
}

const memoryOfThread = 128 // MB; more does not make a load faster

// Copy is a private copy of the published file, made while its lock is held.
// [Copy.Replace] puts it in place. [Copy.Discard] must be called in the end, in any case.
// Its methods are for one goroutine.
type Copy struct {
	opt    Options  // Path is that of the file itself, even if a link was given
	way    []string // the paths to the file, see follow
	gid    int      // of Options.Group, -1 for none
	run    string   // id of the run that works on it
	lock   *flock.Flock
	dir    string // folder of the copy, and of what spills unless TempDir is set
	path   string // of the copy
	copies bool   // it is a copy of a published file; otherwise it begins empty
	db     *DB
	digest *digest // of the published file
	notes  []string
}

// Step logs that a step is done. A crash can happen between any two of them.
func Step(log *slog.Logger, run, name string, attrs ...any) {
	log.Debug(name, append([]any{"run", run}, attrs...)...)
}

// step logs that a step of the work on the copy is done.
func (c *Copy) step(name string) { Step(c.opt.Log, c.run, name) }

// Open copies the published file and opens the copy. That takes time if the file is large;
// meanwhile work can go on that does not need the database.
//
// Errors: a [FileError] with [ErrNotDatabase], [ErrFirstEdition] or what DuckDB says. After an error only
// [Copy.Discard] may be called.
func (c *Copy) Open(ctx context.Context) error {
	spill, err := c.makeRoom()
	if err != nil {
		return err
	}
	if c.copies {
		if c.digest, err = startDigest(c.opt.Path); err != nil { // while copying, since both read the same pages
			return err
		}
		if err := copyFile(c.path, c.opt.Path); err != nil {
			return err
		}
		c.step("file copied")
	}
	if c.db, err = connect(ctx, c.path, limits{c.opt.Threads, c.opt.memory(), spill}); err != nil {
		if c.copies {
			return &FileError{c.opt.Path, err, "it could not be opened"}
		}
		return err
	}
	if err := os.Chmod(c.path, ownMode); err != nil {
		return err
	}
	if c.gid >= 0 { // so that a wrong group is noticed now, and not when the work is done
		if err := chgrp(c.path, c.gid); err != nil {
			return &FileError{c.opt.Path, err, "correct file_group in the configuration"}
		}
	}
	return ours(ctx, c.db, c.opt.Path)
}

// makeRoom makes the folder of the copy and the one into which DuckDB spills.
func (c *Copy) makeRoom() (spill string, err error) {
	spill = filepath.Join(c.dir, "spill")
	if c.opt.TempDir != "" {
		spill = filepath.Join(c.opt.TempDir, filepath.Base(c.dir))
		if err := os.RemoveAll(spill); err != nil {
			return "", err
		}
	}
	for _, dir := range []string{c.dir, spill} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
	}
	return spill, nil
}

// ours is an error if a database has tables but no ledger, so that this program did not
// make it, or if an earlier edition of it did.
func ours(ctx context.Context, db *DB, path string) error {
	var tables, ledger int
	var isFirst bool
	err := db.Row(ctx, `select count(*), count(*) filter (schema_name = 'meta' and table_name = 'runs'), `+IsFirstEdition+`
		from duckdb_tables() where database_name = current_database()`).Scan(&tables, &ledger, &isFirst)
	if err != nil {
		return err
	}
	if isFirst {
		return FirstEdition(path)
	}
	if tables > 0 && ledger == 0 {
		return &FileError{path, ErrNotDatabase, "it holds other tables; name another file with --database"}
	}
	return nil
}

// IsFirstEdition is an aggregate over duckdb_tables(): whether the file is of the first
// edition, in which schema main held what exports state.
const IsFirstEdition SQL = `(count(*) filter (schema_name = 'meta' and table_name = 'runs') > 0
	and count(*) filter (schema_name = 'main' and table_name = 'grants') > 0 and count(*) filter (schema_name = 'observed') = 0)`

// FirstEdition is the error about such a file.
func FirstEdition(path string) error {
	return &FileError{path, ErrFirstEdition, "'accessmart rebuild' makes it anew, with its history, from the data folder"}
}

// ThreadsOf is how many threads DuckDB has.
func (o Options) ThreadsOf() int {
	if o.Threads > 0 {
		return o.Threads
	}
	return runtime.NumCPU()
}

func (o *Options) memory() string {
	if o.Memory != "" {
		return o.Memory
	}
	return fmt.Sprintf("%dMB", memoryOfThread*max(o.ThreadsOf(), 2))
}

// DB is the open copy, nil before [Copy.Open] and after [Copy.Close].
func (c *Copy) DB() *DB { return c.db }

// File is the path of the published file itself, even if a link was given.
func (c *Copy) File() string { return c.opt.Path }

// Path is where the copy lies.
func (c *Copy) Path() string { return c.path }

// Digest is the SHA-256 of the published file that was copied, in hex; "" if the copy began
// empty. It waits until the file is hashed.
func (c *Copy) Digest() (string, error) {
	if c.digest == nil {
		return "", nil
	}
	sum, err := c.digest.sum()
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", c.opt.Path, err)
	}
	return sum, nil
}

// Notes are messages for whoever runs the refresh.
func (c *Copy) Notes() []string { return c.notes }

func (c *Copy) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.notes = append(c.notes, text)
	c.opt.Log.Warn(text, "run", c.run)
}

// Discard throws the copy away and gives the lock back. After [Copy.Replace] it only gives
// the lock back. A second call does nothing.
func (c *Copy) Discard() error {
	var errs []error
	if c.digest != nil {
		c.digest.stop()
	}
	if c.db != nil {
		errs = append(errs, c.db.db.Close())
		c.db = nil
	}
	if c.lock != nil {
		errs = append(errs, c.clear(), release(c.lock))
		c.lock = nil
	}
	return errors.Join(errs...)
}

// clear removes all temporary files.
func (c *Copy) clear() error {
	err := os.RemoveAll(c.dir)
	if c.opt.TempDir != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Join(c.opt.TempDir, filepath.Base(c.dir))))
	}
	return err
}
