//go:build unix

package main

import "syscall"

// keepPrivate denies all rights on new files to other users, whatever the
// shell's mask says: libraries make files too, DuckDB its working copy.
func keepPrivate() { syscall.Umask(0o077) }
