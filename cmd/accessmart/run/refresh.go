package run

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

// Refresh fetches the targets and loads what arrived. The locks on the data
// folder and on the database are held from the start, so that a second refresh
// does not ask the vendors for nothing. What could not be fetched or loaded is
// told in the outcome; the error is for what ended the run.
//
// Errors: [database.ErrLocked], [database.ErrFirstEdition], [*RequestError] where a
// source bears the name of another.
func (r *Runner) Refresh(ctx context.Context, targets []Target) (out Outcome, err error) {
	targets, out.Exports = Refused(targets)
	unlock, err := r.lock(ctx)
	if err != nil {
		return out, err
	}
	defer unlock()
	run, err := r.now("refresh")
	if err != nil {
		return out, err
	}
	work, err := load.Lock(ctx, r.options(run))
	if err != nil {
		return out, err
	}
	if err := r.checkSources(ctx, claims(targets)); err != nil { // before a vendor is asked
		return out, errors.Join(err, work.Discard())
	}
	r.Progress.Expect(2 * Datasets(targets))
	for _, x := range out.Exports {
		r.Progress.Loaded(run.ID, x)
	}
	exports, err := r.fetchBeside(ctx, run.ID, targets, work)
	if err == nil && slices.ContainsFunc(exports, func(e *schemas.Export) bool { return e.Tenant != "" }) {
		err = r.checkSources(ctx, claimsOf(exports)) // a file may say whose it is
	}
	if err != nil {
		return out, errors.Join(err, work.Discard())
	}
	if err := r.load(ctx, work, exports, &out); err != nil {
		return out, err
	}
	return out, r.release(targets)
}

// fetchBeside is fetch, beside which the working copy is made. Either ends when
// the other fails.
func (r *Runner) fetchBeside(ctx context.Context, run string, targets []Target, work *load.Work) (exports []*schemas.Export, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return work.Open(ctx) })
	g.Go(func() (err error) {
		exports, err = r.fetch(ctx, run, targets)
		return err
	})
	return exports, g.Wait()
}

// Extract fetches the targets, none of them refused, into the data folder, for [Runner.Load] to load
// them. It returns the run's id and a manifest for each dataset asked for; one
// that could not be fetched says so there.
//
// Errors: [database.ErrLocked].
func (r *Runner) Extract(ctx context.Context, targets []Target) (run string, exports []*schemas.Export, err error) {
	unlock, err := r.lock(ctx)
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	r.Progress.Expect(Datasets(targets))
	began, err := r.now("extract")
	if err != nil {
		return "", nil, err
	}
	if exports, err = r.fetch(ctx, began.ID, targets); err != nil {
		return began.ID, exports, err
	}
	return began.ID, exports, r.release(targets)
}

// fetch asks all sources, side by side.
func (r *Runner) fetch(ctx context.Context, run string, targets []Target) ([]*schemas.Export, error) {
	results := make([][]*schemas.Export, len(targets))
	errs := make([]error, len(targets))
	done := make(chan struct{})
	for i, t := range targets {
		go func() {
			defer func() { done <- struct{}{} }()
			results[i], errs[i] = r.extractor.Run(ctx, run, t.Source, t.Vendor, t.Contracts)
		}()
	}
	for range targets {
		<-done
	}
	return slices.Concat(results...), errors.Join(errs...)
}

// release lets the next run fetch the sources anew.
func (r *Runner) release(targets []Target) error {
	var errs []error
	for _, t := range targets {
		errs = append(errs, r.store.Release(t.Source.Name))
		r.Into.Log.Debug("source released", "source", t.Source.Name)
	}
	return errors.Join(errs...)
}
