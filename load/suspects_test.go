package load

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/zeebo/xxh3"
)

func TestSuspects_missNone(t *testing.T) {
	print := func(i int) [16]byte { return xxh3.Hash128(binary.LittleEndian.AppendUint64(nil, uint64(i))).Bytes() }
	var s suspects
	const n = 2_000_000
	for i := range n {
		s.note(print(i))
	}
	if s.over || len(s.hashes) > n/20 {
		t.Errorf("%d of %d that never came before are suspected", len(s.hashes), n)
	}
	bytes := 0
	for _, l := range s.layers {
		bytes += 64 * len(l.lines)
	}
	if bytes > 4*n {
		t.Errorf("%d bytes for %d rows", bytes, n)
	}
	s.hashes = nil
	for i := 0; i < n; i += 20 {
		s.note(print(i))
	}
	if want := n / 20; len(s.hashes) != want || s.over {
		t.Errorf("%d suspects of %d that came before", len(s.hashes), want)
	}
	for i := range n {
		s.note(print(i))
	}
	if !s.over || s.none() {
		t.Error("a list of all rows should be given up")
	}
}

// Few rows that came before, among many, are found by the list; many of them
// by a look at all rows.
func TestLoad_repeatsAmongMany(t *testing.T) {
	forgetful(t)
	for _, often := range []int{2, 40} {
		s := newSite(t)
		var edges []string
		for i := range 3_000 {
			edges = append(edges, fmt.Sprintf("k%d x", i))
			if i%100 < often {
				edges = append(edges, fmt.Sprintf("k%d x", i/2))
			}
		}
		if r := s.refresh(export("balkan", dataset), s.grants(nil, edges...)); r.InsertedCount != 3_000 {
			t.Errorf("%d in a hundred: %+v", often, r)
		}
		s.want("select count(*), count(distinct grant_key), count(distinct _hash) from grants", "3000|3000|3000")
	}
}
