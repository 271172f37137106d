package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// outcome is one row of meta.exports with what hangs on it.
type outcome struct {
	export   *schemas.Export
	filtered bool // a part of what the source holds
	status   Status
	result   Result
	drift    []schemas.Drift
	mode     string
	contract string
	failure  string
	err      string
	held     *HeldError // what the gate found
	accepted bool       // and was let through
	parts    []covered
}

// Classes of failure that this package adds to those of [schemas.Export].
const (
	FailureRejects = "rejects" // too many rejects
	FailureLoad    = "load"    // it could not be read or loaded
	FailureGate    = "gate"    // too few rows
)

func (l *loading) outcome(err error) outcome {
	o := outcome{export: l.e, filtered: l.filtered(), status: l.result.Status, result: l.result, drift: l.s.Drift, mode: string(l.c.Mode), contract: l.c.Fingerprint,
		held: l.held, accepted: l.accepted && err == nil, parts: l.covers()}
	if err != nil {
		o.err, o.failure = err.Error(), FailureLoad
		var x *RejectLimitError
		if errors.As(err, &x) {
			o.failure = FailureRejects
		}
		if o.status == Held {
			o.failure = FailureGate
		}
		if o.status == Incomplete {
			o.failure = schemas.FailureVendor
		}
		if d := l.w.decided(l.e); d != nil && d.Error != "" {
			o.err = d.Error // with the limits of then
		}
	}
	return o
}

// Record enters an export into the ledger that was not loaded: unchanged,
// held, failed, incomplete or skipped. Last time's rows stay. reason is why,
// fit for a person to read; "" takes the export's own error.
func (w *Work) Record(ctx context.Context, e *schemas.Export, status Status, reason string) error {
	if err := w.usable(); err != nil {
		return err
	}
	if status == Loaded {
		return fmt.Errorf("source %s, dataset %s: loaded is what Load records", e.Source, e.Dataset)
	}
	if reason == "" {
		reason = e.Error
	}
	o := outcome{export: e, filtered: e.Filtered, status: status, result: Result{Status: status}, failure: e.Failure, err: reason}
	if c, err := w.opt.Set.Contract(e.Dataset); err == nil {
		o.mode, o.contract = string(c.Mode), c.Fingerprint
	}
	if status == Unchanged {
		if err := w.lastCounts(ctx, &o); err != nil {
			return err
		}
	}
	return w.record(ctx, o)
}

// LastResult is what an unchanged export holds: the records of the last load of
// its source and dataset, all of whose rows are unchanged.
func (w *Work) LastResult(ctx context.Context, e *schemas.Export) (Result, error) {
	o := outcome{export: e, filtered: e.Filtered, result: Result{Status: Unchanged}}
	err := w.lastCounts(ctx, &o)
	return o.result, err
}

// lastCounts fills in what an unchanged export holds: the records of the last
// load, all of whose rows are unchanged.
func (w *Work) lastCounts(ctx context.Context, o *outcome) error {
	r := &o.result
	err := w.db.QueryRowContext(ctx, `select record_count, loaded_count, reject_count, coalesce(item_reject_count, 0), coalesce(repeat_count, 0), coalesce(kept_count, 0), coalesce(dialect, ''), inserted_count + unchanged_count, coalesce(is_filtered, false)
		from meta.exports where status = 'loaded' and source = ? and dataset = ?
		order by as_of desc limit 1`, o.export.Source, o.export.Dataset).
		Scan(&r.RecordCount, &r.LoadedCount, &r.RejectCount, &r.ItemRejectCount, &r.RepeatCount, &r.KeptCount, &r.Dialect, &r.UnchangedCount, &o.filtered)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// Unchanged reports whether the parts of e, in any order, and the contract are
// those of the last load of its source and dataset, so that loading e would
// change nothing.
func (w *Work) Unchanged(ctx context.Context, e *schemas.Export, contract string) (bool, error) {
	if err := w.usable(); err != nil {
		return false, err
	}
	last, err := w.lastLoad(ctx, e)
	return err == nil && last.run != "" && last.parts == partsFingerprint(e) && last.contract == contract, err
}

// partsFingerprint is the same for the same artifacts asked for in the same
// circumstances, whatever the order.
func partsFingerprint(e *schemas.Export) string {
	parts := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		context, err := json.Marshal(p.Context) // keys come sorted
		if err != nil {
			panic(err) // a map of strings
		}
		parts[i] = p.Artifact + " " + string(context)
		if len(p.Members) > 0 {
			parts[i] += fmt.Sprintf(" %q", p.Members)
		}
	}
	sort.Strings(parts)
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintln(h, p)
	}
	fmt.Fprintln(h, e.Filtered)
	return hex.EncodeToString(h.Sum(nil))
}

