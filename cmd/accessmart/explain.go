package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/explain"
	"github.com/accessmart/accessmart/load/find"
)

// formats of an explanation, beside those of a listing.
const (
	formatDot     = "dot"
	formatMermaid = "mermaid"
)

type explainOptions struct {
	format string
	not    bool
}

func newExplain(c *console, g *globals) *cobra.Command {
	var o explainOptions
	formats := []string{formatTable, formatJSON, formatDot, formatMermaid}
	cmd := &cobra.Command{
		Use:   "explain PERSON [TARGET]",
		Short: "Say why somebody has something, hop by hop, or why not",
		Long: `Prints the paths of grants by which a person has a target: for each account and privilege the
shortest one, each hop with the sources that say so, dataset, artifact and record, when it was
first seen, and last confirmed: by the newest run that certainly found it. Where any path
denies a privilege, the shortest that denies is printed, as a denial counts before all others.
Without a TARGET it counts what the person reaches in each application.

PERSON is a key of an identity, an e-mail address, or a name, login or employee number. TARGET
is the key of an entitlement, role, group, resource or application; or APPLICATION:NAME, where
APPLICATION is the name, product, instance or key of one in any case, and NAME the name of the
thing, or the value of an entitlement; or NAME alone, for all applications, what is in them and
what belongs to none. Of an application it also counts what the person has in it. A name that is written exactly so counts before one in another case. If a name fits
several, they are listed on stderr with what tells them apart, and the exit code is 2: nobody is
guessed.

With --not it says why the person does not have it: whether there is an account in the
application, what is denied, when it was lost and by which change, and which single grant is
missing, as things of that kind have it. The fewest hops come first.

An answer says what it rests on. If no export tells who has what in the application of the
target, no path is no proof: the exit code is then 6.`,
		Example: `  accessmart explain ann@example.com
  accessmart explain ann@example.com github:admin
  accessmart explain ann@example.com github:admin --not
  accessmart explain "Ann Lee" entitlement:7f3k9q2mx4 --format json
  accessmart explain ann@example.com github:admin --format dot >path.dot`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			err = withFile(cmd.Context(), path, func(f *read.File) error { return explainTo(cmd.Context(), c, f, o, args) })
			if none := (*explain.NoGrantsError)(nil); errors.As(err, &none) {
				c.say("accessmart: explain: %s", none)
				return incompleteError{code: exitChecks}
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.format, "format", formatTable, strings.Join(formats, ", ")+": a picture of the paths")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().BoolVar(&o.not, "not", false, "say why the person does not have it")
	cmd.PreRunE = func(_ *cobra.Command, args []string) error {
		picture := o.format == formatDot || o.format == formatMermaid
		switch {
		case !slices.Contains(formats, o.format):
			return usageError{fmt.Errorf("explain: --format %q: want table, json, dot or mermaid", o.format)}
		case o.not && len(args) < 2:
			return usageError{errors.New("explain: --not needs a TARGET; for example: accessmart explain ann@example.com github:admin --not")}
		case picture && (o.not || len(args) < 2):
			return usageError{fmt.Errorf("explain: --format %s draws the paths to a TARGET; without one, and with --not, use table or json", o.format)}
		}
		return nil
	}
	return cmd
}

func explainTo(ctx context.Context, c *console, f *read.File, o explainOptions, args []string) error {
	note, err := run.EmptyNote(ctx, f)
	if err != nil {
		return err
	}
	c.warn(note)
	if err := explain.Check(ctx, f); err != nil {
		return err
	}
	found, err := find.People(ctx, f, args[0])
	if err != nil {
		return err
	}
	person, err := c.choose("person", args[0], found, "look for one with: accessmart query \"select identity_key, display_name, email from identities where display_name ilike '%NAME%'\"")
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return explainReach(ctx, c, f, o, person)
	}
	if found, err = find.Targets(ctx, f, args[1]); err != nil {
		return err
	}
	target, err := c.choose("target", args[1], found, "a TARGET is APPLICATION:NAME or a key; 'accessmart explain PERSON' lists the applications of a person")
	if err != nil {
		return err
	}
	a, err := explain.Why(ctx, f, person, target)
	if err == nil && o.not {
		err = explain.Not(ctx, f, a)
	}
	if err != nil {
		return err
	}
	if err := c.printExplanation(o, a); err != nil {
		return err
	}
	if len(a.Covers) == 0 && len(a.Paths) == 0 {
		c.say("No export tells %s, so that this is no proof of no access; see: accessmart query \"from report.coverage\"", whatIsTold(target))
		return incompleteError{code: exitChecks}
	}
	return nil
}

