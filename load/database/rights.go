package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
)

// ownMode is the mode of the first file, and of all that is not published.
const ownMode fs.FileMode = 0o600

// groupID finds a group by its name or number; -1 for none.
func groupID(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	id := name
	if g, err := user.LookupGroup(name); err == nil {
		id = g.Gid
	}
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("file_group: this machine has no group %q; name another one, or make it", name)
	}
	return n, nil
}

// giveRights gives the finished copy the mode and the group that the published
// file is to have: those wanted, else those of the file that it replaces, which
// somebody may have chosen. A group that cannot be kept has no rights, since
// they would be another group's. note is told what could not be kept.
func giveRights(copy, path string, mode fs.FileMode, gid int, note func(format string, args ...any)) error {
	old, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept := gid
	if old != nil {
		if mode == 0 {
			mode = old.Mode().Perm() | ownMode
		}
		if g, ok := groupOf(old); ok && kept < 0 {
			kept = g
		}
		if err := copyACL(copy, path); err != nil {
			note("the access control list of %s could not be kept: %v", path, err)
		}
	}
	if mode == 0 {
		mode = ownMode
	}
	if kept >= 0 {
		err := chgrp(copy, kept)
		if err != nil && gid >= 0 {
			return err
		}
		if err != nil && mode&0o070 != 0 {
			mode &^= 0o070
			note("%v. The file's group has no rights to it now; set file_group in the configuration to a group that this user belongs to", err)
		}
	}
	return os.Chmod(copy, mode)
}

// chgrp gives a file to a group.
func chgrp(path string, gid int) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if now, ok := groupOf(info); ok && now == gid {
		return nil
	}
	if err := os.Chown(path, -1, gid); err != nil {
		return fmt.Errorf("the file cannot be given to group %d: %w; who runs this must be a member of it", gid, err)
	}
	return nil
}
