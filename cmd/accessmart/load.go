package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

func newLoad(c *console, g *globals) *cobra.Command {
	var o runOptions
	var vendor, source, data string
	var join, partial bool
	cmd := &cobra.Command{
		Use:   "load [FOLDER --vendor VENDOR]",
		Short: "Load what 'extract' fetched, or a folder of exports",
		Long: `Without a folder: the second half of refresh. Loads each run in the data folder that the
database file does not know yet, oldest first, without asking the vendors; of each dataset
only what is newer than the file.

With a folder: loads exports that somebody handed over, as portals and browsers leave them:
.csv, .txt, .tsv, .json, .ndjson, .xlsx or .zip, also with .gz or .zst, and in folders below.
Each file is recognised by its name, <dataset>[.anything], and by its header or keys; what is
not read is named, here and in 'status'. Of several deliveries of a dataset the newest is read,
by the time in the document or in the file's name; where that is not certain the dataset is
refused, and --join reads all of them as one. This needs no configuration, only --database and
--vendor.`,
		Example: `  accessmart load
  accessmart load ./exports --vendor balkanid --database access.duckdb`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return o.summed(cmd, g, func(o runOptions) error {
					return loadFolder(cmd.Context(), c, g, o, sourceConfig{name: source, vendor: vendor, files: args[0], join: join, partial: partial}, data)
				})
			}
			if vendor != "" || join || partial {
				return usageError{errors.New("load: --vendor, --join and --partial need a folder")}
			}
			return o.summed(cmd, g, func(o runOptions) error { return loadRuns(cmd.Context(), c, g, o) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	cmd.Flags().StringVar(&vendor, "vendor", "", "the `VENDOR` of the folder's exports: "+strings.Join(vendors, ", "))
	cmd.Flags().StringVar(&source, "source", "", "the `NAME` of the source in the file and in its keys (default: the vendor's)")
	cmd.Flags().BoolVar(&join, "join", false, "read all files of a dataset as one delivery, whatever their times and names")
	cmd.Flags().BoolVar(&partial, "partial", false, "the files hold a part of what there is: what they lack is not gone")
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: <database>.data)")
	return cmd
}

// dataBeside is the data folder of a database file that no configuration gives
// one. It lies beside the file itself, so that a link to the file has the same.
func dataBeside(database string) (string, error) {
	file, err := load.Follow(database)
	return file + ".data", err
}

// loadFolder is a refresh from one files source that the command line names.
func loadFolder(ctx context.Context, c *console, g *globals, o runOptions, s sourceConfig, data string) error {
	switch {
	case !slices.Contains(vendors, s.vendor):
		return usageError{fmt.Errorf("load: --vendor: want one of %s", strings.Join(vendors, ", "))}
	case g.database == "":
		return usageError{errors.New("load: name the database file with --database")}
	case s.name != "" && !sourceName.MatchString(s.name):
		return usageError{errors.New("load: --source: a name is lower-case letters, digits, '-' and '_'")}
	}
	if err := checkDatabase(g.database); err != nil {
		return err
	}
	set, err := contractSet(g)
	if err != nil {
		return err
	}
	if data == "" {
		if data, err = dataBeside(g.database); err != nil {
			return err
		}
	}
	if s.name == "" {
		if s.name, err = defaultSource(ctx, g.database, s.vendor); err != nil {
			return err
		}
	}
	t, err := s.target(set, nil)
	if err == nil {
		err = o.accept.check([]target{t})
	}
	if err != nil {
		return usageError{err}
	}
	// Last, as it makes the data folder: what is refused leaves none behind.
	p, err := newPipeline(c, &config{Database: g.database, Data: data, Rejects: defaultRejects}, set, o)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	rows, err := p.refresh(ctx, []target{t})
	if err != nil {
		return err
	}
	return p.report(o.format, rows)
}

// loadRuns loads what the data folder holds and the file does not know: of each
// dataset the exports that are newer than the newest the file has. An older
// one, left by a run that was interrupted, would bring back what has changed
// since; an export of a dataset that no later run fetched is never passed over.
func loadRuns(ctx context.Context, c *console, g *globals, o runOptions) error {
	p, _, err := prepare(c, g, o, nil)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	unlock, err := lockData(ctx, p.store.Dir(), p.wait)
	if err != nil {
		return err
	}
	defer unlock()
	runs, err := p.store.Runs()
	if err != nil {
		return err
	}
	known, err := newestRuns(ctx, p.database)
	if err != nil {
		return err
	}
	var rows []exportRow
	for _, run := range runs {
		exports, err := p.store.Exports(run)
		if err != nil {
			return err
		}
		exports = slices.DeleteFunc(exports, func(e *schemas.Export) bool { return run <= known[exportID{e.Source, e.Dataset}] })
		if len(exports) == 0 {
			continue
		}
		more, err := p.loadRun(ctx, run, exports)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	more, err := p.loadHeld(ctx, rows)
	if err != nil {
		return err
	}
	if rows = append(rows, more...); len(rows) == 0 {
		c.say("Nothing to load: %s knows the newest exports in %s. 'accessmart extract' or 'refresh' fetches anew.", p.database, p.store.Dir())
		return nil
	}
	return p.report(o.format, rows)
}

// loadHeld loads again what is accepted now, was held when it was loaded last,
// and is not among rows; and with it what was held for its sake.
func (p *pipeline) loadHeld(ctx context.Context, rows []exportRow) ([]exportRow, error) {
	if len(p.accept) == 0 {
		return nil, nil
	}
	// What waits for an export that failed waits on, unless it is accepted itself.
	l, err := ask(ctx, p.database, `select source, dataset, run_id, exists(from meta.gates g where g.run_id = e.run_id and g.source = e.source and g.dataset = e.dataset
			and g.reason = 'companion failed') from meta.exports e
		where status = 'held' and as_of = (select max(as_of) from meta.exports n where n.source = e.source and n.dataset = e.dataset) order by e.rowid`)
	if errors.Is(err, load.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var again []rejectedExport
	for _, row := range l.rows {
		source, dataset, run := display(row[0]), display(row[1]), display(row[2])
		wanted := p.accept.has(source, dataset) || display(row[3]) == "false" && slices.ContainsFunc(p.set.Together(dataset), func(d string) bool { return p.accept.has(source, d) })
		if done := slices.ContainsFunc(rows, func(r exportRow) bool { return r.Source == source && r.Dataset == dataset }); !wanted || done {
			continue
		}
		e, err := p.manifest(run, source, dataset)
		if err != nil {
			return nil, err
		}
		again = append(again, rejectedExport{Export: e})
	}
	if len(again) == 0 {
		return nil, nil
	}
	return p.replayRun(ctx, again, "load")
}

func (p *pipeline) loadRun(ctx context.Context, run string, exports []*schemas.Export) ([]exportRow, error) {
	if err := p.checkSources(ctx, claimsOf(exports)); err != nil {
		return nil, err
	}
	for _, e := range exports {
		for _, f := range e.Files {
			if !f.Read {
				p.progress.warn("unread   %s", unread(e.Source, f.Name, f.Reason))
			}
		}
	}
	work, err := p.begin(ctx, run, p.now(), "load")
	if err != nil {
		return nil, err
	}
	return p.load(ctx, work, exports)
}

// exportID names an export within a run.
type exportID struct{ source, dataset string }

// newestRuns are the newest runs that a database file holds of each dataset;
// none when it does not exist. Run ids sort by time.
func newestRuns(ctx context.Context, path string) (map[exportID]string, error) {
	l, err := ask(ctx, path, "select source, dataset, max(run_id) from meta.exports group by all")
	if errors.Is(err, load.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	newest := map[exportID]string{}
	for _, row := range l.rows {
		newest[exportID{display(row[0]), display(row[1])}] = display(row[2])
	}
	return newest, nil
}
