package schemas

import "bytes"

// Groups and roles are named SG.Finance.Readers, sk-prague-administrators or
// npm_publishers_of_all_teams: what tells them from tokens is that they are of
// words, while tokens are thrown by dice.

const (
	longestDigits = 8  // of a word: a day
	longestMixed  = 16 // of a word with digits within it, such as office365users

	shortestSpoken    = 4
	longestConsonants = 4
)

// isBody tells whether a text behind the start of a token is the rest of it.
func isBody(start string, body []byte) bool {
	switch {
	case start[len(start)-1] == '/': // a URL that leads to one thing only
		return true
	case start == "SG.": // 22, a dot, 43
		return body[22] == '.' && bytes.IndexByte(body, '.') == 22 && lengthOf(body[23:]) == 43 && !isOfWords(body[:66])
	case start == "hf_", start == "npm_":
		return lengthOf(body) >= 30 && !bytes.ContainsAny(body[:30], "-_") && !isOfWords(body)
	}
	return !isOfWords(body)
}

// lengthOf is how much at the beginning of a text may belong to a token.
func lengthOf(s []byte) int {
	n := 0
	for n < len(s) && inToken(s[n]) {
		n++
	}
	return n
}

// isOfWords tells whether a text is words, abbreviations and numbers between
// separators, and most of it words that can be spoken.
func isOfWords(s []byte) bool {
	spoken, all := 0, 0
	for len(s) > 0 {
		n := 0
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
			n++
		}
		words, ok := wordsOf(s[:n])
		if !ok {
			return false
		}
		spoken += words
		all += n
		s = s[min(n+1, len(s)):]
	}
	return spoken*5 >= all*3
}

// wordsOf tells whether letters and digits are a word or words in CamelCase, with
// a number before, behind or, where they are few, within them, and how much of
// them can be spoken.
func wordsOf(s []byte) (spoken int, ok bool) {
	runs, acronyms := 0, 0
	for i := 0; i < len(s); runs++ {
		from, digit := i, isDigit(s[i])
		for i < len(s) && isDigit(s[i]) == digit {
			i++
		}
		switch {
		case digit && i-from > longestDigits:
			return 0, false
		case !digit:
			n, upper, ok := humps(s[from:i])
			if !ok {
				return 0, false
			}
			spoken += n
			acronyms += upper
		}
	}
	return spoken, acronyms <= 1 && (runs <= 2 || runs == 3 && len(s) <= longestMixed)
}

// humps looks at the words of CamelCase, how much of them can be spoken and how
// many begin with several capitals; it is false where one is a letter alone.
func humps(s []byte) (spoken, acronyms int, ok bool) {
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && isCapital(s[i]) {
			i++
		}
		capitals := i - from
		for i < len(s) && !isCapital(s[i]) {
			i++
		}
		switch {
		case capitals > 1:
			acronyms++
		case i-from == 1 && from > 0:
			return 0, 0, false
		}
		if i-from >= shortestSpoken && (capitals <= 1 || capitals == i-from) && canBeSpoken(s[from:i]) {
			spoken += i - from
		}
	}
	return spoken, acronyms, true
}

// canBeSpoken tells whether letters have vowels as words have them.
func canBeSpoken(s []byte) bool {
	consonants, vowels := 0, 0
	for _, c := range s {
		if c >= 0x80 || bytes.IndexByte([]byte("aeiouy"), c|0x20) >= 0 {
			consonants = 0
			vowels++
		} else if consonants++; consonants > longestConsonants {
			return false
		}
	}
	return vowels > 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
