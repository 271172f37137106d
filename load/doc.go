// Package load loads exports into the published database file, one run after
// another. The packages below it do the work: database handles the file, ledger
// records what runs did, gate decides whether an export may be loaded, apply makes a
// table equal to what is staged, and answers makes the views and macros of the file.
// Only these packages import DuckDB.
//
//	Lock ──▶ Open ──▶ Work (working copy) ──Load, Ledger.Record──▶ Publish ──▶ the file
//	                                        └──────Discard───────▶ nothing happened
//
//	Stream.Batches ─┬─▶ vendor table     own connection, own transaction
//	                ├─▶ common table     first load: straight in; refresh: staged,
//	                │                    compared by _hash, applied in one transaction
//	                └─▶ meta.rejects     own connection, own transaction
//
// Invariants:
//   - The published file is never opened for writing: it is replaced, by
//     rename, by a synced and checked copy. Whatever happens before the rename
//     leaves it as it was.
//   - All changes of one export are committed, or none. Counts are compared before
//     and after the commits. If they differ afterwards, the [Work] is broken and can
//     only be discarded.
//   - A row of the common model has exactly one current version per content:
//     (_source, _dataset, _hash) is unique in each table of observed.
//   - No cell value enters an error or a log.
package load
