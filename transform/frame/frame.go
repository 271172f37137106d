package frame

import (
	"bytes"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/transform/columns"
)

// A Frame is a stretch of a text cut into records and cells, a column at a
// time. It owns the bytes it was cut from, so that a reject can show its text.
type Frame struct {
	text    *Text
	layout  *Layout
	Raw     []byte // the stretch
	Base    int64  // offset of Raw[0] in the text
	Line    int64  // line of Raw[0], from 1
	Cols    []columns.Cells
	Rows    []Span   // one per record that has cells
	Rejects []Broken // records that have none, in order
	Near    int      // rows of the frame before the first blank line of a CSV text
	Found   Findings // what is odd about it or about the text that begins with it
	valid   bool     // Raw is UTF-8; see Settle
	Legacy  bool     // Raw is Windows-1252; the cells are not any more
}

// Span is where a record lies in the stretch.
type Span struct {
	Start, End int
	Ordinal    int64 // of the record in its artifact
}

// Broken is a record that could not be framed.
type Broken struct {
	Span
	Rule    string
	Message string
	None    bool // certainly no record: no row is missing for it
	// Where the stretch does not hold it: its beginning and its place.
	Head   []byte
	Offset int64
	Line   int64
}

// Lines counts lines up to ever later places of a frame.
type Lines struct {
	Raw []byte
	at  int
	N   int64
	EOL byte
}

// To is the line of a place, behind the last one that was asked for.
func (l *Lines) To(at int) int64 {
	if at < l.at {
		panic("frame: lines are counted forward only")
	}
	l.N += int64(bytes.Count(l.Raw[l.at:at], []byte{l.EOL}))
	l.at = at
	return l.N
}

// Release gives back what the frame owns.
func (f *Frame) Release(mem memory.Allocator, b *Buffers) {
	for i := range f.Cols {
		f.Cols[i].Release(mem)
	}
	if raw := f.Raw; cap(raw) > 0 {
		b.put(raw[:cap(raw)])
	}
}

// Buffers recycles the stretches of frames of one stream.
type Buffers struct{ pool sync.Pool }

func (b *Buffers) get(size int) []byte {
	if p, ok := b.pool.Get().(*[]byte); ok && len(*p) >= size {
		return *p
	}
	return make([]byte, size)
}

func (b *Buffers) put(p []byte) { b.pool.Put(&p) }
