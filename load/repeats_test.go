package load

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"
)

// letThrough runs a batch whose rows have these contents through f and returns the
// ordinals of those that it lets through.
func (f *repeatFilter) letThrough(t *testing.T, first int64, contents ...int) (out []int64) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	records := array.NewInt64Builder(mem)
	hashes := array.NewFixedSizeBinaryBuilder(mem, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	defer records.Release()
	defer hashes.Release()
	for i, c := range contents {
		records.Append(first + int64(i))
		h := xxh3.Hash128(binary.LittleEndian.AppendUint64(nil, uint64(c))).Bytes()
		hashes.Append(h[:])
	}
	r, h := records.NewInt64Array(), hashes.NewFixedSizeBinaryArray()
	defer r.Release()
	defer h.Release()
	picks, kept := f.pick(r, h)
	defer picks.Release()
	for i, p := range picks.(*array.Int64).Int64Values() {
		switch p {
		case -1:
		case first + int64(i):
			out = append(out, p)
		default:
			t.Errorf("row %d: pick is %d", i, p)
		}
	}
	if kept != len(out) {
		t.Errorf("%d rows kept, %d said", len(out), kept)
	}
	return out
}

func TestRepeatFilter_letsEachContentThroughOnce(t *testing.T) {
	f := new(repeatFilter)
	if got := fmt.Sprint(f.letThrough(t, 0, 1, 1, 2, 1)); got != "[0 2]" {
		t.Error(got)
	}
	if got := fmt.Sprint(f.letThrough(t, 4, 3, 2, 1)); got != "[4]" {
		t.Error(got)
	}
	if f.forgot {
		t.Error("nothing was to be forgotten")
	}
}

// What it cannot remember goes through, and it says so.
func TestRepeatFilter_saysThatItForgot(t *testing.T) {
	few(t, 2)
	f := new(repeatFilter)
	if got := fmt.Sprint(f.letThrough(t, 0, 1, 2, 1, 2, 3, 3, 1)); got != "[0 1 4 5]" || !f.forgot {
		t.Error(got, f.forgot)
	}
	if f.off {
		t.Error("rows that repeat are not to be given up")
	}
}

// Rows that do not repeat are not worth the memory.
func TestRepeatFilter_givesUp(t *testing.T) {
	few(t, 100)
	f := new(repeatFilter)
	contents := make([]int, 150)
	for i := range contents {
		contents[i] = i
	}
	if got := len(f.letThrough(t, 0, contents...)); got != 150 || !f.forgot || !f.off || f.known.Len() > 0 {
		t.Error(got, f.forgot, f.known.Len())
	}
	if got := len(f.letThrough(t, 150, contents...)); got != 150 {
		t.Error(got)
	}
}

// So are those of a large table that hardly ever do, before the set is full.
func TestRepeatFilter_givesUpEarly(t *testing.T) {
	for every, givesUp := range map[int]bool{firstRows + 1: true, hardlyEver / 8: false} {
		f := new(repeatFilter)
		contents := make([]int, firstRows)
		for i := range contents {
			contents[i] = i - i/every // each so many, one comes again
		}
		f.letThrough(t, 0, contents...)
		if f.forgot != givesUp || f.off != givesUp {
			t.Errorf("one in %d again: forgot %v, %d known", every, f.forgot, f.known.Len())
		}
	}
}

// few bounds what a sink knows of its rows.
func few(t *testing.T, rows int) {
	old := knownRows
	knownRows = rows
	t.Cleanup(func() { knownRows = old })
}

// Whether few or many rows come again that were forgotten, the database finds them.
func TestLoad_repeatsAmongMany(t *testing.T) {
	for _, known := range []int{0, 500} {
		few(t, known)
		for _, often := range []int{2, 40} {
			s := newPlainSite(t)
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
			s.want("select count(*), count(distinct grant_key), count(distinct _hash) from observed.grants", "3000|3000|3000")
			s.want(fmt.Sprintf(`select count(*) from (select substr(grant_key, 2)::int as n, _record from observed.grants)
				where _record <> n + n // 100 * %d + least(n %% 100, %[1]d)`, often), "0") // the first of each stays
		}
	}
}
