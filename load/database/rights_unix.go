//go:build unix

package database

import (
	"os"
	"syscall"
)

// groupOf is the group of a file.
func groupOf(info os.FileInfo) (gid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Gid), true
}
