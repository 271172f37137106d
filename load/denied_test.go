package load

import (
	"fmt"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// effects makes a stream of grants, each "key privilege effect".
func (s *site) effects(edges ...string) *schemas.Stream {
	vendor, common := rows{table: vendorTable}, rows{table: common("grants")}
	for i, e := range edges {
		var key, privilege, effect string
		fmt.Sscan(e, &key, &privilege, &effect)
		vendor.rows = append(vendor.rows, row{"name": e, "record": i})
		r := row{"grant_key": key, "principal_kind": "account", "principal_key": "b:account:" + key,
			"target_kind": "entitlement", "target_key": "b:entitlement:x", "privilege": privilege, "record": i}
		if effect != "" {
			r["effect"] = effect
		}
		common.rows = append(common.rows, r)
	}
	return s.stream(vendorTable, nil, vendor, common)
}

// What one row of an export denies, no other row of the same key allows.
func TestDenied_noOtherRowAllows(t *testing.T) {
	for name, first := range map[string][]string{
		"at the first load": nil,
		"later":             {"a read allow", "b read allow", "c read deny", "d read allow"},
		"later, from deny":  {"a read deny", "b read allow"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlainSite(t)
			if first != nil {
				s.refresh(export("balkan", dataset), s.effects(first...))
			}
			r := s.refresh(export("balkan", dataset, "a1"),
				s.effects("a read allow", "b read allow", "a read deny", "c read", "a write allow", "c read deny", "d read allow", "d write allow"))
			s.want("select grant_key, effect, privilege from observed.grants order by all", "a|deny|read", "b|allow|read", "c|deny|read", "d|allow|read", "d|allow|write")
			s.want("select count(*) from balkanid.entitlements", "8")
			s.want("select field, record_count from meta.findings where rule = 'allowed_and_denied'", "grants.effect|3")
			if len(r.Findings) != 1 || r.InsertedCount+r.UnchangedCount != 5 {
				t.Errorf("%+v", r)
			}
			again := s.refresh(export("balkan", dataset, "a2"),
				s.effects("a read allow", "b read allow", "a read deny", "c read", "a write allow", "c read deny", "d read allow", "d write allow"))
			if again.InsertedCount != 0 || again.ClosedCount != 0 || again.UnchangedCount != 5 {
				t.Errorf("%+v", again)
			}
		})
	}
}
