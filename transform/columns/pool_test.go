package columns

import (
	"testing"
	"unsafe"
)

func TestPool_class(t *testing.T) {
	last := 0
	for size := poolLeast; size < 1<<20; size += 1021 {
		number, block := class(size)
		if block < size || block-size > size/4 {
			t.Fatalf("%d bytes in a block of %d", size, block)
		}
		if number < last {
			t.Fatalf("%d bytes have class %d, fewer have %d", size, number, last)
		}
		last = number
		if n, b := class(block); n != number || b != block {
			t.Fatalf("a block of %d is of class %d with %d, not of its own %d", block, n, b, number)
		}
	}
}

func TestPool_usesAgain(t *testing.T) {
	p := NewPool()
	first := p.Allocate(40_000)
	at := unsafe.SliceData(first)
	p.Free(first[:17]) // as a buffer does that was cut
	second := p.Allocate(39_500)
	if unsafe.SliceData(second) != at || len(second) != 39_500 {
		t.Error("a block of the same class should come again")
	}
	third := p.Allocate(39_500)
	if unsafe.SliceData(third) == at {
		t.Fatal("one block for two")
	}
	third[0], third[39_499] = 1, 2
	third = p.Reallocate(90_000, third)
	if len(third) != 90_000 || third[0] != 1 || third[39_499] != 2 {
		t.Error("what is in a block should move with it")
	}
	p.Free(third)
	p.Close()
	p.Free(second)
	if n := p.blocks(); n != 0 {
		t.Errorf("%d blocks kept after the end", n)
	}
}

// blocks is how many blocks are free.
func (p *Pool) blocks() (n int) {
	for _, free := range p.free {
		n += len(free)
	}
	return n
}

// Blocks that an export needed at its start only are not kept to its end.
func TestPool_givesBack(t *testing.T) {
	p := NewPool()
	defer p.Close()
	var large [][]byte
	for range 5 {
		large = append(large, p.Allocate(1<<20))
	}
	for _, b := range large {
		p.Free(b)
	}
	most := 0
	for range 3 * poolLook / (1 << 20) {
		a, b := p.Allocate(1<<20), p.Allocate(100<<10)
		most = max(most, p.blocks())
		p.Free(a)
		p.Free(b)
	}
	if most != 4 {
		t.Errorf("%d blocks free beside those in use, want 4 at first", most)
	}
	if n := p.blocks(); n != 2 {
		t.Errorf("%d blocks kept, 2 are wanted", n)
	}
}
