package schemas

import (
	"fmt"
	"strings"
	"testing"
)

// Only texts have beginnings.
func TestCommon_compare(t *testing.T) {
	for words, isRight := range map[string]bool{"text, compare: beginning": true, "email, compare: beginning": false, "int, compare: beginning": false, "text, compare: end": false} {
		_, err := decodeCommon([]byte("tables: {things: {comment: c, columns: {place: {type: " + words + ", comment: c}}}}"))
		if (err == nil) != isRight || err != nil && !strings.Contains(err.Error(), "compare") {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// A key of another row that does not say whose it is would be looked up nowhere.
func TestCommon_keysSayWhatTheyReferTo(t *testing.T) {
	const model = `tables:
  things:
    comment: c
    key: thing_key
    columns:
      thing_key: {type: text, comment: c}
      kind:      {type: text, enum: [thing, unknown], comment: c}
      odd:       {type: text, enum: [other], comment: c}
      owner_key: {type: text, %s comment: c}
`
	for words, want := range map[string]string{
		"":                                 "it is named like a key",
		"refers: things,":                  "",
		"refers: people,":                  `it refers to "people", which is no table with a key`,
		"refers_by: kind,":                 "",
		"refers_by: odd,":                  `it refers to "others", which is no table with a key`,
		"refers_by: thing_key,":            "which is no column with an enum",
		"refers: things, refers_by: kind,": "it has refers and refers_by",
	} {
		_, err := decodeCommon([]byte(fmt.Sprintf(model, words)))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", words, err, want)
		}
	}
}
