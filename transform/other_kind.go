package transform

import (
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// Records of another dataset among those of this one, and texts that have only such
// records, are recognised by how little of them the contract knows.

// share is how much of a JSON record the contract knows.
type share struct {
	columns, others int32 // columns that have a value, and members that no column reads
	nameless        bool  // no column that keys are made of has a value
	keyed           bool  // all columns of a key have a value; set only where others are more than columns
}

// keyed tells whether a record has all values of a key of what it is about. If the
// contract has several such columns, one value alone, such as an address, is not
// enough: records of any kind may have it.
func (f *jsonJudge) keyed(filled int) bool {
	found := 0
	for _, slot := range f.telling {
		if f.Has(slot) {
			found++
		}
	}
	return filled > 1 && found >= min(len(f.telling), 2) &&
		slices.ContainsFunc(f.about, func(way []int) bool {
			return !slices.ContainsFunc(way, func(slot int) bool { return !f.Has(slot) })
		})
}

// ways finds the slots that keyed looks at. Columns that come from the request or
// the document are left out.
func (f *jsonJudge) ways() {
	for _, way := range f.p.about {
		var slots []int
		for _, name := range way {
			slot := f.layout.column[slices.IndexFunc(f.p.cols, func(c schemas.Column) bool { return c.Name == name })]
			if slot < 0 {
				continue
			}
			slots = append(slots, slot)
			if !slices.Contains(f.telling, slot) {
				f.telling = append(f.telling, slot)
			}
		}
		if len(slots) > 0 {
			f.about = append(f.about, slots)
		}
	}
}

// nameless tells whether nothing in a record says what it is about, though the
// contract has columns for that.
func (f *jsonJudge) nameless() bool {
	return len(f.own) > 0 && !slices.ContainsFunc(f.own, func(slot int) bool { return f.Has(slot) })
}

// rejectOtherKinds makes rejects of the JSON records that have more members that the
// contract does not know than columns, if another record up to the end of the frame
// fills at least twice as many columns. Records with a key of their own are kept.
func (b *run) rejectOtherKinds() {
	for i, s := range b.f.shares {
		if s.others > s.columns && !s.keyed && 2*s.columns <= b.f.most {
			b.reject(int32(i), "", schemas.RuleFrame,
				fmt.Sprintf("a record of another kind: %d of its members are columns of the contract, %d are not", s.columns, s.others))
		}
	}
}

// rejectNameless makes rejects of the JSON records that do not say what they are
// about, on the same condition, unless they are rejects for another reason.
func (b *run) rejectNameless() {
	for i, s := range b.f.shares {
		if s.nameless && 2*s.columns <= b.f.most {
			if _, rejected := b.rejected[int32(i)]; !rejected {
				b.reject(int32(i), "", schemas.RuleFrame, "none of the columns that tell what the record is about has a value")
			}
		}
	}
}

// identifyKeys refuses the records of another dataset by the keys that most of them
// have, as [program.identify] does by a header.
func (p *program) identifyKeys(keys []*frame.Key) error {
	known := 0
	for _, ch := range keys {
		if len(ch.Leaves) > 0 || ch.Deeper != nil {
			known++
		}
	}
	roots := map[string]bool{}
	for i := range p.cols {
		if col := &p.cols[i]; delivered(col) {
			roots[schemas.NormalHeader(schemas.ParsePath(col.From[0])[0])] = true
		}
	}
	enough := min(len(roots), len(keys))
	if 2*known >= enough && known >= min(enough, 2) || known > 0 && len(keys)-known < 3 { // JSON lacks the keys that say nothing
		return nil
	}
	names := namesOf(keys)
	if p.namesSubject(names, known) {
		return nil
	}
	what := fmt.Sprintf("%d of %d keys of the records are columns of the contract", known, len(names))
	if known == 0 {
		what = "no column of the contract is in the records"
	}
	return frame.Fault(frame.KindHeader, p.override(p.absent(names), names), "%s, which have: %s", what, frame.Listing(names))
}

func namesOf(keys []*frame.Key) []string {
	names := make([]string, len(keys))
	for i, ch := range keys {
		names[i] = string(ch.Name)
	}
	return names
}

// absent are up to three columns that none of the names delivers: of those that keys
// are made of or, if these are all there, of the others.
func (p *program) absent(names []string) (out []string) {
	byName, _ := p.headerNames(names)
	for _, keys := range []bool{true, false} {
		for i := range p.cols {
			col := &p.cols[i]
			if _, ok := p.headerOf(col, byName); !ok && delivered(col) && p.keys[col.Name] == keys && len(out) < 3 {
				out = append(out, col.Name)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return out
}
