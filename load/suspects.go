package load

import (
	"context"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// suspects finds the rows of a stream that may have come before: all that
// have, and of the others a few in a hundred. So the database has to look at
// these only, and where there are none it need not look at all. It is a Bloom
// filter whose bits for one fingerprint lie in one cache line (F. Putze et al.,
// Cache-, Hash- and Space-Efficient Bloom Filters, 2007), and which grows by
// filters twice as large as the last: two to four bytes a row.
type suspects struct {
	layers []layer
	hashes [][16]byte // of the rows that may have come before, unless over
	rows   int
	over   bool // more than a list of them is good for
}

// layer is a filter with room for so many more fingerprints.
type layer struct {
	lines [][8]uint64
	room  int
}

const (
	firstLayer  = 1 << 18 // fingerprints
	keysInLine  = 32      // of 512 bits
	bitsOfKey   = 5
	mostSuspect = 8 // one row in so many; beyond it a list of them is no help
)

// note enters the fingerprint of a row.
func (s *suspects) note(h [16]byte) {
	s.rows++
	a, b := binary.LittleEndian.Uint64(h[:8]), binary.LittleEndian.Uint64(h[8:])
	for i := range s.layers {
		if s.layers[i].has(a, b) {
			s.suspect(h)
			return
		}
	}
	n := len(s.layers)
	if n == 0 || s.layers[n-1].room == 0 {
		size := firstLayer << n
		s.layers = append(s.layers, layer{lines: make([][8]uint64, size/keysInLine), room: size})
		n++
	}
	s.layers[n-1].add(a, b)
}

// none reports whether no row came before.
func (s *suspects) none() bool { return len(s.hashes) == 0 }

func (s *suspects) suspect(h [16]byte) {
	if s.over = s.over || len(s.hashes) >= max(s.rows/mostSuspect, 1<<10); !s.over {
		s.hashes = append(s.hashes, h)
	}
}

func (l *layer) has(a, b uint64) bool {
	line := &l.lines[a%uint64(len(l.lines))]
	for range bitsOfKey {
		if line[b>>6&7]&(1<<(b&63)) == 0 {
			return false
		}
		b >>= 9
	}
	return true
}

func (l *layer) add(a, b uint64) {
	line := &l.lines[a%uint64(len(l.lines))]
	for range bitsOfKey {
		line[b>>6&7] |= 1 << (b & 63)
		b >>= 9
	}
	l.room--
}

// list makes a temporary table of fingerprints: the stage will not do, since a
// transaction does not see what was staged after it began, and writes to one
// database only, the temporary one aside.
func (t *tx) list(ctx context.Context, name string, hashes [][16]byte) error {
	b := array.NewFixedSizeBinaryBuilder(outside, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	defer b.Release()
	for i := range hashes {
		b.Append(hashes[i][:])
	}
	column := b.NewArray()
	defer column.Release()
	schema := arrow.NewSchema([]arrow.Field{hashField}, nil)
	batch := array.NewRecordBatch(schema, []arrow.Array{column}, int64(len(hashes)))
	defer batch.Release()
	r, err := array.NewRecordReader(schema, []arrow.RecordBatch{batch})
	if err != nil {
		return err
	}
	defer r.Release()
	_, err = t.pull(ctx, r, name+"_list", "create temp table "+ident(name)+" as select "+schemas.HashColumn+" from "+ident(name+"_list"))
	return err
}

// drop takes a temporary table away again. Where that fails the transaction
// has failed before, and the table goes with it.
func (t *tx) drop(name string) {
	_, _ = t.conn.ExecContext(context.Background(), "drop table if exists temp.main."+ident(name))
}
