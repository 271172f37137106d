// Package scan works on the bytes of a text in place, without building values: it
// passes over JSON values, looks into them, mends and quotes them, trims blanks, and
// compares eight bytes at a time.
//
// A [Scanner] passes over values in a window of a text, which may end anywhere, and
// distinguishes broken JSON from the end of the window. All other functions that take
// JSON need it to be valid: see [Valid].
package scan
