package load

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// Each row names the artifact of its part, however many there are and whatever
// they are called; what the statement says of them grows by their names alone.
func TestLoad_artifactOfEachPart(t *testing.T) {
	s := newSite(t)
	stream := func(privilege string) *schemas.Stream {
		vendor, grants := rows{table: vendorTable}, rows{table: common("grants")}
		for i, key := range []string{"a", "b", "c"} {
			vendor.rows = append(vendor.rows, row{"name": key + privilege, "part": i, "record": 0})
			grants.rows = append(grants.rows, row{"grant_key": key, "principal_kind": "account", "principal_key": "b:account:" + key,
				"target_kind": "entitlement", "target_key": "b:entitlement:x", "privilege": privilege, "part": i, "record": 0})
		}
		return s.stream(vendorTable, nil, vendor, grants)
	}
	for _, first := range []string{"a", "a longer one", "é"} { // into an empty table, then beside rows
		s.refresh(export("balkan", dataset, first, "long' er", "b1"), stream(first))
		s.want("select grant_key, _artifact from grants order by 1", "a|"+first, "b|long' er", "c|b1")
	}
	many := make([]string, 20_000)
	for i := range many {
		many[i] = strings.Repeat("0", 64)
	}
	l := &loading{e: export("balkan", dataset, many...)}
	if n := len(l.artifact()); n > len(many)*64+100 {
		t.Errorf("%d bytes for %d parts", n, len(many))
	}
}
