package transform

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// masked stands in place of a hidden value.
const (
	masked     = schemas.Hidden
	maskedJSON = `"***"`
)

// hide says what must not be stored of a column, or of a JSON value: what the masks of the
// contract name, and everything under the name of a secret, except the places that the
// contract declares plain.
type hide struct {
	masks  []schemas.Mask
	plain  []schemas.Path // plain places, as paths from the column
	free   bool           // the contract declares the whole column plain
	secret bool           // the column itself has the name of a secret
	secretKind
}

// secretKind is what the name of a secret says about the values under it.
type secretKind struct {
	several bool // the name is a plural, under which a number is a count
	words   bool // the secret may consist of words, so that a phrase is hidden too
}

func secretKindOf(name []byte) secretKind {
	return secretKind{several: schemas.IsSecretPlural(name), words: !schemas.MayBePhrase(name)}
}

// hiddenIn is what to hide of a column, under whichever of its names it comes.
func (p *program) hiddenIn(col *schemas.Column) (h hide) {
	h.masks = col.Mask
	for _, from := range col.From {
		header, _, _ := bytes.Cut([]byte(from), []byte{0})
		x := p.hiddenUnder(header)
		h.plain = append(h.plain, x.plain...)
		h.free = h.free || x.free
		h.secret = h.secret || x.secret
		h.several = h.several || x.several
		h.words = h.words || x.words
	}
	h.secret = h.secret && !h.free
	return h
}

// hiddenUnder is what to hide of a column without a mask.
func (p *program) hiddenUnder(header []byte) (h hide) {
	for _, place := range p.contract.Plain {
		h.plain = append(h.plain, place.Path)
	}
	h.plain, h.free = deeper(h.plain, header)
	h.secret = !h.free && schemas.IsSecretName(header)
	if h.secret {
		h.secretKind = secretKindOf(header)
	}
	return h
}

// deeper are the rests of those paths that begin with a key; ends says that one of them
// ends there.
func deeper(paths []schemas.Path, key []byte) (on []schemas.Path, ends bool) {
	for _, p := range paths {
		for n := 1; n <= len(p); n++ { // a key may have dots itself
			if !(n == 1 && p[0] == "*") && schemas.NormalHeader(p[:n].String()) != schemas.NormalHeader(string(key)) {
				continue
			}
			if ends = ends || n == len(p); n < len(p) {
				on = append(on, p[n:])
			}
		}
	}
	return on, ends
}

// value appends the valid JSON value v with *** in place of what must be hidden. met is
// what a scan of v met.
func (h *hide) value(dst, v []byte, met scan.Suspicion) []byte {
	at := make([]maskAt, 0, len(h.masks))
	for i := range h.masks {
		at = append(at, maskAt{&h.masks[i], 0})
	}
	if h.free {
		met = scan.Nothing
	}
	return maskValue(dst, v, at, h.plain, met)
}

// members is a column of JSON objects, with *** in place of secrets. The caller releases it.
func (h *hide) members(b *run, in *array.String) *array.String {
	v := columns.ViewText(in)
	s := &scan.Scanner{Look: true}
	i, n := 0, in.Len()
	for i < n && (v.Null(i) || scan.Valid(s, v.At(i), 0) && s.Suspect == scan.Nothing) {
		i++
	}
	if i == n {
		in.Retain()
		return in
	}
	return b.mapText(in, func(cell []byte) []byte {
		if len(cell) == 0 {
			return nil
		}
		return h.value(nil, cell, scan.Pairs)
	}).(*array.String)
}

// secretText is what is stored of a text under the name of a secret: ***, but flags, counts
// of secrets and words about them stay.
func secretText(cell []byte, kind secretKind) []byte {
	t := scan.Trim(cell)
	if len(t) == 0 || kind.several && scan.Digits(t, 0) == len(t) || schemas.IsHarmless(t, !kind.words) {
		return cell
	}
	return []byte(masked)
}

// secretValue appends what is stored of a JSON value under the name of a secret.
func secretValue(dst, v []byte, kind secretKind) []byte {
	v = scan.Trim(v)
	if text, ok := scan.Text(v); !ok || v[0] == 't' || v[0] == 'f' || string(secretText(text, kind)) != masked ||
		(v[0] == '{' || v[0] == '[') && scan.Blank(v, 1) == len(v)-1 {
		return append(dst, v...)
	}
	return append(dst, maskedJSON...)
}

// maskAt is a mask of whose path the first pos steps were taken.
type maskAt struct {
	mask *schemas.Mask
	pos  int
}

// maskValue appends v without what masks and the names of secrets hide. plain
// are paths from v; met is what there may be of names of secrets, as far as they
// count.
func maskValue(dst, v []byte, at []maskAt, plain []schemas.Path, met scan.Suspicion) []byte {
	v = scan.Trim(v)
	switch {
	case len(v) == 0 || met == scan.Nothing && len(at) == 0:
		return append(dst, v...)
	case v[0] == '{':
		return maskObject(dst, v, at, plain, met)
	case v[0] == '[':
		return maskArray(dst, v, at, plain, met)
	case v[0] == '"':
		return maskString(dst, v, at, plain)
	}
	return append(dst, v...)
}

