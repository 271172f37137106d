package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/load/database/read"
)

// givenFile is a file that users write themselves and that the configuration names: of links,
// or of rules on separation of duties. Both have a command that checks it.
type givenFile struct {
	command string // that checks it
	what    string // links file
	key     string // of the configuration
	in      func(*config.Config) string
}

// named are the file and the database file that the arguments or the configuration name.
func (given givenFile) named(g *globals, args []string) (file, path string, err error) {
	if len(args) == 1 && g.database != "" {
		return args[0], g.database, nil
	}
	where := configPath(g.config)
	if _, err := os.Stat(where); errors.Is(err, fs.ErrNotExist) && g.config == "" {
		return "", "", usageError{fmt.Errorf("%s: there is no configuration %s that names both files; name them here: accessmart %[1]s FILE --database FILE", given.command, where)}
	}
	cfg, err := config.Read(where)
	if err == nil {
		err = cfg.Need(given.key, "database")
	}
	if err != nil {
		return "", "", err
	}
	file, path = given.in(cfg), cfg.Database
	if len(args) == 1 {
		file = args[0]
	}
	if g.database != "" {
		path = g.database
	}
	if file == "" {
		return "", "", usageError{fmt.Errorf("%s: %s names no %s; name one here, or with %s: FILE there", given.command, cfg.File(), given.what, given.key)}
	}
	return file, path, nil
}

// withThings opens a finished file that has things.
func withThings(ctx context.Context, path string, ask func(*read.File) error) error {
	return withFile(ctx, path, func(f *read.File) error {
		has, err := read.HasColumn(ctx, f, "links", "statement_key")
		if err == nil && !has {
			err = fmt.Errorf("%s was made before links were looked for: refresh it first", path)
		}
		if err != nil {
			return err
		}
		return ask(f)
	})
}

// eachOf are the errors that were joined.
func eachOf(err error) (out []error) {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		out = append(out, eachOf(e)...)
	}
	return out
}
