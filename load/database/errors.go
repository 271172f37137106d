package database

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrLocked is wrapped by [LockedError]: another refresh holds the lock.
	ErrLocked = errors.New("another refresh is at work")
	// ErrNoDatabase is returned by read.Open when the file does not exist.
	ErrNoDatabase = errors.New("no database yet")
	// ErrNotDatabase is returned by [Lock] and read.Open when the file is
	// not a DuckDB database, or not one that this program made.
	ErrNotDatabase = errors.New("not a database of this program")
	// ErrFirstEdition is returned by [Copy.Open] for a file whose schema main still
	// holds what each export states, which is in schema observed now.
	ErrFirstEdition = errors.New("made by an earlier edition of this program")
	// ErrInUse is returned by [Lock] and [Copy.Replace] when somebody has the
	// published file open for writing, or left changes beside it.
	ErrInUse = errors.New("the database is open for writing elsewhere")
	// ErrBroken is what [DB.Err] wraps when a commit or a rollback went wrong. The
	// published file is as it was; discard the copy.
	ErrBroken = errors.New("the working copy is not to be trusted any more")
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

// FileError is why the published file cannot be used, with what to do about it.
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

// CountError is a count that is not as expected: rows were lost or came twice.
type CountError struct {
	What string
	Got  int64
	Want int64
}

func (e *CountError) Error() string {
	return fmt.Sprintf("%s: %d, want %d", e.What, e.Got, e.Want)
}

// Expect is a [CountError] about what if got is not want, otherwise nil.
func Expect(what string, got, want int64) error {
	if got != want {
		return &CountError{What: what, Got: got, Want: want}
	}
	return nil
}