// record writes the ledger rows of one export. A second outcome of the same
// export in the same run takes the place of the first.
func (w *Work) record(ctx context.Context, o outcome) error {
	key := exportKey{o.export.Source, o.export.Dataset}
	err := w.inTx(ctx, func(t *tx) error {
		for _, table := range []string{"exports", "export_tables", "gates", "findings"} {
			if _, err := t.exec(ctx, "delete from meta."+table+" where run_id = ? and source = ? and dataset = ?",
				w.opt.Run.ID, key.source, key.dataset); err != nil {
				return err
			}
		}
		for _, write := range []func(context.Context, *tx, outcome) error{w.recordExport, w.recordGates, w.recordParts, w.recordArtifacts, w.recordSource, w.recordDrift, w.recordFindings, w.recordFiles} {
			if err := write(ctx, t, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.exports[key] = o
		w.log.Info("ledger", "run", w.opt.Run.ID, "source", key.source, "dataset", key.dataset, "status", string(o.status),
			"rows", o.result.LoadedCount, "rejects", o.result.RejectCount, "inserted", o.result.InsertedCount,
			"closed", o.result.ClosedCount, "took", o.result.Seconds)
	}
	return err
}

func (w *Work) recordExport(ctx context.Context, t *tx, o outcome) error {
	e, r := o.export, o.result
	artifacts := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		artifacts[i] = p.Artifact
	}
	_, err := t.exec(ctx, `insert into meta.exports (run_id, source, dataset, status, artifact_ids,
			record_count, loaded_count, reject_count, repeat_count, kept_count, item_reject_count, dialect, inserted_count, closed_count, unchanged_count,
			bytes, fetch_seconds, load_seconds, error, failure, mode, is_filtered, parts, request, contract, fetched_at, data_at, as_of)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.opt.Run.ID, e.Source, e.Dataset, string(o.status), artifacts,
		r.RecordCount, r.LoadedCount, r.RejectCount, r.RepeatCount, r.KeptCount, r.ItemRejectCount, null(r.Dialect), r.InsertedCount, r.ClosedCount, r.UnchangedCount,
		e.Bytes(), e.FinishedAt.Sub(e.StartedAt).Seconds(), r.Seconds, null(o.err), null(o.failure),
		null(o.mode), o.filtered, partsFingerprint(e), requestFingerprint(e), null(o.contract), nullTime(e.Fetched()), nullTime(e.DataAt()), w.asOf)
	if err != nil || o.status != Loaded && o.status != Dropped {
		return err
	}
	for name, x := range r.Tables {
		if _, err := t.exec(ctx, "insert into meta.export_tables values (?, ?, ?, ?, ?, ?, ?, ?)",
			w.opt.Run.ID, e.Source, e.Dataset, name, x.Rows, x.Inserted, x.Closed, x.Unchanged); err != nil {
			return err
		}
	}
	return nil
}

// artifactsAtOnce is how many artifacts one statement enters.
const artifactsAtOnce = 200

// recordArtifacts enters the artifacts that are not known yet, each once though
// several parts may be of it: an export may have thousands.
func (w *Work) recordArtifacts(ctx context.Context, t *tx, o outcome) error {
	e := o.export
	met := map[string]bool{}
	parts := slices.DeleteFunc(slices.Clone(e.Parts), func(p schemas.Part) bool {
		twice := met[p.Artifact]
		met[p.Artifact] = true
		return twice
	})
	for some := range slices.Chunk(parts, artifactsAtOnce) {
		var args []any
		for _, p := range some {
			var request bytes.Buffer
			if len(p.Request) > 0 {
				// A manifest read back from disk is indented; the ledger says the
				// same either way.
				if err := json.Compact(&request, p.Request); err != nil {
					return fmt.Errorf("request of artifact %s: %w", p.Artifact, err)
				}
			}
			args = append(args, p.Artifact, p.Bytes, p.StoredBytes, null(p.MediaType), nullTime(p.FetchedAt), null(p.JobID),
				null(request.String()), null(p.Name), nullTime(p.FileTime), null(p.FileTimeOf))
		}
		values := strings.TrimSuffix(strings.Repeat("(?, ?::bigint, ?::bigint, ?, ?::timestamptz, ?, ?::json, ?, ?::timestamptz, ?), ", len(some)), ", ")
		_, err := t.exec(ctx, `insert into meta.artifacts (artifact, source, dataset, bytes, stored_bytes, media_type, fetched_at, job_id, request, name, run_id, file_time, file_time_from)
			select v.artifact, ?, ?, bytes, stored_bytes, media_type, fetched_at, job_id, request, name, ?, file_time, file_time_from
			from (values `+values+`) v(artifact, bytes, stored_bytes, media_type, fetched_at, job_id, request, name, file_time, file_time_from)
			where not exists (from meta.artifacts a where a.artifact = v.artifact and a.source = ? and a.dataset = ?)`,
			slices.Concat([]any{e.Source, e.Dataset, w.opt.Run.ID}, args, []any{e.Source, e.Dataset})...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *Work) recordSource(ctx context.Context, t *tx, o outcome) error {
	if o.status == Dropped || o.status == Erased {
		return w.freeSource(ctx, t, o)
	}
	e := o.export
	n, err := t.exec(ctx, "update meta.sources set vendor = ?, tenant = coalesce(?, tenant), base_url = ? where source = ?",
		e.Vendor, null(e.Tenant), null(e.BaseURL), e.Source)
	if err != nil || n > 0 {
		return err
	}
	_, err = t.exec(ctx, "insert into meta.sources (source, vendor, tenant, base_url) values (?, ?, ?, ?)",
		e.Source, e.Vendor, null(e.Tenant), null(e.BaseURL))
	return err
}

func (w *Work) recordDrift(ctx context.Context, t *tx, o outcome) error {
	for _, d := range o.drift {
		if _, err := t.exec(ctx, "insert into meta.drift (run_id, dataset, change, column_name, detail, source) values (?, ?, ?, ?, ?, ?)",
			w.opt.Run.ID, o.export.Dataset, d.Change, d.Column, d.Detail, o.export.Source); err != nil {
			return err
		}
	}
	return nil
}

func (w *Work) recordFindings(ctx context.Context, t *tx, o outcome) error {
	for _, f := range o.result.Findings {
		if _, err := t.exec(ctx, "insert into meta.findings (run_id, source, dataset, rule, field, record_count, detail) values (?, ?, ?, ?, ?, ?, ?)",
			w.opt.Run.ID, o.export.Source, o.export.Dataset, f.Rule, null(f.Field), f.Count, null(f.Detail)); err != nil {
			return err
		}
	}
	return nil
}

// recordFiles enters what became of the files of a folder, each once a run.
func (w *Work) recordFiles(ctx context.Context, t *tx, o outcome) error {
	for _, f := range o.export.Files {
		if _, err := t.exec(ctx, "delete from meta.files where run_id = ? and source = ? and file = ? and dataset is not distinct from ?",
			w.opt.Run.ID, o.export.Source, f.Name, null(f.Dataset)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "insert into meta.files (run_id, source, file, dataset, is_read, how, reason, artifact, file_time) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			w.opt.Run.ID, o.export.Source, f.Name, null(f.Dataset), f.Read, null(f.How), null(f.Reason), null(f.Artifact), nullTime(f.Time)); err != nil {
			return err
		}
	}
	return nil
}

// null is s, or NULL where there is none.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}
