package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
	"github.com/accessmart/accessmart/load/report"
)

// formats that only reports have.
const (
	formatMarkdown = "md"
	formatHTML     = "html"
	formatXLSX     = "xlsx"
	formatParquet  = "parquet"
)

var reportFormats = []string{formatTable, formatRecord, formatCSV, formatJSON, formatMarkdown, formatHTML, formatXLSX, formatParquet}

type reportOptions struct {
	format, file               string
	person, application, since string
	all                        bool
}

func newReport(c *console, g *globals) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [NAME]",
		Short: "List the reports, or print the answer of one with what it rests on",
		Long: `Without a name it lists the reports: the question that each answers, whether the file has the
inputs that it needs, and which datasets would bring those that are missing.

With a name it prints the rows of that report, sorted by its key. Above them it says of when the
inputs are, from which sources they come, which are missing or not current, and what the answer
does not say: for csv and json on stdout on stderr, in json also in the answer itself, in xlsx on a
sheet of its own, in parquet in the metadata. A report that needs what no source delivered says so
and exits with 6; it never answers with an empty table.

--person takes a key, an address, a login name, an employee number, a full name or a vendor's id,
--application a key, a name or a vendor's id. If several fit, they are listed and nothing is answered. --since takes a date, an
instant, or days before the run that made the file, such as 7d. A report that has no column for a
filter refuses it.

On a terminal a table stops at the height of the screen and says how many rows there are; --all
shows all. -o writes a file, whose ending names the format unless --format does; without an
ending, or with .txt, it is a table. In csv a text that
a spreadsheet could run as a formula gets a leading apostrophe; in xlsx it is a cell of text.`,
		Example: `  accessmart report
  accessmart report leavers_with_access
  accessmart report person --person ann@example.com
  accessmart report open_requests --since 7d --format csv
  accessmart report privileged_access --application GitHub -o admins.xlsx`,
		Args: cobra.MaximumNArgs(1),
		PreRunE: func(cmd *cobra.Command, args []string) error {
			return o.complete(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			return withFile(cmd.Context(), path, func(f *read.File) error {
				if len(args) == 0 {
					return c.listReports(cmd.Context(), f, o.format)
				}
				return c.report(cmd.Context(), f, args[0], o)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", formatTable, strings.Join(reportFormats, ", "))
	flags.StringVarP(&o.file, "output", "o", "", "write to `FILE` in place of stdout")
	flags.StringVar(&o.person, "person", "", "only what is about this person: key, address or `NAME`")
	flags.StringVar(&o.application, "application", "", "only this application: key or `NAME`")
	flags.StringVar(&o.since, "since", "", "only what is at least as new as this `MOMENT`, such as 2026-03-01 or 7d")
	flags.BoolVarP(&o.all, "all", "a", false, "show all rows, even if they do not fit on the screen")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reportFormats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// takeFormat checks the format, or takes it from the name of the file.
func (o *reportOptions) takeFormat(cmd *cobra.Command) error {
	if ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(o.file)), "."); !cmd.Flags().Changed("format") {
		switch {
		case slices.Contains(reportFormats, ending):
			o.format = ending
		case ending != "" && ending != "txt": // a file of this name would not hold what the name says
			return usageError{fmt.Errorf("%s: -o %s: .%s is none of the formats %s; end the name in one of them, or give --format", cmd.Name(), o.file, ending, strings.Join(reportFormats, ", "))}
		}
	}
	if !slices.Contains(reportFormats, o.format) {
		return usageError{fmt.Errorf("%s: --format %q: want one of %s", cmd.Name(), o.format, strings.Join(reportFormats, ", "))}
	}
	return nil
}

// complete checks the flags.
func (o *reportOptions) complete(cmd *cobra.Command, args []string) error {
	if err := o.takeFormat(cmd); err != nil {
		return err
	}
	if len(args) > 0 {
		for _, name := range []string{"person", "application", "since"} {
			if flag := cmd.Flags().Lookup(name); flag.Changed && strings.TrimSpace(flag.Value.String()) == "" {
				return usageError{fmt.Errorf("report: --%s is empty", name)}
			}
		}
		return nil
	}
	for _, name := range []string{"person", "application", "since", "output", "all"} {
		if cmd.Flags().Changed(name) {
			return usageError{fmt.Errorf("report: --%s is for one report; name it, as in: accessmart report leavers_with_access", name)}
		}
	}
	return checkFormat(o.format) // the list is a plain listing
}

// listReports prints which reports there are, and whether each can answer.
func (c *console) listReports(ctx context.Context, f *read.File, format string) error {
	all, err := report.List(ctx, f)
	if err != nil {
		return err
	}
	l := &listing{columns: []string{"report", "question", "inputs", "missing", "brought_by"}, order: []string{"report", "inputs", "question", "missing", "brought_by"},
		wrap: []string{"question", "missing", "brought_by"}}
	unable := 0
	for i := range all {
		r := &all[i]
		inputs, missing, by := "there", []string{}, []string{}
		if r.Lacks() {
			inputs = "in part"
		}
		for _, n := range r.Needs {
			if !n.Has {
				inputs = "missing"
				missing = append(missing, n.What)
				by = append(by, report.Some(n.Datasets))
				continue
			}
			missing = append(missing, n.Lacking...)
		}
		if inputs == "missing" {
			unable++
		}
		l.add(r.Name, r.Why, inputs, orNull(strings.Join(missing, ", ")), orNull(strings.Join(by, "; ")))
	}
	if err := c.print(format, l); err != nil {
		return err
	}
	if format == formatTable || format == formatRecord {
		c.say("%s. 'accessmart report NAME' prints one.", count(len(all), "report"))
		if unable > 0 {
			c.say("%d cannot answer, as no source delivered what they need.", unable)
		}
	}
	return nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// report prints the answer of one report.
func (c *console) report(ctx context.Context, f *read.File, name string, o reportOptions) error {
	if err := c.refuseScreen("report", o); err != nil {
		return err
	}
	r, err := report.Find(ctx, f, name)
	if err != nil {
		return asked(err)
	}
	filter, err := c.filter(ctx, f, r, o)
	if err != nil {
		return asked(err)
	}
	a, err := r.Ask(ctx, f, filter)
	if err != nil {
		return asked(err)
	}
	return c.putAnswer(ctx, "report", f.Path(), a, o)
}

// refuseScreen refuses to print bytes on a terminal.
func (c *console) refuseScreen(command string, o reportOptions) error {
	if o.file == "" && c.outTTY && (o.format == formatXLSX || o.format == formatParquet) {
		return usageError{fmt.Errorf("%s: %s is nothing for a terminal; name a file with -o FILE, or pipe it", command, o.format)}
	}
	return nil
}

// putAnswer prints the answer or writes its file, and closes it.
func (c *console) putAnswer(ctx context.Context, command, database string, a *report.Answer, o reportOptions) error {
	defer a.Close()
	if o.file == "" {
		return c.printAnswer(ctx, a, c.out, o)
	}
	return whole(command, o.file, database, func(out *os.File) error { return c.printAnswer(ctx, a, out, o) })
}

// filter finds whom and what the filters name.
func (c *console) filter(ctx context.Context, f *read.File, r *report.Report, o reportOptions) (filter report.Filter, err error) {
	if err := r.Ready(); err != nil {
		return filter, err
	}
	for _, w := range []struct {
		flag, said, advice string
		look               func(context.Context, *read.File, string) (*find.Found, error)
		into               **report.Named
	}{
		{"person", o.person, `look for it by name, as in: accessmart query "select identity_key, display_name from identities where display_name ilike '%NAME%'"`, find.People, &filter.Person},
		{"application", o.application, `'accessmart query "from applications"' lists all`, find.Application, &filter.Application},
	} {
		if w.said == "" {
			continue
		}
		if err := r.Takes(w.flag); err != nil {
			return filter, err
		}
		found, err := w.look(ctx, f, w.said)
		if err != nil {
			return filter, err
		}
		thing, err := c.choose(w.flag, w.said, found, w.advice)
		if err != nil {
			return filter, err
		}
		*w.into = &report.Named{Key: thing.Key, Name: thing.Name}
	}
	filter.Since = o.since
	return filter, nil
}

// asked makes a mistake in what was asked for a mistake of use.
func asked(err error) error {
	if errors.As(err, new(report.RequestError)) {
		return usageError{fmt.Errorf("report: %w", err)}
	}
	return err
}

// whole puts a file in place when all that command has for it is written. It does not replace the database.
func whole(command, path, database string, write func(*os.File) error) (err error) {
	was, errWas := os.Stat(path)
	base, errBase := os.Stat(database)
	if errWas == nil && errBase == nil && os.SameFile(was, base) {
		return usageError{fmt.Errorf("%s: %s is the database file; name another with -o", command, path)}
	}
	unusable := func(err error) error {
		if e := new(fs.PathError); errors.As(err, &e) {
			err = e.Err // without the name of a file that nobody asked for
		}
		return usageError{fmt.Errorf("%s: -o %s: %w", command, path, err)}
	}
	if errWas == nil && !was.Mode().IsRegular() { // a pipe, a device, a folder
		out, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return unusable(err)
		}
		return errors.Join(write(out), out.Close())
	}
	out, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return unusable(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(out.Name()) // it may be in place already
		}
	}()
	if err := errors.Join(write(out), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), path)
}

