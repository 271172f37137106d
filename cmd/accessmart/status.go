package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
)

func newStatus(c *console, g *globals) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the newest export of each dataset and how old its rows are",
		Long: `One line for each source and dataset: what became of its newest export (loaded, unchanged, held,
failed, incomplete or skipped), its counts, the time of that run (run_at), the moment that the rows
in the file describe (data_of: when they were last fetched or, for files handed over by hand, the
time that these state), and why an export is not loaded. Below, on stderr, it names the files that
were not read, the sources that the configuration does not have, and what the checks found.

The exit code is that with which a refresh with this result ends. With --max-age it is 12 if the
rows of a dataset are older than that, or were never loaded; sources that the configuration no
longer has do not count.`,
		Example: "  accessmart status\n  accessmart status --max-age 36h\n  accessmart status --database access.duckdb --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return status(cmd.Context(), c, g, o)
		},
	}
	cmd.Flags().StringVar(&o.source, "source", "", "only this source `NAME`")
	cmd.Flags().DurationVar(&o.maxAge, "max-age", 0, "exit with 12 if rows are older, such as 36h")
	formatFlag(cmd, &o.format)
	return cmd
}

type statusOptions struct {
	format, source string
	maxAge         time.Duration
}

// statusHidden are the columns at the end of the answer that only decide the exit.
const statusHidden = 2

func status(ctx context.Context, c *console, g *globals, o statusOptions) error {
	if o.maxAge < 0 {
		return usageError{errors.New("status: --max-age: want a time such as 36h")}
	}
	path, err := databasePath(g)
	if err != nil {
		return err
	}
	if err := c.warnOfLogs(path); err != nil {
		return err
	}
	all, err := askStatus(ctx, path)
	if err != nil {
		return err
	}
	if err := all.only(path, "source", o.source, 0); err != nil {
		return err
	}
	rows := all.rows
	shown := &listing{columns: all.columns[:len(all.columns)-statusHidden],
		order: []string{"source", "dataset", "status", "data_of", "rejected", "records", "findings"}, wrap: []string{"dataset", "error"}}
	exports := make([]run.Export, len(rows))
	for i, row := range rows {
		shown.add(row[:len(shown.columns)]...)
		exports[i] = run.Export{Source: display(row[0]), Dataset: display(row[1]), Status: ledger.Status(display(row[2])),
			Rejected: number(row[5]), ItemRejected: number(row[8]), Failure: display(row[len(row)-2])}
	}
	if err := c.printStatus(o.format, shown); err != nil {
		return err
	}
	note, err := run.NoteIfEmpty(ctx, path)
	if err != nil {
		return err
	}
	c.warn(note)
	unopened, err := tellUnread(ctx, c, path)
	if err := errors.Join(err, tellStrangers(ctx, c, g, path)); err != nil {
		return err
	}
	for i := range exports {
		exports[i].Unopened = unopened[exports[i].Source]
	}
	if err := tellStoredChecks(ctx, c, path); err != nil {
		return err
	}
	if o.maxAge > 0 {
		if old := tooOld(rows, configured(g, o.source), time.Now().Add(-o.maxAge)); len(old) > 0 {
			c.say("Older than %s: %s.", o.maxAge, strings.Join(old, ", "))
			return incompleteError{code: exitOld}
		}
	}
	return outcome(exports)
}

// printStatus prints the rows. The last column, the error, is a sentence: on a
// terminal it has lines of its own.
func (c *console) printStatus(format string, l *listing) error {
	last := len(l.columns) - 1
	if format != formatTable || !c.outTTY {
		return c.print(format, l)
	}
	table := *l
	table.columns, table.rows = l.columns[:last], nil
	for _, row := range l.rows {
		table.rows = append(table.rows, row[:last])
	}
	if err := c.print(format, &table); err != nil {
		return err
	}
	for _, row := range l.rows {
		if row[last] != nil {
			c.say("%s %s: %s", display(row[0]), display(row[1]), run.Reason(display(row[last]), display(row[0]), display(row[1])))
		}
	}
	return nil
}

// askStatus asks for the newest export of each dataset.
func askStatus(ctx context.Context, path string) (*listing, error) {
	var query string
	err := withFile(ctx, path, func(f *read.File) (err error) {
		query, err = read.StatusQuery(ctx, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ask(ctx, path, query)
}

// withFile calls fn with the open file.
func withFile(ctx context.Context, path string, fn func(*read.File) error) error {
	f, err := read.Open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(fn(f), f.Close())
}

// unknownName is the error for a filter that can match nothing.
func unknownName(path, what, name string, known []string) error {
	if len(known) == 0 {
		return usageError{fmt.Errorf("no %s %s in %s; it has none yet", what, name, path)}
	}
	return usageError{fmt.Errorf("no %s %s in %s; it has %s", what, name, path, strings.Join(known, ", "))}
}

// configured are the names of the configured sources, nil without a
// configuration that can be read.
func configured(g *globals, only string) []string {
	if only != "" {
		return []string{only}
	}
	path := configPath(g.config)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	cfg, err := config.Read(path)
	if err != nil || g.database != "" && g.database != cfg.Database { // of another file
		return nil
	}
	var names []string
	for _, s := range cfg.Sources {
		names = append(names, s.Name)
	}
	return names
}

// tooOld names what came before the moment, or never. With sources given,
// others do not count, and each of them must have come.
func tooOld(rows [][]any, sources []string, moment time.Time) (old []string) {
	seen := map[string]bool{}
	for _, row := range rows {
		source, dataset := display(row[0]), display(row[1])
		seen[source] = true
		if sources != nil && !slices.Contains(sources, source) {
			continue
		}
		var fetched time.Time
		if at, ok := row[len(row)-1].(read.Value); ok {
			fetched = at.Time()
		}
		switch {
		case fetched.IsZero():
			old = append(old, source+" "+dataset+" (never loaded)")
		case fetched.Before(moment):
			old = append(old, source+" "+dataset+" ("+fetched.UTC().Format("2006-01-02T15:04:05Z")+")")
		}
	}
	for _, s := range sources {
		if !seen[s] {
			old = append(old, s+" (never asked)")
		}
	}
	return old
}

// tellStoredChecks tells what the checks of the newest run found.
func tellStoredChecks(ctx context.Context, c *console, path string) error {
	return withFile(ctx, path, func(f *read.File) error {
		checks, err := read.Checks(ctx, f)
		for _, k := range checks {
			tellChecks(c, []ledger.CheckResult{k})
		}
		return err
	})
}

// number is a count of an answer; 0 where it is NULL.
func number(v any) int64 {
	if v, ok := v.(read.Value); ok {
		return v.Int()
	}
	return 0
}
