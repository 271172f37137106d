package transform

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// gather makes an array of the values of a at the places sel. It reports
// false when the texts together are more than an array can hold.
func gather(mem memory.Allocator, a arrow.Array, sel []int32) (arrow.Array, bool) {
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
		out := newBools(mem, len(sel))
		copyNulls(&out.valid, a, sel)
		for i, k := range sel {
			out.set(i, a.Value(int(k)))
		}
		return out.array(), true
	case *array.List:
		return gatherList(mem, a, sel)
	}
	panic(fmt.Sprintf("transform: gather of %s", a.DataType()))
}

func copyNulls(valid *bitmap, a arrow.Array, sel []int32) {
	if a.NullN() == 0 {
		return
	}
	bits := a.NullBitmapBytes()
	for i, k := range sel {
		if !bitutil.BitIsSet(bits, int(k)) {
			valid.clear(i)
		}
	}
}

func gatherFixed[T int32 | int64 | float64](mem memory.Allocator, a arrow.Array, vals []T, sel []int32) arrow.Array {
	out := newFixed[T](mem, len(sel))
	copyNulls(&out.valid, a, sel)
	for i, k := range sel {
		out.vals[i] = vals[k]
	}
	return out.array(a.DataType())
}

func gatherText(mem memory.Allocator, a *array.String, sel []int32) (arrow.Array, bool) {
	v := viewText(a)
	size := 0
	for _, k := range sel {
		size += int(v.off[k+1] - v.off[k])
	}
	out := newTexts(mem, len(sel), min(size, 1<<30))
	copyNulls(&out.valid, a, sel)
	for _, k := range sel {
		out.add(v.at(int(k)))
	}
	return out.array(), !out.over
}

func gatherList(mem memory.Allocator, a *array.List, sel []int32) (arrow.Array, bool) {
	off := a.Offsets()
	items := make([]int32, 0, len(sel))
	out := newLists(mem, len(sel))
	for i, k := range sel {
		if a.IsNull(int(k)) {
			out.valid.clear(i)
		} else {
			for j := off[k]; j < off[k+1]; j++ {
				items = append(items, j)
			}
		}
		out.offsets[i+1] = int32(len(items))
	}
	vals, ok := gather(mem, a.ListValues(), items)
	defer vals.Release()
	return out.array(vals), ok
}

// lists is a list-of-text array in the making: offsets[i+1] is set to the
// number of items up to value i, then array is given the items.
type lists struct {
	offsets []int32
	offBuf  []byte
	valid   bitmap
}

func newLists(mem memory.Allocator, n int) *lists {
	l := &lists{offBuf: mem.Allocate((n + 1) * 4), valid: bitmap{mem: mem, n: n}}
	l.offsets = int32s(l.offBuf)
	l.offsets[0] = 0
	return l
}

func (l *lists) array(items arrow.Array) arrow.Array {
	mem := l.valid.mem
	bufs := []*memory.Buffer{nil, memory.NewBufferWithAllocator(l.offBuf, mem)}
	if l.valid.bits != nil {
		bufs[0] = memory.NewBufferWithAllocator(l.valid.bits, mem)
		defer bufs[0].Release()
	}
	defer bufs[1].Release()
	d := array.NewData(arrow.ListOf(arrow.BinaryTypes.String), l.valid.n, bufs, []arrow.ArrayData{items.Data()}, l.valid.nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}
