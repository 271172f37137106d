package schemas

import (
	"bytes"
	"slices"
	"strings"
)

// What stands under the name of a secret and is none: "Password: Never expires",
// "Authorization: approved", "Credentials: MD, PhD".

// closedWords say something about a secret, alone too.
const closedWords = `
true false yes no none null set unset given missing present absent available unavailable unknown
enabled disabled active inactive activated deactivated on off
expired expires expire expiry expiring never always valid invalid revoked rotated changed unchanged reset locked unlocked
required optional mandatory allowed denied approved rejected pending granted refused requested issued ignored assigned unassigned confirmed unconfirmed verified unverified
certificate certificates certified
annual monthly yearly permanent
`

// joiningWords do so beside others.
const joiningWords = `
a an and as at by for from in is not of or the to until with without
read write only access change must cannot next login logon
`

// wordyNames end names under which a secret is a string thrown by dice or a
// number and no words, as a password, a passphrase or an answer may be.
var wordyNames = strings.Fields("token tokens credential credentials apikey apikeys accesskey accesskeys authorization pat sas otp totp")

// schemes begin the value of an Authorization header, the secret being the next word.
var schemes = strings.Fields("basic bearer digest negotiate ntlm token apikey key hoba mutual oauth hawk")

var (
	closed  = strings.Fields(closedWords)
	joining = strings.Fields(joiningWords)
)

const (
	longestPhrase = 60
	mostWords     = 5
	longestPlain  = 14 // word of a phrase
)

// MayBePhrase tells whether a phrase under the name of a secret is no secret itself.
func MayBePhrase(name []byte) bool {
	var low []byte
	for _, c := range name {
		if isLetter(c) {
			low = append(low, c)
		}
	}
	low = bytes.ToLower(low)
	return slices.ContainsFunc(wordyNames, func(w string) bool { return bytes.HasSuffix(low, []byte(w)) })
}

// IsHarmless tells whether a text under the name of a secret is none for certain:
// closed words about secrets and, where phrases are none, some plain words.
func IsHarmless(text []byte, phrases bool) bool {
	if len(text) == 0 || len(text) > longestPhrase {
		return false
	}
	words := bytes.FieldsFunc(bytes.ToLower(text), func(r rune) bool { return r == ' ' || r == ',' || r == '-' || r == '/' })
	said := len(words) > 0
	for _, w := range words {
		said = said && (slices.Contains(closed, string(w)) || len(words) > 1 && slices.Contains(joining, string(w)))
	}
	return said || phrases && isPhrase(bytes.Fields(text))
}

// isPhrase tells whether words are plain ones: more than one, and not such as
// programs throw, which are all of one length.
func isPhrase(words [][]byte) bool {
	if len(words) < 2 || len(words) > mostWords || slices.Contains(schemes, strings.ToLower(strings.TrimRight(string(words[0]), ":"))) {
		return false
	}
	even := len(words) > 2
	for i, w := range words {
		w = bytes.TrimRight(w, ",.")
		even = even && len(w) == len(bytes.TrimRight(words[0], ",."))
		number := i > 0 && len(w) == 1 && isDigit(w[0])
		if !number && !isPlain(w) {
			return false
		}
	}
	return !even
}

// isPlain tells whether letters are a word that can be spoken, or an abbreviation.
func isPlain(w []byte) bool {
	if len(w) == 0 || len(w) > longestPlain || bytes.ContainsFunc(w, func(r rune) bool { return r < 0x80 && !isLetter(byte(r)) }) {
		return false
	}
	if len(w) < shortestSpoken {
		return true
	}
	inner := 0
	for i, c := range w[1:] {
		if isCapital(c) {
			if inner++; i < 2 || i > len(w)-4 { // GitHub
				inner++
			}
		}
	}
	return inner <= 1 && canBeSpoken(w)
}

// IsWords tells whether a text is of letters and blanks only, so that it may
// be hidden though it is no secret.
func IsWords(text []byte) bool {
	for _, c := range text {
		if !isLetter(c) && c != ' ' && c != ',' {
			return false
		}
	}
	return len(text) > 0
}
