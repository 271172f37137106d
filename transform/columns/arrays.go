package columns

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

// Bitmap is a validity bitmap that exists only once a value is NULL.
type Bitmap struct {
	mem   memory.Allocator
	n     int
	bits  []byte
	nulls int
}

// Clear makes the i-th value NULL.
func (b *Bitmap) Clear(i int) {
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

// NewArray makes an array of n values out of buffers of mem, which it owns
// from then on.
func NewArray(t arrow.DataType, mem memory.Allocator, n int, valid *Bitmap, bufs ...[]byte) arrow.Array {
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

func int32s(b []byte) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func newText(mem memory.Allocator, n int, valid *Bitmap, offsets, values []byte) *array.String {
	return NewArray(arrow.BinaryTypes.String, mem, n, valid, offsets, values).(*array.String)
}

// Fixed is an array of fixed-width values in the making.
type Fixed[T int32 | int64 | float64] struct {
	Vals  []T
	buf   []byte
	Valid Bitmap
}

// NewFixed makes room for n values, which hold anything until they are set.
func NewFixed[T int32 | int64 | float64](mem memory.Allocator, n int) *Fixed[T] {
	var zero T
	buf := mem.Allocate(max(n, 1) * int(unsafe.Sizeof(zero)))
	return &Fixed[T]{
		Vals:  unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(buf))), n),
		buf:   buf,
		Valid: Bitmap{mem: mem, n: n},
	}
}

// Array hands the values over as an array of type t.
func (f *Fixed[T]) Array(t arrow.DataType) arrow.Array {
	return NewArray(t, f.Valid.mem, f.Valid.n, &f.Valid, f.buf)
}

// Bools is a boolean array in the making.
type Bools struct {
	bits  []byte
	Valid Bitmap
}

// NewBools makes room for n flags, all false.
func NewBools(mem memory.Allocator, n int) *Bools {
	b := &Bools{bits: mem.Allocate(max((n+7)/8, 1)), Valid: Bitmap{mem: mem, n: n}}
	clear(b.bits)
	return b
}

// Set makes the i-th flag true, or leaves it false.
func (b *Bools) Set(i int, v bool) {
	if v {
		b.bits[i>>3] |= 1 << (i & 7)
	}
}

// Array hands the flags over.
func (b *Bools) Array() arrow.Array {
	return NewArray(arrow.FixedWidthTypes.Boolean, b.Valid.mem, b.Valid.n, &b.Valid, b.bits)
}

// Texts is a text array in the making; its values are added in order, each
// either by Add or by parts and Next.
type Texts struct {
	mem     memory.Allocator
	Values  []byte
	Used    int
	Offsets []int32
	offBuf  []byte
	n       int // values done
	Valid   Bitmap
	Over    bool // more bytes than an array can hold
}

// NewTexts makes room for n texts, of size bytes together; more will do.
func NewTexts(mem memory.Allocator, n, size int) *Texts {
	t := &Texts{mem: mem, Values: mem.Allocate(max(size, 64)), offBuf: mem.Allocate((n + 1) * 4), Valid: Bitmap{mem: mem, n: n}}
	t.Offsets = int32s(t.offBuf)
	t.Offsets[0] = 0
	return t
}

func (t *Texts) room(n int) bool {
	if t.Used+n <= len(t.Values) {
		return true
	}
	if t.Used+n > math.MaxInt32-64 {
		t.Over = true
		return false
	}
	bigger := t.mem.Allocate(min(max(2*len(t.Values), t.Used+n+64), math.MaxInt32-64))
	copy(bigger, t.Values[:t.Used])
	t.mem.Free(t.Values)
	t.Values = bigger
	return true
}

// Part adds to the value in the making.
func (t *Texts) Part(b []byte) {
	if t.room(len(b)) {
		t.Used += copy(t.Values[t.Used:], b)
	}
}

// Parts is [Texts.Part] for a string.
func (t *Texts) Parts(s string) {
	if t.room(len(s)) {
		t.Used += copy(t.Values[t.Used:], s)
	}
}

// Byte is [Texts.Part] for one byte.
func (t *Texts) Byte(c byte) {
	if t.room(1) {
		t.Values[t.Used] = c
		t.Used++
	}
}

// Next ends the value in the making.
func (t *Texts) Next() {
	t.n++
	t.Offsets[t.n] = int32(t.Used)
}

// Fill brings an array that is over its size to its full length.
func (t *Texts) Fill() {
	for t.Over && t.n < t.Valid.n {
		t.Next()
	}
}

// Add adds a whole value.
func (t *Texts) Add(b []byte) { t.Part(b); t.Next() }

// Object ends a value that is a JSON object of these members, or NULL if there are none.
func (t *Texts) Object(members []byte) {
	if len(members) == 0 {
		t.Null()
		return
	}
	t.Byte('{')
	t.Part(members)
	t.Byte('}')
	t.Next()
}

// Null ends the value as NULL, dropping what was added to it.
func (t *Texts) Null() {
	t.Used = int(t.Offsets[t.n])
	t.Valid.Clear(t.n)
	t.Next()
}

// Array hands the texts over.
func (t *Texts) Array() *array.String {
	return newText(t.mem, t.n, &t.Valid, t.offBuf, t.Values)
}

// TextView reads a text array.
type TextView struct {
	Off  []int32
	Val  []byte
	bits []byte
}

// ViewText looks at an array of texts, which must outlive the view.
func ViewText(a arrow.Array) TextView {
	s := a.(*array.String)
	v := TextView{Off: s.ValueOffsets(), Val: s.ValueBytes()}
	if s.NullN() > 0 {
		v.bits = s.NullBitmapBytes()
	}
	return v
}

// Null reports whether the i-th text is NULL.
func (v *TextView) Null(i int) bool { return v.bits != nil && !bitutil.BitIsSet(v.bits, i) }

// At is the i-th text, empty where it is NULL.
func (v *TextView) At(i int) []byte { return v.Val[v.Off[i]:v.Off[i+1]] }

// Size is the bytes of all texts.
func (v *TextView) Size() int { return len(v.Val) }

// Nulls is an array of n NULLs. All columns of a batch that hold nothing share
// zero, which must be as long as offsets of n texts.
func Nulls(t arrow.DataType, n int, zero *memory.Buffer) arrow.Array {
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
