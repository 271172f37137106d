package main

import (
	"context"

	"github.com/spf13/cobra"
)

func newReplay(c *console, g *globals) *cobra.Command {
	var o runOptions
	var data string
	cmd := &cobra.Command{
		Use:   "replay [SOURCE[.DATASET]…]",
		Short: "Reload exports that have rejects, by a corrected contract",
		Long: `Reads the newest export of each dataset that has rejects, or that had too many to be loaded,
once more from the stored artifacts, with the present contracts and limits and without asking
the vendors. Records that now pass become rows as of this run; those that still fail are its
rejects. The rejects of the run before stay, under 'accessmart rejects --run ID'.`,
		Example: "  accessmart rejects replay\n  accessmart rejects replay balkan-prod.employees",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return replay(cmd.Context(), c, g, o, data, args) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: the configuration's)")
	return cmd
}

func replay(ctx context.Context, c *console, g *globals, o runOptions, data string, args []string) error {
	w, err := stored(c, g, o, data)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	out, before, err := w.Replay(ctx, args)
	if err != nil {
		return err
	}
	if len(out.Exports) == 0 {
		c.say("Nothing to replay: the newest exports have no rejects.")
		return nil
	}
	w.progress.finish()
	l := &listing{columns: []string{"source", "dataset", "status", "rejects_before", "rejects_after", "loaded", "inserted", "closed"},
		order: []string{"source", "dataset", "status", "rejects_after"}, wrap: []string{"dataset"}}
	for i, x := range out.Exports {
		l.add(x.Source, x.Dataset, string(x.Status), before[i], x.Rejected, x.Loaded, x.Inserted, x.Closed)
	}
	if err := c.print(o.format, l); err != nil {
		return err
	}
	return w.tell(o, out)
}
