package load

import (
	"slices"
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/links"
)

// A run resolves what it loaded, by what is said of links for that run; one that changed no
// row does so only where something else is said, and then asks the checks anew.
func TestLinks(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	var asked []string
	said := func(domains map[string]string) func(*Options) {
		return func(o *Options) {
			o.Links = func(run ledger.Run, last links.By) (links.User, error) {
				before, err := last.Domains()
				asked = append(asked, run.ID+" after "+before["old.example.com"])
				return links.User{Domains: domains}, err
			}
		}
	}
	w := s.begin(said(nil))
	if _, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), s.grants(nil, "a x")); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.want("select concat_ws('|', kind, strength, is_reference, is_described, rule) from meta.links order by 1", "accounts|mentions|true|false|alone", "entitlements|mentions|true|false|alone")

	direct(t, s.path, "insert into observed.grants from observed.grants") // which no run did
	findings := func(p Published) int64 {
		return p.Checks[slices.IndexFunc(p.Checks, func(c ledger.CheckResult) bool { return c.Name == "duplicate_keys" })].Findings
	}
	if n := findings(s.publish(s.begin(said(nil)))); n != 0 {
		t.Errorf("%d findings where nothing changed", n)
	}
	aliases := map[string]string{"old.example.com": "example.com"}
	if n := findings(s.publish(s.begin(said(aliases)))); n == 0 {
		t.Error("the checks were not asked after links were found anew")
	}
	s.publish(s.begin(said(aliases)))
	s.want("select run_id from meta.link_runs order by as_of", "01J00000000000000000000001", "01J00000000000000000000003")
	want := []string{"01J00000000000000000000001 after ", "01J00000000000000000000002 after ", "01J00000000000000000000003 after ", "01J00000000000000000000004 after example.com"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}
