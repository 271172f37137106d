package transform

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// A column that a header has twice, under one name or two: what stands in the
// cells decides which one it is, and refuses the text where that is not certain.

const ruleSecondHeader = "second_header"

// contested is a column that several headers could deliver; the first is that which
// the header alone chooses.
type contested struct {
	column int
	at     []int // positions in the header
	same   bool  // all bear one name
}

// contestedColumns finds the columns that several headers could deliver.
func (l *layout) contestedColumns(p *program) (out []contested) {
	for c := range p.cols {
		col := &p.cols[c]
		if l.column[c] < 0 || p.text {
			continue
		}
		first := slices.Index(l.Want, int32(l.column[c]))
		if slices.ContainsFunc(out, func(t contested) bool { return t.at[0] == first }) {
			continue
		}
		t := contested{column: c, at: []int{first}, same: true}
		for i, h := range l.Header {
			name := p.headerKey(h)
			if l.Want[i] < 0 && name != "" && slices.ContainsFunc(col.From, func(from string) bool { return p.headerKey(from) == name }) {
				t.at = append(t.at, i)
				t.same = t.same && name == p.headerKey(l.Header[first])
			}
		}
		if len(t.at) > 1 {
			out = append(out, t)
		}
	}
	return out
}

// headerCells is what the cells of one such column show.
type headerCells struct {
	filled []bool   // by place in contested.at
	differ [][]bool // two of them have different values in a record
}

// settleContested looks through a text, framed by the same layout, and lets each
// column that is there twice be delivered by the one that has values.
func (p *program) settleContested(ctx context.Context, tx *text, l *layout) error {
	shown := make([]headerCells, len(l.contested))
	for i, t := range l.contested {
		shown[i] = headerCells{filled: make([]bool, len(t.at)), differ: make([][]bool, len(t.at))}
		for k := range t.at {
			shown[i].differ[k] = make([]bool, len(t.at))
		}
	}
	ordinal := int64(0)
	src, err := p.open(ctx, tx, &ordinal, func(...schemas.Drift) {})
	if err != nil {
		return err
	}
	err = src.look(p, func(f *stretch) {
		for i, t := range l.contested {
			shown[i].add(f, t.at)
		}
	})
	if err != nil {
		return err
	}
	for i := range l.contested {
		if err := p.choose(tx, l, &l.contested[i], &shown[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *headerCells) add(f *stretch, at []int) {
	cell := func(place, row int) []byte {
		c := &f.Cols[f.layout.Want[at[place]]]
		return scan.Trim(c.At(row))
	}
	for row := range f.Rows {
		for i := range at {
			v := cell(i, row)
			s.filled[i] = s.filled[i] || len(v) > 0
			for k := range i {
				s.differ[k][i] = s.differ[k][i] || !bytes.EqualFold(v, cell(k, row))
			}
		}
	}
}

// choose lets the first header that has values deliver the column. Another that
// has other values is a finding where the contract prefers one name to the
// other. Where nothing tells the two apart the text is refused, or the column
// left without values if nobody's access hangs on it.
func (p *program) choose(tx *text, l *layout, t *contested, s *headerCells) error {
	first := max(slices.Index(s.filled, true), 0)
	if first > 0 {
		a, b := t.at[0], t.at[first]
		l.Want[a], l.Want[b] = l.Want[b], l.Want[a]
		l.keys = make([]bool, len(l.keys))
		l.trailing(p)
	}
	for i := first + 1; i < len(t.at); i++ {
		if !s.filled[i] || !s.differ[first][i] {
			continue
		}
		a, b := t.at[first], t.at[i]
		if p.headerKey(l.Header[a]) == p.headerKey(l.Header[b]) {
			if l.disown(p, a) {
				tx.Found.Add(schemas.Finding{Rule: ruleSecondHeader, Field: p.cols[t.column].Name, Count: 1,
					Detail: fmt.Sprintf("the header %s stands twice (columns %d and %d), over different values: nobody knows which it is, so it has no value and both are kept in %s",
						frame.Listing(l.Header[a:a+1]), a+1, b+1, schemas.ExtraColumn)})
				return nil
			}
			return frame.Fault(frame.KindHeader, "take one of the two out of the file, or give it another name",
				"the header stands twice, over different values, so that nobody knows which is %s: %s", p.cols[t.column].Name,
				frame.Listing([]string{l.Header[a], l.Header[b]})+fmt.Sprintf(" (columns %d and %d)", a+1, b+1))
		}
		tx.Found.Add(schemas.Finding{Rule: ruleSecondHeader, Field: p.cols[t.column].Name, Count: 1,
			Detail: "two headers are names of the column, over different values; the contract prefers " + frame.Listing(l.Header[a:a+1]) + " to " + frame.Listing(l.Header[b:b+1])})
	}
	return nil
}

// disown keeps what stands under a header beside the columns, and reports
// whether it may: no column that it delivers decides anything.
func (l *layout) disown(p *program, at int) bool {
	slot := int(l.Want[at])
	for c := range p.cols {
		if col := &p.cols[c]; l.column[c] == slot && (p.decides[col.Name] || col.Required || len(col.Mask) > 0) {
			return false
		}
	}
	for c := range p.cols {
		if l.column[c] == slot {
			l.column[c] = -1
		}
	}
	h := l.Header[at]
	l.extras = append(l.extras, extra{name: strings.TrimFunc(h, schemas.IsBlank), slot: slot, hidden: p.hidden[schemas.NormalHeader(h)], hide: p.hiddenUnder([]byte(h))})
	slices.SortFunc(l.extras, func(a, b extra) int {
		return slices.Index(l.Want, int32(a.slot)) - slices.Index(l.Want, int32(b.slot))
	})
	return true
}

// deciding are the columns that name somebody or something, or by which it is
// decided whether there is a row and what it means: all but plain texts.
func deciding(c *schemas.Contract, common *schemas.Common) map[string]bool {
	out := map[string]bool{}
	for i := range c.Emit {
		e := &c.Emit[i]
		readsAll(e.When, out)
		if e.Each != nil {
			reads(e.Each, out)
		}
		for _, name := range e.Needs {
			out[name] = true
		}
		t := common.Table(e.Table)
		for k := range e.Set {
			a := &e.Set[k]
			readsAll(a.Value.When, out)
			var f *schemas.Field
			if t != nil {
				f = t.Field(a.Target)
			}
			plain := f != nil && f.Type == schemas.Text && f.Enum == nil && !f.Identifies && f.Refers == "" && f.RefersBy == "" &&
				!strings.HasSuffix(f.Name, "_key") && f.Name != "native_id" && a.Value.Values == nil
			if !plain && a.Value.Object == nil {
				reads(&a.Value, out)
			}
		}
	}
	return out
}
