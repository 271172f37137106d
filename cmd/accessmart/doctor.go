package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

func newDoctor(c *console, g *globals) *cobra.Command {
	var format, report string
	var exports bool
	cmd := &cobra.Command{
		Use:   "doctor [SOURCE[.DATASET]…]",
		Short: "Try the sources: hosts, credentials, rights, and what comes",
		Long: `Reaches each host, gets a token, and asks for each dataset with the smallest request that the
vendor allows: one record of a list. It loads nothing, and keeps nothing of what came.

An export (all of Oleria and BalkanID, some of SailPoint) cannot be asked for in part: the vendor
makes all of it. So it is tried only where you name the dataset, such as 'doctor ole.employees', or
with --exports. BalkanID has no token, so that its keys are tried by an export alone.

The column header counts the contract's columns that came; keys says whether those came that rows are
told apart by; types names columns with cells that do not read. Where too little of a header is known,
a contract to complete follows. The exit code is 4 or 10 for credentials, 11 for the network, 5 for
an export that was not ready, 6 where what came is not as the contract says, 9 where only some records
are rejects, and 3 for anything else that failed.

--report writes the same to a file that holds no value of any cell, no secret, no signed URL and no
message of a vendor: to send to a colleague, or with a bug report.
` + selectHelp,
		Example: "  accessmart doctor\n  accessmart doctor isc ole.employees --report doctor.txt\n  accessmart doctor --exports --format json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, set, targets, err := looked(g, args)
			if err != nil {
				return err
			}
			d := &run.Doctor{Set: set, Version: version, Log: c.log, Exports: func(source string, ct *schemas.Contract) bool {
				return exports || slices.Contains(args, source+"."+ct.Plural())
			}}
			return doctor(cmd.Context(), c, d, targets, format, report)
		},
	}
	cmd.Flags().BoolVar(&exports, "exports", false, "ask for exports, too")
	cmd.Flags().StringVar(&report, "report", "", "write what was found to `FILE`, without any value")
	formatFlag(cmd, &format)
	return cmd
}

func doctor(ctx context.Context, c *console, d *run.Doctor, targets []run.Target, format, report string) error {
	found, err := d.Examine(ctx, targets)
	if err != nil {
		return err
	}
	for _, x := range found {
		tellHosts(c, x)
	}
	if err := c.print(format, listFindings(found)); err != nil {
		return err
	}
	tellCauses(c, found)
	tellHanded(c, targets)
	for _, f := range run.Findings(found) {
		if f.Draft.Text != "" {
			c.say("\n%s.%s: %s, complete it, and try again ('accessmart datasets check' checks it):\n\n%s", f.Source, f.Contract.Plural(), f.Contract.WhereToKeep(), f.Draft.Text)
		}
	}
	n, differs := run.TallyOf(found)
	if report != "" {
		if err := os.WriteFile(report, []byte(doctorReport(found)), 0o600); err != nil {
			return err
		}
		c.say("Wrote %s, without any value.", report)
	}
	code := codeOf(n)
	if differs > 0 && code != exitCredentials && code != exitNotReady {
		code = exitChecks
	}
	if code != exitDone {
		return incompleteError{code: code}
	}
	c.say("Next: accessmart refresh")
	return nil
}

// tellHosts tells which hosts of a source answered, and whether it gave a token.
func tellHosts(c *console, d run.Diagnosis) {
	for _, h := range d.Hosts {
		if h.Err == nil {
			c.say("reached  %s: %s in %d ms", d.Source, h.Host, h.Took/time.Millisecond)
		} else {
			c.say("failed   %s: %v", d.Source, h.Err)
		}
	}
	switch {
	case d.Token != nil:
		c.say("failed   %s: %v", d.Source, d.Token)
	case d.Granted:
		c.say("token    %s: given", d.Source)
	}
}

// tellCauses tells why datasets did not come or could not be read, each reason of a
// source once, and not those of its hosts and its token.
func tellCauses(c *console, found []run.Diagnosis) {
	for _, d := range found {
		told := map[string]bool{}
		if d.Token != nil {
			told[d.Token.Error()] = true
		}
		for _, h := range d.Hosts {
			if h.Err != nil {
				told[h.Err.Error()] = true
			}
		}
		for _, f := range d.Datasets {
			if f.Err == nil || errors.Is(f.Err, extract.ErrNotAsked) || told[f.Err.Error()] {
				continue
			}
			told[f.Err.Error()] = true
			c.say("%s: %v", strings.TrimSuffix(f.Source+"."+pluralOf(f), "."), f.Err)
		}
	}
}

func pluralOf(f run.Finding) string {
	if f.Contract == nil {
		return ""
	}
	return f.Contract.Plural()
}

func listFindings(found []run.Diagnosis) *listing {
	l := &listing{columns: []string{"source", "dataset", "state", "refusal", "form", "header", "keys", "types", "records", "next"},
		order: []string{"source", "dataset", "state", "header", "keys", "next"}, wrap: []string{"dataset", "form", "keys", "types", "next"}, lines: 34}
	for _, f := range run.Findings(found) {
		var header, keys, types, records any
		if f.Form != "" || f.Columns > 0 || len(f.Missing) > 0 {
			header, keys, types, records = headerState(f), keyState(f), typeState(f), f.Records
		}
		l.add(f.Source, nullable(pluralOf(f)), string(f.State), nullable(f.Refusal()), nullable(f.Form), header, keys, types, records, nullable(f.Next()))
	}
	return l
}

// headerState is how much of the contract's columns came.
func headerState(f run.Finding) any {
	if !f.Contract.Typed() {
		return "any"
	}
	return fmt.Sprintf("%d of %d", f.Columns, f.Columns+len(f.Missing))
}

func keyState(f run.Finding) any {
	switch {
	case !f.Contract.Typed():
		return nil
	case len(f.Keys) > 0:
		return "missing: " + strings.Join(f.Keys, ", ")
	}
	return "present"
}

func typeState(f run.Finding) any {
	if len(f.Types) == 0 {
		if f.Err != nil || f.Records == 0 {
			return nil
		}
		return "read"
	}
	var out []string
	for i, t := range f.Types {
		if i == 3 {
			out = append(out, "…")
			break
		}
		out = append(out, fmt.Sprintf("%s: %d not read (%s)", cmp.Or(t.Column, "record"), t.Count, t.Rule))
	}
	return strings.Join(out, "; ")
}
