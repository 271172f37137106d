//go:build race

package load

// raced says that the race detector watches.
const raced = true
