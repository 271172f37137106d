package transform

import (
	"bytes"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// reader turns cells of text into values of one type: for each column of a contract,
// and for each cast from text in an emit.
type reader struct {
	name   string // for rejects
	typ    schemas.Type
	stamps *stamps // for timestamp and date
	// turned is for columns whose dates begin with the day and the month as
	// numbers, so that a spreadsheet may have turned them round: how they are read
	// in each order; nil for others.
	turned     map[dateOrder]*stamps
	contracted dateOrder // the order of the contract's layouts
	dotted     bool      // the contract has dates with dots
	column     int       // number of the column; of a cast 0
	separator  string
	strip      string
	suffix     string
	part       *schemas.Piece     // nil: the whole cell
	parts      []schemas.ItemPart // of the items of a list that becomes JSON; nil for others
	hide       hide
	required   bool
	inside     bool // emits make rows of what is in the JSON cell
	maxDepth   int
}

func newReader(c *schemas.Column, maxDepth int) reader {
	r := reader{name: c.Name, typ: c.Type, separator: c.Separator, strip: c.Strip, suffix: c.Suffix, part: c.Part, parts: c.Parts,
		required: c.Required, maxDepth: maxDepth}
	if c.Type == schemas.Timestamp || c.Type == schemas.Date {
		r.stamps = newStamps(c.Layouts)
		r.turnable(c.Layouts)
	}
	return r
}

// piece is the piece of a cell at an index between separators; nil where the cell
// has no separator or too few pieces.
func piece(cell []byte, p *schemas.Piece) []byte {
	sep := []byte(p.Separator)
	for i := 0; ; i++ {
		head, rest, found := bytes.Cut(cell, sep)
		switch {
		case i == 0 && !found, i < p.Index && !found:
			return nil
		case i == p.Index:
			return scan.Trim(head)
		}
		cell = rest
	}
}

// cellFault is why a cell cannot be read: the rule of the reject and a message,
// without the value. The zero value is no fault.
type cellFault struct{ rule, message string }

func badType(message string) cellFault  { return cellFault{schemas.RuleType, message} }
func badRange(message string) cellFault { return cellFault{schemas.RuleRange, message} }

// read reads a column of cells. The i-th is that of the frame's row rows[i], or i
// where rows is nil; a row whose cell cannot be read becomes a reject and is NULL.
// The caller releases the result and keeps in.
func (r *reader) read(b *run, in *array.String, rows []int32) arrow.Array {
	if r.typ != schemas.JSON && wrapped(in) {
		in = b.mapText(in, unwrapped).(*array.String)
		defer in.Release()
	}
	if r.part != nil {
		in = b.mapText(in, func(cell []byte) []byte { return piece(cell, r.part) }).(*array.String)
		defer in.Release()
	}
	if r.parts != nil {
		in = r.itemObjects(b, in)
		defer in.Release()
	}
	out := r.values(b, in, rows)
	for _, d := range b.doubts {
		if r.required {
			b.reject(row(rows, int(d.at)), r.name, schemas.RuleType, "not one e-mail address")
		}
	}
	if r.required && out.NullN() > 0 {
		for i := range out.Len() {
			if out.IsNull(i) {
				b.reject(row(rows, i), r.name, schemas.RuleRequired, "the column is empty")
			}
		}
	}
	return out
}

// values reads cells by the type of the column.
func (r *reader) values(b *run, in *array.String, rows []int32) arrow.Array {
	n := in.Len()
	if in.NullN() == n {
		return b.nulls(r.typ, n)
	}
	switch r.typ {
	case schemas.Text:
		r.residue(b, in, rows)
		return r.readText(b, in)
	case schemas.Email:
		r.residue(b, in, rows)
		return r.readEmail(b, in)
	case schemas.JSON:
		return r.readJSON(b, in)
	case schemas.List:
		return r.readList(b, in, rows)
	case schemas.Bool:
		out := columns.NewBools(b.mem, n)
		each(r, b, in, rows, &out.Valid, func(i int, cell []byte) cellFault {
			v, f := r.bool(cell)
			out.Set(i, v)
			return f
		})
		return out.Array()
	case schemas.Float:
		return fixedCells(r, b, in, rows, parseFloat)
	case schemas.Date:
		in = r.undoubted(b, in)
		defer in.Release()
		return fixedCells(r, b, in, rows, r.inOrder(b).date)
	case schemas.Timestamp:
		in = r.undoubted(b, in)
		defer in.Release()
		return fixedCells(r, b, in, rows, r.inOrder(b).micros)
	case schemas.Duration:
		return fixedCells(r, b, in, rows, parseDuration)
	case schemas.Int:
		return fixedCells(r, b, in, rows, parseInt)
	}
	panic("transform: cells of type " + string(r.typ))
}

// fixedCells reads cells that become values of a fixed width.
func fixedCells[T int32 | int64 | float64](r *reader, b *run, in *array.String, rows []int32, parse func([]byte) (T, cellFault)) arrow.Array {
	out := columns.NewFixed[T](b.mem, in.Len())
	each(r, b, in, rows, &out.Valid, func(i int, cell []byte) (f cellFault) {
		out.Vals[i], f = parse(cell)
		return f
	})
	return out.Array(r.typ.Arrow())
}

// each calls parse for each cell that holds more than blanks. The others are NULL;
// a cell that parse faults is NULL and makes its row a reject.
func each(r *reader, b *run, in *array.String, rows []int32, valid *columns.Bitmap, parse func(i int, cell []byte) cellFault) {
	v := columns.ViewText(in)
	for i := range in.Len() {
		cell := scan.Trim(v.At(i))
		if len(cell) == 0 {
			valid.Clear(i)
			continue
		}
		if r.strip != "" {
			if cell = stripped(cell, r.strip); len(cell) == 0 { // such as a lone "%": neither empty nor a value
				valid.Clear(i)
				b.reject(row(rows, i), r.name, schemas.RuleType, "nothing but "+strconv.Quote(r.strip))
				continue
			}
		}
		if f := parse(i, cell); f.rule != "" {
			valid.Clear(i)
			b.reject(row(rows, i), r.name, f.rule, f.message)
		}
	}
}

// row is the row of the frame at the i-th place of a selection; rows is nil for all.
func row(rows []int32, i int) int32 {
	if rows == nil {
		return int32(i)
	}
	return rows[i]
}

// stripped is a cell without the suffix, if it ends in it, and without blanks
// before that.
func stripped(cell []byte, suffix string) []byte {
	if len(cell) >= len(suffix) && string(cell[len(cell)-len(suffix):]) == suffix {
		return scan.Trim(cell[:len(cell)-len(suffix)])
	}
	return cell
}
