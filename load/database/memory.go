package database

import (
	"runtime/debug"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// Outside allocates what DuckDB is handed in a [Feed]: C memory.
var Outside memory.Allocator = mallocator.NewMallocator()

// readingGC is how much garbage Go may make while batches are read, in percent of what is
// live. Batches are not in Go's memory. What is there is mostly the fingerprints that
// transform and load remember, which only grow; so collecting more often costs next to
// nothing and saves as much memory as they take.
const readingGC = 25

// collecting counts the loads that read batches, since the percentage is one for the
// whole process.
var collecting struct {
	sync.Mutex
	loads  int
	before int // percentage before the first of them
}

// CollectOften makes Go collect garbage more often until back is called, which may be
// done more than once. While several loads ask for it, the last one to end sets the
// percentage back. If GOGC asks for even less garbage, or for no collector, that holds.
func CollectOften() (back func()) {
	collecting.Lock()
	defer collecting.Unlock()
	if collecting.loads++; collecting.loads == 1 {
		collecting.before = debug.SetGCPercent(readingGC)
		if collecting.before < readingGC {
			debug.SetGCPercent(collecting.before)
		}
	}
	return sync.OnceFunc(func() {
		collecting.Lock()
		defer collecting.Unlock()
		if collecting.loads--; collecting.loads == 0 {
			debug.SetGCPercent(collecting.before)
		}
	})
}
