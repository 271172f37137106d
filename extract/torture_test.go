package extract_test

import (
	"flag"
	"fmt"
	"testing"
)

// torture makes tests that repeat something do so far more often; make torture
// sets it.
var torture = flag.Bool("torture", false, "run the tests that have one in their long form")

// figure prints what make torture collects.
func figure(t *testing.T, name, format string, args ...any) {
	t.Helper()
	t.Logf("torture: %s: %s", name, fmt.Sprintf(format, args...))
}
