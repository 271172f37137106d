//go:build !linux

package load

import (
	"errors"
	"os"
)

func reflink(_, _ *os.File) error { return errors.ErrUnsupported }

func beginWriting(*os.File) {}

// heldForWriting cannot be told here without taking the lock; the file that
// DuckDB leaves beside a database with unsaved changes is checked everywhere.
func heldForWriting(*os.File) (bool, error) { return false, nil }
