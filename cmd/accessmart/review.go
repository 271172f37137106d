package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
	"github.com/accessmart/accessmart/load/report"
	"github.com/accessmart/accessmart/load/review"
)

type reviewOptions struct {
	reportOptions
	manager, campaign string
}

func newReview(c *console, g *globals) *cobra.Command {
	var o reviewOptions
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Write a review pack: what somebody should decide, by risk",
		Long: `Lists what a reviewer must decide on, one line for each thing that an account or person reaches:
of an application all who reach something in it, of a manager all that the direct reports reach,
of a campaign of a vendor the items that are not decided.
Each line says who should decide (the manager of the person, else the owner of the application;
empty where neither is known), the way to the target in words, last use, how many of those who are
alike have it, and the newest change.

The lines are sorted by risk: privileged before leaver, external, unused, outlier and sod, each of
which counts more than all behind it together. A campaign names what it is about by names alone, so
that the way, peers and some of the risks are not told of its items. In a workbook the sheet about says what each column
means, of when the file is and what it does not say; with csv that goes to stderr.

The columns decision (approve, revoke or modify), comment and decided_on (such as 2026-03-31) are
for the reviewer; 'accessmart review import' reads them back.

--application takes a key, name, product or instance, --manager a key, address, name, login or
employee number, --campaign a name or SOURCE:NAME. If a name fits several they are listed on stderr, and the exit code is 2. If no
export lists who has what in the application, or whose manager the person is, it is 6.`,
		Example: `  accessmart review --application GitHub -o github.xlsx
  accessmart review --manager ann@example.com -o team.csv
  accessmart review --manager ann@example.com
  accessmart review --campaign 'Q1 access review' -o open.xlsx
  accessmart review import github.xlsx`,
		Args: cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			named := 0
			for _, name := range []string{"application", "manager", "campaign"} {
				if flag := cmd.Flags().Lookup(name); flag.Changed && strings.TrimSpace(flag.Value.String()) == "" {
					return usageError{fmt.Errorf("review: --%s is empty", name)}
				} else if flag.Changed {
					named++
				}
			}
			if named != 1 {
				return usageError{errors.New("review: name one of --application NAME, --manager PERSON and --campaign NAME; for example: accessmart review --application GitHub -o github.xlsx")}
			}
			return o.takeFormat(cmd)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			err = withFile(cmd.Context(), path, func(f *read.File) error { return c.review(cmd.Context(), f, o) })
			if none := (*review.NothingToldError)(nil); errors.As(err, &none) {
				c.say("accessmart: review: %s", none)
				return incompleteError{code: exitChecks}
			}
			return err
		},
	}
	cmd.AddCommand(newReviewImport(c, g))
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", formatTable, strings.Join(reportFormats, ", "))
	flags.StringVarP(&o.file, "output", "o", "", "write to `FILE` in place of stdout, such as pack.xlsx or pack.csv")
	flags.StringVar(&o.application, "application", "", "what is reached in this application: key or `NAME`")
	flags.StringVar(&o.manager, "manager", "", "what the direct reports of this person reach: key, address or `NAME`")
	flags.StringVar(&o.campaign, "campaign", "", "what is not decided in this campaign of a vendor: `NAME`, or SOURCE:NAME")
	flags.BoolVarP(&o.all, "all", "a", false, "show all rows, even if they do not fit on the screen")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reportFormats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// review prints or writes the pack.
func (c *console) review(ctx context.Context, f *read.File, o reviewOptions) error {
	if err := c.refuseScreen("review", o.reportOptions); err != nil {
		return err
	}
	about, err := c.reviewed(ctx, f, o)
	var a *report.Answer
	if err == nil {
		a, err = review.Pack(ctx, f, about)
	}
	if errors.As(err, new(report.RequestError)) {
		return usageError{fmt.Errorf("review: %w", err)}
	}
	if err != nil {
		return err
	}
	return c.putAnswer(ctx, "review", f.Path(), a, o.reportOptions)
}

// reviewed is the application, manager or campaign that is meant.
func (c *console) reviewed(ctx context.Context, f *read.File, o reviewOptions) (find.Thing, error) {
	if o.campaign != "" {
		found, err := review.Campaigns(ctx, f, o.campaign)
		if err != nil {
			return find.Thing{}, err
		}
		return c.choose("campaign", o.campaign, found, "'accessmart query \"select distinct source, campaign from reviews\"' lists them")
	}
	if o.manager != "" {
		found, err := find.People(ctx, f, o.manager)
		if err != nil {
			return find.Thing{}, err
		}
		return c.choose("manager", o.manager, found, "look for one with: accessmart query \"select identity_key, display_name, email from identities where display_name ilike '%NAME%'\"")
	}
	found, err := find.Application(ctx, f, o.application)
	if err != nil {
		return find.Thing{}, err
	}
	return c.choose("application", o.application, found, "'accessmart query \"select application_key, name, app, instance from applications\"' lists them")
}
