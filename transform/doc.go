// Package transform turns the artifacts of an export into Arrow batches: the
// rows of the vendor's table, the rows of the common model that its contract
// emits, and the rejects.
//
//	bytes ──package frame──────────────────▶ frames: raw cells, a column at a time
//	frame ──program (compiled contract)────▶ batches: vendor, common, rejects
//
// Below it are package frame, which cuts bytes and knows no contract, package
// columns, which makes arrays, and package scan, which looks through bytes. What
// is left here is what needs the contract: the program, and what judges by it
// whether a file is what its name says and a record is one.
//
// Invariants:
//   - The bytes decide what they are; the contract's format is only a hint.
//   - Every framed record ends as rows or as exactly one reject. A record with
//     a fault anywhere leaves no row in any table.
//   - A document that breaks off is an error, not a short list.
//   - Memory is bounded by the options, whatever the bytes are. Only a record
//     over the size limit is not held whole; it becomes a reject.
//   - No message holds a value of a cell. Masked values are gone before the
//     first batch.
//   - Buffers of batches come from [Options].Mem, by default not of Go's memory, and are
//     never changed after they were handed on.
//
// A cell is NULL when its text is empty: CSV cannot tell an empty text from
// none, and a JSON null or "" says no more.
package transform
