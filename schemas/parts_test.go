package schemas

import (
	"slices"
	"strings"
	"testing"
)

func TestExport_partLabels(t *testing.T) {
	for _, tc := range []struct{ names, want string }{
		{"entitlements.github.csv|entitlements.jira.csv.gz", "github|jira"},
		{"entitlements.csv", ""},
		{"entitlements_github.csv", ""}, // one file is all there is, whatever it is called
		{"requests_2026-11-01.csv|requests_2026-11-02 (1).csv", "|"},
		{"Requests North America.CSV|requests-emea.csv", "north america|emea"},
		{"entitlements.01J8ZR5Z8M.csv|sub/entitlements-aws.csv", "|aws"},
		{"|", "|"},
	} {
		e := &Export{Dataset: "balkanid." + strings.ToLower(strings.FieldsFunc(tc.names+"x", func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') })[0])}
		for _, name := range strings.Split(tc.names, "|") {
			e.Parts = append(e.Parts, Part{Name: name})
		}
		if got := strings.Join(e.PartLabels(), "|"); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.names, got, tc.want)
		}
	}
	e := &Export{Dataset: "balkanid.entitlements", Parts: []Part{
		{Name: "entitlements.csv", Context: map[string]string{"integration_id": "github/1"}},
		{Context: map[string]string{"session_id": "s", "role_id": "r", "role_name": "Ops", "expected_identities": "3"}}}}
	if got := e.PartLabels(); !slices.Equal(got, []string{"integration_id=github/1", "role_id=r, session_id=s"}) {
		t.Errorf("%q", got)
	}
}
