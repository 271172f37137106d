package transform

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// If a contract reads dates such as 03/04/2021, a spreadsheet on the way may have exchanged
// day and month. So all cells of such a column are looked at before the first row is made.
// 13/04/2021 can only have the day first, and what such cells prove holds for the whole
// column. A column that proves nothing is read as the others of its file, which were
// written alike, then as other files of the export, then as the contract says. If cells
// prove both orders no date of that form is loaded, since it cannot be known which of the
// others are turned round.

// dateOrder is how the dates of a column in a text are read.
type dateOrder int

const (
	asContract dateOrder = iota // as the layouts say
	monthFirst
	dayFirst
	inDoubt    // not at all
	allInDoubt // nor are the dates of other forms
)

const findDateOrder = "date_order"

// extraUnread is the object in schemas.ExtraColumn of dates in doubt, as delivered.
const extraUnread = "_unread"

// turned are the layouts with the day and the month in the order given; ok is
// false where none begins with both as numbers.
func turned(layouts []string, to dateOrder) (out []string, ok bool) {
	for _, l := range layouts {
		month, day, rest, is := dayAndMonth(l)
		if is {
			first, second := month, day
			if to == dayFirst {
				first, second = day, month
			}
			l, ok = first+rest[:1]+second+rest, true
		}
		out = append(out, l)
	}
	return out, ok
}

// dayAndMonth takes a layout apart that begins with both; rest begins with the
// second separator.
func dayAndMonth(l string) (month, day, rest string, ok bool) {
	first, l := leading(l)
	if l == "" || !dateSeparator(l[0]) {
		return "", "", "", false
	}
	second, rest := leading(l[1:])
	if rest == "" || rest[0] != l[0] {
		return "", "", "", false
	}
	isMonth := func(s string) bool { return s == "01" || s == "1" }
	isDay := func(s string) bool { return s == "02" || s == "2" }
	switch {
	case isMonth(first) && isDay(second):
		return first, second, rest, true
	case isDay(first) && isMonth(second):
		return second, first, rest, true
	}
	return "", "", "", false
}

func leading(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

// turnable lists the columns whose dates may be turned round.
func (p *program) turnable() (columns []int) {
	for c := range p.readers {
		if p.readers[c].turned != nil {
			columns = append(columns, c)
		}
	}
	return columns
}

// textName tells the texts of an export apart.
type textName struct {
	input  *Input
	member string
	nth    int // of several members of one name
}

// proofs looks through all texts for what their dates prove. It stops at what cannot be
// read; the error is reported when the part is read for its rows.
func (t *stream) proofs(ctx context.Context) error {
	columns := t.program.turnable()
	if len(columns) == 0 {
		return nil
	}
	t.dates = map[textName][]proof{}
	for i := range t.inputs {
		seen := map[textName]int{}
		_ = t.program.walk(ctx, &t.inputs[i], func(tx *text) error {
			proofs := make([]proof, len(t.program.cols))
			t.dates[textNamed(tx, seen)] = proofs
			return t.program.proofsOf(ctx, tx, columns, proofs)
		})
	}
	return ctx.Err()
}

func textNamed(tx *text, seen map[textName]int) textName {
	name := textName{input: tx.input, member: tx.Member}
	seen[name]++
	name.nth = seen[name]
	return name
}

func (p *program) proofsOf(ctx context.Context, tx *text, columns []int, proofs []proof) error {
	ordinal := int64(0)
	src, err := p.frame(ctx, tx, &ordinal, func(...schemas.Drift) {})
	if err != nil {
		return err
	}
	return src.look(p, func(f *stretch) {
		for _, c := range columns {
			if slot := f.layout.column[c]; slot >= 0 {
				for k := range f.Rows {
					col := &f.Cols[slot]
					proofs[c].add(&p.readers[c], col.At(k))
				}
			}
		}
	})
}

// turnable prepares for dates that are turned round.
func (r *reader) turnable(layouts []string) {
	month, ok := turned(layouts, monthFirst)
	if !ok {
		return
	}
	day, _ := turned(layouts, dayFirst)
	r.turned = map[dateOrder]*stamps{monthFirst: proven(month, "1", "2"), dayFirst: proven(day, "2", "1")}
	for _, l := range layouts {
		m, _, rest, is := dayAndMonth(l)
		if !is {
			continue
		}
		if rest[0] == '.' {
			r.dotted = true
		}
		if r.contracted == asContract {
			if r.contracted = dayFirst; l[:len(m)] == m {
				r.contracted = monthFirst
			}
		}
	}
}

// proven are the stamps for dates of which cells prove what comes first. All separators
// will do, except that dates with dots never have the month first.
func proven(layouts []string, first, second string) *stamps {
	s := newStamps(layouts)
	if first == "1" {
		s.usual = usualLayouts
	}
	s.usual = slices.Concat(s.usual, []string{first + "/" + second + "/2006"}, clocked(first+"-"+second+"-2006"))
	return s
}

// inOrder are the stamps by which a frame reads the column.
func (r *reader) inOrder(b *run) *stamps {
	if r.turned != nil && b.f != nil && b.f.text.dates != nil {
		if s := r.turned[b.f.text.dates[r.column]]; s != nil {
			return s
		}
	}
	return r.stamps
}

// undoubted is the column without dates that are in doubt, which
// schemas.ExtraColumn keeps.
func (r *reader) undoubted(b *run, in *array.String) *array.String {
	order := asContract
	if r.turned != nil && b.f.text.dates != nil {
		order = b.f.text.dates[r.column]
	}
	if order != inDoubt && order != allInDoubt {
		in.Retain()
		return in
	}
	at := int32(-1)
	return b.mapText(in, func(cell []byte) []byte {
		at++
		if _, _, ok := twoNumbers(cell); !ok {
			if _, real := r.dayOf(cell); !real || order == inDoubt {
				return cell
			}
		}
		if b.flags != nil {
			f := b.flagged(at)
			f.unread = scan.Quote(append(scan.Quote(unreadMember(f.unread), []byte(r.name)), ':'), cell)
		}
		return nil
	}).(*array.String)
}

// unreadMember opens an object, or goes on with one.
func unreadMember(obj []byte) []byte {
	if len(obj) == 0 {
		return []byte{'{'}
	}
	return append(obj, ',')
}
