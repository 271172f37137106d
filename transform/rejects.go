package transform

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// rejectRow is one row of schemas.RejectsTable in the making.
type rejectRow struct {
	frame.Broken
	field string
	level string
	row   int32  // of the frame, or -1 when the record has no cells
	part  []byte // of the record, with its masks, to show in its place
}

// rejectBatch adds the rejects of the frame, in the order of the text.
func (b *run) rejectBatch(out []schemas.Batch) []schemas.Batch {
	rows := b.rejectRows()
	n := len(rows)
	if n == 0 {
		return out
	}
	offset, line := columns.NewFixed[int64](b.mem, n), columns.NewFixed[int64](b.mem, n)
	level, field, rule := columns.NewTexts(b.mem, n, n*8), columns.NewTexts(b.mem, n, 0), columns.NewTexts(b.mem, n, n*8)
	message, text := columns.NewTexts(b.mem, n, n*64), columns.NewTexts(b.mem, n, 0)
	part, record := columns.NewFixed[int32](b.mem, n), columns.NewFixed[int64](b.mem, n)
	for i := range rows {
		r := &rows[i]
		offset.Vals[i], line.Vals[i] = r.Offset, r.Line
		level.Parts(r.level)
		level.Next()
		if r.field == "" {
			field.Null()
		} else {
			field.Add([]byte(r.field))
		}
		rule.Parts(r.Rule)
		rule.Next()
		shown, note := b.rejectText(r)
		message.Parts(b.f.inMember() + r.Message + note)
		message.Next()
		if shown == nil {
			text.Null()
		} else {
			text.Add(shown)
		}
		part.Vals[i], record.Vals[i] = int32(b.f.text.input.Part), r.Ordinal
	}
	i64 := arrow.PrimitiveTypes.Int64
	cols := []arrow.Array{offset.Array(i64), line.Array(i64), b.text(level), b.text(field), b.text(rule), b.text(message),
		b.texts(rows, func(r *rejectRow) []string { return b.keys[r.row] }), b.texts(rows, b.tablesOf), b.text(text)}
	defer release(cols)
	return append(out, b.record(schemas.RejectsTable, cols, part, record, n, nil))
}

// texts is a column of lists of texts, NULL where of gives none.
func (b *run) texts(rows []rejectRow, of func(*rejectRow) []string) arrow.Array {
	lists := columns.NewLists(b.mem, len(rows))
	var all []string
	for i := range rows {
		texts := of(&rows[i])
		if len(texts) == 0 {
			lists.Valid.Clear(i)
		}
		all = append(all, texts...)
		lists.Offsets[i+1] = int32(len(all))
	}
	items := columns.NewTexts(b.mem, len(all), 0)
	for _, text := range all {
		items.Add([]byte(text))
	}
	values := b.text(items)
	defer values.Release()
	return lists.Array(values)
}

func (f *stretch) inMember() string {
	if f.text.Member == "" {
		return ""
	}
	return "member " + frame.Clip(f.text.Member, 100) + ": "
}

// rejectRows gathers the records that failed, in framing and after, with
// their places.
func (b *run) rejectRows() []rejectRow {
	rows := make([]rejectRow, 0, len(b.rejected)+len(b.items)+len(b.f.Rejects))
	for _, r := range b.f.Rejects {
		rows = append(rows, rejectRow{Broken: r, level: schemas.LevelRecord, row: -1})
	}
	for i, d := range b.rejected {
		rows = append(rows, rejectRow{Broken: frame.Broken{Span: b.f.Rows[i], Rule: d.rule, Message: d.message, None: slices.Contains(b.remarks, i)}, field: d.field, level: schemas.LevelRecord, row: i})
	}
	for _, x := range b.items {
		rows = append(rows, rejectRow{Broken: frame.Broken{Span: b.f.Rows[x.row], Rule: x.rule, Message: x.message}, field: x.field, level: schemas.LevelItem, row: x.row, part: x.text})
	}
	slices.SortStableFunc(rows, func(x, y rejectRow) int { return cmp.Compare(x.Ordinal, y.Ordinal) })
	at := frame.Lines{Raw: b.f.Raw, N: b.f.Line, EOL: b.f.layout.Dialect.EOL}
	for i := range rows {
		if r := &rows[i]; r.Head == nil {
			r.Offset = b.f.Base + int64(r.Start)
			r.Line = at.To(r.Start)
		}
	}
	return rows
}

