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

// lockPath is the lock file of the database at path. It stays when the lock
// is given back: removing it would let two processes lock two files.
func lockPath(path string) string { return path + ".lock" }

// lockRetry is how often a waiting refresh looks again.
const lockRetry = 250 * time.Millisecond

// Lock takes the lock of the file, refuses one that is not ours to replace and
// clears what a killed run left behind. It waits for another refresh as long as
// wait says, 0 not at all. A symbolic link is followed: lock and temporary files
// are beside the file itself. [Copy.Open] must be called next. who is told to
// others while the lock is held.
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
	// The same file name as the one that readers use, and so the same catalog name.
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

// workDir is the folder that holds all temporary files of a refresh. It lies
// beside the file so that the finished copy can be renamed over it.
func workDir(path string) string { return path + ".work" }

// acquire takes the lock and writes the owner into it. The system gives the
// lock of a dead process back by itself, so what the file says is only ever
// believed when the lock is held.
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

// release gives the lock back, owner first, so that nobody reads a name in a
// free lock.
func release(l *flock.Flock) error {
	return errors.Join(os.Truncate(l.Path(), 0), l.Unlock())
}

func readOwner(path string) (o Owner) {
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, &o) // a half-written owner is no owner
	}
	return o
}

// Locked tells who holds the lock of the database at path, if anybody does.
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
