package main

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/load/database/read"
)

// unread is what is said of a file that was not read.
func unread(source, file, why string) string {
	return fmt.Sprintf("%s: %s: %s", source, visible(file), visible(why))
}

// tellUnread tells of the files that the newest runs left unread, and counts by source those that
// may hold exports and could not be looked into.
func tellUnread(ctx context.Context, c *console, path string) (unopened map[string]int, err error) {
	unopened = map[string]int{}
	return unopened, withFile(ctx, path, func(f *read.File) error {
		files, err := read.Unread(ctx, f)
		for _, x := range files {
			c.say("unread   %s", unread(x.Source, x.File, x.Reason))
			if x.Unopened {
				unopened[x.Source]++
			}
		}
		return err
	})
}
