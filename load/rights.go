package load

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
// file is to have: those of the options, else those of the file that it
// replaces, which somebody may have chosen. A group that cannot be kept has no
// rights, since they would be another group's.
func (w *Work) giveRights() error {
	old, err := os.Stat(w.opt.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mode, kept := w.opt.Mode, w.gid
	if old != nil {
		if mode == 0 {
			mode = old.Mode().Perm() | ownMode
		}
		if gid, ok := groupOf(old); ok && kept < 0 {
			kept = gid
		}
		if err := copyACL(w.copy, w.opt.Path); err != nil {
			w.note("the access control list of %s could not be kept: %v", w.opt.Path, err)
		}
	}
	if mode == 0 {
		mode = ownMode
	}
	if kept >= 0 {
		err := w.chgrp(kept)
		if err != nil && w.gid >= 0 {
			return err
		}
		if err != nil && mode&0o070 != 0 {
			mode &^= 0o070
			w.note("%v. The file's group has no rights to it now; set file_group in the configuration to a group that this user belongs to", err)
		}
	}
	return os.Chmod(w.copy, mode)
}

// chgrp gives the copy to a group.
func (w *Work) chgrp(gid int) error {
	info, err := os.Stat(w.copy)
	if err != nil {
		return err
	}
	if now, ok := groupOf(info); ok && now == gid {
		return nil
	}
	if err := os.Chown(w.copy, -1, gid); err != nil {
		return fmt.Errorf("the file cannot be given to group %d: %w; who runs this must be a member of it", gid, err)
	}
	return nil
}
