package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/schemas"
)

func newRebuild(c *console, g *globals) *cobra.Command {
	var o runOptions
	var data string
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the database file anew, with its history, from artifacts",
		Long: `Repeats every published run of the data folder, oldest first, with the present program and
contracts, without asking the vendors, and puts the result in place of the database file.
Times, and what was held, accepted or not loaded, are those of the runs themselves: with the
same contracts the new file has the same rows and the same history. Nothing is replaced when
an artifact is missing or a run cannot be repeated. With --database the result goes to
another file; with --data no configuration is needed.`,
		Example: "  accessmart rebuild\n  accessmart rebuild --database again.duckdb\n  accessmart rebuild --data access.duckdb.data --database access.duckdb",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return rebuild(cmd.Context(), c, g, o, data) })
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: the configuration's)")
	return cmd
}

func rebuild(ctx context.Context, c *console, g *globals, o runOptions, data string) error {
	w, err := stored(c, g, o, data)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	w.Progress = redone{told{w.progress, o.summary}}
	runs, out, err := w.Rebuild(ctx)
	if err != nil {
		return err
	}
	w.progress.finish()
	l := &listing{columns: []string{"run_id", "as_of", "exports", "loaded", "rejected", "inserted", "closed"}}
	for _, r := range runs {
		l.add(r.Run, r.AsOf.UTC().Format(time.RFC3339), r.Exports, r.Loaded, r.Rejected, r.Inserted, r.Closed)
	}
	if err := c.print(o.format, l); err != nil {
		return err
	}
	w.tellNotes(out)
	c.say("Rebuilt %s from %s in %s.", w.Into.Path, count(len(runs), "run"), w.Dir())
	return nil
}

// redone is the progress of a rebuild, which tells no line for each export.
type redone struct{ told }

func (r redone) Loaded(id string, x run.Export) {
	r.progress.add(1)
	r.summary.export(id, x)
}

// stored is a worker for on what the data folder holds. With a folder
// and a file named no configuration is needed.
func stored(c *console, g *globals, o runOptions, data string) (*worker, error) {
	cfg := config.New(g.database, "")
	var set *schemas.Set
	var err error
	if data == "" || g.database == "" {
		cfg, set, err = settings(g)
	} else {
		set, err = contractSet(g)
	}
	if err == nil && cfg.File() == "" {
		err = takeLinks(cfg, g)
	}
	if err != nil {
		return nil, err
	}
	if data != "" {
		cfg.Data = data
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return nil, usageError{fmt.Errorf("the data folder: %w", err)}
	}
	if err := checkDatabase(cfg.Database); err != nil {
		return nil, err
	}
	return newWorker(c, cfg, set, o)
}
