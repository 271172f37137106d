package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// Record enters an export that was not loaded: unchanged, held, failed, incomplete or
// skipped. The rows of the last load stay. reason says why, for a person to read; if it is
// "", the export's own error is taken.
//
// Errors: [database.ErrBroken] if the copy can no longer be trusted.
func (l *Ledger) Record(ctx context.Context, e *schemas.Export, status Status, reason string) error {
	if err := l.db.Err(); err != nil {
		return err
	}
	if status == Loaded {
		return fmt.Errorf("source %s, dataset %s: loaded is what Load records", e.Source, e.Dataset)
	}
	if reason == "" {
		reason = e.Error
	}
	o := Outcome{Export: e, Filtered: e.Filtered, Result: Result{Status: status}, Failure: e.Failure, Error: reason}
	if c, err := l.Set.Contract(e.Dataset); err == nil {
		o.Mode, o.Contract = string(c.Mode), c.Fingerprint
	}
	if status == Unchanged {
		if err := lastCounts(ctx, l.db, &o); err != nil {
			return err
		}
	}
	return l.Enter(ctx, o)
}

// partsFingerprint is the same for the same artifacts that were delivered for the same
// parts, in any order.
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
	if e.Partial != "" { // the same parts may be all that there are the next time
		fmt.Fprintln(h, "partial")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Enter writes the rows of the ledger for one export. A second outcome of the same export
// in the same run replaces the first.
func (l *Ledger) Enter(ctx context.Context, o Outcome) error {
	key := schemas.ExportID{Source: o.Export.Source, Dataset: o.Export.Dataset}
	err := l.db.InTx(ctx, func(t *database.Tx) error {
		for _, table := range []database.SQL{"exports", "export_tables", "gates", "findings"} {
			if _, err := t.Exec(ctx, "delete from meta."+table+" where run_id = ? and source = ? and dataset = ?", l.run.ID, key.Source, key.Dataset); err != nil {
				return err
			}
		}
		x := entry{Outcome: o, t: t, run: l.run.ID, asOf: l.asOf}
		for _, write := range []func(context.Context) error{x.export, x.gates, x.parts, x.artifacts, x.source, x.drift, x.findings, x.files} {
			if err := write(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		l.exports[key] = o
		r := &o.Result
		l.Log.Info("ledger", "run", l.run.ID, "source", key.Source, "dataset", key.Dataset, "status", string(r.Status),
			"rows", r.LoadedCount, "rejects", r.RejectCount, "inserted", r.InsertedCount,
			"closed", r.ClosedCount, "took", r.Seconds)
	}
	return err
}

// entry is an outcome that is being written.
type entry struct {
	Outcome
	t    *database.Tx
	run  string
	asOf time.Time
}

func (x entry) export(ctx context.Context) error {
	e, r := x.Export, x.Result
	artifacts := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		artifacts[i] = p.Artifact
	}
	_, err := x.t.Exec(ctx, `insert into meta.exports (run_id, source, dataset, status, artifact_ids,
			record_count, loaded_count, reject_count, repeat_count, kept_count, item_reject_count, dialect, inserted_count, closed_count, unchanged_count,
			bytes, fetch_seconds, load_seconds, error, failure, mode, is_filtered, parts, request, contract, fetched_at, data_at, as_of)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		x.run, e.Source, e.Dataset, string(x.Result.Status), artifacts,
		r.RecordCount, r.LoadedCount, r.RejectCount, r.RepeatCount, r.KeptCount, r.ItemRejectCount, null(r.Dialect), r.InsertedCount, r.ClosedCount, r.UnchangedCount,
		e.Bytes(), e.FinishedAt.Sub(e.StartedAt).Seconds(), r.Seconds, null(x.Error), null(x.Failure),
		null(x.Mode), x.Filtered, partsFingerprint(e), requestFingerprint(e), null(x.Contract), nullTime(e.Fetched()), nullTime(e.DataAt()), x.asOf)
	if err != nil || x.Result.Status != Loaded && x.Result.Status != Dropped {
		return err
	}
	for name, n := range r.Tables {
		if _, err := x.t.Exec(ctx, "insert into meta.export_tables values (?, ?, ?, ?, ?, ?, ?, ?)",
			x.run, e.Source, e.Dataset, name, n.Rows, n.Inserted, n.Closed, n.Unchanged); err != nil {
			return err
		}
	}
	return nil
}

// artifactsAtOnce is how many artifacts one statement enters.
const artifactsAtOnce = 200

// artifacts enters the artifacts that are not known yet, each once even if several parts
// come from it. It does so in groups, as an export may have thousands.
func (x entry) artifacts(ctx context.Context) error {
	e := x.Export
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
		_, err := x.t.Exec(ctx, `insert into meta.artifacts (artifact, source, dataset, bytes, stored_bytes, media_type, fetched_at, job_id, request, name, run_id, file_time, file_time_from)
			select v.artifact, ?, ?, bytes, stored_bytes, media_type, fetched_at, job_id, request, name, ?, file_time, file_time_from
			from (values `+database.SQL(values)+`) v(artifact, bytes, stored_bytes, media_type, fetched_at, job_id, request, name, file_time, file_time_from)
			where not exists (from meta.artifacts a where a.artifact = v.artifact and a.source = ? and a.dataset = ?)`,
			slices.Concat([]any{e.Source, e.Dataset, x.run}, args, []any{e.Source, e.Dataset})...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (x entry) source(ctx context.Context) error {
	if x.Result.Status == Dropped || x.Result.Status == Erased {
		return x.freeSource(ctx)
	}
	e := x.Export
	n, err := x.t.Exec(ctx, "update meta.sources set vendor = ?, tenant = coalesce(?, tenant), base_url = ? where source = ?",
		e.Vendor, null(e.Tenant), null(e.BaseURL), e.Source)
	if err != nil || n > 0 {
		return err
	}
	_, err = x.t.Exec(ctx, "insert into meta.sources (source, vendor, tenant, base_url) values (?, ?, ?, ?)",
		e.Source, e.Vendor, null(e.Tenant), null(e.BaseURL))
	return err
}

func (x entry) drift(ctx context.Context) error {
	for _, d := range x.Drift {
		if _, err := x.t.Exec(ctx, "insert into meta.drift (run_id, dataset, change, column_name, detail, source) values (?, ?, ?, ?, ?, ?)",
			x.run, x.Export.Dataset, d.Change, d.Column, d.Detail, x.Export.Source); err != nil {
			return err
		}
	}
	return nil
}

func (x entry) findings(ctx context.Context) error {
	for _, f := range x.Result.Findings {
		if _, err := x.t.Exec(ctx, "insert into meta.findings (run_id, source, dataset, rule, field, record_count, detail) values (?, ?, ?, ?, ?, ?, ?)",
			x.run, x.Export.Source, x.Export.Dataset, f.Rule, null(f.Field), f.Count, null(f.Detail)); err != nil {
			return err
		}
	}
	return nil
}

// files enters what became of the files of a folder, each once in a run.
func (x entry) files(ctx context.Context) error {
	for _, f := range x.Export.Files {
		if _, err := x.t.Exec(ctx, "delete from meta.files where run_id = ? and source = ? and file = ? and dataset is not distinct from ?",
			x.run, x.Export.Source, f.Name, null(f.Dataset)); err != nil {
			return err
		}
		if _, err := x.t.Exec(ctx, "insert into meta.files (run_id, source, file, dataset, is_read, how, reason, artifact, file_time, is_unopened) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			x.run, x.Export.Source, f.Name, null(f.Dataset), f.Read, null(f.How), null(f.Reason), null(f.Artifact), nullTime(f.Time), f.Unopened); err != nil {
			return err
		}
	}
	return nil
}

// freeSource forgets a source of which the file has nothing left.
func (x entry) freeSource(ctx context.Context) error {
	_, err := x.t.Exec(ctx, `delete from meta.sources where source = ? and not exists (
		from (select arg_max(status, as_of) as status from meta.exports where source = ? group by dataset) where status not in ('dropped', 'erased'))`,
		x.Export.Source, x.Export.Source)
	return err
}
