package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/schemas"
)

// worker does the runs of a command, and tells of them.
type worker struct {
	*run.Runner
	console  *console
	progress *progress
}

// prepare reads the configuration and opens what a run needs.
func prepare(ctx context.Context, c *console, g *globals, o runOptions, args []string) (*worker, []run.Target, error) {
	cfg, set, err := settings(g)
	if err != nil {
		return nil, nil, err
	}
	if len(cfg.Sources) == 0 {
		return nil, nil, usageError{fmt.Errorf("%s: sources: none; add one, see 'accessmart init'", cfg.file)}
	}
	if err := checkDatabase(cfg.Database); err != nil {
		return nil, nil, err
	}
	var held map[string][]string
	if slices.ContainsFunc(cfg.Sources, func(s sourceConfig) bool { return s.files != "" && len(s.datasets) == 0 }) {
		if held, err = read.HeldDatasets(ctx, cfg.Database); err != nil {
			return nil, nil, err
		}
	}
	targets, err := chooseTargets(cfg, set, args, held)
	if err == nil {
		err = o.accept.Check(targets)
	}
	if err != nil {
		return nil, nil, usageError{err}
	}
	w, err := newWorker(c, cfg, set, o)
	return w, targets, err
}

// settings reads the configuration and the contracts that it names.
func settings(g *globals) (*config, *schemas.Set, error) {
	cfg, err := readConfig(configPath(g.config))
	if err == nil {
		if g.database != "" {
			delete(cfg.pending, "database") // the flag is taken instead
		}
		err = cfg.need()
	}
	if err != nil {
		return nil, nil, err
	}
	set, err := loadContracts(cfg.Contracts)
	if g.database != "" {
		cfg.Database = g.database
	}
	return cfg, set, err
}

func newWorker(c *console, cfg *config, set *schemas.Set, o runOptions) (*worker, error) {
	w := &worker{console: c, progress: newProgress(c, o.quiet)}
	return w, w.open(c.options(cfg, set, o, w.progress))
}

// open opens the data folder of the options.
func (w *worker) open(o run.Options) (err error) {
	w.Runner, err = run.New(o)
	return err
}

// options are those of runs by a configuration.
func (c *console) options(cfg *config, set *schemas.Set, o runOptions, p *progress) run.Options {
	share, most := cfg.Rejects.options()
	rights := cfg.fileRights()
	o.summary.of(cfg.Database)
	return run.Options{
		Data: cfg.Data, Version: version, Accept: o.accept, Progress: told{p, o.summary}, Links: cfg.links(),
		Into: load.Options{
			Path: cfg.Database, Set: set, Log: c.log, Threads: cfg.Threads, Memory: cfg.Memory, Wait: o.wait, Keep: cfg.Keep,
			Mode: rights.mode(), Group: rights.Group, RejectShare: share, RejectMin: most, Gate: cfg.gate, AcceptWith: o.acceptWith,
		},
	}
}

// report prints what a run did and decides its exit.
func (w *worker) report(o runOptions, out run.Outcome) error {
	w.progress.finish()
	if err := w.console.print(o.format, exportListing(out.Exports)); err != nil {
		return err
	}
	return w.tell(o, out)
}

// tell tells what the table of a run does not show, and decides the exit.
func (w *worker) tell(o runOptions, out run.Outcome) error {
	for _, x := range out.Exports {
		w.progress.tell(w.console, x)
	}
	w.progress.tellAgain(w.console)
	tellChecks(w.console, out.Checks)
	w.tellNotes(out)
	if out.Unpublished {
		w.console.say("Nothing was published: no export could be loaded, and there is no %s yet. Mend what is said above, then run again.", w.Into.Path)
		code := codeOf(run.Count(out.Exports))
		if code == exitIncomplete {
			code = exitFailed // there is nothing that could be incomplete
		}
		return incompleteError{code: code}
	}
	return strictly(o.strict, out.Checks, outcome(out.Exports))
}

// tellNotes tells what the run met at the database file.
func (w *worker) tellNotes(out run.Outcome) {
	for _, note := range out.Notes {
		w.console.warn(note)
	}
}

// exportListing lists exports for people.
func exportListing(exports []run.Export) *listing {
	l := &listing{columns: []string{"source", "dataset", "status", "records", "loaded", "rejected", "inserted", "closed", "unchanged", "seconds"},
		order: []string{"source", "dataset", "status", "records", "rejected", "inserted", "closed"}, wrap: []string{"dataset"}}
	for _, x := range exports {
		l.add(x.Source, x.Dataset, string(x.Status), x.Records, x.Loaded, x.Rejected, x.Inserted, x.Closed, x.Unchanged,
			seconds(x.FetchSeconds+x.LoadSeconds))
	}
	return l
}
