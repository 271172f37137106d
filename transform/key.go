package transform

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
)

// key composes a stable id: <source>:<kind>:<parts>. See keyPart.
func (c *compiler) key(x *schemas.Expr) kernel {
	prefix := c.p.o.Source + ":" + x.Key + ":"
	if len(x.Of) == 0 {
		return fingerprintKey(prefix)
	}
	parts := make([]kernel, len(x.Of))
	for i := range x.Of {
		k, t := c.source(&x.Of[i])
		parts[i] = asText(k, t)
	}
	return func(s *scope) arrow.Array {
		arrays, views := make([]arrow.Array, len(parts)), make([]textView, len(parts))
		size := s.n * (len(prefix) + len(parts))
		for i, k := range parts {
			arrays[i] = k(s)
			views[i] = viewText(arrays[i])
			size += views[i].size()
		}
		defer release(arrays)
		if size < math.MaxInt32-64 && !slices.ContainsFunc(views, textView.escapes) {
			return s.b.plainKeys(prefix, x.Of, views, s.n, size)
		}
		out := newTexts(s.b.mem, s.n, size)
		for i := range s.n {
			found := false
			out.parts(prefix)
			for k := range views {
				if k > 0 {
					out.byte('|')
				}
				if !views[k].null(i) {
					// A constant tells no record from another.
					found = keyPart(out, views[k].at(i)) && x.Of[k].Const == nil || found
				}
			}
			if found {
				out.next()
			} else {
				out.null()
			}
		}
		return s.b.text(out)
	}
}

// escapes tells whether any value holds what must be escaped in a key.
func (v textView) escapes() bool {
	return bytes.IndexByte(v.val, '|') >= 0 || bytes.IndexByte(v.val, '\\') >= 0
}

// plainKeys composes keys of parts that need no escape, of which size bytes
// are enough.
func (b *run) plainKeys(prefix string, of []schemas.Expr, views []textView, n, size int) arrow.Array {
	out := newTexts(b.mem, n, size)
	buf := out.values[:0]
	for i := range n {
		found := false
		buf = append(buf, prefix...)
		for k := range views {
			if k > 0 {
				buf = append(buf, '|')
			}
			if views[k].null(i) {
				continue
			}
			if s := bareID(views[k].at(i)); len(s) > 0 {
				buf = append(buf, s...)
				found = found || of[k].Const == nil
			}
		}
		if !found {
			buf = buf[:out.offsets[i]]
			out.valid.clear(i)
		}
		out.used = len(buf)
		out.next()
	}
	return b.text(out)
}

// keyPart appends one part of a key: blanks around it dropped, a BRN or a
// prefixed id cut to its last part, and '|' and '\' escaped, so that different
// parts never make the same key. It reports whether anything was left.
func keyPart(out *texts, s []byte) bool {
	s = bareID(s)
	if bytes.IndexByte(s, '|') < 0 && bytes.IndexByte(s, '\\') < 0 {
		out.part(s)
		return len(s) > 0
	}
	for _, c := range s {
		if c == '|' || c == '\\' {
			out.byte('\\')
		}
		out.byte(c)
	}
	return true
}

// bareID drops blanks around a part of a key and cuts a BRN or a prefixed id to
// its last part.
func bareID(s []byte) []byte {
	s = trim(s)
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

// idTail is rest unless nothing would be left.
func idTail(rest, s []byte) []byte {
	if len(rest) > 0 {
		return rest
	}
	return s
}

// fingerprintKey is the key of records that have no identifying columns.
func fingerprintKey(prefix string) kernel {
	return func(s *scope) arrow.Array {
		prints := s.b.fingerprints()
		out := newTexts(s.b.mem, s.n, s.n*(len(prefix)+32))
		var item textView
		if s.item != nil {
			item = viewText(s.item)
		}
		for i := range s.n {
			h := prints[row(s.rows, i)]
			if s.item != nil { // each item is a record of its own
				h = hashItem(h, item.at(i))
			}
			out.parts(prefix)
			out.parts(fmt.Sprintf("%x", h))
			out.next()
		}
		return s.b.text(out)
	}
}

// fingerprints hashes each record of the frame: all of the vendor table but
// what comes from the document around the records, which may be new each time.
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
