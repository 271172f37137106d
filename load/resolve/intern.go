package resolve

import (
	"bytes"
	"hash/maphash"
	"unsafe"
)

// interner gives each distinct text a number. The texts lie one behind the other
// in blocks, so that a million of them are no million objects.
type interner struct {
	seed   maphash.Seed
	table  []uint32 // number + 1, open addressing
	hashes []uint32 // low bits, to compare texts seldom
	where  []place
	blocks [][]byte
}

type place struct {
	block uint32
	from  uint32
	len   uint32
}

// Blocks grow from the first size to the last.
const firstBlock, lastBlock = 1 << 12, 1 << 20

// init makes number 0 the empty text.
func (in *interner) init() {
	in.seed = maphash.MakeSeed()
	in.table = make([]uint32, 1<<10)
	in.id("")
}

func (in *interner) id(s string) uint32 { return in.bytes(unsafeBytes(s)) }

func (in *interner) bytes(b []byte) uint32 {
	if len(in.where)*4 >= len(in.table)*3 {
		in.grow()
	}
	h := maphash.Bytes(in.seed, b)
	for i := h & uint64(len(in.table)-1); ; i = (i + 1) & uint64(len(in.table)-1) {
		n := in.table[i]
		if n == 0 {
			in.table[i] = uint32(len(in.where)) + 1
			in.hashes = append(in.hashes, uint32(h>>32))
			in.where = append(in.where, in.keep(b))
			return in.table[i] - 1
		}
		if in.hashes[n-1] == uint32(h>>32) && bytes.Equal(in.get(n-1), b) {
			return n - 1
		}
	}
}

func (in *interner) keep(b []byte) place {
	n := len(in.blocks)
	if n == 0 || len(in.blocks[n-1])+len(b) > cap(in.blocks[n-1]) {
		in.blocks = append(in.blocks, make([]byte, 0, max(min(firstBlock<<min(n, 8), lastBlock), len(b))))
		n++
	}
	last := &in.blocks[n-1]
	p := place{uint32(n - 1), uint32(len(*last)), uint32(len(b))}
	*last = append(*last, b...)
	return p
}

func (in *interner) get(n uint32) []byte {
	p := in.where[n]
	return in.blocks[p.block][p.from : p.from+p.len : p.from+p.len]
}

// string is a text without a copy: texts never move and never change.
func (in *interner) string(n uint32) string {
	b := in.get(n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (in *interner) grow() {
	in.table = make([]uint32, 2*len(in.table))
	for n := range in.where {
		h := maphash.Bytes(in.seed, in.get(uint32(n)))
		i := h & uint64(len(in.table)-1)
		for in.table[i] != 0 {
			i = (i + 1) & uint64(len(in.table)-1)
		}
		in.table[i] = uint32(n) + 1
	}
}
