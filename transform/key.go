package transform

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// key composes a stable id: <source>:<kind>:<components>, see addComponent. It is
// NULL if no component has a value, or if one has a value that is in doubt: the
// others alone would be the key of something else.
func (c *compiler) key(x *schemas.Expr) kernel {
	prefix := c.p.o.Source + ":" + x.Key + ":"
	if len(x.Of) == 0 {
		return fingerprintKey(prefix, c.names.item == schemas.JSON)
	}
	components := make([]keyComponent, len(x.Of))
	for i := range x.Of {
		components[i] = c.keyComponent(&x.Of[i], keyTrust(c.p.contract, x))
	}
	return func(s *scope) arrow.Array {
		arrays, views := make([]arrow.Array, len(components)), make([]columns.TextView, len(components))
		size := s.n * (len(prefix) + len(components))
		var void []bool
		for i := range components {
			arrays[i] = components[i].spelled(s)
			views[i] = columns.ViewText(arrays[i])
			size += views[i].Size()
			void = components[i].voids(s, views[i], void)
		}
		defer release(arrays)
		if size < math.MaxInt32-64 && !slices.ContainsFunc(views, escapes) {
			return s.b.plainKeys(prefix, x.Of, views, s.n, size, void)
		}
		out := columns.NewTexts(s.b.mem, s.n, size)
		for i := range s.n {
			found := false
			out.Parts(prefix)
			for k := range views {
				if k > 0 {
					out.Byte('|')
				}
				if !views[k].Null(i) {
					// A constant alone is no key: all records have the same.
					found = addComponent(out, views[k].At(i)) && x.Of[k].Const == nil || found
				}
			}
			if found && (void == nil || !void[i]) {
				out.Next()
			} else {
				out.Null()
			}
		}
		return s.b.text(out)
	}
}

// keyComponent is one component of a key, compiled.
type keyComponent struct {
	text   kernel
	column int    // of the vendor table, where the component is just that; else -1
	inside int    // JSON column that the path leads into; else -1
	trust  trust  // how closely the text is checked; a plain column was checked when it was read
	field  string // table.column of the key, for findings
}

func (c *compiler) keyComponent(x *schemas.Expr, t trust) keyComponent {
	k, typ := c.source(x)
	p := keyComponent{text: asText(k, typ), column: -1, inside: -1, trust: t, field: c.field}
	if x.Path != nil && x.Column != schemas.Item {
		p.inside, _ = c.names.at(x.Column)
	}
	switch {
	case x.Const != nil, typ != schemas.Text && typ != schemas.Email && typ != schemas.JSON:
		p.trust = anyText
	case x.Column != "" && x.Column != schemas.Item && x.Path == nil && x.Values == nil && x.Only == "" && len(x.When) == 0:
		p.column, _ = c.names.at(x.Column)
		p.trust = anyText
	}
	return p
}

// spelled is the text of the component in its one spelling, see respelled; a plain
// column has it since it was read.
func (p *keyComponent) spelled(s *scope) arrow.Array {
	a := p.text(s)
	if p.column >= 0 {
		return a
	}
	defer a.Release()
	return s.b.respelled(a)
}

// voids marks in void the rows that have no key because of this component, read as
// v: its value is in doubt, or lies in JSON that could not be read. It returns
// void, which is nil as long as no row is marked.
func (p *keyComponent) voids(s *scope, v columns.TextView, void []bool) []bool {
	mark := func(i int) {
		if void == nil {
			void = make([]bool, s.n)
		}
		void[i] = true
	}
	if p.column >= 0 {
		if s.b.trusted[p.column] != s.b.base[p.column] {
			raw := s.delivered(p.column)
			for i := range s.n {
				if v.Null(i) && raw.IsValid(i) {
					mark(i)
				}
			}
		}
		return void
	}
	if p.inside >= 0 {
		cells := columns.ViewText(s.column(p.inside))
		for i := range s.n {
			if cell := cells.At(i); len(cell) > 0 && cell[0] == '"' { // what is no JSON is kept as a JSON string
				mark(i)
			}
		}
	}
	n := int64(0)
	for i := range s.n {
		if p.trust == anyText {
			break
		}
		if text := v.At(i); len(text) > 0 {
			if text = bareID(text); p.trust.nothing(text) || scientific(text) {
				mark(i)
				n++
			}
		}
	}
	if n > 0 {
		s.b.find(findPlaceholder, p.field, doubted, n)
	}
	return void
}

