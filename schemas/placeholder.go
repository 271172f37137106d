package schemas

import (
	"bytes"
	"strings"
)

// Words that people, spreadsheets and programs write where they have no value.
// In a key or an identifier such a word would join what has nothing in common,
// so it counts as none there. The vendor's table keeps it as delivered.

// nothingWords name nothing wherever they stand in a key. Words that may name
// a thing (a permission "None", a group "NA") are not among them.
const nothingWords = `
n/a
n/a.
n.a.
n.a
null
(null)
<null>
[null]
\n
nil
<nil>
nan
undefined
none/null
(none)
<none>
(blank)
<blank>
(empty)
<empty>
not available
not applicable
-
--
---
–
—
?
??
???
***
[object object]
#n/a
#n/a n/a
#n/d
#nv
#ref!
#bezug!
#value!
#wert!
#valeur!
#name?
#nom?
#null!
#div/0!
#num!
#zahl!
#spill!
#calc!
#field!
#blocked!
#connect!
#unknown!
#busy!
#getting_data
#error!
`

// nobodyWords name nobody where an id, a user name, a number or an address of
// a person or an account should be.
const nobodyWords = `
none
na
unknown
not known
tbd
tba
tbc
to be defined
to be determined
to be confirmed
to be announced
see hr
ask hr
not set
not given
not provided
not assigned
not found
unassigned
missing
empty
blank
vacant
no email
no e-mail
no mail
noemail
no manager
no owner
placeholder
dummy
xxx
null null
undefined undefined
not mapped
unmapped
not matched
unmatched
not linked
unlinked
no match
no data
no id
no user
no username
no employee
anonymous
external
inherited
(inherited)
multiple
(multiple)
pending
k.a.
k. a.
k.a
keine
keiner
kein
keine angabe
ohne
unbekannt
nicht zugeordnet
nicht vorhanden
aucun
aucune
inconnu
inconnue
non attribué
ninguno
ninguna
desconocido
desconocida
sin asignar
no aplica
nessuno
nessuna
sconosciuto
nenhum
nenhuma
desconhecido
geen
onbekend
ingen
okänd
true
false
xxxx
xxxxx
xxxxxx
`

// nobodyMailboxes are what stands before the @ of an address that is none.
const nobodyMailboxes = `
n/a
none
null
nobody
noone
no-one
noemail
no-email
no.email
no_email
nomail
no-mail
unknown
undefined
placeholder
notavailable
not-available
not.available
`

// maxWord is the length of the longest word, in bytes, and more.
const maxWord = 24

var (
	nothing     = wordSet(nothingWords)
	nobody      = wordSet(nobodyWords)
	nobodyBoxes = wordSet(nobodyMailboxes)
	// Most values need no closer look.
	wordForms = formsOf(nothing, nobody)
	boxForms  = formsOf(nobodyBoxes)
)

// forms has, for the first byte of a word and for the last one, a bit for each
// length that the word may have.
type forms struct{ first, last [256]uint32 }

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.Lines(strings.TrimSpace(text)) {
		out[strings.TrimSpace(w)] = true
	}
	return out
}

func formsOf(sets ...map[string]bool) *forms {
	f := &forms{}
	mark := func(to *[256]uint32, c byte, length int) {
		to[c] |= 1 << length
		if c >= 'a' && c <= 'z' {
			to[c-'a'+'A'] |= 1 << length
		}
	}
	for _, set := range sets {
		for w := range set {
			mark(&f.first, w[0], len(w))
			mark(&f.last, w[len(w)-1], len(w))
		}
	}
	for length := range maxWord + 1 { // spreadsheets fill narrow cells with it
		mark(&f.first, '#', length)
		mark(&f.last, '#', length)
	}
	return f
}

// may is false for most texts that are none of the words.
func (f *forms) may(s []byte) bool {
	n := len(s)
	return n > 0 && n <= maxWord && f.first[s[0]]&f.last[s[n-1]]>>n&1 == 1
}

// MayBePlaceholder is false for most texts that are no words of [IsPlaceholder]
// and [IsNobody].
func MayBePlaceholder(s []byte) bool { return wordForms.may(s) }

// IsPlaceholder tells whether s, which has no blanks around it, names nothing
// as a component of a key.
func IsPlaceholder(s []byte) bool {
	if !wordForms.may(s) {
		return false
	}
	var low [maxWord]byte
	return nothing[string(lower(low[:0], s))] || onlyOf(s, '#')
}

// IsNobody tells whether s, which has no blanks around it, identifies nobody
// as an id, a user name or a number: a placeholder, zeros only, such as the GUID
// of none, or without any letter and digit.
func IsNobody(s []byte) bool {
	if zeros(s) {
		return true
	}
	if len(s) == 0 || len(s) > maxWord {
		return false
	}
	if wordForms.may(s) {
		var low [maxWord]byte
		w := lower(low[:0], s)
		if nothing[string(w)] || nobody[string(w)] {
			return true
		}
	}
	for _, c := range s {
		if c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			return false
		}
	}
	return true
}

// IsNoID tells whether s, which has no blanks around it, is no id of a thing: what identifies
// nobody, but for the number 0, which some things are called.
func IsNoID(s []byte) bool {
	if zeros(s) {
		return bytes.ContainsAny(s, "-{}") // the GUID of none
	}
	return IsNobody(s)
}

// IsNobodysMailbox tells whether what an address has before the @, in lower
// case, is that of no one.
func IsNobodysMailbox(local []byte) bool {
	return boxForms.may(local) && nobodyBoxes[string(local)]
}

func lower(dst, s []byte) []byte {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// zeros tells whether s is a number or a GUID of zeros.
func zeros(s []byte) bool {
	some := false
	for _, c := range s {
		switch c {
		case '0':
			some = true
		case '-', '{', '}':
		default:
			return false
		}
	}
	return some
}

func onlyOf(s []byte, c byte) bool {
	for _, x := range s {
		if x != c {
			return false
		}
	}
	return true
}
