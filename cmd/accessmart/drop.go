package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

// dropOptions are the flags of sources drop.
type dropOptions struct {
	runOptions
	data    string
	history bool
	yes     bool
}

func newDrop(c *console, g *globals) *cobra.Command {
	var o dropOptions
	cmd := &cobra.Command{
		Use:   "drop NAME",
		Short: "Take the rows of a source out of the database file",
		Long: `Closes all rows of a source, as a run of its own: they go to history and end with this run.
With --with-history the closed versions go too, of this run and of all before. The ledger in
meta stays, with the rejects, and says that a person did it; the delivered files stay in the
data folder. 'rebuild' does the same again. Without --yes it is only told what would go. The
name may be given to another vendor or tenant afterwards; a source that is still configured
comes back with the next refresh.`,
		Example: "  accessmart sources drop old-name\n  accessmart sources drop old-name --with-history --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return dropSource(cmd.Context(), c, g, o, args[0])
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.data, "data", "", "data `FOLDER` (default: the configuration's, else <database>.data)")
	cmd.Flags().BoolVar(&o.history, "with-history", false, "drop the closed versions too")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do it")
	return cmd
}

// heldSQL: the datasets of a source that the file holds.
const heldSQL = `select dataset from meta.exports where source = %s group by dataset
having arg_max(status, as_of) not in ('dropped', 'erased') order by dataset`

func dropSource(ctx context.Context, c *console, g *globals, o dropOptions, name string) error {
	if _, err := os.Stat(configPath(g.config)); o.data == "" && g.database != "" && g.config == "" && errors.Is(err, fs.ErrNotExist) {
		if o.data, err = dataBeside(g.database); err != nil { // as 'load FOLDER' has it
			return err
		}
	}
	p, err := stored(c, g, o.runOptions, o.data)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	unlock, err := lockData(ctx, p.store.Dir(), p.wait)
	if err != nil {
		return err
	}
	defer unlock()
	l, err := ask(ctx, p.database, fmt.Sprintf(heldSQL, sqlQuote(name)))
	if err != nil {
		return err
	}
	if len(l.rows) == 0 {
		return usageError{fmt.Errorf("sources drop: %s has no rows of a source %s; 'accessmart sources' lists those that it has", p.database, visible(name))}
	}
	var datasets []string
	for _, r := range l.rows {
		datasets = append(datasets, display(r[0]))
	}
	how := "to history"
	if o.history {
		how = "with their history"
	}
	if !o.yes {
		return usageError{fmt.Errorf("sources drop: the rows of %s (%s) would leave %s, %s; say so with --yes", name, strings.Join(datasets, ", "), p.database, how)}
	}
	rows, err := p.drop(ctx, name, datasets, o.history)
	if err != nil {
		return err
	}
	p.progress.finish()
	out := &listing{columns: []string{"source", "dataset", "status", "closed"}}
	for _, r := range rows {
		out.add(r.Source, r.Dataset, string(r.Status), r.Closed)
	}
	if err := c.print(o.format, out); err != nil {
		return err
	}
	c.say("Dropped %s, %s.", name, how)
	return nil
}

// drop is a run that takes the datasets of a source out of the file.
func (p *pipeline) drop(ctx context.Context, source string, datasets []string, history bool) (rows []exportRow, err error) {
	run, at, err := p.newRun()
	if err != nil {
		return nil, err
	}
	work, err := p.begin(ctx, run, at, "sources drop")
	if err != nil {
		return nil, err
	}
	status := load.Dropped
	if history {
		status = load.Erased
	}
	for _, dataset := range datasets {
		r, err := work.Drop(ctx, dropped(run, source, dataset), status)
		if err != nil {
			return nil, errors.Join(err, work.Discard())
		}
		row := exportRow{Source: source, Dataset: dataset}
		row.take(r)
		rows = append(rows, row)
	}
	published, err := work.Publish(ctx, load.RunDone)
	if err != nil {
		return rows, err
	}
	p.checks = published.Checks
	_, err = p.record(published.Records)
	return rows, err
}

// dropped is a dataset that a run takes out of the file, as load knows exports.
func dropped(run, source, dataset string) *schemas.Export {
	vendor, _, _ := strings.Cut(dataset, ".")
	return &schemas.Export{Run: run, Source: source, Vendor: vendor, Dataset: dataset, Parts: []schemas.Part{}}
}

// wasDropped reports whether a run took the dataset out of the file.
func wasDropped(d *schemas.RunExport) bool {
	return d.Status == string(load.Dropped) || d.Status == string(load.Erased)
}
