package transform

import (
	"bytes"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A frame is a stretch of a text cut into records and cells, a column at a
// time. It owns the bytes it was cut from, so that a reject can show its text.
type frame struct {
	text    *text
	layout  *layout
	raw     []byte // the stretch
	base    int64  // offset of raw[0] in the text
	line    int64  // line of raw[0], from 1
	cols    []cells
	rows    []span          // one per record that has cells
	rejects []broken        // records that have none, in order
	shares  []share         // of JSON records, one a row
	most    int32           // columns that have a value, in the fullest record of the text so far
	profile *profile        // what the first records of a CSV text look like
	near    int             // rows of the frame before the first blank line of a CSV text
	misfits []misfit        // parts of another shape than the contract needs
	found   findings        // what is odd about it or about the text that begins with it
	valid   bool            // raw is UTF-8; see settle
	legacy  bool            // raw is Windows-1252; the cells are not any more
	held    *sync.WaitGroup // who closes the text waits for the frame
}

// span is where a record lies in the stretch.
type span struct {
	start, end int
	ordinal    int64 // of the record in its artifact
}

// broken is a record that could not be framed.
type broken struct {
	span
	rule    string
	message string
	none    bool // certainly no record: no row is missing for it
	// Where the stretch does not hold it: its beginning and its place.
	head   []byte
	offset int64
	line   int64
}

// cells is a column of raw text: the k-th cell is values[offsets[k]:offsets[k+1]].
// Both live in the batch's memory, so that a column nobody changes is handed
// on as it is.
type cells struct {
	values  []byte
	used    int
	offsets []int32
	offBuf  []byte
}

func (c *cells) init(mem memory.Allocator, rows, size int) {
	c.values = mem.Allocate(max(size, 64))
	c.offBuf = mem.Allocate((rows + 1) * 4)
	c.offsets = int32s(c.offBuf)
	c.offsets[0] = 0
	c.used = 0
}

func (c *cells) release(mem memory.Allocator) {
	if c.values != nil {
		mem.Free(c.values)
		mem.Free(c.offBuf)
		*c = cells{}
	}
}

// room makes sure that n more bytes fit.
func (c *cells) room(mem memory.Allocator, n int) {
	if c.used+n > len(c.values) {
		bigger := mem.Allocate(max(2*len(c.values), c.used+n+64))
		copy(bigger, c.values[:c.used])
		mem.Free(c.values)
		c.values = bigger
	}
}

func (c *cells) add(mem memory.Allocator, b []byte) {
	c.room(mem, len(b))
	c.used += copy(c.values[c.used:], b)
}

// growRows doubles the room for offsets.
func (c *cells) growRows(mem memory.Allocator, rows int) {
	buf := mem.Allocate((rows + 1) * 4)
	copy(buf, c.offBuf)
	mem.Free(c.offBuf)
	c.offBuf, c.offsets = buf, int32s(buf)
}

// text hands the column over as an Arrow array of the first n cells; an empty
// cell is NULL.
func (c *cells) text(mem memory.Allocator, n int) *array.String {
	valid := bitmap{mem: mem, n: n}
	offs := c.offsets[:n+1]
	for i := range n {
		if offs[i] == offs[i+1] {
			valid.clear(i)
		}
	}
	a := newText(mem, n, &valid, c.offBuf, c.values)
	*c = cells{}
	return a
}

func int32s(b []byte) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func newText(mem memory.Allocator, n int, valid *bitmap, offsets, values []byte) *array.String {
	return newArray(arrow.BinaryTypes.String, mem, n, valid, offsets, values).(*array.String)
}

// lines counts lines up to ever later places of a frame.
type lines struct {
	raw []byte
	at  int
	n   int64
	eol byte
}

func (l *lines) to(at int) int64 {
	if at < l.at {
		panic("transform: lines are counted forward only")
	}
	l.n += int64(bytes.Count(l.raw[l.at:at], []byte{l.eol}))
	l.at = at
	return l.n
}

// buffers recycles the stretches of frames of one stream.
type buffers struct{ pool sync.Pool }

func (b *buffers) get(size int) []byte {
	if p, ok := b.pool.Get().(*[]byte); ok && len(*p) >= size {
		return *p
	}
	return make([]byte, size)
}

func (b *buffers) put(p []byte) { b.pool.Put(&p) }
