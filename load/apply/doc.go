// Package apply makes a table, or the rows of it that meet a condition, equal to what
// is staged, and keeps the rows that end in a history. It knows only tables and
// conditions: rows may come from an export or be derived from others.
//
//	Compare ──▶ Change ──Keep, CloseNone, CloseNamed──▶ Count ──▶ Make, in a transaction ──▶ Verify
//
// Each version of a row is in the table while it is current. When it ends it moves to
// the table's history, with the moment at which it ended. A row whose version is staged
// stays, with the moment at which it was first seen.
//
// What is staged can be any relation: a table of the stage that was filled from Arrow by
// [database.DB.Take], or a query in parentheses over the same file. [Equal] does all in
// one call.
package apply