// printAnswer writes the answer, and on stderr what it rests on if the format has no place
// for it and nobody else sees it.
func (c *console) printAnswer(ctx context.Context, a *report.Answer, out io.Writer, o reportOptions) error {
	if o.format == formatParquet {
		return writeParquet(ctx, a, out)
	}
	if o.format == formatCSV || o.format == formatJSON {
		for _, told := range a.Told() {
			c.say("%s: %s", told[0], told[1])
		}
	}
	style := tableStyle{order: namesFirst(a.Columns)}
	if o.file == "" && c.outTTY {
		style.width, _ = c.outSize()
		if !o.all && (o.format == formatTable || o.format == formatRecord) {
			style.most = max(5, c.screenful(o.format, len(a.Columns))-len(toldLines(a, style.width)))
		}
	}
	w, err := answerSink(a, out, o.format, style)
	if err != nil {
		return err
	}
	n, err := pour(a.Rows, w)
	if err != nil {
		return err
	}
	c.tellDropped(w)
	switch {
	case style.most > 0 && n > style.most:
		c.say("%s, the first %d shown; --all shows all.", count(n, "row"), style.most)
	case o.file != "":
		c.say("%s in %s", count(n, "row"), o.file)
	case o.format == formatTable || o.format == formatRecord:
		c.say("%s", count(n, "row"))
	}
	return nil
}

// namesFirst are the columns in the order of their worth on a narrow terminal: people read
// names, and machines keys.
func namesFirst(columns []read.Column) (names []string) {
	var keys []string
	for _, c := range columns {
		if c.Name == "sources" || c.Name == "path" || strings.HasSuffix(c.Name, "_key") || strings.HasSuffix(c.Name, "_keys") {
			keys = append(keys, c.Name)
			continue
		}
		names = append(names, c.Name)
	}
	return append(names, keys...)
}
