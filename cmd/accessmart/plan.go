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
came whole (the data folder); last_fetched is its time. For a dataset that was never fetched whole,
it is what the vendor's protocol needs at least: one page, or three requests for an export. exports
are those that the vendor makes, requests are those to its API at least, exports included, at_rate is
the time that they take at the rate that the vendor allows, and took is what the last fetch took,
waiting for exports included.

Some datasets are asked for once for each record of another one, which each_of names. parents is how
many records that one had when it was last loaded, and so how many requests, or exports, such a
dataset takes at least; where only some of the records count, at most. They are not known before
that one was loaded.

could_close is one number for each dataset: the rows of all tables of the common model that the
database file has from it now. So many would move to history if a complete export had none of them
any more; how many do, no one knows before it is fetched. It is 0 where an export closes nothing, and
why_not says why. An export that lost too many is held (see 'refresh').
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
	l := &listing{columns: []string{"source", "dataset", "last_fetched", "exports", "requests", "at_rate", "took", "each_of", "parents", "could_close", "why_not"},
		order: []string{"source", "dataset", "requests", "each_of", "took", "could_close"}, wrap: []string{"dataset", "each_of", "why_not"}, lines: 40}
	var unknown, never, requests int
	var atRate time.Duration
	for _, p := range planned {
		var fetched, exports, asks, rate, took, parents any
		switch {
		case !p.Fetched.IsZero():
			fetched, took = p.Fetched.UTC().Format(time.RFC3339), rounded(p.Took)
		case p.Unknown:
			unknown++
		default:
			never++
		}
		if !p.Unknown {
			exports, asks = p.Exports, p.Requests
		}
		if p.AtRate > 0 {
			rate = rounded(p.AtRate)
		}
		if p.Parents != nil {
			parents = *p.Parents
		}
		requests += p.Requests - p.Shared
		if p.Requests > 0 {
			atRate += time.Duration(float64(p.AtRate) * float64(p.Requests-p.Shared) / float64(p.Requests))
		}
		closes := p.Rows
		if p.Keeps != "" {
			closes = 0
		}
		l.add(p.Source, p.Contract.Dataset, fetched, exports, asks, rate, took, nullable(p.Each), parents, closes, nullable(p.Keeps))
	}
	if err := c.print(format, l); err != nil {
		return err
	}
	c.say("A refresh makes %s at least, which take %s at the vendors' rates, one source after the other.", count(requests, "request"), rounded(atRate))
	if never > 0 {
		c.say("Never fetched whole: %s, counted with what asking takes at least. Try first: accessmart doctor", count(never, "dataset"))
	}
	tellHanded(c, targets)
	if unknown > 0 {
		c.say("Not counted: %s, asked for once for each record of another one (each_of), of which nobody knows yet how many count. Refresh that one, and then this one.", count(unknown, "dataset"))
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
