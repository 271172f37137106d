// Package scan looks through bytes of a text without building anything: JSON
// values are passed over, looked into, mended and quoted where they lie, blanks
// are dropped at the ends, and eight bytes are looked at at a time.
//
// A [Scanner] passes over values in a window of a text that may end anywhere,
// and tells a break from an end of the window. What is called a value elsewhere
// here is valid JSON: [Valid] has said so.
package scan
