package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Published tells what [Work.Publish] put in place.
type Published struct {
	Path        string
	RunID       string
	PreviousRun string // "" for the first
	AsOf        time.Time
	ChainHash   string
	Bytes       int64 // size of the file
	Checks      []ledger.CheckResult
	Records     []schemas.Run // the decisions of each run that is not [Options].Recorded, and of this one; oldest first
	Seconds     float64
	Notes       []string // for whoever runs the refresh, such as that somebody left a log beside the file
}

// Publish finishes the working copy, checks that it has the rows that the ledger says,
// syncs it and renames it over the published file. Readers that have the old file open
// keep it. Afterwards the work is over, also after an error.
//
// Errors: [database.ErrBroken], [ErrVerify], [database.FileError] with
// [database.ErrInUse]; in each case the published file is as it was.
func (w *Work) Publish(ctx context.Context, status ledger.RunStatus) (p Published, err error) {
	if err := w.usable(); err != nil {
		return p, errors.Join(err, w.Discard())
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	start := time.Now()
	p = Published{Path: w.copy.File(), RunID: w.run(), PreviousRun: w.ledger.Previous(), AsOf: w.ledger.AsOf()}
	if err := w.derive(ctx, &p); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	if err := w.keepRules(ctx); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	if p.Checks, err = w.finish(ctx, status); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	w.step("run entered")
	w.db = nil
	if err := w.copy.Close(ctx); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	w.step("checkpoint made")
	if err := w.verify(ctx, &p); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	w.step("copy verified")
	if p.Bytes, err = w.copy.Replace(ctx, p.RunID, database.Earlier{Keep: w.opt.Keep, Run: w.base}); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	p.Seconds, p.Notes = time.Since(start).Seconds(), append(p.Notes, w.copy.Notes()...)
	w.opt.Log.Info("published", "run", p.RunID, "bytes", p.Bytes, "took", p.Seconds)
	return p, nil
}

// finish enters the run into the ledger, and does what only the last run of a copy needs: it
// derives the closure of grants, of which no earlier state is kept, makes the views and
// macros, asks the checks, and enters the hash of the file before.
func (w *Work) finish(ctx context.Context, status ledger.RunStatus) (checks []ledger.CheckResult, err error) {
	if !w.opt.StatementsOnly {
		if err := w.keepClosure(ctx); err != nil {
			return nil, err
		}
	}
	err = w.inMemory(ctx, "checks", func(bool) error {
		return w.db.InTx(ctx, func(t *database.Tx) (err error) {
			checks, err = w.enter(ctx, t, status)
			return err
		})
	})
	return checks, err
}

// enter does in one transaction what ends a run.
func (w *Work) enter(ctx context.Context, t *database.Tx, status ledger.RunStatus) ([]ledger.CheckResult, error) {
	// Before the checks: reports count days from the last run.
	if err := w.ledger.End(ctx, t, status); err != nil {
		return nil, err
	}
	if !w.opt.StatementsOnly {
		if err := w.model.Install(ctx, t, w.run()); err != nil {
			return nil, err
		}
		w.step("reports up to date")
	}
	checks, err := w.check(ctx, t)
	if err != nil {
		return nil, err
	}
	sum, err := w.copy.Digest() // last, since it waits
	if err != nil || sum == "" {
		return checks, err
	}
	return checks, ledger.EnterDigest(ctx, t, w.base, sum)
}

// check asks the checks. If no row and no link changed in the run, their results may be those
// of the run before.
func (w *Work) check(ctx context.Context, t *database.Tx) ([]ledger.CheckResult, error) {
	if w.opt.NoChecks || w.opt.StatementsOnly {
		return nil, nil
	}
	var before map[string]ledger.CheckResult
	if !w.ledger.Changed() && !w.linked {
		var err error
		if before, err = ledger.Checks(ctx, t, w.ledger.Previous()); err != nil {
			return nil, err
		}
	}
	return w.model.Check(ctx, t, w.run(), before)
}

// Next ends the run in the copy, without publishing it, and begins another
// one there. Checks run at Publish only.
func (w *Work) Next(ctx context.Context, status ledger.RunStatus, run ledger.Run) error {
	if err := w.usable(); err != nil {
		return err
	}
	if err := w.derive(ctx, &Published{}); err != nil {
		return fmt.Errorf("end of run %s: %w", w.run(), err)
	}
	if err := w.keepRules(ctx); err != nil {
		return fmt.Errorf("end of run %s: %w", w.run(), err)
	}
	if err := w.setThreads(ctx, false); err != nil {
		return fmt.Errorf("end of run %s: %w", w.run(), err)
	}
	return w.ledger.Next(ctx, status, run)
}

// verify opens the finished copy as a reader would and counts: what this run
// loaded must be there, row for row, and the ledger's chain must fit. It reads
// the records of runs at the same time.
func (w *Work) verify(ctx context.Context, p *Published) (err error) {
	f, err := read.Open(ctx, w.copy.Path())
	if err != nil {
		if x := (*database.FileError)(nil); errors.As(err, &x) {
			err = x.Err // its advice is for the published file
		}
		return fmt.Errorf("%w: %w", ErrVerify, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if p.ChainHash, err = read.ChainHash(ctx, f, p.RunID); err != nil {
		return fmt.Errorf("%w: ledger of the run: %w", ErrVerify, err)
	}
	for id, tables := range w.ledger.Loaded() {
		for _, t := range tables {
			rows, err := read.CountRows(ctx, f, id, t.Schema, t.Name)
			if err == nil {
				err = database.Expect("rows of "+t.Schema+"."+t.Name, rows, t.Counts.Rows)
			}
			if err != nil {
				return fmt.Errorf("%w: source %s, dataset %s: %w", ErrVerify, id.Source, id.Dataset, err)
			}
		}
	}
	if w.opt.Recorded != nil {
		p.Records, err = read.RunRecords(ctx, f, w.opt.Recorded)
	}
	return err
}
