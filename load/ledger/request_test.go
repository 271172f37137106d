package ledger

import (
	"encoding/json"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

func TestRequestFingerprint(t *testing.T) {
	of := func(filtered bool, requests ...string) string {
		e := &schemas.Export{Dataset: "balkanid.entitlements", Filtered: filtered}
		for _, r := range requests {
			var p schemas.Part
			if err := json.Unmarshal([]byte(r), &p); err != nil {
				t.Fatal(err)
			}
			e.Parts = append(e.Parts, p)
		}
		return requestFingerprint(e)
	}
	const (
		one   = `{"context": {"integration_id": "github/1"}, "request": {"method": "POST", "path": "/x", "body": {"integrationId": "github/1", "includeCompleted": true}}}`
		two   = `{"context": {"integration_id": "jira/2"}, "request": {"method": "POST", "path": "/x", "body": {"includeCompleted": true, "integrationId": "jira/2"}}}`
		other = `{"context": {"integration_id": "github/1"}, "request": {"method": "POST", "path": "/x", "body": {"integrationId": "github/1", "includeCompleted": false}}}`
		page  = `{"request": {"method": "GET", "path": "/list?limit=250&offset=0&sorters=name"}}`
		next  = `{"request": {"method": "GET", "path": "/list?limit=250&offset=250&sorters=name"}}`
		asked = `{"request": {"method": "GET", "path": "/list?filters=x&limit=250&offset=0&sorters=name"}}`
		after = `{"request": {"method": "GET", "path": "/list?limit=250&searchAfter=e9&sorters=name"}}`
		found = `{"request": {"method": "POST", "path": "/search?limit=250", "body": {"indices": ["identities"]}}}`
		more  = `{"request": {"method": "POST", "path": "/search?limit=250", "body": {"indices": ["identities"], "searchAfter": ["e9"]}}}`
		path  = `{"context": {"session_id": "s/1"}, "request": {"method": "GET", "path": "/sessions/s%2F1/roles"}}`
		path2 = `{"context": {"session_id": "s/2"}, "request": {"method": "GET", "path": "/sessions/s%2F2/roles"}}`
	)
	for _, tc := range []struct {
		what string
		a, b string
		same bool
	}{
		{"another part", of(false, one), of(false, one, two), true},
		{"another word", of(false, one), of(false, other), false},
		{"another page", of(false, page), of(false, page, next), true},
		{"a page behind a record", of(false, page), of(false, page, after), true},
		{"a page of a search behind a record", of(false, found), of(false, found, more), true},
		{"another filter", of(false, page), of(false, asked), false},
		{"an id in the path", of(false, path), of(false, path2), true},
		{"filtered", of(false, one), of(true, one), false},
		{"other parts of a filtered one", of(true, one), of(true, two), false},
		{"a file", of(false, "{}"), of(false, "{}", "{}"), true},
	} {
		if (tc.a == tc.b) != tc.same {
			t.Errorf("%s: same %v", tc.what, !tc.same)
		}
	}
}

// The parts that a partial export has may be all that there are the next time.
func TestPartsFingerprint_partial(t *testing.T) {
	e := &schemas.Export{Dataset: "sailpoint.role_assignments", Parts: []schemas.Part{{Artifact: "a"}}}
	whole := partsFingerprint(e)
	e.Partial = "one role is gone"
	if partsFingerprint(e) == whole {
		t.Error("a partial export counts as the same as a whole one")
	}
}
