package fingerprint

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"
)

// The set against a map, over several fillings, full up to its bound, with many
// fingerprints that want the same slot and the one that looks like a free slot.
func TestSet_isASet(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	var s Set
	for round := range 3 {
		s.Clear(100 * round)
		want := map[[Size]byte]bool{}
		for range 50_000 {
			var h [Size]byte
			h[r.IntN(2)*7], h[11] = byte(r.IntN(256)), byte(r.IntN(32))
			if s.Has(h) != want[h] {
				t.Fatalf("round %d: has %x: %v", round, h, !want[h])
			}
			if s.Add(h) == want[h] {
				t.Fatalf("round %d: add %x: %v", round, h, want[h])
			}
			want[h] = true
		}
		if s.Len() != len(want) || !s.zero || s.n > full(len(s.slots)) {
			t.Fatalf("round %d: %d in %d slots, want %d", round, s.n, len(s.slots), len(want)-1)
		}
	}
}

// What was made room for does not make it again, and what is said of memory holds.
func TestSet_memory(t *testing.T) {
	var s Set
	for _, n := range []int{1, 7, 8, 500, 100_000} {
		s.Clear(n)
		room := len(s.slots)
		for i := range n {
			s.Add(number(i))
		}
		if len(s.slots) != room || room > n/7*8+16 && room > 1024 {
			t.Errorf("%d fingerprints: %d slots, then %d", n, room, len(s.slots))
		}
	}
	s = Set{}
	for i := range 1 << 20 {
		s.Add(number(i))
		if s.n > 1<<12 && len(s.slots)*len(slot{}) > 18*s.n {
			t.Fatalf("%d bytes for %d", len(s.slots)*len(slot{}), s.n)
		}
	}
}

// Fingerprints find their slots in few steps, or all is slow.
func TestSet_spreads(t *testing.T) {
	var s Set
	for i := range 400_000 {
		s.Add(number(i))
	}
	steps := 0
	for at, h := range s.slots {
		if h != (slot{}) {
			first, _ := bits.Mul64(binary.LittleEndian.Uint64(h[:8]), uint64(len(s.slots)))
			steps += (at - int(first) + len(s.slots)) % len(s.slots)
		}
	}
	if mean := float64(steps) / float64(s.n); mean > 4 {
		t.Errorf("%.1f steps on average", mean)
	}
}

func number(i int) [Size]byte {
	return xxh3.Hash128(binary.LittleEndian.AppendUint64(nil, uint64(i))).Bytes()
}

func BenchmarkSet_Add(b *testing.B) {
	prints := make([][Size]byte, 1<<19)
	for i := range prints {
		prints[i] = number(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		var s Set
		for _, h := range prints {
			s.Add(h)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(prints)), "ns/add")
}
