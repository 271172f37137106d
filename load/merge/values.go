package merge

import (
	"encoding/binary"

	"github.com/accessmart/accessmart/load/intern"
)

// Value is the number of a value; 0 is NULL.
type Value uint32

const null Value = 0

// Values keep each distinct value once: texts, and objects as JSON, as they are; numbers, days
// since 1970, microseconds since 1970 and 0 or 1 for false or true as eight bytes, which [Number]
// reads.
type Values struct {
	texts   *intern.Texts
	some    []string // of a call of Texts
	numbers []uint32
}

func newValues() *Values { return &Values{texts: intern.New()} }

// Text is the number of a text, which may be empty.
func (v *Values) Text(s string) Value { return Value(v.texts.ID(s)) + 1 }

// Texts puts the numbers of some texts in out: text gives the one for each place in it, false for
// NULL.
func (v *Values) Texts(out []Value, text func(at int) (string, bool)) {
	v.some = v.some[:0]
	last := ""
	for at := range out {
		s, ok := text(at)
		out[at] = null
		if !ok {
			continue
		}
		if len(v.some) == 0 || s != last {
			v.some, last = append(v.some, s), s
		}
		out[at] = Value(len(v.some)) // which of some it is, counted from 1
	}
	v.numbers = v.texts.IDs(v.some, v.numbers[:0])
	for at, n := range out {
		if n != null {
			out[at] = Value(v.numbers[n-1]) + 1
		}
	}
}

// Number is that of a number.
func (v *Values) Number(n int64) Value {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	return Value(v.texts.Bytes(b[:])) + 1
}

// Get is a value by its number, nil for NULL. It must not be changed, and never changes.
func (v *Values) Get(n Value) []byte {
	if n == null {
		return nil
	}
	return v.texts.Get(uint32(n - 1))
}

// String is a text by its number, "" for NULL.
func (v *Values) String(n Value) string {
	if n == null {
		return ""
	}
	return v.texts.String(uint32(n - 1))
}

// Number reads a value that is no text.
func Number(value []byte) int64 { return int64(binary.LittleEndian.Uint64(value)) }

// blocks is a list that grows without moving what it has.
type blocks[T any] struct{ list [][]T }

const blockSize = 1 << 14

func (b *blocks[T]) add() *T {
	n := len(b.list)
	if n == 0 || len(b.list[n-1]) == blockSize {
		b.list = append(b.list, make([]T, 0, blockSize))
		n++
	}
	last := &b.list[n-1]
	*last = (*last)[:len(*last)+1]
	return &(*last)[len(*last)-1]
}

func (b *blocks[T]) at(i int) *T { return &b.list[i/blockSize][i%blockSize] }
