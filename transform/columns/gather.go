package columns

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Gather makes an array of the values of a at the places sel. It reports
// false when the texts together are more than an array can hold.
func Gather(mem memory.Allocator, a arrow.Array, sel []int32) (arrow.Array, bool) {
	switch a := a.(type) {
	case *array.String:
		return gatherText(mem, a, sel)
	case *array.Int64:
		return gatherFixed(mem, a, a.Int64Values(), sel), true
	case *array.Float64:
		return gatherFixed(mem, a, a.Float64Values(), sel), true
	case *array.Int32:
		return gatherFixed(mem, a, a.Int32Values(), sel), true
	case *array.Timestamp:
		return gatherFixed(mem, a, arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.TimestampValues())), sel), true
	case *array.Duration:
		return gatherFixed(mem, a, arrow.Int64Traits.CastFromBytes(arrow.DurationTraits.CastToBytes(a.DurationValues())), sel), true
	case *array.Date32:
		return gatherFixed(mem, a, arrow.Int32Traits.CastFromBytes(arrow.Date32Traits.CastToBytes(a.Date32Values())), sel), true
	case *array.Boolean:
		out := NewBools(mem, len(sel))
		copyNulls(&out.Valid, a, sel)
		for i, k := range sel {
			out.Set(i, a.Value(int(k)))
		}
		return out.Array(), true
	case *array.List:
		return gatherList(mem, a, sel)
	}
	panic(fmt.Sprintf("columns: gather of %s", a.DataType()))
}

func copyNulls(valid *Bitmap, a arrow.Array, sel []int32) {
	if a.NullN() == 0 {
		return
	}
	bits := a.NullBitmapBytes()
	for i, k := range sel {
		if !bitutil.BitIsSet(bits, int(k)) {
			valid.Clear(i)
		}
	}
}

func gatherFixed[T int32 | int64 | float64](mem memory.Allocator, a arrow.Array, vals []T, sel []int32) arrow.Array {
	out := NewFixed[T](mem, len(sel))
	copyNulls(&out.Valid, a, sel)
	for i, k := range sel {
		out.Vals[i] = vals[k]
	}
	return out.Array(a.DataType())
}

func gatherText(mem memory.Allocator, a *array.String, sel []int32) (arrow.Array, bool) {
	v := ViewText(a)
	size := 0
	for _, k := range sel {
		size += int(v.Off[k+1] - v.Off[k])
	}
	out := NewTexts(mem, len(sel), min(size, 1<<30))
	copyNulls(&out.Valid, a, sel)
	for _, k := range sel {
		out.Add(v.At(int(k)))
	}
	return out.Array(), !out.Over
}

func gatherList(mem memory.Allocator, a *array.List, sel []int32) (arrow.Array, bool) {
	off := a.Offsets()
	items := make([]int32, 0, len(sel))
	out := NewLists(mem, len(sel))
	for i, k := range sel {
		if a.IsNull(int(k)) {
			out.Valid.Clear(i)
		} else {
			for j := off[k]; j < off[k+1]; j++ {
				items = append(items, j)
			}
		}
		out.Offsets[i+1] = int32(len(items))
	}
	vals, ok := Gather(mem, a.ListValues(), items)
	defer vals.Release()
	return out.Array(vals), ok
}

// Lists is a list-of-text array in the making: Offsets[i+1] is set to the
// number of items up to value i, then Array is given the items.
type Lists struct {
	Offsets []int32
	offBuf  []byte
	Valid   Bitmap
}

// NewLists makes room for n lists.
func NewLists(mem memory.Allocator, n int) *Lists {
	l := &Lists{offBuf: mem.Allocate((n + 1) * 4), Valid: Bitmap{mem: mem, n: n}}
	l.Offsets = int32s(l.offBuf)
	l.Offsets[0] = 0
	return l
}

// Array hands the lists over. It retains items.
func (l *Lists) Array(items arrow.Array) arrow.Array {
	mem := l.Valid.mem
	bufs := []*memory.Buffer{nil, memory.NewBufferWithAllocator(l.offBuf, mem)}
	if l.Valid.bits != nil {
		bufs[0] = memory.NewBufferWithAllocator(l.Valid.bits, mem)
		defer bufs[0].Release()
	}
	defer bufs[1].Release()
	d := array.NewData(arrow.ListOf(arrow.BinaryTypes.String), l.Valid.n, bufs, []arrow.ArrayData{items.Data()}, l.Valid.nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}
