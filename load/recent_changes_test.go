package load

import (
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/links"
)

// A run that loads for the first time only is passed over, unless it took statements for other
// things than the run before for a reason of its own.
func TestRecentChanges_firstLoads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := func(source string, domains map[string]string) {
		t.Helper()
		w := s.begin(func(o *Options) {
			o.Links = func(ledger.Run, links.By) (links.User, error) { return links.User{Domains: domains}, nil }
		})
		if _, err := w.Load(t.Context(), export(source, dataset), contract(dataset), s.grants(nil, source+" x")); err != nil {
			t.Fatal(err)
		}
		s.publish(w)
		direct(t, s.path, "insert into history.entitlements by name (select '"+source+"' as entitlement_key, max(as_of) as _valid_to, timestamptz '2026-01-01' as _valid_from, 'r' as _ended_by from meta.runs)")
	}
	listed := "select concat_ws('|', change, _source, key, cause) from report.recent_changes order by all"
	first("a", map[string]string{"older.example.com": "example.com"})
	s.want(listed, "loaded|a|first load")
	aliases := map[string]string{"old.example.com": "example.com"}
	first("b", aliases)
	s.want(listed, "loaded|a|first load", "loaded|b|first load", "removed|b|links changed")
	first("c", aliases)
	s.want(listed, "loaded|a|first load", "loaded|b|first load", "loaded|c|first load", "removed|b|links changed")
}
