package run

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/load/database/read"
)

// EmptyNote is what is said of a file into which no export was ever loaded, ""
// of any other. Such a file is there for its rejects, and its tables are empty
// since nothing is known.
func EmptyNote(ctx context.Context, r *read.File) (string, error) {
	rows, err := r.Query(ctx, "select 1 from meta.exports where status = 'loaded' limit 1")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for _, err := range rows.All() {
		return "", err
	}
	return fmt.Sprintf("no export was ever loaded into %s: it has no rows as nothing is known, not as nobody has access; "+
		"'accessmart status' tells why, 'accessmart rejects' lists the records that could not be read", r.Path()), nil
}

// NoteIfEmpty is EmptyNote for the file at a path.
func NoteIfEmpty(ctx context.Context, path string) (string, error) {
	r, err := read.Open(ctx, path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	return EmptyNote(ctx, r)
}
