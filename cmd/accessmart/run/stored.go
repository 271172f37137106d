package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Dir is the data folder.
func (r *Runner) Dir() string { return r.store.Dir() }

// Load loads what the data folder holds and the file does not know, a run for
// each that fetched it: of each dataset the exports that are newer than the
// newest the file has. An older one, left by a run that was interrupted, would
// bring back what has changed since; an export of a dataset that no later run
// fetched is never passed over. What was held is reloaded where it is
// accepted now. An outcome without exports: there was nothing to load.
//
// Errors: [database.ErrLocked], [*RequestError].
func (r *Runner) Load(ctx context.Context) (out Outcome, err error) {
	unlock, err := r.lock(ctx)
	if err != nil {
		return out, err
	}
	defer unlock()
	runs, err := r.store.Runs()
	if err != nil {
		return out, err
	}
	var known map[schemas.ExportID]string
	if err := r.ask(ctx, func(file *read.File) (err error) { known, err = read.NewestRuns(ctx, file); return err }); err != nil {
		return out, err
	}
	for _, run := range runs {
		exports, err := r.store.Exports(run)
		if err != nil {
			return out, err
		}
		exports = slices.DeleteFunc(exports, func(e *schemas.Export) bool { return run <= known[e.ID()] })
		if len(exports) == 0 {
			continue
		}
		if err := r.loadRun(ctx, run, exports, &out); err != nil {
			return out, err
		}
	}
	return out, r.loadHeld(ctx, &out)
}

func (r *Runner) loadRun(ctx context.Context, run string, exports []*schemas.Export, out *Outcome) error {
	if err := r.checkSources(ctx, claimsOf(exports)); err != nil {
		return err
	}
	for _, e := range exports {
		for _, f := range e.Files {
			if !f.Read {
				r.Progress.Fetched(extract.Event{State: extract.Unread, Source: e.Source, Part: f.Name, Note: f.Reason})
			}
		}
	}
	work, err := r.begin(ctx, ledger.Run{ID: run, Command: "load", Version: r.Version, StartedAt: r.Into.Now()})
	if err != nil {
		return err
	}
	return r.load(ctx, work, exports, out)
}

// loadHeld reloads what is accepted now, was held when it was loaded last,
// and is not in out yet; and with it what was held for its sake. What waits for
// an export that failed waits on, unless it is accepted itself.
func (r *Runner) loadHeld(ctx context.Context, out *Outcome) error {
	if len(r.Accept) == 0 {
		return nil
	}
	var held []read.NewestExport
	if err := r.ask(ctx, func(file *read.File) (err error) { held, err = read.Held(ctx, file); return err }); err != nil {
		return err
	}
	var accepted []*schemas.Export
	for _, h := range held {
		wanted := r.Accept.has(h.Source, h.Dataset) ||
			!h.Waits && slices.ContainsFunc(r.Into.Set.Together(h.Dataset), func(d string) bool { return r.Accept.has(h.Source, d) })
		if done := slices.ContainsFunc(out.Exports, func(x Export) bool { return x.ID() == h.ExportID }); !wanted || done {
			continue
		}
		e, err := r.manifest(h)
		if err != nil {
			return err
		}
		accepted = append(accepted, e)
	}
	if len(accepted) == 0 {
		return nil
	}
	return r.reload(ctx, accepted, "load", out)
}

// ask puts questions to the published file; to none where there is none yet.
func (r *Runner) ask(ctx context.Context, question func(*read.File) error) error {
	file, err := read.Open(ctx, r.Into.Path)
	if errors.Is(err, database.ErrNoDatabase) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(question(file), file.Close())
}

func (r *Runner) manifest(of read.NewestExport) (*schemas.Export, error) {
	exports, err := r.store.Exports(of.Run)
	if err != nil && !errors.Is(err, extract.ErrNoRun) {
		return nil, err
	}
	i := slices.IndexFunc(exports, func(e *schemas.Export) bool { return e.ID() == of.ExportID })
	if i < 0 {
		return nil, fmt.Errorf("%s %s of run %s is not in %s: fetch it anew with 'accessmart refresh', or name the folder with --data", of.Source, of.Dataset, of.Run, r.store.Dir())
	}
	return exports[i], nil
}

// reload loads stored exports once more in a run of its own, whose manifests are theirs
// with its own id.
func (r *Runner) reload(ctx context.Context, exports []*schemas.Export, command string, out *Outcome) error {
	run, err := r.now(command)
	if err != nil {
		return err
	}
	work, err := r.begin(ctx, run)
	if err != nil {
		return err
	}
	r.Progress.Expect(len(exports))
	mine := make([]*schemas.Export, len(exports))
	for i, e := range exports {
		copied := *e
		copied.Run = run.ID
		if err := r.store.SaveExport(&copied); err != nil {
			return errors.Join(err, work.Discard())
		}
		mine[i] = &copied
	}
	return r.load(ctx, work, mine, out)
}
