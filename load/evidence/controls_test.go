package evidence

import (
	"errors"
	"slices"
	"strings"
	"testing"

	objects "github.com/accessmart/accessmart/sql"
)

// What serves a control exists, and no control or question is named twice.
func TestControls(t *testing.T) {
	is := func(name string) bool {
		if isPast(name) {
			return slices.ContainsFunc(objects.All(objects.Macro), func(o objects.Object) bool { return o.Name == name && o.Args == "ts" && o.Key != "" })
		}
		return slices.ContainsFunc(objects.All(objects.Report), func(o objects.Object) bool { return o.Name == name && o.Key != "" })
	}
	c := readCatalogue()
	for _, name := range append(c.Always, population...) {
		if !is(name) {
			t.Errorf("no report or macro %s", name)
		}
	}
	var names []string
	for _, k := range c.Controls {
		if k.Asks == "" || len(k.Answers) == 0 || k.Name != strings.ToLower(k.Name) || slices.Contains(names, k.Name) {
			t.Errorf("control %+v", k)
		}
		names = append(names, k.Name)
		for i, name := range k.Answers {
			if !is(name) || slices.Contains(k.Answers[:i], name) {
				t.Errorf("%s: %s", k.Name, name)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	got, err := Choose([]string{"iso27001:a.5.18", " SOC2:CC6.1", "soc2:cc6.1"})
	if err != nil || len(got) != 2 || got[0].Name != "soc2:cc6.1" || got[1].Name != "iso27001:a.5.18" {
		t.Errorf("%v, %v", got, err)
	}
	for _, names := range [][]string{{"soc2:cc9"}, {""}, nil} {
		if _, err := Choose(names); !errors.As(err, new(RequestError)) || !strings.Contains(err.Error(), "there are soc2:cc6.1, ") {
			t.Errorf("%q: %v", names, err)
		}
	}
}
