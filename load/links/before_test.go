package links

import (
	"slices"
	"testing"
)

// The rowids of links that do not stay are found again, whatever gaps there are between them.
func TestBefore_gone(t *testing.T) {
	b := &before{of: map[string]*kindLinks{"accounts": {}, "identities": {}}}
	nth := map[string]int{}
	for rowid := int64(0); rowid < 100; rowid++ {
		if rowid%7 == 3 || rowid > 40 && rowid < 60 { // deleted
			continue
		}
		kind := "accounts"
		if rowid%11 > 7 {
			kind = "identities"
		}
		p := print{byte(rowid)}
		b.of[kind].add(p, rowid)
		if n := nth[kind]; rowid%5 != 1 {
			if b.stays(kind, n, print{200}) || !b.stays(kind, n, p) {
				t.Errorf("link %d of %s", n, kind)
			}
		}
		nth[kind]++
	}
	if b.stays("accounts", -1, print{}) || b.stays("accounts", 1000, print{}) || b.stays("groups", 0, print{}) {
		t.Error("a link that was not there stays")
	}
	if got, want := b.gone(), []int64{1, 6, 11, 16, 21, 26, 36, 61, 71, 76, 81, 86, 91, 96}; !slices.Equal(got, want) {
		t.Errorf("gone are %v, want %v", got, want)
	}
}
