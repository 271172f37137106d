package transform

import (
	"cmp"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// maxFindings bounds what is remembered of one export: details that come from
// the data could be new for ever.
const maxFindings = 1000

// findings counts what is odd, by rule, field and detail. The zero value is
// none.
type findings struct {
	counts map[schemas.Finding]int64 // by the finding without its count
}

func (f *findings) add(x schemas.Finding) {
	n := x.Count
	x.Count = 0
	if f.counts == nil {
		f.counts = map[schemas.Finding]int64{}
	}
	if _, known := f.counts[x]; known || len(f.counts) < maxFindings {
		f.counts[x] += n
	}
}

func (f *findings) clone() (g findings) {
	g.join(*f)
	return g
}

func (f *findings) join(g findings) {
	for x, n := range g.counts {
		x.Count = n
		f.add(x)
	}
}

// list is all of them in the order of rule, field and detail.
func (f *findings) list() []schemas.Finding {
	out := make([]schemas.Finding, 0, len(f.counts))
	for x, n := range f.counts {
		x.Count = n
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b schemas.Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Detail, b.Detail))
	})
	return out
}
