package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/database"
)

// clients are the lines that open a database file, by client. %[1]s is the
// file's path with the quotes that the language asks for.
var clients = []struct {
	name, lines string
	quote       func(string) string
}{
	{"duckdb", "duckdb -readonly %[1]s", shellQuote},
	{"sql", "ATTACH %[1]s AS access (READ_ONLY);\nUSE access;", sqlQuote},
	{"python", "import duckdb\naccess = duckdb.connect()\naccess.execute(%[1]s)\naccess.execute(\"USE access\")\naccess.sql(\"FROM accounts LIMIT 10\").show()", codeQuoteAttach},
	{"r", "library(duckdb)\naccess <- dbConnect(duckdb(), dbdir = %[1]s, read_only = TRUE)\ndbGetQuery(access, \"FROM accounts LIMIT 10\")", codeQuote},
	{"node", "import { DuckDBInstance } from '@duckdb/node-api';\nconst access = await (await DuckDBInstance.create(%[1]s, { access_mode: 'READ_ONLY' })).connect();", codeQuote},
	{"jdbc", "jdbc:duckdb:%[1]s  (property duckdb.read_only=true)", func(s string) string { return s }},
}

const connectNote = `A refresh puts a new file in place of the old one: an open connection goes on with the old
file, a new process sees the new one. A process that opens a file by its path while it still
has it open gets the old one again. What sees the new one: ATTACH in a connection of its own,
as in the lines for python; DETACH, then ATTACH; or connecting again after all connections to
the file were closed. ATTACH OR REPLACE goes on with the old one.`

func newConnect(c *console, g *globals) *cobra.Command {
	names := make([]string, len(clients))
	for i, cl := range clients {
		names[i] = cl.name
	}
	return &cobra.Command{
		Use:       "connect [CLIENT]",
		Short:     "Print what opens the file in duckdb, Python, R, Node or JDBC",
		Example:   "  accessmart connect python\n  eval \"$(accessmart connect duckdb)\"",
		ValidArgs: names,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if path, err = filepath.Abs(path); err != nil {
				return err
			}
			if err := database.Check(path); err != nil { // the lines would make an empty file, or fail later
				return err
			}
			// These programs would believe it.
			if logs, err := foreignLogs(path); err != nil || logs != "" {
				return errors.Join(err, errors.New(logs))
			}
			for _, cl := range clients {
				switch {
				case len(args) == 0:
					fmt.Fprintf(c.out, "# %s\n%s\n\n", cl.name, fmt.Sprintf(cl.lines, cl.quote(path)))
				case args[0] == cl.name:
					fmt.Fprintf(c.out, cl.lines+"\n", cl.quote(path))
				}
			}
			if len(args) == 0 {
				c.say("%s", connectNote)
			}
			return nil
		},
	}
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
func sqlQuote(s string) string   { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func codeQuote(s string) string  { return fmt.Sprintf("%q", s) }

func codeQuoteAttach(s string) string {
	return codeQuote("ATTACH " + sqlQuote(s) + " AS access (READ_ONLY)")
}
