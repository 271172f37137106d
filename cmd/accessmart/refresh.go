package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

const selectHelp = `
SOURCE is a name of the configuration; SOURCE.DATASET, such as balkan-prod.requests, one of
its datasets. Without arguments all sources are meant, with the datasets that the
configuration lists for them or, where it lists none, all with typed columns.`

func newRefresh(c *console, g *globals) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "refresh [SOURCE[.DATASET]…]",
		Short: "Fetch the exports and bring the database file up to date",
		Long: `Fetches exports, loads what changed into a copy of the database file and puts the copy in
place of the file. Readers see the old file or the new one, never something between. An
export that failed leaves its last rows in place; the others are refreshed all the same.

An export whose rows fell by more than 20 % and 100 rows, or to none, is held: not loaded,
since a short list would read as access that is gone. So is one that fell by more than 30 %
and at least 25 rows, or by half and at least 10 (gate: in the configuration has other limits
in the place of all these). When the fall is real, --accept lets that export through, once.

After each run the checks look for rows that contradict each other (FROM meta.checks). With
--strict the exit code is 6 when a check of severity error found something; warnings never
change it. The file is published in either case.
` + selectHelp,
		Example: "  accessmart refresh\n  accessmart refresh balkan-prod sailpoint.config_objects\n  accessmart refresh --wait 10m --format json\n  accessmart refresh balkan-prod --accept balkan-prod.requests",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return refresh(cmd.Context(), c, g, o, args) })
		},
	}
	o.flags(cmd)
	o.acceptFlag(cmd)
	o.strictFlag(cmd)
	return cmd
}

func newExtract(c *console, g *globals) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "extract [SOURCE[.DATASET]…]",
		Short: "Fetch the exports into the data folder only; 'load' does the rest",
		Long: `The first half of refresh: fetches exports into the data folder and leaves the database file
alone. 'accessmart load' loads them later, without the vendors.
` + selectHelp,
		Example: "  accessmart extract balkan-prod\n  accessmart load",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return extractOnly(cmd.Context(), c, g, o, args) })
		},
	}
	o.flags(cmd)
	return cmd
}

// runOptions are the flags of the commands that refresh.
type runOptions struct {
	format string
	quiet  bool
	wait   time.Duration
	accept acceptance
	// acceptWith is the command line that accepts an export.
	acceptWith func(name string) string
	strict     bool

	summaryFile string
	summary     *summary // nil when none is wanted
}

func (o *runOptions) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no progress on stderr")
	cmd.Flags().StringVar(&o.summaryFile, "summary", "", "write what the run did to `FILE`, as JSON, also when it fails")
	cmd.Flags().DurationVar(&o.wait, "wait", 0, "how long to wait for another refresh, such as 10m")
	formatFlag(cmd, &o.format)
}

func refresh(ctx context.Context, c *console, g *globals, o runOptions, args []string) error {
	p, targets, err := prepare(c, g, o, args)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	rows, err := p.refresh(ctx, targets)
	if err != nil {
		return err
	}
	p.progress.finish()
	// Whoever renamed a source sees it first here. The file is in place by now,
	// so that a signal changes nothing any more.
	if err := tellStrangers(context.WithoutCancel(ctx), c, g, p.database); err != nil {
		return err
	}
	return p.report(o.format, rows)
}

// refresh is one whole run. The locks on the data folder and on the database
// are held from the start, so that a second refresh does not ask the vendors
// for nothing.
func (p *pipeline) refresh(ctx context.Context, targets []target) ([]exportRow, error) {
	unlock, err := lockData(ctx, p.store.Dir(), p.wait)
	if err != nil {
		return nil, err
	}
	defer unlock()
	run, at, err := p.newRun()
	if err != nil {
		return nil, err
	}
	return p.refreshAs(ctx, run, at, targets)
}

// refreshAs is refresh with the id and the time of the run, and the data folder
// locked.
func (p *pipeline) refreshAs(ctx context.Context, run string, at time.Time, targets []target) ([]exportRow, error) {
	work, err := load.Lock(ctx, p.options(load.Run{ID: run, Command: "refresh", Version: version, StartedAt: at}))
	if err != nil {
		return nil, err
	}
	if err := p.checkSources(ctx, claims(targets)); err != nil { // before a vendor is asked
		return nil, errors.Join(err, work.Discard())
	}
	p.progress.expect(2 * countDatasets(targets))
	exports, err := p.fetch(ctx, run, targets, work)
	if err == nil && slices.ContainsFunc(exports, func(e *schemas.Export) bool { return e.Tenant != "" }) {
		err = p.checkSources(ctx, claimsOf(exports)) // a file may say whose it is
	}
	if err != nil {
		return nil, errors.Join(err, work.Discard())
	}
	rows, err := p.load(ctx, work, exports)
	if err != nil {
		return rows, err
	}
	return rows, p.release(targets)
}

