// Package transform turns the artifacts of an export into Arrow batches: the
// rows of the vendor's table, the rows of the common model that its contract
// emits, and the rejects.
//
//	bytes ──package frame──────────────────▶ frames: raw cells, a column at a time
//	frame ──program (compiled contract)────▶ batches: vendor, common, rejects
//
// Three packages below it know no contract: frame cuts bytes into records,
// columns makes Arrow arrays, and scan looks through bytes. This package holds
// what needs the contract: the compiled program, and the checks by which a file
// is refused that is not of its dataset, and a line rejected that is no record.
//
// Invariants:
//   - The bytes decide what they are; the contract's format is only a hint.
//   - Every framed record ends as rows or as exactly one reject. A record with
//     a fault anywhere leaves no row in any table.
//   - A document that breaks off is an error, not a short list.
//   - Memory is bounded by the options, whatever the bytes are. A record over
//     the size limit is not read into memory as a whole; it becomes a reject.
//   - No message holds a value of a cell. Masked values are gone before the
//     first batch.
//   - Buffers of batches come from [Options].Mem, by default memory outside of Go's
//     heap, and are never changed after they were handed on.
//
// A cell is NULL when its text is empty: CSV cannot distinguish an empty text
// from a missing one, and in JSON null, "" and an absent key mean the same here.
package transform
