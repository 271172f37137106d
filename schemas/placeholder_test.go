package schemas

import "testing"

func TestPlaceholder_words(t *testing.T) {
	for word, want := range map[string]struct{ nothing, nobody bool }{
		"N/A": {true, true}, "#N/A": {true, true}, "NULL": {true, true}, "-": {true, true}, "—": {true, true}, "#REF!": {true, true}, "########": {true, true},
		"n.a.": {true, true}, `\N`: {true, true}, "(blank)": {true, true}, "#NAME?": {true, true},
		// What may name a thing names nobody.
		"None": {false, true}, "NA": {false, true}, "Unknown": {false, true}, "see HR": {false, true}, "TBD": {false, true}, "*": {false, true}, "/": {false, true},
		// Names all of them.
		"nadia": {}, "Nancy": {}, "none@example.com": {}, "0": {}, "null-pointer": {}, "nobody": {}, "": {}, "é": {}, "unknown user of the old system": {},
	} {
		if got := IsPlaceholder([]byte(word)); got != want.nothing {
			t.Errorf("IsPlaceholder(%q) = %v", word, got)
		}
		if got := IsNobody([]byte(word)); got != want.nobody {
			t.Errorf("IsNobody(%q) = %v", word, got)
		}
	}
	for _, set := range []map[string]bool{nothing, nobody, nobodyBoxes} {
		for w := range set {
			if len(w) > maxWord || w == "" {
				t.Errorf("%q: no word of 1 to %d bytes", w, maxWord)
			}
		}
	}
}
