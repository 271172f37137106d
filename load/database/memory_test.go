package database

import (
	"runtime/debug"
	"testing"
)

// percent is the present percentage of garbage at which Go collects.
func percent() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}

// Loads that overlap leave the percentage as it was before the first, in whichever order
// they end.
func TestCollectOften_overlapping(t *testing.T) {
	before := debug.SetGCPercent(80)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for name, order := range map[string][2]int{"the first ends first": {0, 1}, "the last ends first": {1, 0}} {
		ends := [2]func(){CollectOften(ReadingGC), CollectOften(ReadingGC)}
		ends[order[0]]()
		ends[order[0]]() // counts once
		if got := percent(); got != ReadingGC {
			t.Errorf("%s: %d percent while the other goes on, want %d", name, got, ReadingGC)
		}
		ends[order[1]]()
		if got := percent(); got != 80 {
			t.Errorf("%s: %d percent afterwards, want 80", name, got)
		}
	}
}

// A process that was told to collect more often still, or never, does as it was told.
func TestCollectOften_lessGarbageWanted(t *testing.T) {
	before := debug.SetGCPercent(80)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, wanted := range []int{10, -1} {
		debug.SetGCPercent(wanted)
		end := CollectOften(ReadingGC)
		if got := percent(); got != wanted {
			t.Errorf("%d percent while reading, want %d", got, wanted)
		}
		end()
		if got := percent(); got != wanted {
			t.Errorf("%d percent afterwards, want %d", got, wanted)
		}
	}
}
