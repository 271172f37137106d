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
	Near    int      // rows before the first blank line of a CSV text; all without one, 0 after one in an earlier frame
	Found   Findings // about the frame, or about its text if it is the first
	valid   bool     // Raw is UTF-8; see Settle
	Legacy  bool     // Raw is Windows-1252; the cells are UTF-8 all the same
}

// Span is where a record lies in the stretch.
type Span struct {
	Start, End int   // in Raw, in bytes
	Ordinal    int64 // of the record in its artifact, from 0
}

// Broken is a record that could not be framed.
type Broken struct {
	Span
	Rule    string // of the reject
	Message string
	None    bool // it is certainly no record, so no row is missing
	// For a record that is too long for the stretch: its beginning, and where it is
	// in the text. Head is nil for all others.
	Head   []byte
	Offset int64
	Line   int64
}

// Lines finds the lines of places of a frame, one after the other.
type Lines struct {
	Raw []byte // of the frame
	at  int
	N   int64 // line of the last place; at first that of the frame
	EOL byte
}

// To is the line of a place in Raw, which must not be before the last one.
func (l *Lines) To(at int) int64 {
	if at < l.at {
		panic("frame: lines are counted forward only")
	}
	l.N += int64(bytes.Count(l.Raw[l.at:at], []byte{l.EOL}))
	l.at = at
	return l.N
}

// Release gives back the memory of the frame, which must not be used any more.
func (f *Frame) Release(mem memory.Allocator, b *Buffers) {
	for i := range f.Cols {
		f.Cols[i].Release(mem)
	}
	if raw := f.Raw; cap(raw) > 0 {
		b.put(raw[:cap(raw)])
	}
}

// Buffers recycles the bytes of frames of one stream. Several goroutines may use it.
type Buffers struct{ pool sync.Pool }

func (b *Buffers) get(size int) []byte {
	if p, ok := b.pool.Get().(*[]byte); ok && len(*p) >= size {
		return *p
	}
	return make([]byte, size)
}

func (b *Buffers) put(p []byte) { b.pool.Put(&p) }
