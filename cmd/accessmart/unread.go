package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/schemas"
)

// unread is what is said of a file that was not read.
func unread(source, file, why string) string {
	return fmt.Sprintf("%s: %s: %s", source, visible(file), visible(why))
}

// reasons tells of files that were not read, the first of them.
func reasons(files []schemas.File) string {
	const most = 10
	var b strings.Builder
	for i, f := range files {
		if i == most {
			fmt.Fprintf(&b, "\n  and %s", count(len(files)-most, "more file"))
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", visible(f.Name), visible(f.Reason))
	}
	return b.String()
}

// tellUnread tells of the files that the newest runs left unread.
func tellUnread(ctx context.Context, c *console, path string) error {
	return withFile(ctx, path, func(f *read.File) error {
		files, err := read.Unread(ctx, f)
		for _, x := range files {
			c.say("unread   %s", unread(x.Source, x.File, x.Reason))
		}
		return err
	})
}
