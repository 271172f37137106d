package scan

import (
	"bytes"

	"github.com/accessmart/accessmart/schemas"
)

// What a scan notices that may lead to a secret.

// Suspicion is what a scan of JSON met that may lead to a secret.
type Suspicion uint8

const (
	Nothing Suspicion = iota
	Keys              // a key with the name of a secret
	Pairs             // a value that may be such a name, with the secret in another member, or JSON in a string
)

// Unless is nothing where the contract says that all is plain from here on.
func (s Suspicion) Unless(plain bool) Suspicion {
	if plain {
		return Nothing
	}
	return s
}

// mayHoldSecret tells whether a string value, given without its quotes, may be
// the name of a secret beside its value, or JSON in itself.
func mayHoldSecret(s []byte, escaped bool) bool {
	n := len(s)
	if n < 2 {
		return false
	}
	if s[0] == '{' || s[0] == '[' || s[0] == ' ' && LooksJSON(s) {
		return true
	}
	if n >= schemas.ShortestSecret && HoldsSecret(s, escaped) {
		return true
	}
	if n > 64 || s[n-1] >= '0' && s[n-1] <= '9' {
		return false
	}
	return escaped && bytes.Contains(s, []byte(`\u00`)) || schemas.IsSecretName(s)
}

// HoldsSecret is [schemas.HoldsSecret] for a JSON string, given without its quotes.
func HoldsSecret(s []byte, escaped bool) bool {
	if escaped {
		s = Unescape(nil, s)
	}
	return schemas.HoldsSecret(s)
}
