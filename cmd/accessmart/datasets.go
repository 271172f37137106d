package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/schemas"
)

func newDatasets(c *console, g *globals) *cobra.Command {
	var format string
	var asSQL bool
	cmd := &cobra.Command{
		Use:   "datasets [NAME]",
		Short: "List the datasets, or the columns of one and what becomes of them",
		Long: `Without a name: dataset, format, mode, typed columns, the common tables that it feeds, how far
the vendor documents it, and its grain. In JSON and CSV also how it comes (comes): asked: each
refresh asks for it. if named: a refresh asks where the configuration or the command names it.
file only: no API is asked for it; somebody hands it over, and a source with 'files: FOLDER' reads
it. With a name: its columns, the vendor's names for them,
and the columns of the common model that they fill. With --sql: the contract as equivalent
SELECT statements, with comments on what SQL cannot express.`,
		Example: "  accessmart datasets\n  accessmart datasets balkanid.requests --format json\n  accessmart datasets balkanid.requests --sql",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case asSQL && len(args) == 0:
				return usageError{errors.New("--sql is of one dataset: name it, such as 'accessmart datasets balkanid.requests --sql'")}
			case asSQL && cmd.Flags().Changed("format"):
				return usageError{errors.New("--sql prints SQL; leave out --format")}
			}
			set, err := contractSet(g)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if err := c.print(format, listDatasets(set, format != formatTable)); err != nil {
					return err
				}
				tellFilesOnly(c, set)
				return nil
			}
			contract, err := set.Contract(args[0])
			if err != nil {
				return usageError{err}
			}
			if asSQL {
				_, err := io.WriteString(c.out, contract.SQL(set.Common))
				return err
			}
			if err := c.print(format, listColumns(contract, set.Common)); err != nil {
				return err
			}
			if contract.ByHand() {
				c.say("%s comes only as a file that somebody hands over: name it %s.csv or let its header tell, and add a source with its folder: {vendor: %s, files: FOLDER}.", contract.Dataset, contract.Plural(), contract.Vendor())
			}
			return nil
		},
	}
	formatFlag(cmd, &format)
	cmd.Flags().BoolVar(&asSQL, "sql", false, "print the contract as SQL over the vendor's table")
	cmd.AddCommand(newDatasetsCheck(c, g))
	return cmd
}

// listDatasets lists the datasets. How each comes is left out of a table, which has no room for it.
func listDatasets(set *schemas.Set, comes bool) *listing {
	l := &listing{columns: []string{"dataset", "format", "mode", "typed_columns", "feeds", "documented", "grain"},
		order: []string{"dataset", "grain", "feeds", "mode"}, wrap: []string{"dataset", "feeds", "documented", "comes", "grain"}, lines: 23}
	for _, ct := range set.All() {
		var feeds []string
		for _, e := range ct.Emit {
			if len(feeds) == 0 || feeds[len(feeds)-1] != e.Table {
				feeds = append(feeds, e.Table)
			}
		}
		row := []any{ct.Dataset, string(ct.Format), string(ct.Mode), len(ct.Columns), strings.Join(feeds, ", "), string(ct.Documented), ct.Grain}
		if comes {
			row = append(row, comesBy(ct))
		}
		l.add(row...)
	}
	if comes {
		l.columns = append(l.columns, "comes")
	}
	return l
}

// tellFilesOnly names the datasets for which no API is asked.
func tellFilesOnly(c *console, set *schemas.Set) {
	var names []string
	for _, ct := range set.All() {
		if ct.ByHand() {
			names = append(names, ct.Dataset)
		}
	}
	c.say("Only as files that somebody hands over, and never asked for: %s", strings.Join(names, ", "))
}

// comesBy says how a dataset arrives.
func comesBy(ct *schemas.Contract) string {
	switch {
	case ct.ByHand():
		return "file only"
	case ct.ByName(), !ct.Typed():
		return "if named"
	}
	return "asked"
}

func listColumns(ct *schemas.Contract, common *schemas.Common) *listing {
	l := &listing{columns: []string{"column", "type", "from", "required", "fills"}, order: []string{"column", "type", "fills", "from"}, wrap: []string{"column", "from", "fills"}, lines: 44}
	for _, col := range ct.Columns {
		from := strings.Join(col.From, " | ")
		if col.Context != "" {
			from = strings.TrimPrefix(fmt.Sprintf("%s | request: %s", from, col.Context), " | ")
		}
		l.add(col.Name, string(col.Type), from, col.Required, strings.Join(fills(ct, common, col.Name), ", "))
	}
	if also := fills(ct, common, schemas.ExtraColumn); also != nil {
		l.add(schemas.ExtraColumn, string(schemas.JSON), "whatever is not named above", false, strings.Join(also, ", "))
	}
	return l
}

// fills lists the columns of the common model that read a contract column.
func fills(ct *schemas.Contract, common *schemas.Common, column string) (out []string) {
	for _, m := range ct.Mappings(common) {
		if to := m.Table + "." + m.Target; m.Column == column && m.Target != "" && m.Rule != schemas.Decides && !slices.Contains(out, to) {
			out = append(out, to)
		}
	}
	return out
}

// tellHanded tells which datasets the sources are not asked for, as they come only as files.
func tellHanded(c *console, targets []run.Target) {
	for _, t := range targets {
		if len(t.Handed) == 0 {
			continue
		}
		names := make([]string, len(t.Handed))
		for i, h := range t.Handed {
			names[i] = h.Plural()
		}
		c.say("%s is not asked for %s: they come only as files that somebody hands over, which a source with 'files: FOLDER' reads.", t.Source.Name, strings.Join(names, ", "))
	}
}
