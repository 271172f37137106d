// Package database handles the DuckDB file as a file: it copies the published one under a
// lock, opens the copy, brings its tables up to date, changes it in transactions, and puts
// it in the place of the published one. It does not know what the tables mean. Package read,
// below it, opens a finished file.
//
//	Lock ──▶ Copy.Open ──▶ DB, Tx ──▶ Copy.Close ──▶ Copy.Replace
//	                       └──────── Copy.Discard ──▶ nothing happened
//
// The published file is never opened for writing: it is replaced, by rename, with a synced
// copy. Whatever happens before the rename leaves it as it was.
package database
