package transform

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// Lines as wide as the header that are no records: totals, remarks, a second
// table under the first. What tells them is not what they say, which is in any
// language, but that they look like none of the other records.

// profile is what the records at the beginning of a text look like.
type profile struct {
	usual  int       // columns that have a value in most of them
	always []bool    // by slot: whether all that are about as full have a value
	made   []makeups // likewise: what their values are made of
	sparse bool      // records with few values are nothing unusual in this text
	// words are, by slot, the values of columns that make a key together with others.
	words []map[string]bool
}

// makeups is a set of makeups of values; makeup is one of them.
type (
	makeups uint16
	makeup  uint8
)

const (
	hasLetter makeup = 1 << iota
	hasDigit
	hasBlank
	holdsAddress makeup = 8
)

// makeupOf tells what a value is made of, by its beginning.
func makeupOf(v []byte) (k makeup) {
	at := false
	for _, c := range v[:min(len(v), 64)] {
		switch {
		case c >= '0' && c <= '9':
			k |= hasDigit
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= 0x80:
			k |= hasLetter
		case c == ' ', c == '\t':
			k |= hasBlank
		case c == '@':
			at = true
		}
	}
	if at && k&hasBlank == 0 {
		return holdsAddress
	}
	return k
}

func (s makeups) has(k makeup) bool { return s&(1<<k) != 0 }

// coded tells whether a set is that of codes: each has a digit and no blank.
func (s makeups) coded() bool {
	return s != 0 && s&^(1<<hasDigit|1<<(hasDigit|hasLetter)) == 0
}

const (
	fewCells   = 3    // a line of a report has values in as many columns at most
	profileMax = 1000 // records that are looked at
)

// newProfile looks at the first records of a frame; nil where there are
// none, and where the records mean nothing.
func newProfile(f *stretch, near int) *profile {
	n := min(near, profileMax)
	if n == 0 || !f.layout.means {
		return nil
	}
	cell := func(slot, i int) []byte {
		c := &f.Cols[slot]
		return c.At(i)
	}
	fills := make([]int, n)
	for slot := range f.Cols {
		for i := range n {
			if len(cell(slot, i)) > 0 {
				fills[i]++
			}
		}
	}
	p := &profile{usual: slices.Sorted(slices.Values(fills))[3*n/4], always: make([]bool, len(f.Cols)), made: make([]makeups, len(f.Cols)), words: make([]map[string]bool, len(f.Cols))}
	for slot := range f.Cols {
		p.always[slot] = true
		for i := range n {
			if !p.full(fills[i]) {
				continue
			}
			if v := cell(slot, i); len(v) > 0 {
				p.made[slot] |= 1 << makeupOf(v)
				p.learn(f.layout, slot, v)
			} else {
				p.always[slot] = false
			}
		}
	}
	p.sparse = p.customary(f.layout, fills, cell)
	return p
}

// full tells whether a record is about as full as most are.
func (p *profile) full(filled int) bool { return 3*filled >= 2*p.usual }

// customary tells whether records with few values stand among the others so
// often that they must be records.
func (p *profile) customary(l *layout, fills []int, cell func(slot, i int) []byte) bool {
	few, since := 0, 0
	inside := 0
	for i, n := range fills {
		switch {
		case p.full(n):
			few, inside = few+since, i
			since = 0
		case p.few(n) && !p.known(l, func(slot int) []byte { return cell(slot, i) }, false):
			since++
		}
	}
	return few >= 3 && 5*few >= inside
}

func (p *profile) few(filled int) bool {
	return filled <= fewCells && p.usual >= 4 && 2*filled <= p.usual
}

// unlike tells whether no other record has a value of that makeup in a column of
// texts; others show by their type what does not belong there.
func (p *profile) unlike(l *layout, slot int, k makeup) bool {
	return !l.typed[slot] && !p.made[slot].has(k)
}

// foreign tells why a line is no record, "" where it is one. apart says that it
// stands behind a blank line.
func (p *profile) foreign(l *layout, cell func(slot int) []byte, apart bool) string {
	filled, unlike, lacks, always, key := 0, 0, 0, 0, false
	for slot := range p.made {
		v := cell(slot)
		switch {
		case len(v) > 0:
			filled++
			if p.unlike(l, slot, makeupOf(v)) {
				unlike++
			}
		case p.always[slot]:
			lacks++
			key = key || l.own[slot]
		}
		if p.always[slot] {
			always++
		}
	}
	what := fmt.Sprintf("values in %d columns, where most records have them in %d", filled, p.usual)
	switch {
	case apart && (always > 1 && 2*lacks >= always || filled > 1 && 2*unlike > filled && lacks > 0) && !p.known(l, cell, true):
		return "a line behind a blank one, with " + what + ": of another table, it seems, or a remark"
	case p.sparse:
	case (p.few(filled) || key && filled > 1 && 2*unlike > filled) && !p.known(l, cell, false):
		return what + ", and none that tells whose record it is: a line of a report, it seems"
	}
	return ""
}

