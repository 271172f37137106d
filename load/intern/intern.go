// Package intern gives each distinct text a number.
package intern

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"unsafe"
)

// Texts gives each distinct text a number, in the order in which they come. The texts lie one behind the other
// in blocks, each behind its length, so that a million of them are no million objects.
type Texts struct {
	seed   maphash.Seed
	table  []slot // open addressing
	where  []place
	blocks [][]byte
}

// slot is the number of a text + 1, 0 for none, with the hash of the text, so that texts
// are seldom compared, and never to make the table larger.
type slot struct{ hash, number uint32 }

type place struct{ block, from uint32 }

// Blocks grow from the first size to the last.
const firstBlock, lastBlock = 1 << 12, 1 << 20

// New has one text, the empty one, whose number is 0.
func New() *Texts {
	in := &Texts{}
	in.seed = maphash.MakeSeed()
	in.table = make([]slot, 1<<10)
	in.where = append(in.where, in.keep(nil))
	return in
}

// Len is how many texts there are.
func (in *Texts) Len() int { return len(in.where) }

// ID is the number of a text, which is added if it is not there.
func (in *Texts) ID(s string) uint32 { return in.Bytes(unsafeBytes(s)) }

// Bytes is the number of a text, as ID gives it.
func (in *Texts) Bytes(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	if len(in.where)*4 >= len(in.table)*3 {
		in.grow()
	}
	h := uint32(maphash.Bytes(in.seed, b))
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

// Find is the number of a text that is there.
func (in *Texts) Find(s string) (n uint32, ok bool) {
	if s == "" {
		return 0, true
	}
	b := unsafeBytes(s)
	h := uint32(maphash.Bytes(in.seed, b))
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
func (in *Texts) Get(n uint32) []byte {
	p := in.where[n]
	b := in.blocks[p.block][p.from:]
	size, at := uint64(b[0]), 1
	if size >= 1<<7 {
		size, at = binary.Uvarint(b)
	}
	return b[at : at+int(size) : at+int(size)]
}

// Compare orders two texts by their bytes.
func (in *Texts) Compare(a, b uint32) int {
	if a == b {
		return 0
	}
	return bytes.Compare(in.Get(a), in.Get(b))
}

// String is a text by its number, without a copy: texts never move and never change.
func (in *Texts) String(n uint32) string {
	b := in.Get(n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (in *Texts) grow() {
	old := in.table
	in.table = make([]slot, 2*len(old))
	mask := uint32(len(in.table) - 1)
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		i := s.hash & mask
		for in.table[i].number != 0 {
			i = (i + 1) & mask
		}
		in.table[i] = s
	}
}

func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
