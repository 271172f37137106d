package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database"
)

func newLoad(c *console, g *globals) *cobra.Command {
	var o runOptions
	var vendor, source, data string
	var join, partial bool
	cmd := &cobra.Command{
		Use:   "load [FOLDER --vendor VENDOR]",
		Short: "Load what 'extract' fetched, or a folder of exports",
		Long: `Without a folder: the second half of refresh. Loads each run in the data folder that the
database file does not know yet, oldest first, without asking the vendors; of each dataset
only what is newer than the file.

With a folder: loads exports that somebody handed over, as portals and browsers leave them:
.csv, .txt, .tsv, .json, .ndjson, .xlsx or .zip, also with .gz or .zst, and in folders below.
Each file is recognised by its name, <dataset>[.anything], and by its header or keys; what is
not read is named, here and in 'status'. Of several deliveries of a dataset the newest is read,
by the time in the document or in the file's name; where that is not certain the dataset is
refused, and --join reads all of them as one. This needs no configuration, only --database and
--vendor.`,
		Example: `  accessmart load
  accessmart load ./exports --vendor balkanid --database access.duckdb`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return o.summed(cmd, g, func(o runOptions) error {
					return loadFolder(cmd.Context(), c, g, o, sourceConfig{name: source, vendor: vendor, files: args[0], join: join, partial: partial}, data)
				})
			}
			if vendor != "" || join || partial {
				return usageError{errors.New("load: --vendor, --join and --partial need a folder")}
			}
			return o.summed(cmd, g, func(o runOptions) error { return loadRuns(cmd.Context(), c, g, o) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	cmd.Flags().StringVar(&vendor, "vendor", "", "the `VENDOR` of the folder's exports: "+strings.Join(vendors, ", "))
	cmd.Flags().StringVar(&source, "source", "", "the `NAME` of the source in the file and in its keys (default: the vendor's)")
	cmd.Flags().BoolVar(&join, "join", false, "read all files of a dataset as one delivery, whatever their times and names")
	cmd.Flags().BoolVar(&partial, "partial", false, "the files are not complete: what they lack is not gone")
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: <database>.data)")
	return cmd
}

// dataBeside is the data folder of a database file that no configuration gives
// one. It lies beside the file itself, so that a link to the file has the same.
func dataBeside(path string) (string, error) {
	file, err := database.Follow(path)
	return file + ".data", err
}

// loadFolder is a refresh from one files source that the command line names.
func loadFolder(ctx context.Context, c *console, g *globals, o runOptions, s sourceConfig, data string) error {
	switch {
	case !slices.Contains(vendors, s.vendor):
		return usageError{fmt.Errorf("load: --vendor: want one of %s", strings.Join(vendors, ", "))}
	case g.database == "":
		return usageError{errors.New("load: name the database file with --database")}
	case s.name != "" && !sourceName.MatchString(s.name):
		return usageError{errors.New("load: --source: a name is lower-case letters, digits, '-' and '_'")}
	}
	if err := checkDatabase(g.database); err != nil {
		return err
	}
	set, err := contractSet(g)
	if err != nil {
		return err
	}
	if data == "" {
		if data, err = dataBeside(g.database); err != nil {
			return err
		}
	}
	if s.name == "" {
		if s.name, err = defaultSource(ctx, g.database, s.vendor); err != nil {
			return err
		}
	}
	t, err := s.target(set, nil)
	if err == nil {
		err = o.accept.Check([]run.Target{t})
	}
	if err != nil {
		return usageError{err}
	}
	// Last, as it makes the data folder: what is refused leaves none behind.
	cfg := &config{Database: g.database, Data: data, Rejects: defaultRejects}
	if err := cfg.takeLinks(g); err != nil {
		return err
	}
	w, err := newWorker(c, cfg, set, o)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	out, err := w.Refresh(ctx, []run.Target{t})
	if err != nil {
		return err
	}
	return w.report(o, out)
}

// loadRuns loads what the data folder holds and the file does not know.
func loadRuns(ctx context.Context, c *console, g *globals, o runOptions) error {
	w, _, err := prepare(c, g, o, nil)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	out, err := w.Load(ctx)
	if err != nil {
		return err
	}
	if len(out.Exports) == 0 {
		c.say("Nothing to load: %s knows the newest exports in %s. 'accessmart extract' or 'refresh' fetches anew.", w.Into.Path, w.Dir())
		return nil
	}
	return w.report(o, out)
}
