package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load"
)

func newLoad(c *console, g *globals) *cobra.Command {
	var o runOptions
	var vendor, source, data string
	cmd := &cobra.Command{
		Use:   "load [FOLDER --vendor VENDOR]",
		Short: "Load what 'extract' fetched, or a folder of exports, into the database file",
		Long: `Without a folder: the second half of refresh. Loads each run in the data folder that the
database file does not know yet, oldest first, without asking the vendors.

With a folder: loads exports that somebody handed over, named
<dataset>[.anything].csv, .json, .ndjson or .zip, also with .gz or .zst. This needs no
configuration, only --database and --vendor.`,
		Example: `  accessmart load
  accessmart load ./exports --vendor balkanid --database access.duckdb`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return loadFolder(cmd.Context(), c, g, o, sourceConfig{name: source, vendor: vendor, files: args[0]}, data)
			}
			if vendor != "" {
				return usageError{errors.New("load: --vendor needs a folder")}
			}
			return loadRuns(cmd.Context(), c, g, o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&vendor, "vendor", "", "the `VENDOR` of the folder's exports: "+strings.Join(vendors, ", "))
	cmd.Flags().StringVar(&source, "source", "files", "the `NAME` of the source in the file and in its keys")
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: <database>.data)")
	return cmd
}

// loadFolder is a refresh from one files source that the command line names.
func loadFolder(ctx context.Context, c *console, g *globals, o runOptions, s sourceConfig, data string) error {
	switch {
	case !slices.Contains(vendors, s.vendor):
		return usageError{fmt.Errorf("load: --vendor: want one of %s", strings.Join(vendors, ", "))}
	case g.database == "":
		return usageError{errors.New("load: name the database file with --database")}
	case !sourceName.MatchString(s.name):
		return usageError{errors.New("load: --source: a name is lower-case letters, digits, '-' and '_'")}
	}
	set, err := contractSet(g)
	if err != nil {
		return err
	}
	if data == "" {
		data = g.database + ".data"
	}
	p, err := newPipeline(c, &config{Database: g.database, Data: data}, set, o)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	t, err := s.target(set, nil)
	if err != nil {
		return usageError{err}
	}
	at := p.now()
	rows, err := p.refresh(ctx, newRunID(at), at, []target{t})
	if err != nil {
		return err
	}
	return p.report(o.format, rows)
}

// loadRuns loads the runs of the data folder that the file does not hold.
func loadRuns(ctx context.Context, c *console, g *globals, o runOptions) error {
	p, _, err := prepare(c, g, o, nil)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	runs, err := p.store.Runs()
	if err != nil {
		return err
	}
	known, err := knownRuns(ctx, p.database)
	if err != nil {
		return err
	}
	var rows []exportRow
	pending := 0
	for _, run := range runs {
		if known[run] {
			continue
		}
		pending++
		exports, err := p.store.Exports(run)
		if err != nil {
			return err
		}
		work, err := p.begin(ctx, run, p.now(), "load")
		if err != nil {
			return err
		}
		more, err := p.load(ctx, work, exports)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	if pending == 0 {
		c.say("Nothing to load: %s knows every run in %s. 'accessmart extract' or 'refresh' fetches anew.", p.database, p.store.Dir())
		return nil
	}
	return p.report(o.format, rows)
}

// knownRuns are the runs that a database file holds; none when it does not exist.
func knownRuns(ctx context.Context, path string) (map[string]bool, error) {
	l, err := ask(ctx, path, "select run_id from meta.runs")
	if errors.Is(err, load.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, row := range l.rows {
		known[display(row[0])] = true
	}
	return known, nil
}
