package frame

import (
	"cmp"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// maxFindings bounds what is remembered of one export: details that come from
// the data could be new for ever.
const maxFindings = 1000

// Findings counts what is odd, by rule, field and detail. The zero value is
// none.
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

// Clone is a copy of its own.
func (f *Findings) Clone() (g Findings) {
	g.Join(*f)
	return g
}

// Join adds those of g.
func (f *Findings) Join(g Findings) {
	for x, n := range g.Counts {
		x.Count = n
		f.Add(x)
	}
}

// List is all of them in the order of rule, field and detail.
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
