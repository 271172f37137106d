package transform

import (
	"bytes"
	"slices"
)

// A record with few values among full ones is often the account of a program or of
// a person from outside, whose name or id has another form than those of the
// others. It is known for a record by the columns of its key, which have values.

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

// known tells whether a line of few values is certainly a record: its values look
// like those of the others, and one is an address or a code, or several make a key.
// If they do not look like the others, its key may still show it, unless the line
// comes after a blank one (apart).
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

// filledOf counts the values that a record has of those of a key.
func filledOf(way []int, cell func(slot int) []byte) (n int) {
	for _, slot := range way {
		if len(cell(slot)) > 0 {
			n++
		}
	}
	return n
}

// named tells whether a column that makes a key by itself has an address, or a code
// where the other records have codes. It is false if such a column has something
// else, such as a label or a time.
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
			return false // a label or a time
		default:
			named = named || k == hasDigit || k == hasDigit|hasLetter
		}
	}
	return named
}

// vouched tells whether several values make a key and one of them is that of other
// records too, such as the application of an account.
func (p *profile) vouched(l *layout, cell func(slot int) []byte) bool {
	return slices.ContainsFunc(l.ways, func(way []int) bool {
		return filledOf(way, cell) > 1 && slices.ContainsFunc(way, func(slot int) bool { return p.words[slot][string(cell(slot))] })
	})
}

// counts tells whether the line has, not in its first value, a number where the
// other records have names, as a total has, or a table of numbers.
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
