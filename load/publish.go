package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// RunStatus is how a run as a whole went.
type RunStatus string

const (
	RunDone       RunStatus = "done"
	RunIncomplete RunStatus = "incomplete" // an export failed, was held or had rejects
	RunFailed     RunStatus = "failed"
)

// Published tells what [Work.Publish] put in place.
type Published struct {
	Path        string
	RunID       string
	PreviousRun string // "" for the first
	AsOf        time.Time
	ChainHash   string
	Bytes       int64 // size of the file
	Checks      []CheckResult
	Records     []schemas.Run // what each run decided that is not [Options].Recorded, this one included; oldest first
	Seconds     float64
	Notes       []string // what who runs the refresh should know, such as a log that somebody left beside the file
}

// Publish finishes the working copy, checks that it holds what the ledger
// says, syncs it and renames it over the published file. Readers that have the
// old file open keep it. Afterwards, also when it fails, the work is over.
//
// Errors: [ErrBroken], [ErrVerify], [FileError] with [ErrInUse]; in each case
// the published file is as it was.
func (w *Work) Publish(ctx context.Context, status RunStatus) (p Published, err error) {
	if err := w.usable(); err != nil {
		return p, errors.Join(err, w.Discard())
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	start := time.Now()
	p = Published{Path: w.opt.Path, RunID: w.opt.Run.ID, PreviousRun: w.prev, AsOf: w.asOf}
	if p.Checks, err = w.finish(ctx, status); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	w.step("run entered")
	if err := w.checkpoint(ctx); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	w.step("checkpoint made")
	if err := w.verify(ctx, &p); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	w.step("copy verified")
	if p.Bytes, err = w.replace(ctx); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	p.Seconds, p.Notes = time.Since(start).Seconds(), w.notes
	w.log.Info("published", "run", p.RunID, "bytes", p.Bytes, "took", p.Seconds)
	return p, nil
}

// finish writes all that concerns the run as a whole, and what only the last
// run of a copy needs: checks, the hash of the file before.
func (w *Work) finish(ctx context.Context, status RunStatus) (checks []CheckResult, err error) {
	err = w.inTx(ctx, func(t *tx) error {
		// Before the checks: reports count days from the last run.
		if err := w.enterRun(ctx, t, status); err != nil {
			return err
		}
		if err := w.install(ctx, t); err != nil {
			return err
		}
		w.step("reports up to date")
		if checks, err = w.check(ctx, t); err != nil {
			return err
		}
		return w.writeDigest(ctx, t) // last, since it waits
	})
	return checks, err
}

// enterRun writes the run into the ledger. Its hash binds it to the run before.
func (w *Work) enterRun(ctx context.Context, t *tx, status RunStatus) error {
	if err := w.completeSources(ctx, t); err != nil {
		return err
	}
	run, finished, remade := w.opt.Run, w.opt.Now().UTC(), any(nil)
	if r := run.Record; r != nil {
		finished, remade = r.FinishedAt, w.opt.Now().UTC()
	}
	if _, err := t.exec(ctx, `insert into meta.runs (run_id, started_at, finished_at, status, command, version, previous_run_id, as_of, rebuilt_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, run.ID, nullTime(run.StartedAt), finished, string(status),
		null(run.Command), null(run.Version), null(w.prev), w.asOf, remade); err != nil {
		return err
	}
	_, err := t.exec(ctx, "update meta.runs set chain_hash = meta.chain_hash_of("+text(run.ID)+") where run_id = ?", run.ID)
	return err
}

// Next ends the run in the copy, without publishing it, and begins another
// one there. Checks run at Publish only.
func (w *Work) Next(ctx context.Context, status RunStatus, run Run) error {
	if err := w.usable(); err != nil {
		return err
	}
	err := w.inTx(ctx, func(t *tx) error { return w.enterRun(ctx, t, status) })
	if err != nil {
		return fmt.Errorf("end of run %s: %w", w.opt.Run.ID, err)
	}
	w.opt.Run, w.exports = run, map[exportKey]outcome{}
	return w.readLedger(ctx)
}

// writeDigest notes the hash of the published file with the run that made it.
func (w *Work) writeDigest(ctx context.Context, t *tx) error {
	if w.digest == nil {
		return nil
	}
	sum, err := w.digest()
	if err != nil {
		return fmt.Errorf("hash %s: %w", w.opt.Path, err)
	}
	_, err = t.exec(ctx, "update meta.runs set published_file_sha256 = ? where run_id = ?", sum, w.base)
	return err
}

// completeSources notes each source whose exports all arrived.
func (w *Work) completeSources(ctx context.Context, t *tx) error {
	_, err := t.exec(ctx, `update meta.sources set last_complete_run_id = ?, last_complete_at = ?
		where source in (select source from meta.exports where run_id = ?
			group by source having bool_and(status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0))`, w.opt.Run.ID, w.asOf, w.opt.Run.ID)
	return err
}

// checkpoint moves everything into the one file and closes it.
func (w *Work) checkpoint(ctx context.Context) error {
	_, err := w.db.ExecContext(ctx, "checkpoint "+ident(catalogName(w.copy)))
	err = errors.Join(err, w.db.Close())
	w.db = nil
	if err != nil {
		return err
	}
	if info, err := os.Stat(w.copy + ".wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%w: changes were left beside the file", ErrVerify)
	}
	return nil
}

// verify opens the finished copy as a reader would and counts: what this run
// loaded must be there, row for row, and the ledger's chain must fit. It reads
// the records of runs at the same time.
func (w *Work) verify(ctx context.Context, p *Published) (err error) {
	r, err := OpenRead(ctx, w.copy)
	if err != nil {
		if f := (*FileError)(nil); errors.As(err, &f) {
			err = f.Err // its advice is for the published file
		}
		return fmt.Errorf("%w: %w", ErrVerify, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var again string
	err = r.db.QueryRowContext(ctx, "select chain_hash, meta.chain_hash_of(run_id) from meta.runs where run_id = ?", w.opt.Run.ID).Scan(&p.ChainHash, &again)
	if err == nil && p.ChainHash != again {
		err = errors.New("its hash does not fit")
	}
	if err != nil {
		return fmt.Errorf("%w: ledger of the run: %w", ErrVerify, err)
	}
	for _, k := range w.sortedKeys() {
		for name, t := range w.exports[k].result.Tables {
			if err := r.verifyRows(ctx, k, name, t.Rows); err != nil {
				return fmt.Errorf("%w: source %s, dataset %s: %w", ErrVerify, k.source, k.dataset, err)
			}
		}
	}
	if w.opt.Recorded != nil {
		p.Records, err = r.RunRecords(ctx, w.opt.Recorded)
	}
	return err
}

// verifyRows counts the rows of an export in a table, schema.name.
func (r *Reader) verifyRows(ctx context.Context, k exportKey, name string, want int64) error {
	schema, table, _ := strings.Cut(name, ".")
	var rows int64
	err := r.db.QueryRowContext(ctx, fmt.Sprintf("select count(*) from %s.%s where _source = %s and _dataset = %s",
		ident(schema), ident(table), text(k.source), text(k.dataset))).Scan(&rows)
	if err != nil {
		return err
	}
	return expect("rows of "+name, rows, want)
}

// replace puts the copy in place of the published file. The order is what
// makes a crash harmless: contents first, then the name, then the folder.
func (w *Work) replace(ctx context.Context) (int64, error) {
	if err := w.giveRights(); err != nil {
		return 0, err
	}
	if err := syncFile(w.copy); err != nil {
		return 0, err
	}
	w.step("copy synced")
	info, err := os.Stat(w.copy)
	if err != nil {
		return 0, err
	}
	exists, err := inspect(w.opt.Path) // nobody may have begun to write meanwhile
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if exists && w.opt.Keep > 0 && w.base != "" {
		if err := w.keep(); err != nil {
			return 0, err
		}
	}
	// Before the rename, so that nobody takes it for changes to the new file.
	if err := w.setLogsAside(); err != nil {
		return 0, err
	}
	if err := os.Rename(w.copy, w.opt.Path); err != nil {
		return 0, err
	}
	w.step("file replaced")
	return info.Size(), syncDir(filepath.Dir(w.opt.Path))
}

// keep gives the present file a second name, which outlives the rename, and
// removes the oldest beyond the wanted number.
func (w *Work) keep() error {
	dir, name := filepath.Split(w.opt.Path)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if err := os.Link(w.opt.Path, filepath.Join(dir, stem+"."+w.base+ext)); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("keep the earlier file: %w", err)
	}
	// A run id is a ULID: 26 characters that sort by time.
	earlier, err := regexp.Compile("^" + regexp.QuoteMeta(stem) + `\.[0-9A-Z]{26}` + regexp.QuoteMeta(ext) + "$")
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // in the order of the names
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !earlier.MatchString(e.Name()) })
	for _, e := range kept[:max(0, len(kept)-w.opt.Keep)] {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
