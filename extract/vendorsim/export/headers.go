package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Headers is how exports call their columns, other than the vendor's pages do: no
// vendor promises one spelling, and tenants give names of their own.
type Headers string

const (
	Snake  Headers = "snake" // dormant_days
	Labels Headers = "label" // Dormant Days
	Odd    Headers = "odd"   // words of a tenant's own, of which some are easily guessed
)

// Set reads the name of a way, for flags.
func (h *Headers) Set(s string) error {
	if !slices.Contains([]Headers{Snake, Labels, Odd}, Headers(s)) {
		return fmt.Errorf("want snake, label or odd")
	}
	*h = Headers(s)
	return nil
}

func (h *Headers) String() string { return string(*h) }
func (h *Headers) Type() string   { return "STYLE" }

// spell is a column's name in that way.
func (h Headers) spell(name string) string {
	words := wordsOf(name)
	if h == "" || len(words) == 0 {
		return name
	}
	if h == Snake {
		return strings.Join(words, "_")
	}
	if h == Odd {
		for i, w := range words {
			if own, ok := odd[w]; ok {
				words[i] = own
			}
		}
	}
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

// odd are the words of a tenant for those of the vendors.
var odd = map[string]string{
	"email": "corporate mail", "employee": "worker", "department": "cost centre", "application": "system", "status": "current state",
	"start": "joined", "group": "team", "user": "login", "type": "sort", "severity": "weight", "location": "site", "name": "label", "request": "ticket",
}

// wordsOf are the words of a name in lower case, without a star behind it.
func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range strings.TrimRight(name, "*") {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}
