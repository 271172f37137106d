package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/diff"
	"github.com/accessmart/accessmart/load/find"
)

type diffOptions struct {
	format, from, to, with string
	all, exits             bool
}

func newDiff(c *console, g *globals) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff [PERSON|APPLICATION]",
		Short: "Say what changed in people and in who has what",
		Long: `Lists what changed after --from, up to and including --to: who was granted what or lost it, what
widened, expired, moved or was disabled. The column cause tells the vendor's own change (data) from
what another contract, a column or an export that was missing, or other links brought; see
docs/time.md. A line unseen is an export whose changes are not known, a line loaded one that was
loaded for the first time; --all lists what such exports brought, too.

A moment is an instant such as 2026-03-01T09:00:00Z, a date, which begins at 0:00 UTC, or days such
as 7d, which count back from the last run. Without --from it is 7d, or the first load of the file.
A moment before the first load is an error, as nothing is known of it.

With a PERSON (key, address or name) it lists the changes of the person, of the person's accounts, and
of the groups and roles that the person has at one of the two moments; with an APPLICATION (key,
name, product or instance) those in it.

--with FILE compares the database file with an earlier one, such as access.RUN.duckdb, which keep
leaves. What cannot be compared is said: datasets in one file only, and other contracts. If the
file goes on from the earlier one, it knows the causes; else they are not known.

The exit code is 0, whatever changed. With --exit-code it is 6 if anything did; lines unseen and
loaded alone do not count.`,
		Example: `  accessmart diff
  accessmart diff --from 30d github
  accessmart diff --from 2026-03-01 --to 2026-03-08 ann@example.com
  accessmart diff --with access.01KJPJ3KR00000000000000000.duckdb --format csv`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			changed := false
			err = withFile(cmd.Context(), path, func(f *read.File) (err error) {
				if o.with != "" {
					changed, err = c.diffFiles(cmd.Context(), f, o)
				} else {
					changed, err = c.diffMoments(cmd.Context(), f, o, args)
				}
				return err
			})
			if err == nil && changed && o.exits {
				return incompleteError{code: exitChecks}
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "changes after this `MOMENT` (default 7d, or the first load)")
	flags.StringVar(&o.to, "to", "", "changes up to this `MOMENT` (default: the last run)")
	flags.StringVar(&o.with, "with", "", "compare with this earlier database `FILE`")
	flags.BoolVarP(&o.all, "all", "a", false, "also what first loads brought")
	flags.BoolVar(&o.exits, "exit-code", false, "exit with 6 if anything changed")
	formatFlag(cmd, &o.format)
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if o.with != "" && (o.from != "" || o.to != "" || len(args) > 0 || o.all) {
			return usageError{errors.New("diff: --with compares all of two files; --from, --to, --all and a PERSON or APPLICATION are for one file")}
		}
		return check(cmd, args)
	}
	return cmd
}

// diffMoments prints the changes between two moments of a file.
func (c *console) diffMoments(ctx context.Context, f *read.File, o diffOptions, args []string) (changed bool, err error) {
	note, err := run.EmptyNote(ctx, f)
	if err != nil {
		return false, err
	}
	c.warn(note)
	span, err := diff.SpanOf(ctx, f)
	if err != nil {
		return false, err
	}
	if span.First.IsZero() {
		return false, usageError{errors.New("diff: nothing was loaded into this file yet; run 'accessmart refresh' first")}
	}
	q := diff.Question{FirstLoads: o.all}
	if q.From, q.To, err = o.moments(span); err != nil {
		return false, usageError{fmt.Errorf("diff: %w", err)}
	}
	about := ""
	if len(args) == 1 {
		if about, err = c.about(ctx, f, args[0], &q); err != nil {
			return false, err
		}
	}
	changes, err := diff.Between(ctx, f, q)
	if err != nil {
		return false, err
	}
	if err := c.printChanges(o.format, changes, map[string]any{"from": q.From, "to": q.To, "changes": changes}); err != nil {
		return false, err
	}
	c.say("Changes%s after %s, up to %s.", about, moment(q.From), moment(q.To))
	if !q.To.After(span.First) {
		c.say("The file has nothing before that to compare with: its first load was at %s.", moment(span.First))
	}
	return c.tellCauses(changes), nil
}

// moments are from when to when is asked.
func (o diffOptions) moments(span diff.Span) (from, to time.Time, err error) {
	to, from = span.Last, span.Last.AddDate(0, 0, -7)
	if o.to != "" {
		if to, err = read.Moment(o.to, span.Last); err != nil {
			return from, to, fmt.Errorf("--to %w", err)
		}
		from = to.AddDate(0, 0, -7)
	}
	if o.from != "" {
		if from, err = read.Moment(o.from, span.Last); err != nil {
			return from, to, fmt.Errorf("--from %w", err)
		}
	} else if from.Before(span.First) {
		from = span.First
	}
	for _, m := range []struct {
		name string
		at   time.Time
	}{{"--from", from}, {"--to", to}} {
		if m.at.Before(span.First) {
			return from, to, fmt.Errorf("%s %s: nothing was known at that moment; the first load was at %s", m.name, m.at.UTC().Format(time.RFC3339Nano), span.First.UTC().Format(time.RFC3339Nano))
		}
	}
	switch {
	case from.After(to):
		return from, to, fmt.Errorf("--from %s is later than --to %s", moment(from), moment(to))
	case from.After(span.Last):
		return from, to, fmt.Errorf("--from %s: nothing is known after the last run, at %s", moment(from), moment(span.Last))
	}
	return from, to, nil
}

