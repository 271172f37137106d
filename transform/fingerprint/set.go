// Package fingerprint holds many fingerprints in little memory. It imports
// nothing else of the module.
package fingerprint

import (
	"encoding/binary"
	"math/bits"
)

// Size is the length of a fingerprint in bytes. It is a good hash: all its bits
// are as likely 0 as 1.
const Size = 16

// Set is a set of fingerprints, which may be looked at by one goroutine at a
// time. It takes 14 to 17 bytes for each. It is empty when it is zero.
//
// Of a fingerprint it keeps the first 96 bits: among ten million different ones
// the chance that any two share these is 10^-15.
type Set struct {
	slots []slot // open addressing; a free one is zero
	n     int    // slots taken
	zero  bool   // whether the fingerprint that looks like a free slot is in
}

type slot [12]byte

// full is how many fingerprints so many slots take before there must be more.
func full(slots int) int { return slots / 8 * 7 }

// Len is how many fingerprints are in.
func (s *Set) Len() int {
	if s.zero {
		return s.n + 1
	}
	return s.n
}

// Add puts a fingerprint in and reports whether it was not.
func (s *Set) Add(print [Size]byte) bool {
	h := slot(print[:])
	if h == (slot{}) {
		was := s.zero
		s.zero = true
		return !was
	}
	if s.n >= full(len(s.slots)) {
		s.grow()
	}
	at, found := s.find(h)
	if !found {
		s.slots[at] = h
		s.n++
	}
	return !found
}

// Has reports whether a fingerprint is in.
func (s *Set) Has(print [Size]byte) bool {
	h := slot(print[:])
	if h == (slot{}) {
		return s.zero
	}
	if s.n == 0 {
		return false
	}
	_, found := s.find(h)
	return found
}

// find is the slot of h, or the free one where it belongs.
func (s *Set) find(h slot) (at int, found bool) {
	first, _ := bits.Mul64(binary.LittleEndian.Uint64(h[:8]), uint64(len(s.slots)))
	for at = int(first); ; {
		switch s.slots[at] {
		case h:
			return at, true
		case slot{}:
			return at, false
		}
		if at++; at == len(s.slots) {
			at = 0
		}
	}
}

// grow makes a quarter more room: a set that doubled would be half empty on
// average after that, and leave as much garbage again.
func (s *Set) grow() {
	old := s.slots
	s.slots = make([]slot, max(len(old)+len(old)/4, 1024))
	for _, h := range old {
		if h != (slot{}) {
			at, _ := s.find(h)
			s.slots[at] = h
		}
	}
}

// Clear takes all out, and makes room for n in one go.
func (s *Set) Clear(n int) {
	s.n, s.zero = 0, false
	if full(len(s.slots)) < n {
		s.slots = make([]slot, n/7*8+16)
		return
	}
	clear(s.slots)
}
