package database

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reflink makes out share the blocks of in (btrfs, XFS, bcachefs …).
func reflink(out, in *os.File) error {
	return unix.IoctlFileClone(int(out.Fd()), int(in.Fd()))
}

// beginWriting tells the system to write what f holds and not to wait for it.
// Where that fails, it is written later.
func beginWriting(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}

// heldForWriting reports whether another process holds DuckDB's write lock,
// a POSIX record lock, on the file.
func heldForWriting(f *os.File) (bool, error) {
	l := unix.Flock_t{Type: unix.F_RDLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &l); err != nil {
		return false, err
	}
	return l.Type == unix.F_WRLCK, nil
}

// accessACL is where Linux keeps a file's access control list.
const accessACL = "system.posix_acl_access"

// copyACL gives dst the access control list of src, where it has one.
func copyACL(dst, src string) error {
	list := make([]byte, 64<<10) // the most that an attribute may hold
	n, err := unix.Getxattr(src, accessACL, list)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	if err != nil {
		return err
	}
	return unix.Setxattr(dst, accessACL, list[:n], 0)
}
