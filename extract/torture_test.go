package extract_test

import (
	"flag"
	"testing"
)

// torture makes the tests that try faults try all of them.
var torture = flag.Bool("torture", false, "run the long form of the tests")

// figure prints what a long run measured, for docs/reliability.md.
func figure(t *testing.T, name string, value any) {
	t.Helper()
	t.Logf("torture: %s: %v", name, value)
}
