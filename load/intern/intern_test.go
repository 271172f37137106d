package intern

import (
	"fmt"
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	in := New()
	long := strings.Repeat("x", 2*lastBlock)
	given := map[string]uint32{"": 0}
	for i := range 5000 {
		for _, s := range []string{fmt.Sprint(i), fmt.Sprint("text ", i), long[:i]} {
			n := in.ID(s)
			if had, ok := given[s]; ok && had != n {
				t.Fatalf("%.20q is %d and %d", s, had, n)
			}
			given[s] = n
		}
	}
	given[long] = in.ID(long)
	numbers := map[uint32]string{}
	for s, n := range given {
		if other, ok := numbers[n]; ok {
			t.Fatalf("%.20q and %.20q are both %d", s, other, n)
		}
		numbers[n] = s
		if found, ok := in.Find(s); in.String(n) != s || !ok || found != n {
			t.Fatalf("%d is %.20q, which is found as %d", n, in.String(n), found)
		}
	}
	if in.Len() != len(given) {
		t.Errorf("there are %d of %d", in.Len(), len(given))
	}
	if _, ok := in.Find("another"); ok {
		t.Error("found what is not there")
	}
}

func TestPrints(t *testing.T) {
	p := NewPrints(10)
	for turn := range 2 {
		for i := range uint32(10_000) {
			if n := p.Add(i+uint32(turn)*20_000, fmt.Sprint(i), "x"); n != i {
				t.Fatalf("%d is %d", i, n)
			}
		}
	}
	for i := range uint32(10_000) {
		if n, ok := p.Find(fmt.Sprint(i), "x"); !ok || n != i {
			t.Fatalf("%d is %d, %t", i, n, ok)
		}
	}
	for _, parts := range [][]string{{"1"}, {"1x"}, {"1", "x", ""}, {"", "1x"}, {"x", "1"}, {}} {
		if n, ok := p.Find(parts...); ok {
			t.Errorf("%q is %d", parts, n)
		}
	}
}
