package transform

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// The fingerprint of a row is the 128-bit xxh3 hash, big-endian, of its fields
// that are not NULL, in the order of their names. Each field is
//
//	tag    4 bytes, little-endian: the low half of xxh3("<name>:<type>")
//	value  text: length as uvarint, bytes
//	       JSON: 16 bytes, see jsonPrinter
//	       int, timestamp, duration, float: 8 bytes, little-endian
//	       date: 4 bytes, little-endian; bool: 1 byte
//	       list: number of items as uvarint, each item as text, NULL as length 2^32
//
// so no two different rows have the same encoding. Volatile fields are left
// out: a change of nothing else makes no new version. A NULL adds nothing: a
// column that a later release adds to a table leaves the fingerprints of rows
// without it as they were. This must stay the same across releases, or every
// row of every database would count as changed.

// hasher encodes rows of one table.
type hasher struct {
	fields []hashField
	prints [][16]byte // of the last rows; kept to reuse the memory
}

type hashField struct {
	column int
	name   string
	tag    [4]byte
	json   jsonIn
}

// jsonIn tells where the texts of a column are JSON.
type jsonIn int

const (
	noJSON    jsonIn = iota
	allJSON          // each is
	looseJSON        // some are, in a dataset whose columns are all text
)

// newHasher prepares the fingerprints of rows with these fields. It is an error if two names
// have the same tag, since their values could be exchanged unseen.
func newHasher(fields []schemas.Field) (*hasher, error) {
	return hasherOf(fields, func(name, other string) error {
		return fmt.Errorf("columns %s and %s have the same tag in fingerprints; rename one", other, name)
	})
}

// newRecordHasher is newHasher for a table whose columns a vendor names. Of two names with
// the same tag the later one takes the next free tag.
func newRecordHasher(fields []schemas.Field) *hasher {
	h, _ := hasherOf(fields, func(string, string) error { return nil })
	return h
}

// hasherOf calls sameTag, which may return an error, for each name with a tag that is taken.
func hasherOf(fields []schemas.Field, sameTag func(name, other string) error) (*hasher, error) {
	h := &hasher{}
	seen := map[[4]byte]string{}
	for i, f := range fields {
		if f.Volatile {
			continue
		}
		typ := f.Type
		if typ == schemas.Email {
			typ = schemas.Text
		}
		hf := hashField{column: i, name: f.Name}
		if f.Type == schemas.JSON {
			hf.json = allJSON
		}
		binary.LittleEndian.PutUint32(hf.tag[:], uint32(xxh3.HashString(f.Name+":"+string(typ))))
		for other, ok := seen[hf.tag]; ok; other, ok = seen[hf.tag] {
			if err := sameTag(f.Name, other); err != nil {
				return nil, err
			}
			binary.LittleEndian.PutUint32(hf.tag[:], binary.LittleEndian.Uint32(hf.tag[:])+1)
		}
		seen[hf.tag] = f.Name
		h.fields = append(h.fields, hf)
	}
	slices.SortFunc(h.fields, func(a, b hashField) int { return strings.Compare(a.name, b.name) })
	return h, nil
}

// fork is the same hasher for another goroutine.
func (h *hasher) fork() *hasher { return &hasher{fields: h.fields} }

// rows are the fingerprints of n rows. The result is overwritten by the next call.
func (h *hasher) rows(cols []arrow.Array, n int) [][16]byte {
	h.prints = slices.Grow(h.prints[:0], n)[:n]
	out := h.prints
	encoders := make([]func([]byte, int) []byte, 0, len(h.fields))
	for _, f := range h.fields {
		if a := cols[f.column]; a.NullN() < n {
			encoders = append(encoders, f.encoder(a))
		}
	}
	var buf []byte
	for i := range n {
		buf = buf[:0]
		for _, enc := range encoders {
			buf = enc(buf, i)
		}
		out[i] = xxh3.Hash128(buf).Bytes()
	}
	return out
}

// loose makes texts that are JSON count by their meaning.
func (h *hasher) loose() *hasher {
	for i := range h.fields {
		h.fields[i].json = max(h.fields[i].json, looseJSON)
	}
	return h
}

// asWritten makes JSON count by its text, which is faster. It is for uses in which rows that
// differ only in how they are written may count as different.
func (h *hasher) asWritten() {
	for i := range h.fields {
		h.fields[i].json = noJSON
	}
}

func (f *hashField) encoder(a arrow.Array) func([]byte, int) []byte {
	enc := encoder(a, f.tag)
	if f.json == noJSON {
		return enc
	}
	v, p, s := columns.ViewText(a), &scan.Printer{}, &scan.Scanner{}
	return func(b []byte, i int) []byte {
		if v.Null(i) {
			return b
		}
		cell := v.At(i)
		if f.json == looseJSON && !(scan.LooksJSON(cell) && scan.Valid(s, cell, 0)) {
			return enc(b, i)
		}
		print := p.Of(cell)
		return append(append(b, f.tag[:]...), print[:]...)
	}
}

// encoder appends the i-th field of a column, tag first, nothing for NULL.
func encoder(a arrow.Array, tag [4]byte) func([]byte, int) []byte {
	switch a := a.(type) {
	case *array.String:
		v := columns.ViewText(a)
		return func(b []byte, i int) []byte {
			if v.Null(i) {
				return b
			}
			s := v.At(i)
			b = append(b, tag[:]...)
			b = binary.AppendUvarint(b, uint64(len(s)))
			return append(b, s...)
		}
	case *array.Boolean:
		return present(a, tag, func(b []byte, i int) []byte {
			if a.Value(i) {
				return append(b, 1)
			}
			return append(b, 0)
		})
	case *array.Int64:
		return present(a, tag, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(a.Value(i))) })
	case *array.Timestamp:
		return present(a, tag, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(a.Value(i))) })
	case *array.Duration:
		return present(a, tag, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(a.Value(i))) })
	case *array.Float64:
		return present(a, tag, func(b []byte, i int) []byte {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(a.Value(i)))
		})
	case *array.Date32:
		return present(a, tag, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(a.Value(i))) })
	case *array.List:
		items := columns.ViewText(a.ListValues())
		off := a.Offsets()
		return present(a, tag, func(b []byte, i int) []byte {
			b = binary.AppendUvarint(b, uint64(off[i+1]-off[i]))
			for k := off[i]; k < off[i+1]; k++ {
				if items.Null(int(k)) {
					b = binary.AppendUvarint(b, 1<<32)
					continue
				}
				s := items.At(int(k))
				b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
			}
			return b
		})
	}
	panic(fmt.Sprintf("transform: fingerprint of %s", a.DataType()))
}

func present(a arrow.Array, tag [4]byte, f func([]byte, int) []byte) func([]byte, int) []byte {
	return func(b []byte, i int) []byte {
		if a.IsNull(i) {
			return b
		}
		return f(append(b, tag[:]...), i)
	}
}
