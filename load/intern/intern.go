// Package intern gives each distinct text a number.
package intern

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"unsafe"
)

// Texts gives each distinct text a number, in the order in which they come. The texts lie one
// behind the other in blocks, each behind its length, so that a million of them are no million
// objects.
type Texts struct {
	View
	seed  maphash.Seed
	table []slot   // open addressing
	near  []nearby // of the texts of ids
	seen  byte
}

// View are texts by their numbers.
type View struct {
	where  []place
	blocks [][]byte
}

// SoFar are the texts that are there now. They can be read while others come.
func (t *View) SoFar() View { return View{t.where, slices.Clone(t.blocks)} }

// Len is how many texts there are.
func (t *View) Len() int { return len(t.where) }

// Seal lets go of what texts are found by: no more are added or looked for.
func (in *Texts) Seal() { in.table, in.near = nil, nil }

// slot is the number of a text + 1, 0 for none, with the hash of the text, so that texts
// are seldom compared, and never to make the table larger.
type slot struct{ hash, number uint32 }

type place struct{ block, from uint32 }

// Blocks grow from the first size to the last.
const firstBlock, lastBlock = 1 << 12, 1 << 20

// New has one text, the empty one, whose number is 0.
func New() *Texts {
	in := &Texts{seed: maphash.MakeSeed(), table: make([]slot, 1<<10)}
	in.where = append(in.where, in.keep(nil))
	return in
}

// ID is the number of a text, which is added if it is not there.
func (in *Texts) ID(s string) uint32 { return in.Bytes(unsafeBytes(s)) }

// Bytes is the number of a text, as ID gives it.
func (in *Texts) Bytes(b []byte) uint32 { return in.hashed(in.hash(b), b) }

func (in *Texts) hash(b []byte) uint32 { return uint32(maphash.Bytes(in.seed, b)) }

func (in *Texts) hashed(h uint32, b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	if len(in.where)*4 >= len(in.table)*3 {
		in.grow()
	}
	mask := uint32(len(in.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s := &in.table[i]; {
		case s.number == 0:
			*s = slot{h, uint32(len(in.where)) + 1}
			in.where = append(in.where, in.keep(b))
			return s.number - 1
		case s.hash == h && bytes.Equal(in.Get(s.number-1), b):
			return s.number - 1
		}
	}
}

// nearby is where a text is, as far as a first look tells.
type nearby struct {
	slot
	place
}

// approach hashes some texts and reads what their numbers are found by, so that it is near when
// it is needed. Each text waits three times for memory, one time for what the time before tells;
// many texts wait together.
func (in *Texts) approach(texts []string) []nearby {
	near := slices.Grow(in.near[:0], len(texts))[:len(texts)]
	mask := uint32(len(in.table) - 1)
	for i, s := range texts {
		near[i].hash = in.hash(unsafeBytes(s))
	}
	for i := range near {
		n := &near[i]
		n.number = 0
		if s := in.table[n.hash&mask]; s.hash == n.hash {
			n.number = s.number
		}
	}
	for i := range near {
		if n := &near[i]; n.number > 0 {
			n.place = in.where[n.number-1]
		}
	}
	in.near = near
	in.touch()
	return near
}

// Bring reads what some texts are found by, and the texts, as approach does.
func (in *Texts) Bring(numbers []uint32) {
	near := slices.Grow(in.near[:0], len(numbers))[:len(numbers)]
	for i, n := range numbers {
		near[i].number, near[i].place = n+1, in.where[n]
	}
	in.near = near
	in.touch()
}

// touch reads a byte of each 64 of the texts nearby, up to 128.
func (in *Texts) touch() {
	seen := byte(0)
	for i := range in.near {
		if n := &in.near[i]; n.number > 0 {
			block := in.blocks[n.block]
			seen += block[n.from] + block[min(int(n.from)+63, len(block)-1)]
		}
	}
	in.seen = seen // so that it is not left out
}

// IDs gives the numbers of some texts, behind those in out.
func (in *Texts) IDs(texts []string, out []uint32) []uint32 {
	for i, n := range in.approach(texts) {
		out = append(out, in.hashed(n.hash, unsafeBytes(texts[i])))
	}
	return out
}

// FindAll calls f for each of some texts, with its place among them and its number, if it is there.
func (in *Texts) FindAll(texts []string, f func(i int, n uint32, ok bool)) {
	for i, near := range in.approach(texts) {
		n, ok := in.findHashed(near.hash, texts[i])
		f(i, n, ok)
	}
}

// Find is the number of a text that is there.
func (in *Texts) Find(s string) (n uint32, ok bool) {
	return in.findHashed(in.hash(unsafeBytes(s)), s)
}

func (in *Texts) findHashed(h uint32, s string) (n uint32, ok bool) {
	if s == "" {
		return 0, true
	}
	b := unsafeBytes(s)
	mask := uint32(len(in.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s := in.table[i]; {
		case s.number == 0:
			return 0, false
		case s.hash == h && bytes.Equal(in.Get(s.number-1), b):
			return s.number - 1, true
		}
	}
}

func (in *Texts) keep(b []byte) place {
	n := len(in.blocks)
	size := len(b) + binary.MaxVarintLen64
	if n == 0 || len(in.blocks[n-1])+size > cap(in.blocks[n-1]) {
		in.blocks = append(in.blocks, make([]byte, 0, max(min(firstBlock<<min(n, 8), lastBlock), size)))
		n++
	}
	last := &in.blocks[n-1]
	p := place{uint32(n - 1), uint32(len(*last))}
	*last = append(binary.AppendUvarint(*last, uint64(len(b))), b...)
	return p
}

// Get is a text by its number. It must not be changed, and never changes.
func (t *View) Get(n uint32) []byte {
	p := t.where[n]
	b := t.blocks[p.block][p.from:]
	size, at := uint64(b[0]), 1
	if size >= 1<<7 {
		size, at = binary.Uvarint(b)
	}
	return b[at : at+int(size) : at+int(size)]
}

// Compare orders two texts by their bytes.
func (t *View) Compare(a, b uint32) int {
	if a == b {
		return 0
	}
	return bytes.Compare(t.Get(a), t.Get(b))
}

// String is a text by its number, without a copy: texts never move and never change.
func (t *View) String(n uint32) string {
	b := t.Get(n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (in *Texts) grow() {
	in.table = doubled(in.table, func(s *slot) (uint64, bool) { return uint64(s.hash), s.number > 0 })
}

// doubled is a table with the entries of another one, and twice as many places. hash is that by
// which the place of an entry is chosen; it is false for a free one.
func doubled[E any](old []E, hash func(*E) (uint64, bool)) []E {
	out := make([]E, 2*len(old))
	mask := uint64(len(out) - 1)
	for n := range old {
		i, used := hash(&old[n])
		if !used {
			continue
		}
		for i &= mask; ; i = (i + 1) & mask {
			if _, used := hash(&out[i]); !used {
				break
			}
		}
		out[i] = old[n]
	}
	return out
}

func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