// about finds the person or application that is meant.
func (c *console) about(ctx context.Context, f *read.File, text string, q *diff.Question) (string, error) {
	found, err := find.People(ctx, f, text)
	if err != nil {
		return "", err
	}
	applications, err := find.Applications(ctx, f, text)
	if err != nil {
		return "", err
	}
	if found.Things = append(found.Things, applications...); len(found.Things) == 0 {
		if found.Things, err = find.Former(ctx, f, text); err != nil {
			return "", err
		}
	}
	t, err := c.choose("person or application", text, found, "give an address, a name or a key")
	if err != nil {
		return "", err
	}
	if t.Kind == "application" {
		q.Application = &t
		return " in " + visible(t.Name), nil
	}
	q.Person = &t
	return " of " + called(t) + " and of what gives access", nil
}

// diffFiles prints what two files say otherwise.
func (c *console) diffFiles(ctx context.Context, after *read.File, o diffOptions) (changed bool, err error) {
	err = withFile(ctx, o.with, func(before *read.File) error {
		d, err := diff.Files(ctx, before, after)
		if err != nil {
			return err
		}
		if d.Before.After(d.After) {
			return usageError{fmt.Errorf("diff: the file of --with is the later one, of %s; name it with --database, and the file of %s with --with", moment(d.Before), moment(d.After))}
		}
		if err := c.printChanges(o.format, d.Changes, d); err != nil {
			return err
		}
		c.say("From the file of %s to that of %s.", moment(d.Before), moment(d.After))
		for _, note := range d.Notes {
			c.warn(note)
		}
		changed = c.tellCauses(d.Changes)
		return nil
	})
	return changed, err
}

func (c *console) printChanges(format string, changes []diff.Change, whole any) error {
	if format == formatJSON {
		return c.printJSON(whole)
	}
	l := &listing{columns: []string{"changed_at", "event", "who", "what", "privilege", "application", "detail", "cause", "source", "dataset", "table_name", "key"},
		order: []string{"event", "who", "what", "application", "cause", "detail", "changed_at", "privilege", "source", "dataset"}, wrap: []string{"who", "what", "detail"}, lines: 60}
	for _, x := range changes {
		privilege := any(nil)
		if x.Privilege != nil {
			privilege = *x.Privilege
		}
		l.add(moment(x.At), x.Event, orNothing(who(x)), orNothing(what(x)), privilege, orNothing(x.Application), orNothing(detail(x)), x.Cause, orNothing(x.Source), orNothing(x.Dataset), orNothing(x.Table), orNothing(x.Key))
	}
	return c.print(format, l)
}

func orNothing(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// who is the person or thing that something happened to.
func who(x diff.Change) string {
	switch {
	case x.Who == nil:
		return ""
	case x.Table == "grants" && x.Who.Kind == "account" && x.Owner != "":
		return fmt.Sprintf("%s (%s)", x.Owner, named(*x.Who))
	case x.Who.Kind == "identity":
		return x.Who.Name
	}
	return named(*x.Who)
}

func what(x diff.Change) string {
	if x.What == nil {
		return ""
	}
	return named(*x.What)
}

// detail is what of a row is otherwise.
func detail(x diff.Change) string {
	var out []string
	if x.Change == "loaded" {
		return count(int(x.Records), "record")
	}
	for _, column := range x.Columns {
		out = append(out, fmt.Sprintf("%s: %s → %s", column.Name, value(column.Before), value(column.After)))
	}
	if x.Link != "" {
		out = append(out, strings.TrimSpace(x.Link+" "+strings.Join(x.OtherKeys, ", ")))
	}
	return strings.Join(out, "; ")
}

// value is a value of JSON as people read it.
func value(v json.RawMessage) string {
	var text string
	switch {
	case string(v) == "null":
		return "nothing told"
	case json.Unmarshal(v, &text) == nil:
		return text
	}
	return string(v)
}

// mostUnseen is how many exports a summary names.
const mostUnseen = 5

// tellCauses counts the lines by their cause, and reports whether anything changed.
func (c *console) tellCauses(changes []diff.Change) bool {
	by := map[string]int{}
	var unseen []string
	n := 0
	for _, x := range changes {
		switch x.Change {
		case "unseen":
			unseen = append(unseen, fmt.Sprintf("%s of %s at %s (%s)", x.Dataset, x.Source, moment(x.At), x.Cause))
		case "loaded":
		default:
			by[x.Cause]++
			n++
		}
	}
	var told []string
	for _, cause := range slices.Sorted(maps.Keys(by)) {
		told = append(told, fmt.Sprintf("%d by %s", by[cause], cause))
	}
	if n == 0 {
		c.say("Nothing changed that an export tells.")
	} else {
		c.say("%s: %s.", count(n, "change"), strings.Join(told, ", "))
	}
	if more := len(unseen) - mostUnseen; more > 0 {
		unseen = append(unseen[:mostUnseen], fmt.Sprintf("%d more (the lines unseen)", more))
	}
	if len(unseen) > 0 {
		c.say("Not known is what changed in %s.", strings.Join(unseen, ", "))
	}
	return n > 0
}
