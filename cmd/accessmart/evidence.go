package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/evidence"
)

type evidenceOptions struct {
	controls           []string
	asOf, file, format string
	list               bool
}

func newEvidence(c *console, g *globals) *cobra.Command {
	var o evidenceOptions
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "Make a pack of evidence for an auditor, or check one",
		Long: `Writes a ZIP with what an auditor needs to see: who and what there was (people and machines,
accounts, applications), for each control what the reports answer that serve it, with SQL, rows as
CSV and Parquet, coverage and caveat, and the ledger: runs, exports, checks, rejects, hashes of the
files as delivered, contracts and versions. manifest.json has the SHA-256 of each member.
--list shows the controls.

A report whose inputs no source delivered is in the pack as not answered, with the reason, and the
exit code is 6. The pack is written all the same.

With --as-of the pack is of an earlier moment: an instant, or a date, which begins at 0:00 UTC. What
can be asked of any moment (who there was, who had what) is answered for it. Reports judge the
newest state of a file and are not answered then; for them take a file that was kept from that
time, with --database. A moment before the first run, or after the last, is an error.

The same file, moment and controls make the same bytes. Keep the SHA-256 that is printed elsewhere:
who can write the pack can also compute its hashes anew.`,
		Example: `  accessmart evidence --list
  accessmart evidence --control soc2:cc6.1,iso27001:a.5.18 -o pack.zip
  accessmart evidence --control soc2:cc6.3 --as-of 2026-03-01 -o march.zip
  accessmart evidence verify pack.zip`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.list {
				return c.listControls(cmd, o.format)
			}
			if cmd.Flags().Changed("format") {
				return usageError{errors.New("evidence: --format is for --list; a pack is a ZIP")}
			}
			return c.makeEvidence(cmd.Context(), g, o)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.controls, "control", nil, "the `CONTROLS` that the evidence is for, separated by commas")
	flags.StringVar(&o.asOf, "as-of", "", "the state at this `MOMENT` (default: of the last run)")
	flags.StringVarP(&o.file, "output", "o", "", "the `FILE` to write, such as pack.zip")
	flags.BoolVar(&o.list, "list", false, "list the controls and what serves them")
	formatFlag(cmd, &o.format)
	cmd.AddCommand(newEvidenceVerify(c, g))
	return cmd
}

// listControls prints which controls there are.
func (c *console) listControls(cmd *cobra.Command, format string) error {
	for _, name := range []string{"control", "as-of", "output"} {
		if cmd.Flags().Changed(name) {
			return usageError{fmt.Errorf("evidence: --list shows all controls, and --%s is for a pack", name)}
		}
	}
	l := &listing{columns: []string{"control", "asks", "answers"}, wrap: []string{"asks", "answers"}}
	for _, k := range evidence.Controls() {
		l.add(k.Name, k.Asks, strings.Join(k.Answers, ", "))
	}
	return c.print(format, l)
}

// makeEvidence writes a pack.
func (c *console) makeEvidence(ctx context.Context, g *globals, o evidenceOptions) error {
	if len(o.controls) == 0 {
		return usageError{errors.New("evidence: name the controls, as in: accessmart evidence --control soc2:cc6.1 -o pack.zip; 'accessmart evidence --list' shows them")}
	}
	if o.file == "" {
		return usageError{errors.New("evidence: name the file to write with -o, such as -o pack.zip")}
	}
	request, err := evidenceRequest(ctx)
	if err != nil {
		return err
	}
	if request.Controls, err = evidence.Choose(o.controls); err != nil {
		return usageError{fmt.Errorf("evidence: %w", err)}
	}
	path, err := databasePath(g)
	if err != nil {
		return err
	}
	if err := c.warnOfLogs(path); err != nil {
		return err
	}
	var m *evidence.Manifest
	sum := sha256.New()
	err = withFile(ctx, path, func(f *read.File) error {
		if o.asOf != "" {
			if request.AsOf, err = o.moment(ctx, f); err != nil {
				return err
			}
		}
		return whole("evidence", o.file, f.Path(), func(out *os.File) (err error) {
			m, err = evidence.Make(ctx, f, request, io.MultiWriter(out, sum))
			return err
		})
	})
	if mistaken := new(evidence.RequestError); errors.As(err, mistaken) {
		return usageError{fmt.Errorf("evidence: %w", err)}
	}
	if err != nil {
		return err
	}
	return c.tellEvidence(o, m, hex.EncodeToString(sum.Sum(nil)))
}