// fetch is extract, beside which the working copy is made. Either ends when the
// other fails.
func (p *pipeline) fetch(ctx context.Context, run string, targets []target, work *load.Work) (exports []*schemas.Export, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return work.Open(ctx) })
	g.Go(func() (err error) {
		exports, err = p.extract(ctx, run, targets)
		return err
	})
	return exports, g.Wait()
}

// release lets the next run fetch the sources anew.
func (p *pipeline) release(targets []target) error {
	var errs []error
	for _, t := range targets {
		errs = append(errs, p.store.Release(t.source.Name))
		p.console.log.Debug("source released", "source", t.source.Name)
	}
	return errors.Join(errs...)
}

func extractOnly(ctx context.Context, c *console, g *globals, o runOptions, args []string) error {
	p, targets, err := prepare(c, g, o, args)
	if err != nil {
		return err
	}
	defer p.progress.finish()
	unlock, err := lockData(ctx, p.store.Dir(), o.wait)
	if err != nil {
		return err
	}
	defer unlock()
	p.progress.expect(countDatasets(targets))
	run, _, err := p.newRun()
	if err != nil {
		return err
	}
	exports, err := p.extract(ctx, run, targets)
	if err == nil {
		err = p.release(targets)
	}
	if err != nil {
		return err
	}
	l := &listing{columns: []string{"source", "dataset", "status", "parts", "bytes", "seconds", "error"},
		order: []string{"source", "dataset", "status", "bytes", "error"}, wrap: []string{"dataset", "error"}}
	var rows []exportRow
	for _, e := range exports {
		row := exportRow{Source: e.Source, Dataset: e.Dataset, Status: load.Loaded, Failure: e.Failure}
		status := "complete"
		if !e.Complete {
			row.Status, status = load.Failed, string(load.Failed)
		}
		row.Error = reason(e.Error, e.Source, e.Dataset)
		rows = append(rows, row)
		p.summary.export(run, row)
		l.add(e.Source, e.Dataset, status, len(e.Parts), e.Bytes(), seconds(e.FinishedAt.Sub(e.StartedAt).Seconds()), nullable(reason(e.Error, e.Source, e.Dataset)))
	}
	p.progress.finish()
	if err := c.print(o.format, l); err != nil {
		return err
	}
	c.say("Run %s is in %s. Next: accessmart load", run, p.store.Dir())
	return outcome(rows)
}

// prepare reads the configuration and opens what a run needs.
func prepare(c *console, g *globals, o runOptions, args []string) (*pipeline, []target, error) {
	cfg, set, err := settings(g)
	if err != nil {
		return nil, nil, err
	}
	if len(cfg.Sources) == 0 {
		return nil, nil, usageError{fmt.Errorf("%s: sources: none; add one, see 'accessmart init'", cfg.file)}
	}
	targets, err := chooseTargets(cfg, set, args)
	if err == nil {
		err = o.accept.check(targets)
	}
	if err != nil {
		return nil, nil, usageError{err}
	}
	if err := checkDatabase(cfg.Database); err != nil {
		return nil, nil, err
	}
	p, err := newPipeline(c, cfg, set, o)
	return p, targets, err
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

func newPipeline(c *console, cfg *config, set *schemas.Set, o runOptions) (*pipeline, error) {
	store, err := extract.OpenStore(cfg.Data)
	if err != nil {
		return nil, err
	}
	p := &pipeline{
		console: c, progress: newProgress(c, o.quiet), set: set, store: store, database: cfg.Database,
		memory: cfg.Memory, threads: cfg.Threads, keep: cfg.Keep, rights: cfg.fileRights(), rejects: cfg.Rejects, gate: cfg.gate, accept: o.accept, acceptWith: o.acceptWith,
		strict: o.strict, summary: o.summary, wait: o.wait, now: time.Now,
	}
	o.summary.of(cfg.Database)
	// What was fetched is held until it is in the file: a run that is killed in
	// between does not ask the vendors again.
	p.extractor = &extract.Extractor{Store: store, Log: c.log, Progress: p.progress.fetched, Version: version, Now: p.time, Hold: true}
	return p, nil
}

// time is the pipeline's clock as a function that follows changes of it.
func (p *pipeline) time() time.Time { return p.now() }

// report prints what a run did and decides its exit.
func (p *pipeline) report(format string, rows []exportRow) error {
	p.progress.finish()
	if err := p.console.print(format, exportRows(rows).listing()); err != nil {
		return err
	}
	for _, r := range rows {
		p.progress.tell(p.console, r)
	}
	p.progress.tellAgain(p.console)
	tellChecks(p.console, p.checks)
	p.tellNotes()
	return p.end(rows)
}

// end decides the exit of a run whose exports were told.
func (p *pipeline) end(rows []exportRow) error {
	if p.unused {
		p.console.say("Nothing was published: no export could be loaded, and there is no %s yet. Mend what is said above, then run again.", p.database)
		code := tally(rows).code()
		if code == exitIncomplete {
			code = exitFailed // there is nothing that could be incomplete
		}
		return incompleteError{code: code}
	}
	return strictly(p.strict, p.checks, outcome(rows))
}

// tellNotes tells what the run met at the database file.
func (p *pipeline) tellNotes() {
	for _, note := range p.notes {
		p.console.say("warning: %s.", note)
	}
}

// chooseTargets finds the sources and datasets that the arguments name.
func chooseTargets(cfg *config, set *schemas.Set, args []string) ([]target, error) {
	wanted := map[string][]string{} // source -> plurals, empty for its usual ones
	for _, arg := range args {
		source, plural, one := strings.Cut(arg, ".")
		if !slices.ContainsFunc(cfg.Sources, func(s sourceConfig) bool { return s.name == source }) {
			return nil, fmt.Errorf("no source %s in %s; it has %s", source, cfg.file, cfg.sourceNames())
		}
		if one {
			wanted[source] = append(wanted[source], plural)
		} else if wanted[source] == nil {
			wanted[source] = []string{}
		}
	}
	var targets []target
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		plurals, named := wanted[s.name]
		if len(args) > 0 && !named {
			continue
		}
		if err := s.open(cfg.dir); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.file, err)
		}
		t, err := s.target(set, plurals)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.name, err)
		}
		targets = append(targets, t)
	}
	return targets, nil
}

