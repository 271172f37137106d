package transform

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// Header is how an export names its columns, held against its contract.
type Header struct {
	Names   []string          // as delivered, each once: of JSON records the keys at their top
	Read    map[string]string // contract column -> the name that it is read from; of JSON records the first of its own names
	Unknown []string          // names that no column reads; of JSON records with the keys that lead there
	Missing []string          // columns that nothing delivers, neither a name nor the request

	read map[string][][]byte // of a CSV text: by unknown name, cells of the first records
	p    *program
}

// Fits tells whether the first cells under an unknown name read as the type of a
// column. Where none is known, as in JSON records, it is true.
func (h *Header) Fits(column, name string) bool {
	c := slices.IndexFunc(h.p.cols, func(c schemas.Column) bool { return c.Name == column })
	return c < 0 || !slices.ContainsFunc(h.read[name], func(cell []byte) bool { return !h.p.readers[c].fits(cell) })
}

// fits tells whether a cell reads as the type of the column.
func (r *reader) fits(cell []byte) bool {
	var fault cellFault
	switch r.typ {
	case schemas.Email:
		ok, _ := isAddress(cell)
		return ok
	case schemas.Bool:
		_, fault = r.bool(cell)
	case schemas.Int:
		_, fault = parseInt(stripped(cell, r.strip))
	case schemas.Float:
		_, fault = parseFloat(stripped(cell, r.strip))
	case schemas.Duration:
		_, fault = parseDuration(cell)
	case schemas.Date, schemas.Timestamp:
		_, fault = r.stamps.micros(cell)
	}
	return fault.rule == ""
}

// ReadHeader reads how the parts of an export name their columns, also of one
// that [Open] refuses for them. A contract without columns reads any.
//
// Errors: those of texts that cannot be framed; the result holds what came before.
func ReadHeader(ctx context.Context, c *schemas.Contract, common *schemas.Common, inputs []Input, o Options) (*Header, error) {
	h := &Header{Read: map[string]string{}, read: map[string][][]byte{}, p: &program{}}
	if !c.Typed() {
		return h, nil
	}
	opts := o.withDefaults()
	p, err := newProgram(ctx, c, common, inputs, opts)
	if err != nil {
		return h, about(err, c, &Input{})
	}
	h.p = p
	if pool := opts.pool; pool != nil {
		pool.Open()
		defer pool.Close()
	}
	for i := range inputs {
		in := &inputs[i]
		err := p.walk(ctx, in, func(tx *text) error { return h.text(ctx, p, tx) })
		if err != nil {
			h.finish(p, inputs)
			return h, about(err, c, in)
		}
	}
	h.finish(p, inputs)
	return h, nil
}

// text adds a text.
func (h *Header) text(ctx context.Context, p *program, tx *text) error {
	if tx.Format != schemas.CSV {
		return h.json(ctx, p, tx)
	}
	t, err := p.o.limits.OpenCSV(ctx, tx.Text, p.o.chunk, p.fitting())
	if err != nil {
		return err
	}
	l := t.Framing()
	header := l.Header
	byName, _ := p.headerNames(header)
	known := map[string]bool{}
	for i := range p.cols {
		col := &p.cols[i]
		if at, ok := p.headerOf(col, byName); ok {
			h.Read[col.Name] = header[at]
		}
		for _, from := range col.From {
			known[p.headerKey(from)] = true
		}
	}
	for _, name := range header {
		h.name(strings.TrimFunc(name, schemas.IsBlank), known[p.headerKey(name)])
	}
	return h.sample(p, t, l)
}

// mostSampled is how many records are looked at for what columns hold.
const mostSampled = 200

// sample keeps the first cells under the names that no column reads. It closes
// the text.
func (h *Header) sample(p *program, t *frame.CSVText, l frame.Layout) error {
	l.Report, l.Remark = func([]byte) bool { return false }, func([]byte) string { return "" }
	for i := range l.Want {
		l.Want[i] = int32(i)
	}
	l.Slots = len(l.Want)
	ordinal := int64(0)
	framer := t.Frames(&l, &ordinal, p.buffers)
	defer t.Close()
	var f frame.Frame
	defer f.Release(p.o.Mem, p.buffers)
	if err := framer.Next(&f); err != nil {
		if err == io.EOF { // no record
			err = nil
		}
		return err
	}
	for i, name := range l.Header {
		if name = strings.TrimFunc(name, schemas.IsBlank); !slices.Contains(h.Unknown, name) || len(h.read[name]) > 0 {
			continue
		}
		for row := range min(len(f.Rows), mostSampled) {
			if cell := scan.Trim(f.Cols[i].At(row)); len(cell) > 0 {
				h.read[name] = append(h.read[name], slices.Clone(cell))
			}
		}
	}
	return nil
}

// name adds a delivered name.
func (h *Header) name(name string, known bool) {
	if name == "" {
		return
	}
	if !slices.Contains(h.Names, name) {
		h.Names = append(h.Names, name)
	}
	if !known && !slices.Contains(h.Unknown, name) {
		h.Unknown = append(h.Unknown, name)
	}
}

// json adds a text of JSON records.
func (h *Header) json(ctx context.Context, p *program, tx *text) error {
	ordinal := int64(0)
	src, err := p.open(ctx, tx, &ordinal, func(...schemas.Drift) {})
	if err != nil {
		return err
	}
	src.json.Notice = func(key string) { h.unknown(frame.Clip(key, 200)) }
	err = src.look(p, func(*stretch) {})
	for c, slot := range src.json.layout.column {
		if slot >= 0 && src.json.Met[slot] {
			h.Read[p.cols[c].Name] = p.cols[c].From[0]
		}
	}
	for _, name := range namesOf(src.json.Keys.Usual()) {
		h.name(name, true)
	}
	return err
}

func (h *Header) unknown(name string) {
	if len(h.Unknown) < maxDrift && !slices.Contains(h.Unknown, name) {
		h.Unknown = append(h.Unknown, name)
	}
}

// finish tells which columns are missing.
func (h *Header) finish(p *program, inputs []Input) {
	for i := range p.cols {
		col := &p.cols[i]
		given := slices.ContainsFunc(inputs, func(in Input) bool { _, ok := in.Context[col.Context]; return ok && col.Context != "" })
		if h.Read[col.Name] == "" && !given && delivered(col) {
			h.Missing = append(h.Missing, col.Name)
		}
	}
}
