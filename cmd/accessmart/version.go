package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/database"
)

func newVersion(c *console) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the program, of DuckDB and of Go",
		RunE: func(cmd *cobra.Command, _ []string) error {
			duckdb, err := database.Version(cmd.Context())
			if err != nil {
				return err
			}
			l := &listing{columns: []string{"accessmart", "duckdb", "go"}}
			l.add(version, duckdb, runtime.Version())
			return c.print(format, l)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}
