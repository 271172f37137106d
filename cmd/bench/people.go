package main

import (
	"bufio"
	"strconv"
)

// What the generators have in common: numbers that look drawn but depend on
// the record alone, and invented people.

// mix is a number of 64 well-mixed bits for n (splitmix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// draw is a number below limit for the n-th thing of some kind.
func draw(kind string, n, limit int) int {
	h := uint64(len(kind))
	for i := range len(kind) {
		h = h*31 + uint64(kind[i])
	}
	return int(mix(h<<32^uint64(n)) % uint64(limit))
}

// pick is one of the words for the n-th thing.
func pick(kind string, n int, words []string) string { return words[draw(kind, n, len(words))] }

var (
	givenNames  = []string{"Ada", "Ben", "Chloe", "Dario", "Elif", "Femi", "Greta", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mara", "Nils", "Oona", "Priya", "Quinn", "Rosa", "Sami", "Tove"}
	familyNames = []string{"Abara", "Brandt", "Castell", "Dufour", "Eriksen", "Fontana", "Grieg", "Hollis", "Ivanov", "Jansen", "Keller", "Lindgren", "Marsh", "Nakata", "Ortiz", "Petrov", "Quill", "Rossi", "Sato", "Thorne", "Usman", "Vidal", "Weber", "Xu", "Young", "Zeman"}
)

// person is the n-th of the company.
type person struct{ given, family, email, login string }

func newPerson(n int) person {
	p := person{given: pick("given", n, givenNames), family: pick("family", n, familyNames)}
	number := strconv.Itoa(n)
	p.login = lower(p.given[:1]+p.family) + number
	p.email = p.given + "." + p.family + number + "@example.com"
	return p
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// ulid is a made-up id of 26 characters.
func ulid(kind string, n int) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	b := []byte("01J8")
	hi, lo := uint64(draw(kind, n, 1<<62)), uint64(draw(kind+"+", n, 1<<62))
	for range 11 {
		b = append(b, digits[hi&31], digits[lo&31])
		hi, lo = hi>>5, lo>>5
	}
	return string(b)
}

// hex32 is a made-up id of 32 hexadecimal digits.
func hex32(kind string, n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 32)
	hi, lo := mix(uint64(draw(kind, n, 1<<62))), mix(uint64(draw(kind+"+", n, 1<<62)))
	for range 16 {
		b = append(b, digits[hi&15], digits[lo&15])
		hi, lo = hi>>4, lo>>4
	}
	return string(b)
}

// order is the record that stands at place i of n.
func (v variant) order(i, n int) int {
	if v == rotated {
		return (i + n/2 + 1) % n
	}
	return i
}

// differs tells whether the record is one of those that changed.
func (v variant) differs(i int) bool { return v == changed && i%100 == 37 }

// two writes a number below 100 with two digits.
func two(w *bufio.Writer, n int) {
	w.WriteByte(byte('0' + n/10))
	w.WriteByte(byte('0' + n%10))
}

// stamp writes a time within five years: the date, between, the time of day.
func stamp(w *bufio.Writer, kind string, n int, between byte) {
	d := draw(kind, n, 1<<40)
	w.WriteString(strconv.Itoa(2021 + d%5))
	w.WriteByte('-')
	two(w, 1+d>>4%12)
	w.WriteByte('-')
	two(w, 1+d>>8%28)
	w.WriteByte(between)
	two(w, d>>13%24)
	w.WriteByte(':')
	two(w, d>>18%60)
	w.WriteByte(':')
	two(w, d>>24%60)
}

func number(w *bufio.Writer, n int) {
	w.Write(strconv.AppendInt(w.AvailableBuffer(), int64(n), 10))
}
