package load

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrLocked is wrapped by [LockedError]: another refresh holds the lock.
	ErrLocked = errors.New("another refresh is at work")
	// ErrNoDatabase is returned by [OpenRead] when the file does not exist.
	ErrNoDatabase = errors.New("no database yet")
	// ErrNotDatabase is returned by [Begin] and [OpenRead] when the file is
	// not a DuckDB database, or not one that this program made.
	ErrNotDatabase = errors.New("not a database of this program")
	// ErrInUse is returned by [Begin] and [Work.Publish] when somebody has the
	// published file open for writing, or left changes beside it.
	ErrInUse = errors.New("the database is open for writing elsewhere")
	// ErrBroken is returned by each method of a [Work] in which a commit or a
	// rollback went wrong. The published file is as it was; discard the work.
	ErrBroken = errors.New("the working copy is not to be trusted any more")
	// ErrVerify is wrapped by errors of [Work.Publish] when the finished copy
	// does not hold what the ledger says. Nothing was published.
	ErrVerify = errors.New("the finished file does not match its ledger")
)

// LockedError says who holds the lock. It wraps [ErrLocked].
type LockedError struct {
	Path  string // the lock file
	Owner Owner
}

func (e *LockedError) Error() string {
	if e.Owner.PID == 0 {
		return fmt.Sprintf("%v: %s is locked", ErrLocked, e.Path)
	}
	return fmt.Sprintf("%v: %s is held by process %d on %s (%s) since %s; wait for it or use --wait",
		ErrLocked, e.Path, e.Owner.PID, e.Owner.Host, e.Owner.Command, e.Owner.Since.UTC().Format(time.RFC3339))
}

func (e *LockedError) Unwrap() error { return ErrLocked }

// FileError is about the published file as a whole, with what to do about it.
type FileError struct {
	Path string
	Err  error // one of the sentinels of this package, or an error of the system
	Hint string
}

func (e *FileError) Error() string {
	s := e.Path + ": " + e.Err.Error()
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *FileError) Unwrap() error { return e.Err }

// ExportError is an export that could not be loaded. Its changes are undone;
// last time's rows stay.
type ExportError struct {
	Source  string
	Dataset string
	Step    string // read, stage, apply, count, commit, ledger
	Err     error
}

func (e *ExportError) Error() string {
	return fmt.Sprintf("source %s, dataset %s: load: %s: %v", e.Source, e.Dataset, e.Step, e.Err)
}

func (e *ExportError) Unwrap() error { return e.Err }

// RejectLimitError is an export with too many rejects to be believed. Nothing
// of it was loaded except the rejects themselves, in meta.rejects.
type RejectLimitError struct {
	Source   string
	Dataset  string
	Rejected int64
	Framed   int64
	Limit    int64 // most rejects that would have been accepted

	first bool // nothing of the source and dataset was loaded before
}

func (e *RejectLimitError) Error() string {
	return fmt.Sprintf("source %s, dataset %s: %d of %d records rejected, limit %d: %s; see them with: rejects --dataset %s",
		e.Source, e.Dataset, e.Rejected, e.Framed, e.Limit, notLoaded(e.first), e.Dataset)
}

// notLoaded is what is said of the rows of an export that is not loaded.
func notLoaded(first bool) string {
	if first {
		return "not loaded, and there are no rows of an earlier load"
	}
	return "not loaded, last time's rows stay"
}

// CountError is a sum that does not close: rows were lost or doubled.
type CountError struct {
	What string
	Got  int64
	Want int64
}

func (e *CountError) Error() string {
	return fmt.Sprintf("%s: %d, want %d", e.What, e.Got, e.Want)
}

func expect(what string, got, want int64) error {
	if got != want {
		return &CountError{What: what, Got: got, Want: want}
	}
	return nil
}
