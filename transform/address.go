package transform

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// Rules of findings about cells that are kept but not believed.
const (
	findPlaceholder = "placeholder"    // a word that stands where a value is missing
	findNoAddress   = "not_an_address" // text that is no e-mail address
	findNotJSON     = "not_json"       // text with quotes that is no JSON
)

// What may stand in an address before and behind the @.
const (
	inLocal  = 1 << iota // beside dots
	inDomain             // beside dots
	upper
)

var addressBytes = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
			t[c] = inLocal | inDomain
		case c >= 'A' && c <= 'Z':
			t[c] = inLocal | inDomain | upper
		case bytes.IndexByte([]byte("!#$%&'*+/=?^_`{|}~"), byte(c)) >= 0:
			t[c] = inLocal
		case c >= utf8.RuneSelf:
			t[c] = inLocal | inDomain | upper // letters beyond ASCII may have a case too
		}
	}
	return t
}()

// isAddress tells whether s is one address, and whether it is in lower case.
// The domain must have a dot: what has none names a host at best.
func isAddress(s []byte) (ok, low bool) {
	i, dot, seen := 0, true, uint8(0)
	for ; i < len(s) && s[i] != '@'; i++ {
		switch c := addressBytes[s[i]]; {
		case c&inLocal != 0:
			dot = false
			seen |= c
		case s[i] == '.' && !dot:
			dot = true
		default:
			return false, false
		}
	}
	if dot || i > 64 || i >= len(s)-1 {
		return false, false
	}
	dots, edge := 0, true // edge: the last byte was a dot or a hyphen
	for i++; i < len(s); i++ {
		switch c := addressBytes[s[i]]; {
		case s[i] == '-' && !edge, s[i] == '-' && i > 0 && s[i-1] == '-':
			edge = true
		case s[i] == '-':
			return false, false
		case c&inDomain != 0:
			edge = false
			seen |= c
		case s[i] == '.' && !edge:
			edge = true
			dots++
		default:
			return false, false
		}
	}
	return !edge && dots > 0, seen&upper == 0
}

// address is the one address in a cell: lower-cased, without "mailto:" and
// without the name of Name <address>. Where there is none it returns nil and
// the rule of the finding. It may use buf.
func address(buf, cell []byte) (addr []byte, rule string) {
	s := cell
	ok, low := isAddress(s)
	if !ok {
		s = barest(s)
		ok, low = isAddress(s)
	}
	switch {
	case !ok && (schemas.IsNobody(s) || schemas.IsPlaceholder(s)):
		return nil, findPlaceholder
	case !ok || !utf8.Valid(s):
		return nil, findNoAddress
	}
	if !low {
		s = lowered(buf[:0], s)
	}
	if at := bytes.IndexByte(s, '@'); schemas.IsNobodysMailbox(s[:at]) {
		return nil, findPlaceholder
	}
	return s, ""
}

// barest is a cell without "mailto:" and without the name of Name <address>.
func barest(cell []byte) []byte {
	s := scan.Trim(cell)
	if open := bytes.IndexByte(s, '<'); open >= 0 && len(s) > 0 && s[len(s)-1] == '>' {
		s = scan.Trim(s[open+1 : len(s)-1])
	}
	if len(s) > 7 && bytes.EqualFold(s[:7], []byte("mailto:")) {
		s, _, _ = bytes.Cut(s[7:], []byte{'?'})
		s = scan.Trim(s)
	}
	return s
}

func lowered(dst, s []byte) []byte {
	dst = append(dst[:0], s...)
	for i, c := range dst {
		if c >= utf8.RuneSelf {
			return append(dst[:0], bytes.ToLower(s)...)
		}
		if c >= 'A' && c <= 'Z' {
			dst[i] = c + 'a' - 'A'
		}
	}
	return dst
}

// readEmail reads addresses. A cell that is none is kept as it is, and its row
// noted in b.doubts. Most columns are addresses in lower case, and handed on
// as they are.
func (r *reader) readEmail(b *run, in *array.String) arrow.Array {
	v := columns.ViewText(in)
	i, n := 0, in.Len()
	for r.strip == "" && i < n && (v.Null(i) || plainAddress(v.At(i))) {
		i++
	}
	if i == n {
		in.Retain()
		return in
	}
	buf := make([]byte, 0, 128)
	at := -1
	return b.mapText(in, func(cell []byte) []byte {
		at++
		if cell = scan.Trim(stripped(scan.Trim(cell), r.strip)); len(cell) == 0 {
			return nil
		}
		addr, rule := address(buf, respell(cell))
		if rule != "" {
			b.doubt(at, rule)
			return r.hide.cell(cell, r.maxDepth)
		}
		return addr
	})
}

// plainAddress is true for an address that can be handed on as it is.
func plainAddress(s []byte) bool {
	ok, low := isAddress(s)
	return ok && low && !(nobodyStarts[s[0]] && schemas.IsNobodysMailbox(s[:bytes.IndexByte(s, '@')]))
}

// nobodyStarts are the bytes with which the mailboxes of no one begin.
var nobodyStarts = [256]bool{'n': true, 'u': true, 'p': true}
