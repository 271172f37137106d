package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// hidden stands in all output where a secret would.
const hidden = "***"

// Secret is a text that no printing shows: not fmt with any verb, not slog,
// JSON or YAML. Only [Secret.Reveal] gives it. The zero value is no secret and
// prints as nothing, so that a missing value is seen in a config dump.
//
// The text is behind a pointer because fmt cannot call methods on unexported
// fields: a struct that hides a Secret in one prints an address.
type Secret struct{ text *string }

// NewSecret hides a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal gives the text itself, for the one place that sends it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Equal reports whether both hide the same text.
func (s Secret) Equal(o Secret) bool { return s.Reveal() == o.Reveal() }

func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return hidden
}

func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format covers every verb, %x and %d included, which would otherwise print
// the bytes of the struct's field.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }
func (s Secret) MarshalYAML() (any, error)    { return s.String(), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(s.String()) }

// UnmarshalYAML reads the secret from a YAML text. Another kind is refused:
// YAML would read an unquoted 0123 as the number 83.
func (s *Secret) UnmarshalYAML(decode func(any) error) error {
	var value any
	err := decode(&value)
	text, ok := value.(string)
	if err != nil || !ok && value != nil {
		// The decoder's own error may quote the value.
		return errors.New("a secret must be a text; put it in quotes")
	}
	*s = NewSecret(text)
	return nil
}
