package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database/read"
)

func newQuery(c *console, g *globals) *cobra.Command {
	var format, file string
	var all bool
	cmd := &cobra.Command{
		Use:   "query [SQL | -]",
		Short: "Ask the database file in SQL; it is opened read-only",
		Long: `Runs one SQL statement on the database file and prints its rows. Schema main has one row for
each real thing, whichever sources have it, so 'FROM grants' works without a schema; report has
saved questions, history closed versions, observed what each export states, meta the ledger, and
oleria, sailpoint and balkanid the exports as delivered.
access_of(KEY or ADDRESS) says what one identity can reach, directly or through groups and roles,
and by which grants; who_can(KEY) says who can reach one thing; access_of_as_of(KEY or ADDRESS,
MOMENT) says what an identity could reach at a moment of the past. report.who_has_access has names
in place of keys, and report.person everything about one person: filter these two by a constant,
such as where email = 'ann@example.com'.
Only statements that read are run. Rows are printed as they are found, so an answer may be larger
than memory. On a terminal the output stops at the height of the screen; --all shows all rows. With
--format record each column has a line of its own, for rows that are wider than the screen.
In CSV a text cell that a spreadsheet could run as a formula gets a leading apostrophe.`,
		Example: `  accessmart query "FROM report.dormant_accounts"
  accessmart query --format csv "select count(*) from accounts"
  accessmart query "FROM access_of('ann@example.com')"
  accessmart query "from report.person where email = 'ann@example.com'"
  accessmart query --format record "FROM identities LIMIT 3"
  accessmart query --file question.sql --format json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sql, err := statement(c, args, file)
			if err != nil {
				return err
			}
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			return c.stream(cmd.Context(), format, path, sql, all)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "read the SQL from `FILE`")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "show all rows, even if they do not fit on the screen")
	formatFlag(cmd, &format)
	return cmd
}

// statement is the SQL of the argument, of --file or of stdin.
func statement(c *console, args []string, file string) (string, error) {
	var data []byte
	var err error
	switch {
	case file != "" && len(args) > 0:
		return "", usageError{errors.New("query: give the SQL or --file, not both")}
	case file != "":
		data, err = os.ReadFile(file)
	case len(args) == 0:
		return "", usageError{errors.New(`query: no SQL; for example: accessmart query "FROM report.dormant_accounts"`)}
	case args[0] == "-":
		data, err = io.ReadAll(c.in)
	default:
		data = []byte(args[0])
	}
	if err != nil {
		return "", usageError{err}
	}
	if strings.TrimSpace(string(data)) == "" {
		return "", usageError{errors.New("query: the SQL is empty")}
	}
	return string(data), nil
}

// stream opens the file and prints the answer to one statement.
func (c *console) stream(ctx context.Context, format, path, sql string, all bool) error {
	r, err := read.Open(ctx, path)
	if err != nil {
		return err
	}
	defer r.Close()
	note, err := run.EmptyNote(ctx, r)
	if err != nil {
		return err
	}
	c.warn(note)
	return c.answer(ctx, r, format, sql, all)
}

// answer prints the rows of one statement as they come: an answer may be larger
// than memory. Of a table or of records, a terminal shows what it is high
// enough for, unless all is wanted.
func (c *console) answer(ctx context.Context, r *read.File, format, sql string, all bool) error {
	rows, err := r.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	names := make([]string, len(rows.Columns))
	for i, column := range rows.Columns {
		names[i] = column.Name
	}
	most := 0
	if c.outTTY && !all {
		most = c.screenful(format, len(names))
	}
	w := c.sink(format, names, tableStyle{most: most})
	n, err := pour(rows, w)
	if err != nil {
		return err
	}
	c.tellDropped(w)
	switch {
	case format != formatTable && format != formatRecord:
	case most > 0 && n > most:
		c.say("%s, the first %d shown; --all shows all.", count(n, "row"), most)
	default:
		c.say("%s", count(n, "row"))
	}
	return nil
}

// pour passes all rows to a sink, and ends it. It returns how many there were.
func pour(rows *read.Rows, w rowSink) (n int, err error) {
	values := make([]any, len(rows.Columns))
	for row, err := range rows.All() {
		if err != nil {
			return n, errors.Join(err, w.flush())
		}
		for i, v := range row {
			values[i] = nil
			if !v.Null {
				values[i] = v
			}
		}
		if err := w.row(values); err != nil {
			return n, err
		}
		n++
	}
	return n, w.close()
}

// screenful is how many rows fit on the terminal, beside the heading and what
// is said below them.
func (c *console) screenful(format string, columns int) int {
	_, height := c.outSize()
	if format == formatRecord {
		return max(1, (height-2)/(columns+1))
	}
	return max(5, height-7)
}

// ask runs one statement on a database file and collects its rows.
func ask(ctx context.Context, path, sql string) (*listing, error) {
	r, err := read.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	rows, err := r.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	l := &listing{}
	for _, c := range rows.Columns {
		l.columns = append(l.columns, c.Name)
	}
	for row, err := range rows.All() {
		if err != nil {
			return nil, err
		}
		values := make([]any, len(row))
		for i, v := range row {
			if !v.Null {
				values[i] = v
			}
		}
		l.rows = append(l.rows, values)
	}
	return l, nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
