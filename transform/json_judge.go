package transform

import (
	"context"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// jsonJudge judges what a framer meets of JSON records, by the contract.
type jsonJudge struct {
	*frame.JSON
	p       *program
	layout  *layout
	out     *stretch // that is framed
	own     []int    // slots of the keys of a record's own rows
	about   [][]int  // slots of each way to make the key of what a record is about
	telling []int    // slots of all of them
	most    int32    // columns that have a value, in the fullest record so far
	signs   signs
	stated  int64   // records that there are, as the document says
	survey  *survey // of the first reading of a dataset without columns
}

// judged is the judge of a text, and its framer.
func (p *program) judged(ctx context.Context, tx *text, s frame.Shape, ordinal *int64) (*jsonJudge, error) {
	l := p.jsonLayout(tx.input, s.Document)
	j := &jsonJudge{p: p, layout: l}
	f, err := p.o.limits.FrameJSON(ctx, tx.Text, s, &l.Layout, p.fields(l), j, ordinal, p.buffers)
	if err != nil {
		return nil, err
	}
	j.JSON = f
	for i, slot := range l.column {
		if slot >= 0 && slices.ContainsFunc(p.ways, func(way []string) bool { return slices.Contains(way, p.cols[i].Name) }) {
			j.own = append(j.own, slot)
		}
	}
	j.ways()
	return j, nil
}

// fields is what the columns read of JSON records.
func (p *program) fields(l *layout) *frame.Fields {
	x := &frame.Fields{Columns: make([]frame.Field, len(p.cols)), Key: schemas.NormalHeader}
	if p.text {
		x.Key = func(name string) string { return textKey(p.headerKey(name), 1) }
	}
	for c := range p.cols {
		col := &p.cols[c]
		f := frame.Field{Slot: l.column[c], JSON: col.Type == schemas.JSON, Text: !p.text && (col.Type == schemas.Text || col.Type == schemas.Email),
			Lists:  p.contract.Documented == schemas.DocumentedNot && !p.isNeeded(c),
			Masked: len(col.Mask) > 0, Decides: p.isNeeded(c)}
		for _, from := range col.From {
			if strings.HasPrefix(from, documentPrefix) {
				continue
			}
			x := frame.From{Name: p.headerKey(from)}
			if !p.text {
				for _, step := range schemas.ParsePath(from) {
					x.Path = append(x.Path, schemas.NormalHeader(step))
				}
			}
			f.From = append(f.From, x)
		}
		x.Columns[c] = f
	}
	return x
}

// document says where a text may hold its records.
func (p *program) document() frame.Document {
	return frame.Document{Lines: p.contract.Format == schemas.NDJSON, Records: p.contract.Records, Single: p.contract.IsSingle, Members: p.documentNames()}
}

// documentNames lists the members of the document that columns read.
func (p *program) documentNames() (names []string) {
	for i := range p.cols {
		for _, from := range p.cols[i].From {
			if name, ok := strings.CutPrefix(from, documentPrefix); ok {
				names = append(names, schemas.NormalHeader(name))
			}
		}
	}
	return names
}

// Key is part of [Judge].
func (f *jsonJudge) Key(key *frame.Key, name string, top bool) {
	normal := schemas.NormalHeader(name)
	if top {
		key.Hidden = f.p.hidden[f.Fields.Key(name)]
		key.Alarm = alarming[normal] && f.p.alarmed(key)
	}
	key.Marks.Kind = int8(kindOfKey(normal))
}

// Beside is part of [Judge].
func (f *jsonJudge) Beside(name string, value []byte, root bool) error {
	if err := f.around(name, value); err != nil {
		return err
	}
	if root {
		f.signs.read(f.p.contract, name, value)
	}
	return nil
}

// Record is part of [Judge]: it makes a row or a reject of a whole record. An
// error message among the records is neither: what should have come is unknown.
func (f *jsonJudge) Record(fr *frame.Frame, b []byte, start, end int) error {
	if f.survey != nil {
		f.Refuse(fr, start, end, schemas.RuleFrame, "") // for its keys only
		return f.surveyed(b[start:end])
	}
	filled := f.Fill(fr, b)
	if f.isError(b[start:end], filled) {
		return f.errorMessage(b[start:end])
	}
	if remark, err := f.settleRemark(fr, b, start, end, filled); remark || err != nil {
		return err
	}
	if filled == 0 {
		why := "no column of the contract has a value in the record"
		if f.p.text {
			why = "the record has no member in common with the others"
		}
		f.Refuse(fr, start, end, schemas.RuleFrame, why)
		return nil
	}
	f.most = max(f.most, int32(filled))
	f.out.shares, f.out.most = append(f.out.shares, share{int32(filled), int32(f.Others), f.nameless(), f.Others > filled && f.keyed(filled)}), f.most
	f.settleMisfits(fr, b)
	f.Accept(fr, start, end)
	return nil
}
