package main

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/load"
)

// emptyNote is what is said of a file into which no export was ever loaded, ""
// of any other. Such a file is there for its rejects, and its tables are empty
// since nothing is known.
func emptyNote(ctx context.Context, r *load.Reader) (string, error) {
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

// noteIfEmpty is emptyNote for the file at a path.
func noteIfEmpty(ctx context.Context, path string) (string, error) {
	r, err := load.OpenRead(ctx, path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	return emptyNote(ctx, r)
}

// warn tells a note, if there is one.
func (c *console) warn(note string) {
	if note != "" {
		c.say("warning: %s.", note)
	}
}
