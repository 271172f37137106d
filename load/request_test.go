package load

import (
	"encoding/json"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// Narrowing or widening what is asked for is told apart from what the vendor
// changed.
func TestChanges_causeRequest(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	asked := func(artifact, body string) *schemas.Export {
		e := export("balkan", dataset, artifact)
		e.Parts[0].Request = json.RawMessage(`{"method": "POST", "path": "/requests/download-url", "body": ` + body + `}`)
		return e
	}
	s.refresh(asked("a", `{"includeCompleted": false}`), s.grants(nil, "a x"))
	s.refresh(asked("b", `{"includeCompleted": true}`), s.grants(nil, "a x", "b x"))
	s.bare = false
	s.refresh(asked("c", `{"includeCompleted": true}`), s.grants(nil, "a x", "b x", "c x"))
	s.want("select key, cause from observed_changes_between('2026-03-01 09:30:00Z', '2026-03-02') order by all", "b|request changed", "c|data")
}
