package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

func newReplay(c *console, g *globals) *cobra.Command {
	var o runOptions
	var data string
	cmd := &cobra.Command{
		Use:   "replay [SOURCE[.DATASET]…]",
		Short: "Load exports that have rejects again, by a corrected contract",
		Long: `Reads the newest export of each dataset that has rejects, or that had too many to be loaded,
once more from the stored artifacts, with the present contracts and limits and without asking
the vendors. Records that now pass become rows as of this run; those that still fail are its
rejects. The rejects of the run before stay, under 'accessmart rejects --run ID'.`,
		Example: "  accessmart rejects replay\n  accessmart rejects replay balkan-prod.employees",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return replay(cmd.Context(), c, g, o, data, args) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: the configuration's)")
	return cmd
}

func replay(ctx context.Context, c *console, g *globals, o runOptions, data string, args []string) error {
	accept := o.accept
	o.accept = nil // checked against what is replayed, not against what is configured
	p, err := stored(c, g, o, data)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	unlock, err := lockData(ctx, p.store.Dir(), p.wait)
	if err != nil {
		return err
	}
	defer unlock()
	again, err := p.withRejects(ctx, args)
	if err != nil {
		return err
	}
	ids := make([]exportID, len(again))
	for i, r := range again {
		ids[i] = exportID{r.Source, r.Dataset}
	}
	if err := accept.resolve(ids); err != nil {
		return usageError{err}
	}
	if len(again) == 0 {
		c.say("Nothing to replay: the newest exports have no rejects.")
		return nil
	}
	p.accept, p.replay = accept, true
	rows, err := p.replayRun(ctx, again, "rejects replay")
	if err != nil {
		return err
	}
	p.progress.finish()
	l := &listing{columns: []string{"source", "dataset", "status", "rejects_before", "rejects_after", "loaded", "inserted", "closed"},
		order: []string{"source", "dataset", "status", "rejects_after"}, wrap: []string{"dataset"}}
	for i, r := range rows {
		l.add(r.Source, r.Dataset, string(r.Status), again[i].rejects, r.Rejected, r.Loaded, r.Inserted, r.Closed)
	}
	if err := c.print(o.format, l); err != nil {
		return err
	}
	for _, r := range rows {
		p.progress.tell(c, r)
	}
	tellChecks(c, p.checks)
	return p.end(rows)
}

// rejectedExport is an export that was read with rejects.
type rejectedExport struct {
	*schemas.Export
	rejects int64
}

// withRejects finds the exports to read again, by source and dataset: those
// whose rows the file holds, or that were newer and had too many rejects.
func (p *pipeline) withRejects(ctx context.Context, args []string) ([]rejectedExport, error) {
	l, err := ask(ctx, p.database, `select source, dataset, run_id, reject_count from meta.exports
		where reject_count > 0 and (source, dataset, run_id) in (`+fmt.Sprintf(newestReads, "'loaded', 'unchanged'")+`) order by source, dataset`)
	if err != nil {
		return nil, err
	}
	var out []rejectedExport
	used := map[string]bool{}
	for _, row := range l.rows {
		source, dataset, run := display(row[0]), display(row[1]), display(row[2])
		_, plural, _ := strings.Cut(dataset, ".")
		wanted := len(args) == 0
		for _, a := range args {
			if a == source || a == source+"."+plural {
				wanted, used[a] = true, true
			}
		}
		if !wanted {
			continue
		}
		e, err := p.manifest(run, source, dataset)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(display(row[3]), 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, rejectedExport{e, n})
	}
	for _, a := range args {
		if !used[a] {
			return nil, usageError{fmt.Errorf("%s: no export of that name has rejects; 'accessmart rejects --group' lists them", a)}
		}
	}
	return out, nil
}

func (p *pipeline) manifest(run, source, dataset string) (*schemas.Export, error) {
	exports, err := p.store.Exports(run)
	if err != nil && !errors.Is(err, extract.ErrNoRun) {
		return nil, err
	}
	i := slices.IndexFunc(exports, func(e *schemas.Export) bool { return e.Source == source && e.Dataset == dataset })
	if i < 0 {
		return nil, fmt.Errorf("%s %s of run %s is not in %s: fetch it anew with 'accessmart refresh', or name the folder with --data", source, dataset, run, p.store.Dir())
	}
	return exports[i], nil
}

// replayRun is a run of its own, whose manifests are those of the exports with
// its own id.
func (p *pipeline) replayRun(ctx context.Context, again []rejectedExport, command string) ([]exportRow, error) {
	run, at, err := p.newRun()
	if err != nil {
		return nil, err
	}
	work, err := p.begin(ctx, run, at, command)
	if err != nil {
		return nil, err
	}
	p.progress.expect(len(again))
	exports := make([]*schemas.Export, len(again))
	for i, r := range again {
		e := *r.Export
		e.Run = run
		if err := p.store.SaveExport(&e); err != nil {
			return nil, errors.Join(err, work.Discard())
		}
		exports[i] = &e
	}
	return p.load(ctx, work, exports)
}
