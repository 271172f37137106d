package database

import (
	"runtime/debug"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// Outside allocates what DuckDB is handed in a [Feed]: C memory.
var Outside memory.Allocator = mallocator.NewMallocator()

// readingGC is how much garbage Go may make, in percent of what lives, while
// batches are read. Batches are not in Go's memory; what is, is mostly the
// fingerprints that transform and load remember, which only grow, so that
// collecting more often costs next to nothing and saves as much as they take.
const readingGC = 25

// CollectOften sets that and returns what sets it back. Who wants less garbage
// still, or no collector, by GOGC, has it.
func CollectOften() (back func()) {
	was := debug.SetGCPercent(readingGC)
	if was < readingGC {
		debug.SetGCPercent(was)
	}
	return func() { debug.SetGCPercent(was) }
}
