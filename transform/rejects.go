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
)

// maxRejectText is how much of a record a reject shows, in bytes.
const maxRejectText = 64 << 10

// rejectRow is one row of schemas.RejectsTable in the making.
type rejectRow struct {
	broken
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
	offset, line := newFixed[int64](b.mem, n), newFixed[int64](b.mem, n)
	level, field, rule := newTexts(b.mem, n, n*8), newTexts(b.mem, n, 0), newTexts(b.mem, n, n*8)
	message, text := newTexts(b.mem, n, n*64), newTexts(b.mem, n, 0)
	part, record := newFixed[int32](b.mem, n), newFixed[int64](b.mem, n)
	for i := range rows {
		r := &rows[i]
		offset.vals[i], line.vals[i] = r.offset, r.line
		level.parts(r.level)
		level.next()
		if r.field == "" {
			field.null()
		} else {
			field.add([]byte(r.field))
		}
		rule.parts(r.rule)
		rule.next()
		shown, note := b.rejectText(r)
		message.parts(b.f.inMember() + r.message + note)
		message.next()
		if shown == nil {
			text.null()
		} else {
			text.add(shown)
		}
		part.vals[i], record.vals[i] = int32(b.f.text.input.Part), r.ordinal
	}
	i64 := arrow.PrimitiveTypes.Int64
	cols := []arrow.Array{offset.array(i64), line.array(i64), b.text(level), b.text(field), b.text(rule), b.text(message),
		b.texts(rows, func(r *rejectRow) []string { return b.keys[r.row] }), b.texts(rows, b.tablesOf), b.text(text)}
	defer release(cols)
	return append(out, b.record(schemas.RejectsTable, cols, part, record, n, nil))
}

// texts is a column of lists of texts, NULL where of gives none.
func (b *run) texts(rows []rejectRow, of func(*rejectRow) []string) arrow.Array {
	lists := newLists(b.mem, len(rows))
	var all []string
	for i := range rows {
		texts := of(&rows[i])
		if len(texts) == 0 {
			lists.valid.clear(i)
		}
		all = append(all, texts...)
		lists.offsets[i+1] = int32(len(all))
	}
	items := newTexts(b.mem, len(all), 0)
	for _, text := range all {
		items.add([]byte(text))
	}
	values := b.text(items)
	defer values.Release()
	return lists.array(values)
}

func (f *frame) inMember() string {
	if f.text.member == "" {
		return ""
	}
	return "member " + clip(f.text.member, 100) + ": "
}

// rejectRows gathers the records that failed, in framing and after, with
// their places.
func (b *run) rejectRows() []rejectRow {
	rows := make([]rejectRow, 0, len(b.dead)+len(b.items)+len(b.f.rejects))
	for _, r := range b.f.rejects {
		rows = append(rows, rejectRow{broken: r, level: schemas.LevelRecord, row: -1})
	}
	for i, d := range b.dead {
		rows = append(rows, rejectRow{broken: broken{span: b.f.rows[i], rule: d.rule, message: d.message, none: slices.Contains(b.remarks, i)}, field: d.field, level: schemas.LevelRecord, row: i})
	}
	for _, x := range b.items {
		rows = append(rows, rejectRow{broken: broken{span: b.f.rows[x.row], rule: x.rule, message: x.message}, field: x.field, level: schemas.LevelItem, row: x.row, part: x.text})
	}
	slices.SortStableFunc(rows, func(x, y rejectRow) int { return cmp.Compare(x.ordinal, y.ordinal) })
	at := lines{raw: b.f.raw, n: b.f.line, eol: b.f.layout.dialect.eol}
	for i := range rows {
		if r := &rows[i]; r.head == nil {
			r.offset = b.f.base + int64(r.start)
			r.line = at.to(r.start)
		}
	}
	return rows
}

// rejectText is what is shown of a record, and what the message must add.
func (b *run) rejectText(r *rejectRow) (text []byte, note string) {
	raw := r.head
	if raw == nil {
		raw = b.f.raw[r.start:r.end]
	}
	if r.part != nil {
		raw = r.part
	} else if masked := b.p.contract.Masked(); masked || schemas.NamesSecret(raw) || b.f.layout.secret() {
		switch {
		case r.row >= 0 && r.rule != schemas.RuleFrame:
			raw = b.maskedRecord(raw)
		case masked:
			return nil, "; the text is withheld, since the dataset has masked columns"
		default:
			return nil, "; the text is withheld, since it may hold a secret"
		}
	}
	if len(raw) > maxRejectText || r.head != nil {
		raw = raw[:min(len(raw), maxRejectText)]
		note = fmt.Sprintf("; only the first %d bytes of the text are kept", len(raw))
	}
	if b.f.legacy && r.part == nil {
		raw = appendWestern(nil, raw)
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
	fields, _, st := splitRecord(raw, l.dialect, true, len(raw)+1)
	if st != good || len(fields) > len(l.want) && strings.Join(fields[len(l.want):], "") != "" {
		cells, ok := repair(raw, l.dialect.sep, len(l.want))
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
			bySlot[int32(x.slot)] = &hide{whole: true}
		}
	}
	var out []byte
	for i, v := range fields {
		if i > 0 {
			out = append(out, l.dialect.sep)
		}
		if i < len(l.want) && v != "" {
			if h := bySlot[l.want[i]]; h != nil {
				v = string(h.record([]byte(v), b.p.o.MaxDepth))
			}
		}
		if strings.ContainsAny(v, "\"\r\n"+string(l.dialect.sep)) {
			v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
		out = append(out, v...)
	}
	return out
}

func (b *run) maskedObject(raw []byte) []byte {
	masks, whole := map[string][]schemas.Mask{}, map[string]bool{}
	for i := range b.p.cols {
		col := &b.p.cols[i]
		if len(col.Mask) == 0 {
			continue
		}
		for _, from := range col.From {
			name := schemas.NormalHeader(from)
			masks[name] = append(masks[name], col.Mask...)
			if path := schemas.ParsePath(from); len(path) > 1 {
				whole[schemas.NormalHeader(path[0])] = true
			}
		}
	}
	out := []byte{'{'}
	eachMember(raw, func(key, val []byte) bool {
		out = append(quote(comma(out), key), ':')
		name := schemas.NormalHeader(string(key))
		_, something := jsonText(val)
		switch {
		case !something:
			out = append(out, val...)
		case whole[name]:
			out = append(out, maskedJSON...)
		case masks[name] != nil:
			cell, how := readable(&scanner{}, val, b.p.o.MaxDepth)
			if how == broke || cell[0] == '"' {
				out = append(out, maskedJSON...)
			} else {
				h := b.p.hiddenUnder(key)
				h.masks = masks[name]
				out = h.value(out, cell, pairs)
			}
		default:
			h := b.p.hiddenUnder(key)
			if h.whole {
				out = secretValue(out, val, h.secretKind)
			} else {
				out = h.value(out, val, pairs)
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