// escapes tells whether any value has a character that must be escaped in a key.
func escapes(v columns.TextView) bool {
	return bytes.IndexByte(v.Val, '|') >= 0 || bytes.IndexByte(v.Val, '\\') >= 0
}

// plainKeys composes keys of components that need no escape, in size bytes at most.
func (b *run) plainKeys(prefix string, of []schemas.Expr, views []columns.TextView, n, size int, void []bool) arrow.Array {
	out := columns.NewTexts(b.mem, n, size)
	buf := out.Values[:0]
	for i := range n {
		found := false
		buf = append(buf, prefix...)
		for k := range views {
			if k > 0 {
				buf = append(buf, '|')
			}
			if views[k].Null(i) {
				continue
			}
			if s := bareID(views[k].At(i)); len(s) > 0 {
				buf = append(buf, s...)
				found = found || of[k].Const == nil
			}
		}
		if !found || void != nil && void[i] {
			buf = buf[:out.Offsets[i]]
			out.Valid.Clear(i)
		}
		out.Used = len(buf)
		out.Next()
	}
	return b.text(out)
}

// addComponent appends one component of a key, cut by bareID, with '|' and '\'
// escaped, so that different components never make the same key. It reports
// whether anything was left.
func addComponent(out *columns.Texts, s []byte) bool {
	s = bareID(s)
	if bytes.IndexByte(s, '|') < 0 && bytes.IndexByte(s, '\\') < 0 {
		out.Part(s)
		return len(s) > 0
	}
	for _, c := range s {
		if c == '|' || c == '\\' {
			out.Byte('\\')
		}
		out.Byte(c)
	}
	return true
}

// bareID drops blanks around a component of a key and cuts a BRN
// (brn:…:<id>) or a prefixed id (id/<id>, email/<id>) to the id.
func bareID(s []byte) []byte {
	s = scan.Trim(s)
	if len(s) == 0 {
		return s
	}
	switch s[0] {
	case 'b':
		if !bytes.HasPrefix(s, []byte("brn:")) {
			return s
		}
		// Eight pieces: the last one, the id, may hold a colon itself.
		rest := s
		for range 7 {
			var found bool
			if _, rest, found = bytes.Cut(rest, []byte{':'}); !found {
				return s
			}
		}
		s = idTail(rest, s)
	}
	if rest, ok := bytes.CutPrefix(s, []byte("id/")); ok {
		return idTail(rest, s)
	}
	if rest, ok := bytes.CutPrefix(s, []byte("email/")); ok {
		return idTail(rest, s)
	}
	return s
}

// idTail is rest, or s where rest is empty.
func idTail(rest, s []byte) []byte {
	if len(rest) > 0 {
		return rest
	}
	return s
}

// fingerprintKey is the key of records that have no identifying columns: their
// fingerprint, with `each` that of record and item. jsonItems tells whether items
// are JSON, whose fingerprint is that of their meaning.
func fingerprintKey(prefix string, jsonItems bool) kernel {
	return func(s *scope) arrow.Array {
		prints := s.b.fingerprints()
		out := columns.NewTexts(s.b.mem, s.n, s.n*(len(prefix)+32))
		var item columns.TextView
		if s.item != nil {
			item = columns.ViewText(s.item)
		}
		p := scan.Printer{}
		for i := range s.n {
			h := prints[row(s.rows, i)]
			if s.item != nil && jsonItems {
				print := p.Of(item.At(i))
				h = hashItem(h, print[:])
			} else if s.item != nil {
				h = hashItem(h, item.At(i))
			}
			out.Parts(prefix)
			out.Parts(fmt.Sprintf("%x", h))
			out.Next()
		}
		return s.b.text(out)
	}
}

// fingerprints hashes each record of the frame: all columns of the vendor table but
// those that come from the document around the records, such as the time of the
// export, which may be new each time.
func (b *run) fingerprints() [][16]byte {
	if b.prints != nil {
		return b.prints
	}
	fields := make([]schemas.Field, 0, len(b.base))
	cols := make([]arrow.Array, 0, len(b.base))
	for i, f := range b.p.vendor.Fields {
		if i < len(b.p.cols) && slices.ContainsFunc(b.p.cols[i].From, func(from string) bool { return strings.HasPrefix(from, documentPrefix) }) {
			continue
		}
		fields, cols = append(fields, f), append(cols, b.base[i])
	}
	b.prints = newRecordHasher(fields).rows(cols, b.n)
	return b.prints
}
