// Package columns makes Arrow arrays in memory that an allocator gives: texts,
// flags, values of a fixed width and lists, column by column, without a copy
// between the making and the array.
//
// An array in the making has as many values as it was made for. It owns its
// buffers until Array hands them over, after which it must not be used. Values
// of texts are added in their order; all others are set at their place. Every
// place whose validity nobody cleared holds a value.
//
// What an array may be read as: [TextView] reads texts without a check for each,
// [Gather] picks places out of an array, and [Cells] are texts as a framer
// leaves them, in which an empty one is NULL.
//
// [Pool] is the allocator for batches. What it gives is not cleared, and not of
// Go's memory, so that other threads than Go's may hold it.
package columns
