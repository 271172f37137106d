package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// Printer makes fingerprints of JSON values by what they mean: the order of
// members, blanks and escapes do not count. Numbers count as they are written,
// as 1.0 and 1 may differ to a vendor. The fingerprint is of
//
//	string        its text, seed '"'
//	other scalar  its text, seed 'n'
//	array         the fingerprints of its items in order, seed '['
//	object        the sum of the fingerprints of its members, and their number, seed '{'
//	member        the fingerprints of key and value, folded half by half
//
// This must stay the same across releases, see hasher.
type Printer struct {
	scan  Scanner
	items []byte // fingerprints of the arrays that are open
	plain []byte // a string without its escapes
	// Records that follow one another often have the same cell.
	last  []byte
	print [16]byte
	keys  [8]printedKey
}

type printedKey struct {
	text  []byte // with its quotes
	print xxh3.Uint128
}

// Of is the fingerprint of a valid JSON text.
func (p *Printer) Of(text []byte) [16]byte {
	if p.last != nil && bytes.Equal(text, p.last) {
		return p.print
	}
	p.scan.EOF = true
	h, _ := p.value(text, Blank(text, 0))
	p.last, p.print = text, h.Bytes()
	return p.print
}

func (p *Printer) value(b []byte, i int) (xxh3.Uint128, int) {
	switch b[i] {
	case '{':
		return p.object(b, i)
	case '[':
		return p.array(b, i)
	case '"':
		return p.str(b, i)
	}
	end := i + 1
	for end < len(b) && b[end] > ' ' && b[end] != ',' && b[end] != ']' && b[end] != '}' {
		end++
	}
	return xxh3.Hash128Seed(b[i:end], 'n'), end
}

func (p *Printer) str(b []byte, i int) (xxh3.Uint128, int) {
	end := i + 1 + bytes.IndexByte(b[i+1:], '"') + 1
	text := b[i+1 : end-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return xxh3.Hash128Seed(text, '"'), end
	}
	end, _ = p.scan.Str(b, i+1)
	text = b[i+1 : end-1]
	p.plain = Unescape(p.plain[:0], text)
	return xxh3.Hash128Seed(p.plain, '"'), end
}

// key is the fingerprint of the n-th key of an object, mostly that of the
// object before.
func (p *Printer) key(b []byte, i int, n uint64) (xxh3.Uint128, int) {
	if n >= uint64(len(p.keys)) {
		return p.str(b, i)
	}
	k := &p.keys[n]
	if end := i + len(k.text); len(k.text) > 0 && end <= len(b) && string(b[i:end]) == string(k.text) {
		return k.print, end
	}
	h, end := p.str(b, i)
	k.text, k.print = b[i:end], h
	return h, end
}

func (p *Printer) array(b []byte, i int) (h xxh3.Uint128, end int) {
	from := len(p.items)
	for i = Blank(b, i+1); b[i] != ']'; {
		h, i = p.value(b, i)
		item := h.Bytes()
		p.items = append(p.items, item[:]...)
		if i = Blank(b, i); b[i] == ',' {
			i = Blank(b, i+1)
		}
	}
	h = xxh3.Hash128Seed(p.items[from:], '[')
	p.items = p.items[:from]
	return h, i + 1
}

func (p *Printer) object(b []byte, i int) (xxh3.Uint128, int) {
	var sum xxh3.Uint128
	var buf [24]byte
	n := uint64(0)
	for i = Blank(b, i+1); b[i] != '}'; n++ {
		var key, val xxh3.Uint128
		key, i = p.key(b, i, n)
		i = Blank(b, Blank(b, i)+1) // past the colon
		val, i = p.value(b, i)
		var carry uint64
		sum.Lo, carry = bits.Add64(sum.Lo, fold(key.Lo^0xa0761d6478bd642f, val.Lo^0xe7037ed1a0b428db), 0)
		sum.Hi, _ = bits.Add64(sum.Hi, fold(key.Hi^0x8ebc6af09c88c6e3, val.Hi^0x589965cc75374cc3), carry)
		if i = Blank(b, i); b[i] == ',' {
			i = Blank(b, i+1)
		}
	}
	putPrint(buf[:16], sum)
	binary.BigEndian.PutUint64(buf[16:], n)
	return xxh3.Hash128Seed(buf[:], '{'), i + 1
}

// fold mixes two numbers, as wyhash does.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func putPrint(buf []byte, h xxh3.Uint128) {
	binary.BigEndian.PutUint64(buf, h.Hi)
	binary.BigEndian.PutUint64(buf[8:], h.Lo)
}
