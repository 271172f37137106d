package run

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// Advice says what to do about an error of the disk, "" where the error is of
// another kind. DuckDB tells of such errors in words only.
func Advice(err error) string {
	text := strings.ToLower(err.Error())
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), says("no space left on device", "disk quota exceeded", "file too large", "not enough space on the disk"):
		return "there is no room: free space where the database file and the data folder are, then run again. " +
			"A refresh needs room for a second copy of the database file. The published file is whole."
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), says("permission denied", "read-only file system"):
		return "give this user the right to write to the folder of the database file and to the data folder, " +
			"or name others: --database, and data: in the configuration. The published file is whole."
	}
	return ""
}
