package run

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// A source that two vendors share is told, in whichever runs their exports are.
func TestSharedNames(t *testing.T) {
	of := func(ids ...string) (s storedRun) {
		for _, id := range ids {
			source, dataset, _ := strings.Cut(id, " ")
			s.exports = append(s.exports, &schemas.Export{Source: source, Dataset: dataset})
		}
		return s
	}
	runs := []storedRun{of("files oleria.employees", "own balkanid.entities"), of("files balkanid.employees", "own balkanid.employees", "files balkanid.apps")}
	if notes := sharedNames(runs); len(notes) != 1 || !strings.Contains(notes[0], "the source files has exports of balkanid and oleria") {
		t.Errorf("told %q", notes)
	}
	if notes := sharedNames(runs[:1]); notes != nil {
		t.Errorf("told %q", notes)
	}
}
