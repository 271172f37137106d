package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/ledger"
)

const selectHelp = `
SOURCE is a name of the configuration; SOURCE.DATASET, such as balkan-prod.requests, one of
its datasets. Without arguments all sources are meant, with the datasets that the
configuration lists for them or, where it lists none, the usual ones (all with typed columns but
those that must be named), with those of also and without those of without; of a folder, those that
it has files of and those that were loaded from it before.`

func newRefresh(c *console, g *globals) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "refresh [SOURCE[.DATASET]…]",
		Short: "Fetch the exports and bring the database file up to date",
		Long: `Fetches exports, loads what changed into a copy of the database file and puts the copy in
place of the file. Readers see the old file or the new one, never something in between. If an
export fails, the rows of its last load stay, and the others are refreshed nevertheless.

An export whose rows fell by more than 20 % and more than 100 rows, or to none, is held, that
is not loaded, since a short list would look like access that is gone. So is one that fell by
more than 30 % and at least 25 rows, or by more than half and at least 10 rows (gate: in the
configuration replaces all these limits). If the fall is real, --accept lets that export
through, once.

After each run the checks look for rows that contradict each other (FROM meta.checks). With
--strict the exit code is 6 if a check of severity error found something; warnings never
change it. The file is published in either case.
` + selectHelp,
		Example: "  accessmart refresh\n  accessmart refresh balkan-prod sailpoint.config_objects\n  accessmart refresh --wait 10m --format json\n  accessmart refresh balkan-prod --accept balkan-prod.requests",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return refresh(cmd.Context(), c, g, o, args) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	return cmd
}

func newExtract(c *console, g *globals) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "extract [SOURCE[.DATASET]…]",
		Short: "Fetch the exports into the data folder only; 'load' does the rest",
		Long: `The first half of refresh: fetches exports into the data folder and leaves the database file
alone. 'accessmart load' loads them later, without the vendors.
` + selectHelp,
		Example: "  accessmart extract balkan-prod\n  accessmart load",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return extractOnly(cmd.Context(), c, g, o, args) })
		},
	}
	o.flags(cmd)
	return cmd
}

// runOptions are the flags of the commands that refresh.
type runOptions struct {
	format string
	quiet  bool
	wait   time.Duration
	accept run.Acceptance
	// acceptWith is the command line that accepts an export.
	acceptWith func(name string) string
	strict     bool

	summaryFile string
	summary     *summary // nil when none is wanted
}

func (o *runOptions) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no progress on stderr")
	cmd.Flags().StringVar(&o.summaryFile, "summary", "", "write what the run did to `FILE`, as JSON, even if it fails")
	cmd.Flags().DurationVar(&o.wait, "wait", 0, "how long to wait for another refresh, such as 10m")
	formatFlag(cmd, &o.format)
}

func refresh(ctx context.Context, c *console, g *globals, o runOptions, args []string) error {
	w, targets, err := prepare(ctx, c, g, o, args)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	out, err := w.Refresh(ctx, targets)
	if err != nil {
		return err
	}
	w.progress.finish()
	// Whoever renamed a source sees it first here. The file is in place by now,
	// so that a signal changes nothing any more.
	if err := tellStrangers(context.WithoutCancel(ctx), c, g, w.Into.Path); err != nil {
		return err
	}
	return w.report(o, out)
}

func extractOnly(ctx context.Context, c *console, g *globals, o runOptions, args []string) error {
	w, targets, err := prepare(ctx, c, g, o, args)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	targets, rows := run.Refused(targets)
	id, exports, err := w.Extract(ctx, targets)
	if err != nil {
		return err
	}
	l := &listing{columns: []string{"source", "dataset", "status", "parts", "bytes", "seconds", "error"},
		order: []string{"source", "dataset", "status", "bytes", "error"}, wrap: []string{"dataset", "error"}}
	for _, x := range rows {
		o.summary.export(id, x)
		l.add(x.Source, x.Dataset, string(x.Status), 0, int64(0), seconds(0), x.Error)
	}
	for _, e := range exports {
		row := run.Export{Source: e.Source, Dataset: e.Dataset, Status: ledger.Loaded, Failure: e.Failure, Unopened: run.Unopened(e)}
		status := "complete"
		if !e.Complete {
			row.Status, status = ledger.Failed, string(ledger.Failed)
		}
		row.Error = run.Reason(e.Error, e.Source, e.Dataset)
		rows = append(rows, row)
		o.summary.export(id, row)
		l.add(e.Source, e.Dataset, status, len(e.Parts), e.Bytes(), seconds(e.FinishedAt.Sub(e.StartedAt).Seconds()), nullable(row.Error))
	}
	w.progress.finish()
	if err := c.print(o.format, l); err != nil {
		return err
	}
	c.say("Run %s is in %s. Next: accessmart load", id, w.Dir())
	return outcome(rows)
}
