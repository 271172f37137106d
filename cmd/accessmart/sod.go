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
	"github.com/accessmart/accessmart/load/sod"
)

func newSod(c *console, g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sod",
		Short: "Look at your rules on separation of duties",
		Long: `Your rules file, sod: FILE in the configuration, says what nobody may have together: YAML with
a list of rules, each with a name and two sides. A side is a list of patterns that name
entitlements, roles and groups, in whichever application. report.sod_violations has who breaks
them, report.sod_rules the rules with what is wrong with them.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newSodCheck(c, g))
	return cmd
}

func newSodCheck(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what the sides of your rules name, and which lines are wrong",
		Long: `Reads the rules file, that of the configuration unless one is named, and changes nothing. Each
mistake is named on stderr with its line. For each pattern of a rule without mistakes it says how
many things of the present database file it names, and the first of them. The command ends with
exit code 6 if there is a mistake, or a side that names nothing: nobody can break such a rule.

  rules:
    - name: Deploy and approve
      owner: olga@example.com
      left:
        - {application: GitHub, kind: group, name: "prod-*"}
      right:
        - {application: Okta, name: change-approvers}`,
		Example: "  accessmart sod check\n  accessmart sod check sod.yaml --database access.duckdb",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules := givenFile{"sod check", "rules file", "sod", func(c *config.Config) string { return c.Sod }}
			file, path, err := rules.named(g, args)
			if err != nil {
				return err
			}
			return checkRules(cmd.Context(), c, format, file, path)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}

func checkRules(ctx context.Context, c *console, format, file, path string) error {
	in, err := os.Open(file)
	if err != nil {
		return usageError{fmt.Errorf("rules file: %w", err)}
	}
	defer in.Close()
	rules, wrong := sod.Read(in)
	var found []sod.Match
	err = withThings(ctx, path, func(f *read.File) (err error) {
		found, err = sod.Check(ctx, f, rules)
		return err
	})
	if errors.Is(err, database.ErrNoDatabase) {
		c.warn(fmt.Sprintf("there is no %s yet, so that only the form of the rules was checked", path))
	} else if err != nil {
		return err
	}
	l := &listing{columns: []string{"line", "rule", "side", "pattern", "matches", "says"}, order: []string{"line", "rule", "side", "pattern", "says"}, wrap: []string{"says"}}
	for _, m := range found {
		l.add(m.Line, m.Rule, m.Side, m.Pattern, m.Count, saysOf(m))
	}
	switch {
	case len(found) > 0 || format != formatTable && format != formatRecord:
		if err := c.print(format, l); err != nil {
			return err
		}
	case wrong == nil:
		c.say("%s has no rules, so that only policies of vendors are judged.", file)
	}
	mistakes := append(eachOf(wrong), sod.Idle(found)...)
	for _, err := range mistakes {
		c.say("accessmart: %v", err)
	}
	if len(mistakes) > 0 {
		return incompleteError{code: exitChecks}
	}
	return nil
}

// saysOf says in words what a pattern names.
func saysOf(m sod.Match) string {
	if m.Count == 0 {
		return "names nothing that the file has"
	}
	says := fmt.Sprintf("names %s: %s", count(m.Count, "thing"), m.Examples)
	if m.Count > sod.MaxExamples {
		says += ", …"
	}
	if m.Both > 0 {
		says += fmt.Sprintf("; the other side names %d of them too", m.Both)
	}
	if m.Changed != "" {
		says += "; the key " + m.Changed + ": write that in its place"
	}
	return says
}
