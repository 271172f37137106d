package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
)

func newLoad(c *console, g *globals) *cobra.Command {
	var o runOptions
	var h folderLoad
	cmd := &cobra.Command{
		Use:   "load [FOLDER [--vendor VENDOR]]",
		Short: "Load what 'extract' fetched, or a folder of exports",
		Long: `Without a folder: the second half of refresh. Loads each run in the data folder that the
database file does not know yet, oldest first, without asking the vendors, and for each dataset
only what is newer than the file.

With a folder: loads exports that were handed over by hand, as portals and browsers save them:
.csv, .txt, .tsv, .json, .ndjson, .xlsx or .zip, also with .gz or .zst, and in subfolders. Each
file is recognised by its name, <dataset>[.anything], and by its header or keys; files that are
not read are named, here and in 'status'. Of several deliveries of a dataset the newest is read,
by the time in the document or in the file's name. If it is not certain which is the newest, the
dataset is refused; --join reads all of them as one delivery. This needs no configuration, only
--database and --vendor.

Without --vendor, the folder must have a subfolder for each vendor, named balkanid, oleria or
sailpoint. All of them are loaded in one run, each as a source with the vendor's name. Other
files beside them are named as not read. If there is an export among these, or a vendor's
subfolder has none, nothing is loaded.`,
		Example: `  accessmart load
  accessmart load ./exports/balkanid --vendor balkanid --database access.duckdb
  accessmart load ./exports --database access.duckdb`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				h.folder = args[0]
				h.command = func(folder string, flags ...string) string { return loadLine(cmd, g, folder, flags) }
				return o.summed(cmd, g, func(o runOptions) error { return h.load(cmd.Context(), c, g, o) })
			}
			if h.given() {
				return usageError{errors.New("load: --vendor, --source, --data, --join and --partial need a folder")}
			}
			return o.summed(cmd, g, func(o runOptions) error { return loadRuns(cmd.Context(), c, g, o) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	cmd.Flags().StringVar(&h.vendor, "vendor", "", "the `VENDOR` of the folder's exports: "+strings.Join(config.Vendors(), ", ")+"; without it, each has a subfolder of its own")
	cmd.Flags().StringVar(&h.source, "source", "", "the `NAME` of the source in the file and in its keys (default: the vendor's)")
	cmd.Flags().BoolVar(&h.join, "join", false, "read all files of a dataset as one delivery, whatever their times and names")
	cmd.Flags().BoolVar(&h.partial, "partial", false, "the files are not complete: what they lack is not gone")
	cmd.Flags().StringVar(&h.data, "data", "", "data `FOLDER` (default: <database>.data)")
	return cmd
}

// loadRuns loads what the data folder holds and the file does not know.
func loadRuns(ctx context.Context, c *console, g *globals, o runOptions) error {
	w, _, err := prepare(ctx, c, g, o, nil)
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
