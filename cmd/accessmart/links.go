package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/load/resolve"
)

func newLinks(c *console, g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "links",
		Short: "Look at your links: which statements you say are about one thing",
		Long: `Exports speak of the same people, accounts and applications; rules say which rows are about
one thing. Your links file, links: FILE in the configuration, overrules them: a CSV file with
the columns action (same as, not same as, link, unlink), kind, left and right, in which left
and right are keys of statements as meta.links has them.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newLinksCheck(c, g))
	return cmd
}

func newLinksCheck(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what a links file would do, and which of its lines are wrong",
		Long: `Reads the links file, that of the configuration unless one is named, and changes nothing. Each
wrong line is named on stderr, and the command then ends with exit code 6. For each other line it
says what that line alone would do to the present database file: nothing, since no statement has a
key that it names; nothing, since it is so already; or what would change.`,
		Example: "  accessmart links check\n  accessmart links check links.csv --database access.duckdb",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			links := givenFile{"links check", "links file", "links", func(c *config.Config) string { return c.Links }}
			file, path, err := links.named(g, args)
			if err != nil {
				return err
			}
			return checkLinks(cmd.Context(), c, format, file, path)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}

func checkLinks(ctx context.Context, c *console, format, file, path string) error {
	in, err := os.Open(file)
	if err != nil {
		return usageError{fmt.Errorf("links file: %w", err)}
	}
	defer in.Close()
	lines, wrong := resolve.ReadLinks(in)
	effects, err := effectsOf(ctx, path, lines)
	if errors.Is(err, database.ErrNoDatabase) {
		c.warn(fmt.Sprintf("there is no %s yet, so that only the form of the lines was checked", path))
	} else if err != nil {
		return err
	}
	l := &listing{columns: []string{"line", "action", "kind", "left", "right", "effect"}, order: []string{"line", "action", "kind", "effect"}, wrap: []string{"effect"}}
	for _, e := range effects {
		l.add(e.Line.Line, string(e.Line.Action), e.Line.Kind, e.Line.Left, e.Line.Right, e.What)
	}
	if err := c.print(format, l); err != nil {
		return err
	}
	found := eachOf(wrong)
	for _, err := range found {
		c.say("accessmart: %v", err)
	}
	if len(found) > 0 {
		return incompleteError{code: exitChecks}
	}
	return nil
}

// effectsOf asks the published file.
func effectsOf(ctx context.Context, path string, lines []resolve.UserLink) (out []links.Effect, err error) {
	err = withThings(ctx, path, func(f *read.File) (err error) {
		out, err = links.Check(ctx, f, lines)
		return err
	})
	return out, err
}
