package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
)

func newPlan(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "plan [SOURCE[.DATASET]…]",
		Short: "Say what a refresh would ask for, and which rows could close",
		Long: `Asks no vendor. What a refresh would ask for is taken from the last fetch of each dataset that
came whole (the data folder), and so is unknown for one that was never fetched: 'doctor' tries
those. requests are those to the vendor's API at least, at_rate is the time that they take at the
rate that the vendor allows, and took is what the last fetch took, waiting for exports included.

could_close is how many rows of the common model the database file has from the dataset: so many
would move to history if a complete export no longer had any of them. An export that lost too many
is held (see 'refresh').
` + selectHelp,
		Example: "  accessmart plan\n  accessmart plan isc --format json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, _, targets, err := looked(g, args)
			if err != nil {
				return err
			}
			path := cfg.Database
			if g.database != "" {
				path = g.database
			}
			return plan(cmd.Context(), c, format, cfg.Data, path, targets)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}

func plan(ctx context.Context, c *console, format, data, file string, targets []run.Target) error {
	planned, err := run.Plan(ctx, data, file, targets)
	if err != nil {
		return err
	}
	l := &listing{columns: []string{"source", "dataset", "last_fetched", "exports", "requests", "at_rate", "took", "could_close", "why_not"},
		order: []string{"source", "dataset", "requests", "took", "could_close"}, wrap: []string{"dataset", "why_not"}, lines: 40}
	unknown, requests := 0, 0
	var atRate time.Duration
	for _, p := range planned {
		var fetched, exports, asks, rate, took any
		if p.Fetched.IsZero() {
			unknown++
		} else {
			fetched, exports, asks, took = p.Fetched.UTC().Format(time.RFC3339), p.Exports, p.Requests, rounded(p.Took)
			if p.AtRate > 0 {
				rate = rounded(p.AtRate)
			}
		}
		requests += p.Requests
		atRate += p.AtRate
		closes := p.Rows
		if p.Keeps != "" {
			closes = 0
		}
		l.add(p.Source, p.Contract.Dataset, fetched, exports, asks, rate, took, closes, nullable(p.Keeps))
	}
	if err := c.print(format, l); err != nil {
		return err
	}
	c.say("A refresh makes %s at least, which take %s at the vendors' rates, one source after the other.", count(requests, "request"), rounded(atRate))
	if unknown > 0 {
		c.say("Of %s nothing is known, since none was fetched whole: accessmart doctor", count(unknown, "dataset"))
	}
	return nil
}

// rounded is a duration as people read it.
func rounded(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
