package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// rejectFilter narrows the rejects by what they carry; empty means all.
type rejectFilter struct {
	run, source, dataset, rule string
	limit                      int
}

func newRejects(c *console, g *globals) *cobra.Command {
	var format string
	var grouped bool
	var f rejectFilter
	cmd := &cobra.Command{
		Use:   "rejects",
		Short: "List the records that could not become rows",
		Long: `Each reject has its run, source, dataset, artifact, position (record, line, byte offset), the
rule that it broke, the field at fault, a message and its own text. Without --run, those of the
newest export of each dataset that could be read are shown. Rejects are never deleted. After a
contract was corrected, 'rejects replay' reads their exports again.`,
		Example: `  accessmart rejects --group
  accessmart rejects --dataset balkanid.employees --format csv > rejects.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			if err := c.warnOfLogs(path); err != nil {
				return err
			}
			if err := f.check(cmd.Context(), g, path); err != nil {
				return err
			}
			l, err := ask(cmd.Context(), path, f.sql(grouped))
			if err != nil {
				return err
			}
			l.order = []string{"dataset", "line", "field", "rule", "message", "records", "source"}
			l.wrap = []string{"dataset", "message"}
			return c.print(format, l)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&grouped, "group", false, "count by source, dataset, rule, field and message")
	flags.StringVar(&f.run, "run", "", "only of this run `ID`; all for every run")
	flags.StringVar(&f.source, "source", "", "only of this source `NAME`")
	flags.StringVar(&f.dataset, "dataset", "", "only of this dataset `NAME`")
	flags.StringVar(&f.rule, "rule", "", "only those that broke this `RULE`")
	flags.IntVar(&f.limit, "limit", 1000, "at most `N` lines; 0 for all")
	formatFlag(cmd, &format)
	cmd.AddCommand(newReplay(c, g))
	return cmd
}

// check refuses what can match nothing: a misspelt name would look like no
// rejects.
func (f rejectFilter) check(ctx context.Context, g *globals, path string) error {
	if f.rule != "" && !slices.Contains(schemas.RejectRules, f.rule) {
		return usageError{fmt.Errorf("no rule %s; there are %s", f.rule, strings.Join(schemas.RejectRules, ", "))}
	}
	set, err := contractSet(g)
	if err != nil {
		return err
	}
	for _, c := range []struct{ what, column, name string }{{"source", "source", f.source}, {"dataset", "dataset", f.dataset}, {"run", "run_id", f.run}} {
		if c.name == "" || c.what == "run" && c.name == "all" {
			continue
		}
		if _, err := set.Contract(c.name); c.what == "dataset" && err == nil {
			continue // known, though it may never have come
		}
		l, err := ask(ctx, path, "select distinct "+c.column+" from meta.exports order by all")
		if err != nil {
			return err
		}
		var known []string
		for _, row := range l.rows {
			known = append(known, display(row[0]))
		}
		if slices.Contains(known, c.name) {
			continue
		}
		if c.what == "run" {
			return usageError{fmt.Errorf("no run %s in %s; 'accessmart query \"from meta.runs\"' lists them", c.name, path)}
		}
		return unknownName(path, c.what, c.name, known)
	}
	return nil
}

func (f rejectFilter) sql(grouped bool) string {
	var where []string
	add := func(column, value string) {
		if value != "" {
			where = append(where, column+" = "+sqlQuote(value))
		}
	}
	add("source", f.source)
	add("dataset", f.dataset)
	add("rule", f.rule)
	switch f.run {
	case "all":
	case "":
		where = append(where, "(source, dataset, run_id) in ("+string(read.NewestReads(ledger.Loaded, ledger.Unchanged, ledger.Held))+")")
	default:
		add("run_id", f.run)
	}
	condition := ""
	if where != nil {
		condition = " where " + strings.Join(where, " and ")
	}
	sql := "select run_id, source, dataset, artifact, record, line, byte_offset, field, rule, message, record_text from meta.rejects" +
		condition + " order by run_id, source, dataset, artifact, record"
	if grouped {
		sql = "select source, dataset, rule, field, message, count(*) as records, min(line) as first_line from meta.rejects" +
			condition + " group by all order by records desc, source, dataset, rule, field"
	}
	if f.limit > 0 {
		sql += fmt.Sprintf(" limit %d", f.limit)
	}
	return sql
}
