package main

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
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
	if err := checkDatabase(cfg.Database); err != nil {
		return nil, nil, err
	}
	var held map[string][]string
	if cfg.AsDelivered() {
		if held, err = read.HeldDatasets(ctx, cfg.Database); err != nil {
			return nil, nil, err
		}
	}
	targets, err := cfg.Targets(set, args, held)
	if err != nil {
		return nil, nil, err
	}
	if err := o.accept.Check(targets); err != nil {
		return nil, nil, usageError{err}
	}
	w, err := newWorker(c, cfg, set, o)
	return w, targets, err
}

// settings reads the configuration and the contracts that it names.
func settings(g *globals) (*config.Config, *schemas.Set, error) {
	cfg, err := config.Read(configPath(g.config))
	if err == nil {
		if g.database != "" {
			cfg.UseDatabase(g.database)
		}
		err = cfg.Need()
	}
	if err != nil {
		return nil, nil, err
	}
	set, err := loadContracts(cfg.Contracts)
	return cfg, set, err
}

// looked reads the configuration and the targets of a command that only looks at sources.
// A folder of which nothing can be read is an error, as nothing else would tell of it.
func looked(g *globals, args []string) (*config.Config, *schemas.Set, []run.Target, error) {
	cfg, set, err := settings(g)
	if err != nil {
		return nil, nil, nil, err
	}
	targets, err := cfg.Targets(set, args, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, t := range targets {
		if t.Refused != nil {
			return nil, nil, nil, usageError{fmt.Errorf("source %s: %w", t.Source.Name, t.Refused)}
		}
	}
	return cfg, set, targets, nil
}

func newWorker(c *console, cfg *config.Config, set *schemas.Set, o runOptions) (*worker, error) {
	w := &worker{console: c, progress: newProgress(c, o.quiet)}
	return w, w.open(c.options(cfg, set, o, w.progress))
}

// open opens the data folder of the options.
func (w *worker) open(o run.Options) (err error) {
	w.Runner, err = run.New(o)
	return err
}

// options are those of runs by a configuration.
func (c *console) options(cfg *config.Config, set *schemas.Set, o runOptions, p *progress) run.Options {
	o.summary.of(cfg.Database)
	into := cfg.Into(set)
	into.Log, into.Wait, into.AcceptWith = c.log, o.wait, o.acceptWith
	return run.Options{Data: cfg.Data, Version: version, Accept: o.accept, Progress: told{p, o.summary}, Links: cfg.LinkSettings(), Rules: cfg.RuleSettings(), Into: into}
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