// tellEvidence says what is in a pack that was written.
func (c *console) tellEvidence(o evidenceOptions, m *evidence.Manifest, sum string) error {
	c.say("%s as of %s, for %s: %s, %s.", o.file, m.AsOf.Format(time.RFC3339), strings.Join(m.Controls, ", "), count(len(m.Answers), "question"), count(len(m.Files), "file"))
	names := map[string][]string{}
	var reasons []string
	for _, a := range m.Unanswered() {
		if names[a.Because] == nil {
			reasons = append(reasons, a.Because)
		}
		names[a.Because] = append(names[a.Because], a.Name)
	}
	for _, because := range reasons {
		c.say("Not answered: %s, because %s.", strings.Join(names[because], ", "), because)
	}
	c.say("SHA-256 of the pack, to be kept elsewhere: %s", sum)
	if len(m.Unanswered()) > 0 {
		return incompleteError{code: exitChecks}
	}
	return nil
}

// moment is that of the pack.
func (o *evidenceOptions) moment(ctx context.Context, f *read.File) (at time.Time, err error) {
	var last time.Time
	if err := f.Each(ctx, "select max(as_of) from meta.runs", func(row []read.Value) { last = row[0].Time() }); err != nil {
		return at, err
	}
	if at, err = read.Moment(o.asOf, last); err != nil {
		return at, usageError{fmt.Errorf("evidence: --as-of %w", err)}
	}
	return at, nil
}

// evidenceRequest is a request with what only the program knows.
func evidenceRequest(ctx context.Context) (evidence.Request, error) {
	duckdb, err := database.Version(ctx)
	return evidence.Request{Program: version, DuckDB: duckdb, CSV: func(out io.Writer, rows *read.Rows) (int, error) {
		names := make([]string, len(rows.Columns))
		for i, c := range rows.Columns {
			names[i] = c.Name
		}
		return pour(rows, newRowWriter(out, formatCSV, names))
	}}, err
}

func newEvidenceVerify(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "verify PACK",
		Short: "Say whether a pack of evidence is as it was made",
		Long: `Computes the SHA-256 of each member of the pack anew and says which was changed, added or removed,
and whether each run of its ledger is bound to the one before it. With --database it also compares
the pack with that file: member by member if the file has no later run, else the runs.

The exit code is 0 if all is as it was made, and 1 if not. It cannot tell a pack whose hashes were
all computed anew; for that compare the SHA-256 that it prints with the one that was kept.`,
		Example: "  accessmart evidence verify pack.zip\n  accessmart evidence verify pack.zip --database access.duckdb",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.verifyEvidence(cmd.Context(), args[0], g.database, format)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}

// verifyEvidence checks a pack, and compares it with a database if one is named.
func (c *console) verifyEvidence(ctx context.Context, path, database, format string) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return usageError{fmt.Errorf("evidence verify: %w", err)}
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return usageError{fmt.Errorf("evidence verify: %s is not a file", path)}
	}
	p, err := evidence.Verify(ctx, in, info.Size())
	if err != nil {
		return fmt.Errorf("evidence verify: %s: %w", path, err)
	}
	compared := ""
	if database != "" {
		err := withFile(ctx, database, func(f *read.File) error {
			request, err := evidenceRequest(ctx)
			if err == nil {
				compared, err = p.Agrees(ctx, f, request)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("evidence verify: %w", err)
		}
	}
	return c.tellVerified(path, p, compared, format)
}

// tellVerified says what was found.
func (c *console) tellVerified(path string, p *evidence.Pack, compared, format string) error {
	l := &listing{columns: []string{"member", "what"}, wrap: []string{"what"}}
	for _, f := range p.Findings {
		l.add(f.Member, f.What)
	}
	if len(l.rows) > 0 || format == formatCSV || format == formatJSON {
		if err := c.print(format, l); err != nil {
			return err
		}
	}
	c.say("SHA-256 of %s: %s", path, p.SHA256)
	if compared != "" {
		c.say("Compared with the database: %s.", compared)
	}
	if len(l.rows) > 0 {
		c.say("%s is not as it was made. Take the pack from where it was kept first, or make it anew with 'accessmart evidence'.", path)
		return incompleteError{code: exitFailed}
	}
	c.say("%s is as it was made: %s with the hashes of the manifest, %s bound to one another, as of %s.", path, count(len(p.Manifest.Files), "file"), count(p.Runs, "run"), p.Manifest.AsOf.Format(time.RFC3339))
	return nil
}