// choose takes the one thing that a text means. Of several, who asks is to choose.
func (c *console) choose(what, text string, found *find.Found, advice string) (find.Thing, error) {
	switch {
	case len(found.Things) == 1:
		return found.Things[0], nil
	case found.Renamed != "":
		return find.Thing{}, usageError{fmt.Errorf("%s %q: this key is no longer in use; what it stood for has the key %s", what, text, found.Renamed)}
	case len(found.Things) == 0 && len(found.Near) == 0:
		return find.Thing{}, usageError{fmt.Errorf("%s %q: nothing is called so, or anything like it; %s", what, text, advice)}
	}
	list := found.Things
	if list == nil {
		list = found.Near
		c.say("accessmart: %s %q: nothing is called so; these are called alike. Ask again by key:\n", what, text)
	} else {
		c.say("accessmart: %s %q: %d things are called so. Which one? Ask again by key:\n", what, text, len(list))
	}
	l := &listing{columns: []string{"key", "kind", "name", "application", "what", "sources"}, order: []string{"key", "kind", "name", "application", "what"}, wrap: []string{"what"}}
	for _, t := range list {
		l.add(t.Key, t.Kind, t.Name, t.Application, t.What, strings.Join(t.Sources, ", "))
	}
	asking := *c
	asking.out, asking.outTTY, asking.outSize = c.err, c.errTTY, c.errSize
	if err := asking.print(formatTable, l); err != nil {
		return find.Thing{}, err
	}
	return find.Thing{}, incompleteError{code: exitUsage}
}

func explainReach(ctx context.Context, c *console, f *read.File, o explainOptions, person find.Thing) error {
	all, err := explain.Reaches(ctx, f, person)
	if err != nil {
		return err
	}
	if o.format == formatJSON {
		return c.printJSON(all)
	}
	c.write("What %s reaches, as of %s\n\n", called(person), moment(all.AsOf))
	l := &listing{columns: []string{"application", "accounts", "groups", "roles", "entitlements", "resources", "denied", "grants_told_by"},
		order: []string{"application", "accounts", "entitlements", "roles", "groups", "resources", "denied"}}
	example := ""
	for _, r := range all.Applications {
		told := strings.Join(r.Sources, ", ")
		if told == "" {
			told = "nobody"
		}
		name := r.Application
		if r.ApplicationKey == "" {
			name = "(no application)"
		}
		l.add(name, r.Accounts, r.Groups, r.Roles, r.Entitlements, r.Resources, r.Denied, told)
		if example == "" {
			example = r.Example
		}
	}
	if err := c.print(formatTable, l); err != nil {
		return err
	}
	if len(all.Applications) == 0 {
		c.say("The file knows no account of this person and nothing that the person has by itself.")
		return nil
	}
	c.say("Numbers are of things that are reached directly or through others; where grants are told by nobody, 0 is no proof.")
	if example != "" {
		c.say("Ask on: accessmart explain %s %s", person.Key, example)
		c.say("All in names: accessmart query \"select topic, name, says from report.person where identity_key = '%s'\"", person.Key)
	}
	return nil
}

func (c *console) printJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(c.out, "%s\n", escaped(data))
	}
	return err
}

func (c *console) printExplanation(o explainOptions, a *explain.Answer) error {
	switch o.format {
	case formatJSON:
		return c.printJSON(a)
	case formatDot, formatMermaid:
		return c.picture(o.format, a)
	}
	c.write("%s\n%s\n", verdict(a), basis(a))
	for i, p := range a.Paths {
		c.write("\n%d. %s\n\n", i+1, heading(p))
		if p.Hops == nil {
			c.write("The path is too long to be kept, or leads through a ring of more than 1,000 groups; that there is one is certain.\n")
			continue
		}
		if err := c.print(formatTable, hopsOf(p.Hops)); err != nil {
			return err
		}
	}
	if a.Missing != nil {
		return c.printMissing(a)
	}
	switch {
	case a.Inside != nil && a.Inside.Example != "":
		c.say("One of these: accessmart explain %s %s", a.Person.Key, a.Inside.Example)
		c.say("All in names: accessmart query \"from report.who_has_access where identity_key = '%s' and application_key = '%s'\"", a.Person.Key, a.Target.Key)
	case !a.Has() && len(a.Covers) > 0:
		c.say("Why not: add --not")
	}
	return nil
}

// write writes sentences of an answer, which a terminal has in lines of its width.
func (c *console) write(form string, args ...any) {
	text := fmt.Sprintf(form, args...)
	if c.outTTY {
		width, _ := c.outSize()
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = strings.Join(brokenBehind(line, width, " "), "\n")
		}
		text = strings.Join(lines, "\n")
	}
	fmt.Fprint(c.out, text)
}
