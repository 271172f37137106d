package config

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/accessmart/accessmart/schemas"
)

// parseYAML is the one document of a text, with its anchors in their places.
func parseYAML(data []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, plainYAML(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("want one YAML document with the key sources")
	}
	return schemas.ExpandAnchors(file.Docs[0].Body)
}

// plainText is a key without its quotes.
func plainText(n ast.Node) string { return strings.Trim(n.String(), `"'`) }

// plainYAML is the library's message without its excerpt of the file, which
// may hold a secret.
func plainYAML(err error) error {
	text := strings.TrimSpace(yaml.FormatError(err, false, false))
	text = badDuration.ReplaceAllString(text, "deadline or poll: want a duration such as 30s or 10m")
	text = unknownField.ReplaceAllStringFunc(text, func(s string) string {
		if plainKey.MatchString(unknownField.FindStringSubmatch(s)[1]) {
			return s
		}
		return "a key that is none" // a value that lost its key may be a secret
	})
	return errors.New(goType.ReplaceAllStringFunc(text, func(s string) string {
		m := goType.FindStringSubmatch(s)
		want := wanted[m[1]]
		if want == "" {
			want = "another kind of value"
		}
		return "want " + want
	}))
}

// goType is how the library tells of a value that does not fit its field, and
// wanted what that means to who wrote the file.
var (
	badDuration  = regexp.MustCompile(`time: [a-z ]*(duration|unit) (?s:.*)`)
	unknownField = regexp.MustCompile(`unknown field "((?s:.*))"`)
	plainKey     = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,40}$`)

	goType = regexp.MustCompile(`cannot unmarshal .* into Go (?:struct field \S+|value) of type (\S+)`)
	wanted = map[string]string{
		"int": "a whole number", "int64": "a whole number", "float64": "a number", "bool": "true or false",
		"string": "a text", "[]string": "a list of texts", "time.Duration": "a duration such as 30s or 10m",
	}
)

// decodeStrict refuses keys that v has no field for, and numbers that would be cut.
func decodeStrict(n ast.Node, v any) error {
	if err := yaml.NodeToValue(n, v, yaml.Strict()); err != nil {
		return plainYAML(err)
	}
	return schemas.CheckWhole(n, v)
}
