package transform

import (
	"fmt"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

const dateSeparators = "/.-"

func dateSeparator(c byte) bool { return strings.IndexByte(dateSeparators, c) >= 0 }

// twoNumbers are the first two numbers of a date that has the day and the month
// first, in whichever order.
func twoNumbers(cell []byte) (a, b int, ok bool) {
	a, b, separator := splitDate(scan.Trim(unwrapped(cell)))
	return a, b, separator != 0
}

func splitDate(cell []byte) (a, b int, separator byte) {
	i := scan.Digits(cell, 0)
	if i == 0 || i > 2 || i >= len(cell) || !dateSeparator(cell[i]) {
		return 0, 0, 0
	}
	j := scan.Digits(cell, i+1)
	if j == i+1 || j > i+3 || j >= len(cell) || cell[j] != cell[i] || scan.Digits(cell, j+1) < j+3 {
		return 0, 0, 0
	}
	for _, c := range cell[:i] {
		a = a*10 + int(c-'0')
	}
	for _, c := range cell[i+1 : j] {
		b = b*10 + int(c-'0')
	}
	return a, b, cell[i]
}

// dotted tells whether a cell is a date with dots.
func dotted(cell []byte) bool {
	_, _, separator := splitDate(cell)
	return separator == '.'
}

// dayOf is the day of the month of a date in a form that is read one way only,
// as a spreadsheet writes what it took for a date.
func (r *reader) dayOf(cell []byte) (day int, ok bool) {
	cell = scan.Trim(unwrapped(cell))
	if len(cell) < len("2006-01-02") {
		return 0, false
	}
	if cell[4] == '-' && cell[7] == '-' {
		d, ok := two(cell, 8)
		return d, ok
	}
	m, f := r.stamps.read(cell)
	if f.rule != "" {
		return 0, false
	}
	return time.Unix(int64(m.days)*86400, 0).UTC().Day(), true
}

// proof counts the cells of a column.
type proof struct {
	of        [len(dateSeparators)]slashed // by the separator
	low, high int64                        // dates of other forms, of a day up to 12 and above
}

// slashed counts dates of two numbers and a year.
type slashed struct {
	day, month int64 // that can only have the day first, or the month
	either     int64
	middle     int64 // of the former, of a day that is not near the end of a month
	all        int64 // with those that do not exist
}

func (p *proof) add(r *reader, cell []byte) {
	if len(cell) == 0 {
		return
	}
	a, b, separator := splitDate(scan.Trim(unwrapped(cell)))
	if separator == 0 {
		if d, ok := r.dayOf(cell); ok && d <= 12 {
			p.low++
		} else if ok {
			p.high++
		}
		return
	}
	s := &p.of[strings.IndexByte(dateSeparators, separator)]
	s.all++
	switch {
	case min(a, b) < 1 || min(a, b) > 12 || max(a, b) > 31:
		return
	case a > 12:
		s.day++
	case b > 12:
		s.month++
	default:
		s.either++
	}
	if d := max(a, b); d > 12 && d < 28 {
		s.middle++
	}
}

func (s *slashed) plus(o slashed) {
	s.day, s.month, s.either, s.middle, s.all = s.day+o.day, s.month+o.month, s.either+o.either, s.middle+o.middle, s.all+o.all
}

func (p *proof) sum() (s slashed) {
	for _, o := range p.of {
		s.plus(o)
	}
	return s
}

// like is what proofs say of dates with the separators that those of p have.
func (p *proof) like(all []proof) (s slashed) {
	for i := range p.of {
		if p.of[i].all > 0 {
			for k := range all {
				s.plus(all[k].of[i])
			}
		}
	}
	return s
}

// order is what the cells prove; inDoubt where they prove both, but for a slip
// of the hand: one cell in a hundred.
func (s slashed) order() dateOrder {
	switch {
	case s.day+s.month == 0:
		return asContract
	case s.month*slips <= s.day:
		return dayFirst
	case s.day*slips <= s.month:
		return monthFirst
	}
	return inDoubt
}

// slips is how many cells that prove the contrary a slip needs beside it.
const slips = 100

// contrary counts the cells that prove the contrary of the order.
func (s slashed) contrary(o dateOrder) int64 {
	switch o {
	case dayFirst:
		return s.month
	case monthFirst:
		return s.day
	}
	return 0
}

// If so many cells have a day above the 12th and none can be read both ways, that is hardly
// chance: of ten days up to the 27th, all are above the 12th once in two hundred times.
const enough = 10

// half tells whether a spreadsheet may have converted about half of the dates: it reads
// 03/04/2021 as a date, in its own order, which may not be that of the file, and leaves
// 13/04/2021 as a text. The signs are that no text can be read both ways, and that no real
// date has a day above 12 or that there are many such texts. Then it cannot be known which
// dates are turned round.
func (p *proof) half() bool {
	s := p.sum()
	if p.low == 0 || s.either > 0 {
		return false
	}
	switch s.order() {
	case dayFirst, monthFirst:
		return p.high == 0 || s.middle >= enough
	}
	return false
}

// order decides how the dates of a text are read, and says so where that is
// not as the contract has it.
func (t *stream) order(tx *text, seen map[textName]int) {
	own := t.dates[textNamed(tx, seen)]
	if own == nil {
		return
	}
	tx.dates = make([]dateOrder, len(own))
	half := t.halfOf(own)
	for c := range own {
		p, r := &own[c], &t.program.readers[c]
		s := p.sum()
		if r.turned == nil || s.all+p.low+p.high == 0 {
			continue
		}
		if len(half) > 0 && p.low > 0 && s.either == 0 && (p.half() || p.high == 0) {
			tx.dates[c] = allInDoubt
			t.doubt(tx, r, s.all+p.low+p.high, "in "+frame.Listing(half)+" the real dates have days up to 12 and the texts days above: a spreadsheet made dates of those texts that it could, and may have turned day and month round; no date was loaded: export the file anew and load it as it comes")
			continue
		}
		if s.all == 0 {
			continue
		}
		proved, by := t.proved(p, own)
		if why := r.dots(p, own, proved); why != "" {
			tx.dates[c] = inDoubt
			t.doubt(tx, r, s.all, why)
			continue
		}
		tx.dates[c] = proved
		contrary := s.contrary(proved)
		switch {
		case proved == inDoubt:
			t.doubt(tx, r, s.all, "some cells"+by+" prove that the day comes first, others that the month does; no date of this form was loaded")
		case proved != asContract && proved != r.contracted:
			others := "none the contrary"
			if contrary > 0 {
				others = fmt.Sprintf("the contrary only %d, now rejects", contrary)
			}
			tx.Found.Add(schemas.Finding{Rule: findDateOrder, Field: r.name, Count: s.all,
				Detail: fmt.Sprintf("cells%s prove that the %s comes first, and %s; all were read so, against the contract", by, comesFirst[proved], others)})
		case contrary > 0:
			tx.Found.Add(schemas.Finding{Rule: findDateOrder, Field: r.name, Count: contrary,
				Detail: fmt.Sprintf("cells prove that the %s comes first; rejects because they prove the contrary: %d; correct them in the vendor's system, and look there for others of the same hand", comesFirst[proved], contrary)})
		case proved == asContract && !r.dotted && p.dots().all > 0:
			tx.Found.Add(schemas.Finding{Rule: findDateOrder, Field: r.name, Count: p.dots().all,
				Detail: "dates with dots, which no cell proves: they were read with the day first, as is usual with dots, and the contract has none"})
		}
	}
}

func (p *proof) dots() slashed { return p.of[strings.IndexByte(dateSeparators, '.')] }

// dots is why the dates with dots of a column, whose contract has none, are in doubt; ""
// if they are not. Where dates are written with dots the day comes first. But a spreadsheet
// with such settings reads 04/03/2021 as the 4th of March even if the month came first, and
// leaves 04/13/2021 as a text.
func (r *reader) dots(p *proof, own []proof, proved dateOrder) string {
	mine := p.dots()
	if r.dotted || mine.all == 0 {
		return ""
	}
	const so = "; no date of this form was loaded: export the file anew and load it as it comes"
	var dots, others slashed
	for c := range own {
		dots.plus(own[c].dots())
		others.plus(own[c].sum())
	}
	others.month -= dots.month
	switch {
	case proved == monthFirst && mine.all*slips <= p.sum().all-mine.all:
		return "" // slips, which are rejects
	case proved == monthFirst && dots.month > 0:
		return "dates with dots have the day first, and cells prove that here the month comes first" + so
	case proved == monthFirst, proved == asContract && others.month > 0:
		return "dates with slashes have the month first, and those with dots beside them the day: a spreadsheet made the latter of those texts that it could" + so
	case proved == asContract && p.sum().all > mine.all:
		return "some dates have dots, where the day comes first, others have not, and no cell proves of them what does" + so
	}
	return ""
}

var comesFirst = map[dateOrder]string{dayFirst: "day", monthFirst: "month"}

func (t *stream) doubt(tx *text, r *reader, count int64, why string) {
	why += ", and _extra keeps them under " + extraUnread
	tx.Found.Add(schemas.Finding{Rule: findDateOrder, Field: r.name, Detail: why, Count: count})
	t.note(schemas.Drift{Change: "column_missing", Column: r.name, Detail: why})
}

// halfOf names the columns of a text of whose dates a spreadsheet took half.
func (t *stream) halfOf(own []proof) (names []string) {
	for c := range own {
		if own[c].half() {
			names = append(names, t.program.readers[c].name)
		}
	}
	return names
}

// proved is the order of the dates of a column of a text, and whose cells prove
// it where they are not only its own.
func (t *stream) proved(p *proof, own []proof) (order dateOrder, by string) {
	all, mine := p.like(own).order(), p.sum().order()
	if all == mine && all != asContract {
		return all, ""
	}
	if all != asContract {
		var of []string
		for c := range own {
			if s := p.like(own[c : c+1]); s.day+s.month > 0 {
				of = append(of, t.program.readers[c].name)
			}
		}
		if mine != asContract {
			return inDoubt, " of " + frame.Listing(of)
		}
		return p.agreed(own), " of " + frame.Listing(of)
	}
	everywhere := asContract
	for _, other := range t.dates {
		switch o := p.agreed(other); {
		case o == asContract || o == everywhere:
		case everywhere == asContract:
			everywhere = o
		default:
			everywhere = inDoubt
		}
	}
	return everywhere, " of other files"
}

// agreed is the order that the columns of a text prove, if those that prove any agree.
func (p *proof) agreed(all []proof) dateOrder {
	order := p.like(all).order()
	for c := range all {
		if o := p.like(all[c : c+1]).order(); o != asContract && o != order {
			return inDoubt
		}
	}
	return order
}
