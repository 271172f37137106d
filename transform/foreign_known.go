package transform

import (
	"bytes"
	"slices"
)

// A record with few values, among full ones, is mostly an account of a program
// or a person from outside, whose name or id is made otherwise than those of the
// others: what tells it is that the columns of its key are filled.

// learn notes a value of a column that makes a key together with others.
func (p *profile) learn(l *layout, slot int, v []byte) {
	if !l.own[slot] || l.alone[slot] || p.words[slot][string(v)] {
		return
	}
	if p.words[slot] == nil {
		p.words[slot] = map[string]bool{}
	}
	p.words[slot][string(v)] = true
}

// known tells whether a record of few values is surely one: its values are like
// those of the others, and one is an address or a code, or several make a key; or
// its key says so though values are unlike. Behind a blank line that is not enough.
func (p *profile) known(l *layout, cell func(slot int) []byte, apart bool) bool {
	identified, alike, outOfPlace := !slices.Contains(l.own, true), true, false
	for slot := range p.made {
		v := cell(slot)
		if len(v) == 0 {
			continue
		}
		k := makeupOf(v)
		outOfPlace = outOfPlace || p.unlike(l, slot, k&^hasBlank) && p.unlike(l, slot, k|hasBlank)
		alike = alike && !p.unlike(l, slot, k)
		identified = identified || l.emails[slot] && k == holdsAddress || l.own[slot] && p.made[slot].coded()
	}
	if !outOfPlace && (identified && alike || slices.ContainsFunc(l.ways, func(way []int) bool { return filledOf(way, cell) > 1 })) {
		return true
	}
	return !apart && !p.counts(l, cell) && (p.named(l, cell) || p.vouched(l, cell))
}

func filledOf(way []int, cell func(slot int) []byte) (n int) {
	for _, slot := range way {
		if len(cell(slot)) > 0 {
			n++
		}
	}
	return n
}

// named tells whether a column that makes a key by itself has an address, or a
// code where the others have codes. An id that a record has besides must be one.
func (p *profile) named(l *layout, cell func(slot int) []byte) (named bool) {
	for slot, alone := range l.alone {
		v := cell(slot)
		if !alone || len(v) == 0 {
			continue
		}
		k := makeupOf(v)
		switch {
		case l.emails[slot]:
			named = named || k == holdsAddress
		case !p.made[slot].coded():
		case k&hasBlank != 0 || bytes.ContainsAny(v, ":=") || k == hasDigit && bytes.ContainsAny(v, "-./"):
			return false // a label or a moment
		default:
			named = named || k == hasDigit || k == hasDigit|hasLetter
		}
	}
	return named
}

// vouched tells whether several values make a key, of which one is that of other
// records too, such as the application of an account.
func (p *profile) vouched(l *layout, cell func(slot int) []byte) bool {
	return slices.ContainsFunc(l.ways, func(way []int) bool {
		return filledOf(way, cell) > 1 && slices.ContainsFunc(way, func(slot int) bool { return p.words[slot][string(cell(slot))] })
	})
}

// counts tells whether a number stands behind something else in a column where
// the others have names: a total has one, or a table of numbers.
func (p *profile) counts(l *layout, cell func(slot int) []byte) bool {
	behind := false
	for _, slot := range l.Want {
		if slot < 0 || int(slot) >= len(p.made) {
			continue
		}
		v := cell(int(slot))
		if len(v) == 0 {
			continue
		}
		if k := makeupOf(v); behind && k&hasLetter == 0 && k != holdsAddress &&
			p.unlike(l, int(slot), k&^hasBlank) && p.unlike(l, int(slot), k|hasBlank) {
			return true
		}
		behind = true
	}
	return false
}
