package evidence

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	objects "github.com/accessmart/accessmart/sql"
)

//go:embed controls.yaml
var controlsFile []byte

// A Control is something that a standard asks for, with the questions of the file that serve it.
type Control struct {
	Name    string   `yaml:"control"` // such as soc2:cc6.1
	Asks    string   `yaml:"asks"`    // what it asks for, in this program's words
	Answers []string `yaml:"answers"` // reports, and macros about a moment
}

// catalogue is the file of controls.
type catalogue struct {
	Always   []string  `yaml:"always"`
	Controls []Control `yaml:"controls"`
}

// A RequestError is a mistake in what was asked for.
type RequestError struct{ error }

func mistake(format string, args ...any) error { return RequestError{fmt.Errorf(format, args...)} }

// readCatalogue reads the file of controls, which is part of the program and tested.
func readCatalogue() catalogue {
	var c catalogue
	if err := yaml.UnmarshalWithOptions(controlsFile, &c, yaml.Strict()); err != nil {
		panic(err)
	}
	return c
}

// Controls are those for which there can be a pack, in the order of their file.
func Controls() []Control { return readCatalogue().Controls }

// Choose returns the controls with these names, each once and in the order of [Controls], so
// that the order of the names changes no pack. Letter case does not count. Errors: a
// [RequestError] that names those which are known.
func Choose(names []string) ([]Control, error) {
	all := Controls()
	known := make([]string, len(all))
	for i, c := range all {
		known[i] = c.Name
	}
	chosen := make([]bool, len(all))
	for _, name := range names {
		i := slices.Index(known, strings.ToLower(strings.TrimSpace(name)))
		if i < 0 {
			return nil, mistake("no control %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen[i] = true
	}
	var out []Control
	for i, c := range all {
		if chosen[i] {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, mistake("no control is named; there are %s", strings.Join(known, ", "))
	}
	return out, nil
}

// hasPast reports whether there is a macro that answers about any moment what a report answers
// about the present.
func hasPast(name string) bool {
	return slices.ContainsFunc(objects.All(objects.Macro), func(o objects.Object) bool { return o.Name == objects.Past(name) && o.Args == "ts" })
}

// isPast reports whether a question can be asked about any moment.
func isPast(name string) bool { return strings.HasSuffix(name, "_as_of") }
