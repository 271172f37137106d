package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// dropOptions are the flags of sources drop.
type dropOptions struct {
	runOptions
	data    string
	history bool
	yes     bool
}

func newDrop(c *console, g *globals) *cobra.Command {
	var o dropOptions
	cmd := &cobra.Command{
		Use:   "drop NAME[.DATASET]",
		Short: "Take the rows of a source, or of a dataset of it, out of the file",
		Long: `Closes all rows of a source, or of one dataset of it that is no longer asked for, as a run of its
own: they go to history and end with this run.
With --with-history all closed versions are removed too. Earlier versions in main of things that
other sources told too stay, without what they said, as it is not known which source said what.
Of a dataset, versions of things and grants that no other source told are removed even where other
datasets of the source told them, so that what is asked about the past is short of them.
The ledger in meta stays, with the
rejects, and says that a person did it; the delivered files stay in the data folder. 'rebuild'
repeats the drop. Without --yes the command only says what would be removed. Afterwards the
name may be given to another vendor or tenant; what is still asked for comes back with the next
refresh.`,
		Example: "  accessmart sources drop old-name\n  accessmart sources drop isc.role_assignments\n  accessmart sources drop old-name --with-history --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return dropSource(cmd.Context(), c, g, o, args[0])
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.data, "data", "", "data `FOLDER` (default: the configuration's, else <database>.data)")
	cmd.Flags().BoolVar(&o.history, "with-history", false, "drop the closed versions too")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do it")
	return cmd
}

func dropSource(ctx context.Context, c *console, g *globals, o dropOptions, name string) error {
	if _, err := os.Stat(configPath(g.config)); o.data == "" && g.database != "" && g.config == "" && errors.Is(err, fs.ErrNotExist) {
		if o.data, err = dataBeside(g.database); err != nil { // as 'load FOLDER' has it
			return err
		}
	}
	w, err := stored(c, g, o.runOptions, o.data)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	how := "to history"
	if o.history {
		how = "with their history"
	}
	source, dataset, _ := strings.Cut(name, ".")
	dropped, err := w.Drop(ctx, source, dataset, o.history, func(datasets []string) error {
		if o.yes {
			return nil
		}
		return usageError{fmt.Errorf("sources drop: the rows of %s (%s) would leave %s, %s; say so with --yes", source, strings.Join(datasets, ", "), w.Into.Path, how)}
	})
	if err != nil {
		return err
	}
	w.progress.finish()
	out := &listing{columns: []string{"source", "dataset", "status", "closed"}}
	for _, x := range dropped.Exports {
		out.add(x.Source, x.Dataset, string(x.Status), x.Closed)
	}
	if err := c.print(o.format, out); err != nil {
		return err
	}
	c.say("Dropped %s, %s.", name, how)
	return nil
}
