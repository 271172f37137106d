package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load"
)

func newQuery(c *console, g *globals) *cobra.Command {
	var format, file string
	cmd := &cobra.Command{
		Use:   "query [SQL | -]",
		Short: "Ask the database file in SQL; it is opened read-only",
		Long: `Runs one SQL statement on the database file and prints its rows. The common model is in
schema main, so 'FROM grants' just works; report holds saved questions, history closed
versions, meta the ledger, and oleria, sailpoint and balkanid the exports as delivered.
In CSV a text cell that a spreadsheet could run as a formula gets a leading apostrophe.`,
		Example: `  accessmart query "FROM report.dormant_accounts"
  accessmart query --database access.duckdb --format csv "select source, count(*) from accounts group by 1"
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
			if format != formatTable {
				return c.stream(cmd.Context(), format, path, sql)
			}
			l, err := ask(cmd.Context(), path, sql)
			if err != nil {
				return err
			}
			if err := c.print(format, l); err != nil {
				return err
			}
			c.say("%s", count(len(l.rows), "row"))
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "read the SQL from `FILE`")
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

// stream prints the rows of one statement as they come: an answer may be larger
// than memory.
func (c *console) stream(ctx context.Context, format, path, sql string) error {
	r, err := load.OpenRead(ctx, path)
	if err != nil {
		return err
	}
	defer r.Close()
	rows, err := r.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	names := make([]string, len(rows.Columns))
	for i, column := range rows.Columns {
		names[i] = column.Name
	}
	w := newRowWriter(c.out, format, names)
	values := make([]any, len(names))
	for row, err := range rows.All() {
		if err != nil {
			return errors.Join(err, w.flush())
		}
		for i, v := range row {
			values[i] = nil
			if !v.Null {
				values[i] = v
			}
		}
		if err := w.row(values); err != nil {
			return err
		}
	}
	return w.close()
}

// ask runs one statement on a database file and collects its rows.
func ask(ctx context.Context, path, sql string) (*listing, error) {
	r, err := load.OpenRead(ctx, path)
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
