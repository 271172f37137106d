package load

import (
	"flag"
	"fmt"
	"testing"
)

// torture makes tests that repeat something do so far more often; make torture
// sets it.
var torture = flag.Bool("torture", false, "run the tests that have one in their long form")

// often is how often a test repeats something: usually, or when tortured.
func often(usually, tortured int) int {
	if *torture {
		return tortured
	}
	return usually
}

// sampled are all cases, or, under the race detector, each fourth: for cases that differ in what
// DuckDB does, of which it sees nothing, and that all run without it.
func sampled[T any](cases []T) []T {
	if !raced {
		return cases
	}
	var out []T
	for i := 0; i < len(cases); i += 4 {
		out = append(out, cases[i])
	}
	return out
}

// figure prints what make torture collects.
func figure(t *testing.T, name, format string, args ...any) {
	t.Helper()
	t.Logf("torture: %s: %s", name, fmt.Sprintf(format, args...))
}
