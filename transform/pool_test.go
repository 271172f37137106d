package transform

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
	p := newPool()
	first := p.Allocate(10_000)
	at := unsafe.SliceData(first)
	p.Free(first[:17]) // as a buffer does that was cut
	second := p.Allocate(9_500)
	if unsafe.SliceData(second) != at || len(second) != 9_500 {
		t.Error("a block of the same class should come again")
	}
	third := p.Allocate(9_500)
	if unsafe.SliceData(third) == at {
		t.Fatal("one block for two")
	}
	third[0], third[9_499] = 1, 2
	third = p.Reallocate(20_000, third)
	if len(third) != 20_000 || third[0] != 1 || third[9_499] != 2 {
		t.Error("what is in a block should move with it")
	}
	p.Free(third)
	p.close()
	p.Free(second)
	if p.kept != 0 {
		t.Errorf("%d bytes kept after the end", p.kept)
	}
}
