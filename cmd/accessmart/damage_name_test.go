package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// The excuses of a file under the name of another dataset.
const (
	excuseFew     = "the file of another dataset, with fewer than four columns"
	excuseSibling = "the file of another dataset of the vendor about the same kind of thing"
)

// siblings are words of which both names have one where two datasets of a
// vendor may have the same columns.
var siblings = []string{"account", "employee", "group", "identit", "nhi", "risk", "entit"}

func sibling(a, b string) bool {
	return slices.ContainsFunc(siblings, func(w string) bool {
		if w == "nhi" {
			return strings.Contains(a, w) && strings.Contains(b, "identit")
		}
		return strings.Contains(a, w) && strings.Contains(b, w)
	})
}

// TestDamage_wrongNameIsReported gives the files of datasets with columns the names
// of those without, at a first load.
func TestDamage_wrongNameIsReported(t *testing.T) {
	good, err := goodDeliveries()
	if err != nil {
		t.Fatal(err)
	}
	tried, excused := 0, map[string]int{}
	for _, d := range good {
		if !d.contract.Typed() {
			continue
		}
		few := d.isCSV() && len(parseCSV(d.data)[0]) < 4 || !d.isCSV() && len(membersOf(d.records())) < 4
		for _, c := range d.set.All() {
			if c.Typed() {
				continue
			}
			tried++
			other := *d
			other.contract, other.dataset = c, c.Dataset
			got := other.read(t.Context(), d.data)
			switch {
			case got.said() != "", slices.ContainsFunc(got.findings, func(f schemas.Finding) bool { return f.Rule == "looks_like_another" }):
			case few:
				excused[excuseFew]++
			case c.Vendor() == d.contract.Vendor() && sibling(c.Plural(), d.contract.Plural()):
				excused[excuseSibling]++
			default:
				t.Errorf("%s under the name %s: %d rows, and not a word", d.dataset, c.Dataset, len(got.rows))
			}
		}
	}
	figure(t, "wrong name", "%d files under the names of datasets without columns: %d silent, as they have fewer than four columns, %d as a sibling has the same ones",
		tried, excused[excuseFew], excused[excuseSibling])
}
