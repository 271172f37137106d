// Package load brings exports into the published database file, one run after
// another. It is made of the rooms below it: database is the file, ledger what it
// says of runs, gate whether an export may be loaded, apply how a table becomes
// what was staged, answers what the file answers by itself. Only these rooms
// import DuckDB.
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
//   - All changes of one export are committed or none. Counts are compared
//     before and after the commits; if they differ after, the whole [Work] is
//     broken and can only be discarded.
//   - A row of the common model has exactly one current version per content:
//     (_source, _dataset, _hash) is unique in each table of main.
//   - No cell value enters an error or a log.
package load
