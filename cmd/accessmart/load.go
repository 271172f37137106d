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
	o.acceptFlag(cmd)
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
	if err == nil {
		err = o.accept.check([]target{t})
	}
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

// loadRuns loads the runs of the data folder that are newer than the newest
// that the file holds. An older one, left by a run that was interrupted, would
// bring back what has changed since.
func loadRuns(ctx context.Context, c *console, g *globals, o runOptions) error {
	p, _, err := prepare(c, g, o, nil)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	unlock, err := lockData(ctx, p.store.Dir(), p.wait)
	if err != nil {
		return err
	}
	defer unlock()
	runs, err := p.store.Runs()
	if err != nil {
		return err
	}
	newest, err := newestRun(ctx, p.database)
	if err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(run string) bool { return run <= newest })
	if len(runs) == 0 {
		c.say("Nothing to load: %s has the newest run in %s. 'accessmart extract' or 'refresh' fetches anew.", p.database, p.store.Dir())
		return nil
	}
	var rows []exportRow
	for _, run := range runs {
		more, err := p.loadRun(ctx, run)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	return p.report(o.format, rows)
}

func (p *pipeline) loadRun(ctx context.Context, run string) ([]exportRow, error) {
	exports, err := p.store.Exports(run)
	if err != nil {
		return nil, err
	}
	work, err := p.begin(ctx, run, p.now(), "load")
	if err != nil {
		return nil, err
	}
	return p.load(ctx, work, exports)
}

// newestRun is the newest run that a database file holds, "" when it does not
// exist. Run ids sort by time.
func newestRun(ctx context.Context, path string) (string, error) {
	l, err := ask(ctx, path, "select max(run_id) from meta.runs")
	if errors.Is(err, load.ErrNoDatabase) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return display(l.rows[0][0]), nil
}