// rejectText is what is shown of a record, and what the message must add.
func (b *run) rejectText(r *rejectRow) (text []byte, note string) {
	raw := r.Head
	if raw == nil {
		raw = b.f.Raw[r.Start:r.End]
	}
	if r.part != nil {
		raw = r.part
	} else if masked := b.p.contract.Masked(); masked || schemas.NamesSecret(raw) || b.f.layout.secret() {
		switch {
		case r.row >= 0 && r.Rule != schemas.RuleFrame:
			raw = b.maskedRecord(raw)
		case masked:
			return nil, "; the text is withheld, since the dataset has masked columns"
		default:
			return nil, "; the text is withheld, since it may hold a secret"
		}
	}
	if len(raw) > frame.MaxShown || r.Head != nil {
		raw = raw[:min(len(raw), frame.MaxShown)]
		note = fmt.Sprintf("; only the first %d bytes of the text are kept", len(raw))
	}
	if b.f.Legacy && r.part == nil {
		raw = frame.AppendWestern(nil, raw)
	}
	return printable(raw), note
}

// printable is s as valid UTF-8: bytes that are none, and NUL, as \xNN.
func printable(s []byte) []byte {
	if utf8.Valid(s) && bytes.IndexByte(s, 0) < 0 {
		return s
	}
	out := make([]byte, 0, len(s)+len(s)/8)
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		if r == utf8.RuneError && n == 1 || r == 0 {
			out = fmt.Appendf(out, `\x%02x`, s[0])
		} else {
			out = append(out, s[:n]...)
		}
		s = s[n:]
	}
	return out
}

// maskedRecord writes a record anew with the masked columns masked.
func (b *run) maskedRecord(raw []byte) []byte {
	if b.f.layout.mode == schemas.CSV {
		return b.maskedLine(raw)
	}
	return b.maskedObject(raw)
}

func (b *run) maskedLine(raw []byte) []byte {
	l := b.f.layout
	fields, _, st := frame.SplitRecord(raw, l.Dialect, true, len(raw)+1)
	if st != scan.Good || len(fields) > len(l.Want) && strings.Join(fields[len(l.Want):], "") != "" {
		cells, ok := frame.Repair(raw, l.Dialect.Separator, len(l.Want))
		if !ok {
			return []byte(masked)
		}
		fields = fields[:0]
		for _, c := range cells {
			fields = append(fields, string(c))
		}
	}
	bySlot := map[int32]*hide{}
	for c, slot := range l.column {
		if slot >= 0 && (bySlot[int32(slot)] == nil || len(b.p.cols[c].Mask) > 0) {
			bySlot[int32(slot)] = &b.p.readers[c].hide
		}
	}
	for k := range l.extras {
		x := &l.extras[k]
		bySlot[int32(x.slot)] = &x.hide
		if x.hidden {
			bySlot[int32(x.slot)] = &hide{secret: true}
		}
	}
	var out []byte
	for i, v := range fields {
		if i > 0 {
			out = append(out, l.Dialect.Separator)
		}
		if i < len(l.Want) && v != "" {
			if h := bySlot[l.Want[i]]; h != nil {
				v = string(h.record([]byte(v), b.p.o.MaxDepth))
			}
		}
		if strings.ContainsAny(v, "\"\r\n"+string(l.Dialect.Separator)) {
			v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
		out = append(out, v...)
	}
	return out
}

func (b *run) maskedObject(raw []byte) []byte {
	masks, hidden := map[string][]schemas.Mask{}, map[string]bool{}
	for i := range b.p.cols {
		col := &b.p.cols[i]
		if len(col.Mask) == 0 {
			continue
		}
		for _, from := range col.From {
			name := schemas.NormalHeader(from)
			masks[name] = append(masks[name], col.Mask...)
			if path := schemas.ParsePath(from); len(path) > 1 {
				hidden[schemas.NormalHeader(path[0])] = true
			}
		}
	}
	out := []byte{'{'}
	scan.EachMember(raw, func(key, val []byte) bool {
		out = append(scan.Quote(comma(out), key), ':')
		name := schemas.NormalHeader(string(key))
		_, something := scan.Text(val)
		switch {
		case !something:
			out = append(out, val...)
		case hidden[name]:
			out = append(out, maskedJSON...)
		case masks[name] != nil:
			cell, how := scan.Readable(&scan.Scanner{}, val, b.p.o.MaxDepth)
			if how == scan.Broke || cell[0] == '"' {
				out = append(out, maskedJSON...)
			} else {
				h := b.p.hiddenUnder(key)
				h.masks = masks[name]
				out = h.value(out, cell, scan.Pairs)
			}
		default:
			h := b.p.hiddenUnder(key)
			if h.secret {
				out = secretValue(out, val, h.secretKind)
			} else {
				out = h.value(out, val, scan.Pairs)
			}
		}
		return true
	})
	return append(out, '}')
}

// comma appends the comma between members of an object that was opened.
func comma(obj []byte) []byte {
	if len(obj) > 1 {
		obj = append(obj, ',')
	}
	return obj
}
