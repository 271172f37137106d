package intern

import "hash/maphash"

// Prints find numbers by texts that they do not keep, but 96 bits of hashes. Among ten
// million texts two have the same ones with a probability below 10^-14. A text may have
// several parts, which do not count as one when they are put together. Only one goroutine may
// use them.
type Prints struct {
	first, second maphash.Seed
	table         []printed // open addressing
	rows          int
	buf           []byte
}

// printed is a number + 1, 0 for none, with the hashes of its text.
type printed struct {
	first  uint64
	second uint32
	number uint32
}

// NewPrints has no text, and room for so many.
func NewPrints(texts int) *Prints {
	size := 1 << 8
	for size*3 < texts*4 {
		size *= 2
	}
	return &Prints{first: maphash.MakeSeed(), second: maphash.MakeSeed(), table: make([]printed, size)}
}

// Add gives a text a number, if it has none. It returns that which it has.
func (p *Prints) Add(number uint32, parts ...string) uint32 {
	if p.rows*4 >= len(p.table)*3 {
		p.grow()
	}
	e := p.of(parts)
	if e.number == 0 {
		e.number = number + 1
		p.rows++
	}
	return e.number - 1
}

// Find is the number of a text, if it has one.
func (p *Prints) Find(parts ...string) (number uint32, ok bool) {
	e := p.of(parts)
	return e.number - 1, e.number != 0
}

// of is the entry of a text, or a free one with its hashes.
func (p *Prints) of(parts []string) *printed {
	p.buf = p.buf[:0]
	for _, part := range parts {
		p.buf = append(append(p.buf, part...), 0xff) // no byte of UTF-8
	}
	a, b := maphash.Bytes(p.first, p.buf), uint32(maphash.Bytes(p.second, p.buf))
	mask := uint64(len(p.table) - 1)
	for i := a & mask; ; i = (i + 1) & mask {
		e := &p.table[i]
		switch {
		case e.number == 0:
			e.first, e.second = a, b
			return e
		case e.first == a && e.second == b:
			return e
		}
	}
}

func (p *Prints) grow() {
	p.table = doubled(p.table, func(e *printed) (uint64, bool) { return e.first, e.number > 0 })
}