func (c *config) sourceNames() string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// target opens a source for the plurals, or for its usual datasets.
func (s *sourceConfig) target(set *schemas.Set, plurals []string) (target, error) {
	if len(plurals) == 0 {
		plurals = s.datasets
	}
	t := target{source: extract.Source{Name: s.name}, vendor: s.api}
	if s.files != "" {
		folder, err := files.New(files.Config{Folder: s.files, Join: s.join, Partial: s.partial}, set.Vendor(s.vendor))
		if err != nil {
			return t, err
		}
		if t.vendor = folder; len(plurals) == 0 {
			var unread []schemas.File
			if plurals, unread, err = folder.Datasets(); err != nil {
				return t, err
			}
			if len(plurals) == 0 {
				return t, fmt.Errorf("no file in %s is an export of %s that can be recognised; 'accessmart datasets' lists the names%s", s.files, s.vendor, reasons(unread))
			}
		}
	}
	for _, plural := range plurals {
		c, err := set.Contract(s.vendor + "." + plural)
		if err != nil {
			return t, err
		}
		if !slices.Contains(t.contracts, c) { // named twice
			t.contracts = append(t.contracts, c)
		}
	}
	if len(plurals) == 0 {
		for _, c := range set.Vendor(s.vendor) {
			if c.Typed() {
				t.contracts = append(t.contracts, c)
			}
		}
	}
	return t, nil
}

func countDatasets(targets []target) (n int) {
	for _, t := range targets {
		n += len(t.contracts)
	}
	return n
}

// newRun is the id and the time of a run that begins now, for who holds the
// lock on the data folder. The id sorts after those of all runs that the folder
// holds, also when the clock was set back: 'load' tells by it what is newer.
func (p *pipeline) newRun() (id string, at time.Time, err error) {
	at = p.now()
	runs, err := p.store.Runs()
	if err != nil {
		return "", at, err
	}
	ms := ulid.Timestamp(at)
	if n := len(runs); n > 0 {
		if last, err := ulid.ParseStrict(runs[n-1]); err == nil && last.Time() >= ms {
			ms = last.Time() + 1
		}
	}
	run, err := ulid.New(ms, ulid.DefaultEntropy())
	return run.String(), at, err
}

// lockData takes the data folder for one run: two runs on one folder would
// ask the vendors twice.
func lockData(ctx context.Context, dir string, wait time.Duration) (unlock func(), err error) {
	lock := flock.New(filepath.Join(dir, "lock"))
	ok, err := lock.TryLock() // at once, whatever time there is to wait
	if err == nil && !ok && wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		ok, err = lock.TryLockContext(waiting, 250*time.Millisecond)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			err = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: the data folder %s is in use; wait for that run or use --wait", load.ErrLocked, dir)
	}
	return func() { _ = lock.Unlock() }, nil
}
