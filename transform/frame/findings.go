package frame

import (
	"cmp"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// maxFindings bounds what is remembered of one export: where a detail comes from the
// data, each record may have another.
const maxFindings = 1000

// Findings counts what is worth knowing about an export though it was read, by rule,
// field and detail. The zero value has none.
type Findings struct {
	Counts map[schemas.Finding]int64 // by the finding without its count
}

// Add counts a finding as often as it says.
func (f *Findings) Add(x schemas.Finding) {
	n := x.Count
	x.Count = 0
	if f.Counts == nil {
		f.Counts = map[schemas.Finding]int64{}
	}
	if _, known := f.Counts[x]; known || len(f.Counts) < maxFindings {
		f.Counts[x] += n
	}
}

// Clone is an independent copy.
func (f *Findings) Clone() (g Findings) {
	g.Join(*f)
	return g
}

// Join adds the findings of g.
func (f *Findings) Join(g Findings) {
	for x, n := range g.Counts {
		x.Count = n
		f.Add(x)
	}
}

// List is all findings, in the order of rule, field and detail.
func (f *Findings) List() []schemas.Finding {
	out := make([]schemas.Finding, 0, len(f.Counts))
	for x, n := range f.Counts {
		x.Count = n
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b schemas.Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Detail, b.Detail))
	})
	return out
}
