package schemas

import "testing"

func TestPlaceholder_words(t *testing.T) {
	for word, want := range map[string]struct{ nothing, nobody bool }{
		"N/A": {true, true}, "#N/A": {true, true}, "NULL": {true, true}, "-": {true, true}, "—": {true, true}, "#REF!": {true, true}, "########": {true, true},
		"n.a.": {true, true}, `\N`: {true, true}, "(blank)": {true, true}, "#NAME?": {true, true},
		// What may name a thing names nobody.
		"None": {false, true}, "NA": {false, true}, "Unknown": {false, true}, "see HR": {false, true}, "TBD": {false, true}, "*": {false, true}, "/": {false, true},
		"0": {false, true}, "00000": {false, true}, "00000000-0000-0000-0000-000000000000": {false, true}, "{00000000-0000-0000-0000-000000000000}": {false, true},
		"not mapped": {false, true}, "Unmapped": {false, true}, "External": {false, true}, "anonymous": {false, true}, "k.A.": {false, true}, "keine": {false, true}, "ohne": {false, true},
		"aucun": {false, true}, "ninguno": {false, true}, "pending": {false, true}, "(inherited)": {false, true}, "true": {false, true},
		// Names all of them.
		"nadia": {}, "Nancy": {}, "none@example.com": {}, "00023": {}, "0-1": {}, "externals": {}, "external.ann": {}, "system": {}, "Keiner": {false, true}, "null-pointer": {}, "nobody": {}, "": {}, "é": {}, "unknown user of the old system": {},
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
