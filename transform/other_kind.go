package transform

import (
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// Records of another dataset among those of this one, and whole documents of
// one: what tells them is how much of them the contract knows.

// share is how much of a JSON record the contract knows: columns that have a
// value, and members that no column reads.
type share struct {
	columns, others int32
	nameless        bool // none of the columns that keys are made of has a value
	keyed           bool // those that a key is made of all have one; not known where columns are more than others
}

// keyed tells whether a record has all values that the key of what it is about is
// made of. One value alone, such as an address, may stand in a record of anything,
// where the contract has others to tell it by.
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

// ways finds the slots of keyed. What the request or the document says, the
// record need not.
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

// rejectOtherKinds makes rejects of the JSON records that are mostly made of members
// that the contract does not know, where another, up to the end of the frame,
// fills at least contested as many columns. One that has a key of its own is none.
func (b *run) rejectOtherKinds() {
	for i, s := range b.f.shares {
		if s.others > s.columns && !s.keyed && 2*s.columns <= b.f.most {
			b.reject(int32(i), "", schemas.RuleFrame,
				fmt.Sprintf("a record of another kind: %d of its members are columns of the contract, %d are not", s.columns, s.others))
		}
	}
}

// rejectNameless makes rejects of those that say nothing of what they are about, on
// the same condition, where no better reason is known.
func (b *run) rejectNameless() {
	for i, s := range b.f.shares {
		if s.nameless && 2*s.columns <= b.f.most {
			if _, rejected := b.rejected[int32(i)]; !rejected {
				b.reject(int32(i), "", schemas.RuleFrame, "none of the columns that tell what the record is about has a value")
			}
		}
	}
}

// identifyKeys refuses the records of another dataset by the keys that they
// mostly have at their top, as [program.identify] does by a header.
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

// absent are the first of the columns that none of the names delivers, those
// that keys are made of before others.
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
