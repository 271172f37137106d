// Package apply makes a table, or the rows of one that are in a scope, equal to
// what is staged, and keeps what it was before. It knows tables and conditions
// only: whether rows come from an export or are derived from others is not its
// business.
//
//	Compare ──▶ Change ──Spare, CloseNone, CloseNamed──▶ Count ──▶ Make, in a transaction ──▶ Verify
//
// Each version of a row is in the table while it is current. When it ends it
// moves to the table's history, with the moment at which it ended. A row that is
// staged as it is stays as it is, with the moment at which it was first seen.
//
// What is staged is any relation: a table of the stage that was filled from Arrow
// by [database.DB.Take], or a query in parentheses over the same file.
// [Equal] does all in one call.
package apply
