// Package database is the DuckDB file as a file: it is copied under a lock,
// opened, brought to the tables that this program knows, changed in
// transactions, and put in the place of the published one. What the tables mean
// is not its business. Package read, below it, opens a finished file.
//
//	Lock ──▶ Copy.Open ──▶ DB, Tx ──▶ Copy.Close ──▶ Copy.Replace
//	                       └──────── Copy.Discard ──▶ nothing happened
//
// The published file is never opened for writing: it is replaced, by rename, by
// a synced copy. Whatever happens before the rename leaves it as it was.
package database