// maskString is maskValue for a string, which may hold JSON.
func maskString(dst, v []byte, at []maskAt, plain []schemas.Path) []byte {
	inner, ok := scan.Text(v)
	if !ok || !scan.LooksJSON(inner) {
		if ok && schemas.HoldsSecret(inner) {
			return scan.Quote(dst, schemas.HideSecrets(nil, inner))
		}
		return append(dst, v...)
	}
	if len(at) > 0 { // what the path leads to may be inside
		return append(dst, maskedJSON...)
	}
	s := &scan.Scanner{Look: true}
	switch valid := scan.Valid(s, inner, 0); {
	case valid && s.Suspect != scan.Nothing:
		return scan.Quote(dst, maskValue(nil, inner, nil, plain, s.Suspect))
	case !valid && schemas.NamesSecret(inner):
		return append(dst, maskedJSON...)
	}
	if !scan.HoldsSecret(v[1:len(v)-1], true) {
		return append(dst, v...)
	}
	return scan.Quote(dst, schemas.HideSecrets(nil, inner))
}

func maskObject(dst, v []byte, at []maskAt, plain []schemas.Path, met scan.Suspicion) []byte {
	dst = append(dst, '{')
	first := true
	pair := met == scan.Pairs && namesSecret(v)
	scan.EachMember(v, func(key, raw []byte) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(scan.Quote(dst, key), ':')
		on, ends := deeper(plain, key)
		next, hide := taken(at, func(m *schemas.Mask, step string) bool {
			return step == "*" || bytes.EqualFold(key, []byte(step))
		}, v)
		if met != scan.Nothing && !ends && !hide && (schemas.IsSecretName(key) || pair && isOneOf(key, "value", "values", "val", "defaultvalue", "stringvalue", "newvalue", "oldvalue", "answer")) {
			dst = secretValue(dst, raw, secretKindOf(key))
			return true
		}
		dst = hidden(dst, raw, next, hide, on, met.Unless(ends))
		return true
	})
	return append(dst, '}')
}

// namesSecret tells whether an object says in one member the name of a secret,
// which then is in another: {"name":"password","value":"..."}.
func namesSecret(object []byte) (found bool) {
	scan.EachMember(object, func(key, raw []byte) bool {
		if isOneOf(key, "name", "key", "field", "attribute", "attributename", "property", "label", "type", "path", "id", "parameter", "setting") {
			if raw = scan.Trim(raw); raw[0] == '"' {
				text, _ := scan.Text(raw)
				found = schemas.IsSecretName(text)
			}
		}
		return !found
	})
	return found
}

func isOneOf(key []byte, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return scan.SameHeader(key, name) })
}

func maskArray(dst, v []byte, at []maskAt, plain []schemas.Path, met scan.Suspicion) []byte {
	dst = append(dst, '[')
	n := 0
	scan.EachItem(v, func(raw []byte) {
		if n > 0 {
			dst = append(dst, ',')
		}
		index := strconv.Itoa(n)
		n++
		next, hide := taken(at, func(m *schemas.Mask, step string) bool { return step == "*" || step == index }, nil)
		for _, m := range at { // a list where one object was expected: each of its items
			if _, f := parseInt([]byte(m.mask.Path[m.pos])); m.mask.Path[m.pos] != "*" && f.rule != "" {
				next = append(next, m)
			}
		}
		on, ends := deeper(plain, []byte(index))
		dst = hidden(dst, raw, next, hide, on, met.Unless(ends))
	})
	return append(dst, ']')
}

// taken takes one step along each path that matches. hide says that a path ends here and
// that its exception does not hold.
func taken(at []maskAt, matches func(*schemas.Mask, string) bool, object []byte) (next []maskAt, hide bool) {
	for _, m := range at {
		if !matches(m.mask, m.mask.Path[m.pos]) {
			continue
		}
		if m.pos+1 < len(m.mask.Path) {
			next = append(next, maskAt{m.mask, m.pos + 1})
		} else if !excepted(m.mask, object) {
			hide = true
		}
	}
	return next, hide
}

// excepted tells whether the exception of a mask holds: the object has each text of Unless.
func excepted(m *schemas.Mask, object []byte) bool {
	if len(m.Unless) == 0 || object == nil {
		return false
	}
	for key, want := range m.Unless {
		seen, same := false, true
		scan.EachMember(object, func(k, raw []byte) bool {
			if string(k) == key {
				text, _ := scan.Text(raw)
				seen, same = true, same && string(text) == want
			}
			return true
		})
		if !seen || !same {
			return false
		}
	}
	return true
}

// hidden appends a value, or *** in its place. null and "" stay.
func hidden(dst, raw []byte, next []maskAt, hide bool, plain []schemas.Path, met scan.Suspicion) []byte {
	if _, ok := scan.Text(raw); hide && ok {
		return append(dst, maskedJSON...)
	}
	return maskValue(dst, raw, next, plain, met)
}
