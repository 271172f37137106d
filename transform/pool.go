package transform

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// pool is C memory for batches that is used again when a batch is released:
// memory fresh from the system is cleared by the kernel page by page, which
// took two fifths of the time of a contract. What it hands out is NOT cleared.
//
// A pool lives as long as its stream; what is released later goes straight
// back to the C library. It is safe for use by several goroutines: who
// releases a batch is a thread of DuckDB's.
type pool struct {
	mem    memory.Allocator
	mu     sync.Mutex
	free   [4 * 64][][]byte // by class
	kept   int              // bytes in free
	closed bool
}

const (
	poolLeast = 4 << 10   // bytes; smaller blocks are not kept
	poolMost  = 256 << 20 // bytes kept at most
)

func newPool() *pool { return &pool{mem: mallocator.NewMallocator()} }

// class is the number of the class of blocks that hold size bytes, and their
// size: four classes to each power of two, so that a fifth is lost at most.
func class(size int) (number, block int) {
	k := bits.Len(uint(size - 1)) // size is above 1<<(k-1), and 1<<k at most
	step := 1 << (k - 3)
	m := (size + step - 1) / step // 5 to 8
	return 4*k + m - 5, m * step
}

// Allocate is part of [memory.Allocator].
func (p *pool) Allocate(size int) []byte {
	if size < poolLeast {
		return p.mem.Allocate(size)
	}
	number, block := class(size)
	p.mu.Lock()
	if free := p.free[number]; len(free) > 0 {
		b := free[len(free)-1]
		p.free[number] = free[:len(free)-1]
		p.kept -= block
		p.mu.Unlock()
		return b[:size]
	}
	p.mu.Unlock()
	return p.mem.Allocate(block)[:size]
}

// Reallocate is part of [memory.Allocator].
func (p *pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	bigger := p.Allocate(size)
	copy(bigger, b)
	p.Free(b)
	return bigger
}

// Free is part of [memory.Allocator].
func (p *pool) Free(b []byte) {
	if cap(b) >= poolLeast {
		if number, block := class(cap(b)); block == cap(b) && p.keep(number, b[:block]) {
			return
		}
	}
	p.mem.Free(b)
}

func (p *pool) keep(number int, b []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.kept+len(b) > poolMost {
		return false
	}
	p.free[number] = append(p.free[number], b)
	p.kept += len(b)
	return true
}

// open lets the pool keep blocks, after a close too: a stream may be ranged
// over again.
func (p *pool) open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
}

// close gives back what is free, and from then on all that is freed.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for i, free := range p.free {
		for _, b := range free {
			p.mem.Free(b)
		}
		p.free[i] = nil
	}
	p.kept = 0
}
