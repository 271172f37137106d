package resolve_test

import (
	"slices"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// Links of accounts that are told while identities are resolved are those that are told in the
// end. The race detector sees where one changes what the other reads.
func TestBegin_tellsAKindWhileOthersAreResolved(t *testing.T) {
	r := newResolver(t, resolve.Options{})
	company(2000, func(kind string, s *resolve.Statement) {
		if err := r.Add(kind, s); err != nil {
			t.Fatal(err)
		}
	})
	res := r.Begin()
	res.WaitFor("accounts")
	meanwhile := slices.Collect(res.Links("accounts"))
	res.Wait()
	if want := slices.Collect(res.Links("accounts")); len(want) == 0 || !slices.Equal(meanwhile, want) {
		t.Errorf("%d links are told meanwhile, and other %d in the end", len(meanwhile), len(want))
	}
	owners := 0
	for range res.Owners() {
		owners++
	}
	if owners == 0 {
		t.Error("no account belongs to anybody")
	}
}
