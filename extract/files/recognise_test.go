package files

import (
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// The header that a contract expects is recognised as that of its dataset, or
// as that of none: never as another's.
func TestByHeader_neverAnother(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	var certain, open []string
	for _, c := range set.All() {
		if !c.Typed() {
			continue
		}
		f, err := New(Config{Folder: t.TempDir()}, set.Vendor(c.Vendor()))
		if err != nil {
			t.Fatal(err)
		}
		longest := 0
		for _, col := range c.Columns {
			longest = max(longest, len(col.From))
		}
		for alias := range longest {
			var header []string
			for _, col := range c.Columns {
				if len(col.From) > 0 && !strings.HasPrefix(col.From[0], "$.") {
					header = append(header, col.From[min(alias, len(col.From)-1)])
				}
			}
			switch d := f.byHeader(&shape{lines: [][]string{header}}); {
			case d == nil:
				open = append(open, c.Dataset)
			case d.contract != c:
				t.Errorf("the header of %s is taken for that of %s: %v", c.Dataset, d.contract.Dataset, header)
			default:
				certain = append(certain, c.Dataset)
			}
		}
	}
	for _, dataset := range []string{"sailpoint.extension_roles", "sailpoint.extension_access_profiles", "sailpoint.extension_dimensions", "sailpoint.extension_entitlements"} {
		if !slices.Contains(certain, dataset) {
			t.Errorf("%s is not recognised by its header, and nothing else in the names of its files tells it", dataset)
		}
	}
	t.Logf("recognised: %v", certain)
	t.Logf("by name only: %v", open)
}
