package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Owner is who holds the lock of a database.
type Owner struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
	Run     string    `json:"run"`
	Command string    `json:"command"`
}

// lockPath is the lock file of the database at path. It is not removed when the lock is
// given back, or two processes could lock two different files.
func lockPath(path string) string { return path + ".lock" }

// lockRetry is how often a waiting refresh tries to take the lock.
const lockRetry = 250 * time.Millisecond

// Lock takes the lock of the file and clears what a killed run left behind. It refuses a
// file that is not made by this program. If another refresh holds the lock it waits for it,
// at most as long as wait; 0 means not at all. A symbolic link is followed: lock and
// temporary files are beside the file itself. Others are shown who while the lock is held.
// [Copy.Open] must be called next.
//
// Errors: [LockedError], or a [FileError] with [ErrInUse] or [ErrNotDatabase].
func Lock(ctx context.Context, o Options, who Owner, wait time.Duration) (_ *Copy, err error) {
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return nil, err
	}
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
	lock, err := acquire(ctx, lockPath(o.Path), wait, who)
	if err != nil {
		return nil, err
	}
	c := &Copy{opt: o, way: way, gid: gid, run: who.Run, lock: lock, dir: workDir(o.Path)}
	// The copy has the file name that readers use, and so the same catalog name.
	c.path = filepath.Join(c.dir, filepath.Base(given))
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Discard())
		}
	}()
	c.step("lock taken")
	if err := os.RemoveAll(c.dir); err != nil {
		return nil, fmt.Errorf("clear what an earlier run left: %w", err)
	}
	exists, err := inspect(o.Path)
	if err != nil {
		return nil, err
	}
	c.copies = exists && !o.Fresh
	return c, nil
}

// workDir is the folder of all temporary files of a refresh. It is beside the file so that
// the finished copy can be renamed over it.
func workDir(path string) string { return path + ".work" }

// acquire takes the lock and writes the owner into its file. The system releases the lock
// of a dead process, so what the file says counts only while the lock is held.
func acquire(ctx context.Context, path string, wait time.Duration, o Owner) (*flock.Flock, error) {
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err == nil && !ok && wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		ok, err = l.TryLockContext(waiting, lockRetry)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			ok, err = false, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, &LockedError{Path: path, Owner: readOwner(path)}
	}
	data, err := json.Marshal(o)
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.Unlock())
	}
	return l, nil
}

// release empties the lock file and then gives the lock back, so that nobody reads the owner
// of a lock that is free.
func release(l *flock.Flock) error {
	return errors.Join(os.Truncate(l.Path(), 0), l.Unlock())
}

func readOwner(path string) (o Owner) {
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, &o) // a half-written owner is no owner
	}
	return o
}

// Locked tells whether the lock of the database at path is held, and by whom.
func Locked(path string) (Owner, bool, error) {
	if target, _, err := follow(path); err == nil {
		path = target
	}
	p := lockPath(path)
	if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
		return Owner{}, false, nil
	}
	l := flock.New(p, flock.SetFlag(os.O_RDWR))
	ok, err := l.TryRLock()
	if err != nil {
		return Owner{}, false, fmt.Errorf("lock %s: %w", p, err)
	}
	if ok {
		return Owner{}, false, l.Unlock()
	}
	return readOwner(p), true, nil
}
