package transform

import (
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Arrays of a batch are written straight into memory of its allocator, which
// holds anything at first, and are never changed once they are arrays. All start at offset 0.

// bitmap is a validity bitmap that exists only once a value is NULL.
type bitmap struct {
	mem   memory.Allocator
	n     int
	bits  []byte
	nulls int
}

func (b *bitmap) clear(i int) {
	if b.bits == nil {
		b.bits = b.mem.Allocate((b.n + 7) / 8)
		for k := range b.bits {
			b.bits[k] = 0xff
		}
	}
	if mask := byte(1) << (i & 7); b.bits[i>>3]&mask != 0 {
		b.bits[i>>3] &^= mask
		b.nulls++
	}
}

// newArray makes an array of n values out of buffers of mem, which it owns
// from then on.
func newArray(t arrow.DataType, mem memory.Allocator, n int, valid *bitmap, bufs ...[]byte) arrow.Array {
	all := make([]*memory.Buffer, 1, 3)
	if valid.bits != nil {
		all[0] = memory.NewBufferWithAllocator(valid.bits, mem)
	}
	for _, b := range bufs {
		all = append(all, memory.NewBufferWithAllocator(b, mem))
	}
	d := array.NewData(t, n, all, nil, valid.nulls, 0)
	a := array.MakeFromData(d)
	d.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	return a
}

// fixed is an array of fixed-width values in the making.
type fixed[T int32 | int64 | float64] struct {
	vals  []T
	buf   []byte
	valid bitmap
}

func newFixed[T int32 | int64 | float64](mem memory.Allocator, n int) *fixed[T] {
	var zero T
	buf := mem.Allocate(max(n, 1) * int(unsafe.Sizeof(zero)))
	return &fixed[T]{
		vals:  unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(buf))), n),
		buf:   buf,
		valid: bitmap{mem: mem, n: n},
	}
}

func (f *fixed[T]) array(t arrow.DataType) arrow.Array {
	return newArray(t, f.valid.mem, f.valid.n, &f.valid, f.buf)
}

// bools is a boolean array in the making.
type bools struct {
	bits  []byte
	valid bitmap
}

func newBools(mem memory.Allocator, n int) *bools {
	b := &bools{bits: mem.Allocate(max((n+7)/8, 1)), valid: bitmap{mem: mem, n: n}}
	clear(b.bits)
	return b
}

func (b *bools) set(i int, v bool) {
	if v {
		b.bits[i>>3] |= 1 << (i & 7)
	}
}

func (b *bools) array() arrow.Array {
	return newArray(arrow.FixedWidthTypes.Boolean, b.valid.mem, b.valid.n, &b.valid, b.bits)
}

// texts is a text array in the making; its values are added in order, each
// either by add or by parts and next.
type texts struct {
	mem     memory.Allocator
	values  []byte
	used    int
	offsets []int32
	offBuf  []byte
	n       int // values done
	valid   bitmap
	over    bool // more bytes than an array can hold
}

func newTexts(mem memory.Allocator, n, size int) *texts {
	t := &texts{mem: mem, values: mem.Allocate(max(size, 64)), offBuf: mem.Allocate((n + 1) * 4), valid: bitmap{mem: mem, n: n}}
	t.offsets = int32s(t.offBuf)
	t.offsets[0] = 0
	return t
}

func (t *texts) room(n int) bool {
	if t.used+n <= len(t.values) {
		return true
	}
	if t.used+n > math.MaxInt32-64 {
		t.over = true
		return false
	}
	bigger := t.mem.Allocate(min(max(2*len(t.values), t.used+n+64), math.MaxInt32-64))
	copy(bigger, t.values[:t.used])
	t.mem.Free(t.values)
	t.values = bigger
	return true
}

// part adds to the value in the making.
func (t *texts) part(b []byte) {
	if t.room(len(b)) {
		t.used += copy(t.values[t.used:], b)
	}
}

func (t *texts) parts(s string) {
	if t.room(len(s)) {
		t.used += copy(t.values[t.used:], s)
	}
}

func (t *texts) byte(c byte) {
	if t.room(1) {
		t.values[t.used] = c
		t.used++
	}
}

// next ends the value in the making.
func (t *texts) next() {
	t.n++
	t.offsets[t.n] = int32(t.used)
}

func (t *texts) add(b []byte) { t.part(b); t.next() }

// null ends the value as NULL, dropping what was added to it.
func (t *texts) null() {
	t.used = int(t.offsets[t.n])
	t.valid.clear(t.n)
	t.next()
}

func (t *texts) array() *array.String {
	return newText(t.mem, t.n, &t.valid, t.offBuf, t.values)
}

// textView reads a text array.
type textView struct {
	off  []int32
	val  []byte
	bits []byte
}

func viewText(a arrow.Array) textView {
	s := a.(*array.String)
	v := textView{off: s.ValueOffsets(), val: s.ValueBytes()}
	if s.NullN() > 0 {
		v.bits = s.NullBitmapBytes()
	}
	return v
}

func (v *textView) null(i int) bool { return v.bits != nil && !bitutil.BitIsSet(v.bits, i) }
func (v *textView) at(i int) []byte { return v.val[v.off[i]:v.off[i+1]] }
func (v *textView) size() int       { return len(v.val) }

// nulls is an array of n NULLs. All columns of a batch that hold nothing share
// zero, which must be as long as offsets of n texts.
func nulls(t arrow.DataType, n int, zero *memory.Buffer) arrow.Array {
	bufs := []*memory.Buffer{zero, zero}
	var children []arrow.ArrayData
	switch t := t.(type) {
	case *arrow.StringType:
		bufs = append(bufs, zero)
	case *arrow.ListType:
		item := array.NewData(t.Elem(), 0, []*memory.Buffer{nil, zero, zero}, nil, 0, 0)
		defer item.Release()
		children = []arrow.ArrayData{item}
	}
	d := array.NewData(t, n, bufs, children, n, 0)
	defer d.Release()
	return array.MakeFromData(d)
}
