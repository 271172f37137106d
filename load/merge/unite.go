package merge

import (
	"bytes"
	"encoding/json"
	"slices"
)

// object is what objects are united to.
type object struct{ members []member }

// member is a member of an object, with its key and its value as JSON.
type member struct{ key, value []byte }

// unite makes one object of those that statements say of a field: each member is that of the
// strongest statement that has it. The members are in the order of their texts, which does not
// depend on which statement is the strongest, or a row would change that says the same. It
// returns nil where one of the values is no object, or where no member of one says anything.
func (t *Reader) unite(f *field) []byte {
	o := &t.object
	o.members = o.members[:0]
	for i, s := range t.list {
		v := t.cell(s, f.nth)
		if v == null || i > 0 && v == t.cell(t.list[i-1], f.nth) {
			continue
		}
		if !o.add(t.Get(v)) {
			return nil
		}
	}
	if len(o.members) == 0 {
		return nil
	}
	// A key with its quotes is never how another one begins.
	slices.SortStableFunc(o.members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	o.members = slices.CompactFunc(o.members, func(a, b member) bool { return bytes.Equal(a.key, b.key) })
	from := len(t.made) // what lies before is lent
	t.made = append(t.made, '{')
	for i, m := range o.members {
		if i > 0 {
			t.made = append(t.made, ',')
		}
		t.made = append(append(append(t.made, m.key...), ':'), m.value...)
	}
	t.made = append(t.made, '}')
	return t.made[from:]
}

// add adds the members of an object, which is valid JSON, that are not null. It returns false
// where the text is something else.
func (o *object) add(text []byte) bool {
	text = bytes.TrimLeft(text, blanks)
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	for text = bytes.TrimLeft(text[1:], blanks); len(text) > 0 && text[0] != '}'; {
		key, rest := token(text, ":")
		if len(rest) == 0 {
			return false
		}
		value, after := token(rest[1:], ",}")
		if len(key) == 0 || len(value) == 0 || len(after) == 0 {
			return false
		}
		if string(value) != "null" {
			o.members = append(o.members, member{canonical(key), value})
		}
		if text = after; text[0] == ',' {
			text = bytes.TrimLeft(text[1:], blanks)
		}
	}
	return len(text) > 0
}

const blanks = " \t\r\n"

// token is a key or a value of an object, without blanks outside of texts, and what follows it:
// one of the characters until, or nothing where the text ends before.
func token(text []byte, until string) (token, rest []byte) {
	depth, blank := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			continue
		case depth == 0 && bytes.IndexByte([]byte(until), c) >= 0:
			if blank {
				return compact(text[:i]), text[i:]
			}
			return text[:i], text[i:]
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c <= ' ':
			blank = true
		}
	}
	return nil, nil
}

func compact(text []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, text) != nil {
		return nil
	}
	return out.Bytes()
}

// canonical is a key as [appendText] writes it.
func canonical(key []byte) []byte {
	var text string
	if bytes.IndexByte(key, '\\') < 0 || json.Unmarshal(key, &text) != nil {
		return key
	}
	return appendText(nil, text)
}
