package sql

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAll_everyObjectSaysWhatItIs(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for _, kind := range []Kind{Macro, MetaMacro, Version, ObservedVersion, Report, Check, Closure, View, Answer} {
		objects := All(kind)
		if len(objects) == 0 {
			t.Errorf("no %s", kind)
		}
		for _, o := range objects {
			if !name.MatchString(o.Name) || !strings.HasSuffix(o.Why, ".") || strings.Contains(o.Query, ";") {
				t.Errorf("%s/%s: want a plain name, a reason that is a sentence, one statement without semicolon", kind, o.Name)
			}
		}
	}
}

func TestParse_errors(t *testing.T) {
	for name, src := range map[string]string{
		"no reason":         "-- grain: x\nselect 1",
		"no query":          "-- why: x.\n",
		"unknown word":      "-- why: x.\n-- colour: red\nselect 1",
		"no word":           "-- just words\nselect 1",
		"column unnamed":    "-- why: x.\n-- columns:\n--   a\nselect 1",
		"a comment, no sql": "-- why: x.\n--   more\n",
	} {
		if _, err := parse(src); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestParse_headerGoesOn(t *testing.T) {
	o, err := parse("-- why: one\n--   two.\n-- reads: a, b\n-- inputs: t.c or t.d,\n--   u\n-- columns:\n--   x: the x: really\nselect 1 -- not a header\n-- nor this\n;\n")
	if err != nil {
		t.Fatal(err)
	}
	if o.Why != "one two." || len(o.Reads) != 2 || !slices.Equal(o.Inputs, []string{"t.c or t.d", "u"}) || o.Columns[0] != (Column{"x", "the x: really"}) || !strings.Contains(o.Query, "nor this") {
		t.Errorf("%+v", o)
	}
}
