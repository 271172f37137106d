// Package columns builds Arrow arrays of texts, flags, values of a fixed width and
// lists, straight in the memory of an allocator.
//
// A builder ([Texts], [Fixed], [Bools], [Lists]) is made for a number of values. It
// owns its buffers until Array hands them over; after that it must not be used. Texts
// are added in order, other values are set at their place. A value is NULL only if its
// bit in Valid was cleared.
//
// [TextView] reads an array of texts without a check for each value, [Gather] picks
// values of an array, and [Cells] are the texts that a framer fills, of which an empty
// one is NULL.
//
// [Pool] is the allocator for batches. Its memory is not cleared, and lies outside of
// Go's heap, since DuckDB's threads hold it too.
package columns
