package transform

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// byteOrderMark is in no text of a vendor: it belongs to the beginning of a file.
var byteOrderMark = []byte("\ufeff")

// readJSON reads JSON cells. A cell that is not JSON, even after one repair,
// is kept as a JSON string of its text: a bad cell of metadata must not cost
// the record. Secrets are hidden here, so that none goes further; a cell of which
// parts are to be hidden, and that cannot be read, is hidden whole.
func (r *reader) readJSON(b *run, in *array.String) arrow.Array {
	v := columns.ViewText(in)
	s := &scan.Scanner{Look: !r.hide.free}
	i, n := 0, in.Len()
	if len(r.hide.masks) == 0 && !r.hide.secret && r.strip == "" {
		var last []byte // records that follow one another often have the same cell
		for i < n && (v.Null(i) || bytes.Equal(v.At(i), last) || scan.IsPlainJSON(s, v.At(i), r.maxDepth) && s.Suspect == scan.Nothing) {
			last = v.At(i)
			i++
		}
		if i == n {
			in.Retain()
			return in
		}
	}
	out := columns.NewTexts(b.mem, n, v.Size()+v.Size()/8)
	for i = range n {
		cell := stripped(scan.Trim(v.At(i)), r.strip)
		if len(cell) == 0 {
			out.Null()
			continue
		}
		cell, how := scan.Readable(s, cell, r.maxDepth)
		if how != scan.AsIs && b.flags != nil {
			b.flag(int32(i), r.name, how)
		}
		if how == scan.Broke && (bytes.IndexByte(cell, '"') >= 0 || bytes.Contains(cell, byteOrderMark)) {
			// Without any quote it is what the vendor writes in place of JSON.
			if r.inside {
				b.reject(int32(i), r.name, schemas.RuleType, "not JSON, and rows are made of what is in it")
			} else if b.flags != nil {
				b.find(findNotJSON, r.name, "kept as one text, of which no part can be read", 1)
			}
		}
		switch {
		case len(cell) == 0 || string(cell) == `""` || string(cell) == "null":
			out.Null()
		case how == scan.Broke && r.hide.secret:
			out.Add(scan.Quote(nil, secretText(cell, r.hide.secretKind)))
		case how == scan.Broke && (len(r.hide.masks) > 0 || s.Look && schemas.NamesSecret(cell)), len(r.hide.masks) > 0 && isSingle(cell):
			out.Parts(maskedJSON)
			out.Next()
		case how == scan.Broke && s.Look:
			out.Add(scan.Quote(nil, withoutSecrets(cell)))
		case how == scan.Broke:
			out.Add(scan.Quote(nil, cell))
		case r.hide.secret:
			out.Add(secretValue(nil, cell, r.hide.secretKind))
		case len(r.hide.masks) == 0 && s.Suspect == scan.Nothing:
			out.Add(cell)
		default:
			out.Add(r.hide.value(nil, cell, s.Suspect))
		}
	}
	return b.text(out)
}

// isSingle is true for JSON that is a text or a number. Masks lead into an object
// or a list, so nothing says which part of it is the secret.
func isSingle(cell []byte) bool {
	return !scan.LooksJSON(cell) && cell[0] != 't' && cell[0] != 'f'
}