// foreign makes rejects of the lines that are no records. Only those are looked
// at one by one that have few values, or none where all others have one.
func (b *run) foreign(raw []*array.String) {
	l, p := b.f.layout, b.f.profile
	if p == nil {
		return
	}
	for base := 0; base < b.n; base += 64 {
		var one, two, over, lacks uint64
		for slot, a := range raw {
			has := validWord(a, base)
			carry := one & has
			one ^= has
			over |= two & carry
			two ^= carry
			if l.own[slot] && p.always[slot] {
				lacks |= ^has
			}
		}
		look := ^over | lacks
		if left := b.n - base; left < 64 {
			look &= 1<<left - 1
		}
		if b.f.Near < base+64 {
			look |= ^uint64(0) << max(b.f.Near-base, 0)
			if left := b.n - base; left < 64 {
				look &= 1<<left - 1
			}
		}
		for ; look != 0; look &= look - 1 {
			b.judge(raw, base+bits.TrailingZeros64(look))
		}
	}
}

// judge makes a reject of a record that is none.
func (b *run) judge(raw []*array.String, i int) {
	if _, rejected := b.rejected[int32(i)]; rejected {
		return
	}
	l, span := b.f.layout, b.f.Rows[i]
	cell := func(slot int) []byte {
		if raw[slot].IsNull(i) {
			return nil
		}
		return scan.Trim([]byte(raw[slot].Value(i)))
	}
	rec := b.f.Raw[span.Start:span.End]
	filled := 0
	for slot := range raw {
		if raw[slot].IsValid(i) {
			filled++
		}
	}
	if filled < b.f.profile.usual && l.footer(rec) {
		b.reject(int32(i), "", schemas.RuleFrame, frame.ReportLine)
		b.remarks = append(b.remarks, int32(i))
		return
	}
	why := l.single(rec)
	if why == "" {
		why = b.f.profile.foreign(l, cell, i >= b.f.Near)
	}
	if why != "" {
		b.reject(int32(i), "", schemas.RuleFrame, why)
	}
}

// validWord tells of 64 values from base on which are there.
func validWord(a *array.String, base int) uint64 {
	valid := a.NullBitmapBytes()
	if len(valid) == 0 {
		return ^uint64(0)
	}
	var w uint64
	for i, c := range valid[base/8 : min(base/8+8, len(valid))] {
		w |= uint64(c) << (8 * i)
	}
	return w
}

// identifying finds the slots that tell what a record is about: those of the
// keys of its own rows, the ways to make one of several, and those of addresses.
func (l *layout) identifying(p *program) {
	l.own, l.alone, l.emails, l.typed = make([]bool, l.Slots), make([]bool, l.Slots), make([]bool, l.Slots), make([]bool, l.Slots)
	l.means = len(p.emits) > 0
	slotOf := func(name string) int {
		return l.column[slices.IndexFunc(p.cols, func(c schemas.Column) bool { return c.Name == name })]
	}
	for c := range p.cols {
		if slot := l.column[c]; slot >= 0 {
			l.emails[slot] = p.cols[c].Type == schemas.Email
			l.typed[slot] = !p.cols[c].Type.IsText()
		}
	}
	for _, columns := range p.ways {
		var way []int
		for _, name := range columns {
			if slot := slotOf(name); slot >= 0 {
				l.own[slot] = true
				way = append(way, slot)
			}
		}
		switch {
		case len(way) > 1:
			l.ways = append(l.ways, way)
		case len(columns) == 1 && len(way) == 1:
			l.alone[way[0]] = true
		}
	}
}

// aboutWays are those of the first table that the contract fills with keys of its
// own: others may depend on what a record says besides.
func aboutWays(c *schemas.Contract, common *schemas.Common) (out [][]string) {
	for _, n := range c.Needs(common) {
		if t := common.Table(n.Table); t != nil && n.Target == t.Key {
			for _, w := range n.Ways {
				out = append(out, w.Columns)
			}
			break
		}
	}
	return out
}

// ownWays are the columns of each way to make the key of a row.
func ownWays(c *schemas.Contract, common *schemas.Common) (out [][]string) {
	for _, n := range c.Needs(common) {
		if t := common.Table(n.Table); t == nil || n.Target != t.Key {
			continue
		}
		for _, w := range n.Ways {
			out = append(out, w.Columns)
		}
	}
	return out
}
