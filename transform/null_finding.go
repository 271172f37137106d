package transform

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
)

// Of some columns readers take NULL for an answer: a grant without an effect is
// an allow. So that none passes unseen, such rows are counted.

// nullFindings are the fields of a table of which NULL is a finding.
func nullFindings(t *schemas.Table) (out []int) {
	for i := range t.Fields {
		if t.Fields[i].NullFinding != "" {
			out = append(out, i)
		}
	}
	return out
}

// hasNullFinding reports whether there may be something to count, for which no
// record must be left out.
func (e *emitter) hasNullFinding(cols []arrow.Array) bool {
	return slices.ContainsFunc(e.nullFindings, func(i int) bool { return cols[i].NullN() > 0 })
}

// findNulls counts the rows that leave unsaid what readers take for an answer.
func (b *run) findNulls(e *emitter, m *emitted) {
	for _, at := range e.nullFindings {
		a, n := m.cols[at], int64(0)
		for i := 0; i < m.scope.n && a.NullN() > 0; i++ {
			if _, rejected := b.rejected[row(m.scope.rows, i)]; !rejected && a.IsNull(i) && !m.lack[int32(i)] {
				n++
			}
		}
		if f := &e.table.Fields[at]; n > 0 {
			b.find(f.NullFinding, e.table.Name+"."+f.Name, "the export does not say it, so it is NULL in these rows, and the comment of the column tells how that reads; "+
				"look at them, and ask the vendor where it should be said", n)
		}
	}
}
