package database

import (
	"runtime/debug"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// Outside allocates what DuckDB is handed in a [Feed]: C memory.
var Outside memory.Allocator = mallocator.NewMallocator()

// Percentages for [CollectOften].
//
// While batches are read, what is in Go's memory is mostly the fingerprints that transform and
// load remember, which only grow, as batches are elsewhere; so collecting more often costs next
// to nothing and saves as much memory as they take. While links are made it is lists of numbers,
// into which the collector need not look: it is sooner done.
const (
	ReadingGC = 25
	LinkingGC = 4
)

// collecting counts the loads that read batches, since the percentage is one for the
// whole process.
var collecting struct {
	sync.Mutex
	loads  int
	before int // percentage before the first of them
}

// CollectOften makes Go collect garbage when there is so much of it, in percent of what is live,
// until back is called, which may be done more than once. While several loads ask for it, that of
// the first holds, and the last one to end sets the percentage back. If GOGC asks for even less
// garbage, or for no collector, that holds.
func CollectOften(percent int) (back func()) {
	collecting.Lock()
	defer collecting.Unlock()
	if collecting.loads++; collecting.loads == 1 {
		collecting.before = debug.SetGCPercent(percent)
		if collecting.before < percent {
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
