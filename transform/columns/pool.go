package columns

import (
	"math/bits"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// Pool is memory for batches, outside of Go's, that is used again when a batch is
// released: memory fresh from the system is cleared by the kernel page by page,
// which took two fifths of the time of a contract. What it hands out is NOT
// cleared.
//
// Large blocks are pages of the system's and go back to it whole: the C library
// keeps a free block that lies between others.
//
// A pool lives as long as its stream; what is released later goes straight
// back. It is safe for use by several goroutines: who releases a batch is a
// thread of DuckDB's.
type Pool struct {
	small  memory.Allocator // for blocks below poolLeast
	mu     sync.Mutex
	free   [4 * 64][][]byte // by class; the last one freed is the first one taken
	spare  [4 * 64]int      // of these, how many nobody wanted since the last look
	taken  int              // bytes handed out since the last look
	closed bool
}

const (
	poolLeast = 16 << 10  // bytes; smaller blocks are not kept. A class is some pages from here on
	poolLook  = 256 << 20 // bytes handed out from one look at spare blocks to the next
)

func NewPool() *Pool { return &Pool{small: mallocator.NewMallocator()} }

// class is the number of the class of blocks that hold size bytes, and their
// size: four classes to each power of two, so that a fifth is lost at most.
func class(size int) (number, block int) {
	k := bits.Len(uint(size - 1)) // size is above 1<<(k-1), and 1<<k at most
	step := 1 << (k - 3)
	m := (size + step - 1) / step // 5 to 8
	return 4*k + m - 5, m * step
}

// Allocate is part of [memory.Allocator].
func (p *Pool) Allocate(size int) []byte {
	if size < poolLeast {
		return p.small.Allocate(size)
	}
	number, block := class(size)
	if b := p.take(number, block); b != nil {
		return b[:size]
	}
	return pages(block)[:size]
}

// take returns a free block, nil if there is none.
func (p *Pool) take(number, block int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken += block; p.taken >= poolLook {
		p.giveBack()
	}
	free := p.free[number]
	if len(free) == 0 {
		return nil
	}
	last := len(free) - 1
	p.free[number] = free[:last]
	p.spare[number] = min(p.spare[number], last)
	return free[last]
}

// giveBack frees the blocks that nobody wanted since the last look. Within an
// export the sizes change: most rows are new at first, and repeats later.
func (p *Pool) giveBack() {
	for number, n := range p.spare {
		for _, b := range p.free[number][:n] {
			unpages(b)
		}
		p.free[number] = slices.Delete(p.free[number], 0, n)
		p.spare[number] = len(p.free[number])
	}
	p.taken = 0
}

// Reallocate is part of [memory.Allocator].
func (p *Pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	bigger := p.Allocate(size)
	copy(bigger, b)
	p.Free(b)
	return bigger
}

// Free is part of [memory.Allocator].
func (p *Pool) Free(b []byte) {
	if cap(b) < poolLeast {
		p.small.Free(b)
		return
	}
	b = b[:cap(b)]
	number, _ := class(len(b))
	if !p.keep(number, b) {
		unpages(b)
	}
}

func (p *Pool) keep(number int, b []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.free[number] = append(p.free[number], b)
	return true
}

// Open lets the pool keep blocks, after a close too: a stream may be ranged
// over again.
func (p *Pool) Open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
}

// Close gives back what is free, and from then on all that is freed.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for number, free := range p.free {
		for _, b := range free {
			unpages(b)
		}
		p.free[number], p.spare[number] = nil, 0
	}
	p.taken = 0
}
