package columns

import (
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Cells is a column of raw text: the k-th cell is
// Values[Offsets[k]:Offsets[k+1]]. Both live in the batch's memory, so that a column nobody changes is handed
// on as it is.
type Cells struct {
	Values  []byte
	Used    int
	Offsets []int32
	offBuf  []byte
}

// Init makes room for the cells of so many rows, of size bytes together.
func (c *Cells) Init(mem memory.Allocator, rows, size int) {
	c.Values = mem.Allocate(max(size, 64))
	c.offBuf = mem.Allocate((rows + 1) * 4)
	c.Offsets = int32s(c.offBuf)
	c.Offsets[0] = 0
	c.Used = 0
}

// Release gives the memory back of cells that were not handed on.
func (c *Cells) Release(mem memory.Allocator) {
	if c.Values != nil {
		mem.Free(c.Values)
		mem.Free(c.offBuf)
		*c = Cells{}
	}
}

// Room makes sure that n more bytes fit.
func (c *Cells) Room(mem memory.Allocator, n int) {
	if c.Used+n > len(c.Values) {
		bigger := mem.Allocate(max(2*len(c.Values), c.Used+n+64))
		copy(bigger, c.Values[:c.Used])
		mem.Free(c.Values)
		c.Values = bigger
	}
}

// At is the k-th cell.
func (c *Cells) At(k int) []byte { return c.Values[c.Offsets[k]:c.Offsets[k+1]] }

// Add adds bytes to the last cell.
func (c *Cells) Add(mem memory.Allocator, b []byte) {
	c.Room(mem, len(b))
	c.Used += copy(c.Values[c.Used:], b)
}

// GrowRows makes room for the offsets of so many rows, more than before.
func (c *Cells) GrowRows(mem memory.Allocator, rows int) {
	buf := mem.Allocate((rows + 1) * 4)
	copy(buf, c.offBuf)
	mem.Free(c.offBuf)
	c.offBuf, c.Offsets = buf, int32s(buf)
}

// Text hands the column over as an Arrow array of the first n cells; an empty
// cell is NULL.
func (c *Cells) Text(mem memory.Allocator, n int) *array.String {
	valid := Bitmap{mem: mem, n: n}
	offs := c.Offsets[:n+1]
	for i := range n {
		if offs[i] == offs[i+1] {
			valid.Clear(i)
		}
	}
	a := newText(mem, n, &valid, c.offBuf, c.Values)
	*c = Cells{}
	return a
}
