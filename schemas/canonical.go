package schemas

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"
)

// appendCanonical appends v as JSON that depends on what v says alone: members of objects
// by name, and without those that are unset (null, false, 0, "", or without members or
// items that say something). It reports whether v itself is unset. Fields have their names
// in Go, and what a package cannot see is left out.
//
// It is what encoding/json makes of v, read again, cleared of the unset, and written once
// more, in one pass: each start of the program does it for each contract.
func appendCanonical(b []byte, v reflect.Value) (out []byte, unset bool) {
	switch v.Kind() {
	case reflect.Invalid:
		return append(b, "null"...), true
	case reflect.Pointer, reflect.Interface:
		return appendCanonical(b, v.Elem()) // of nil: invalid
	case reflect.String:
		return appendText(b, v.String()), v.String() == ""
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), !v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendNumber(b, float64(v.Int())), v.Int() == 0
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendNumber(b, float64(v.Uint())), v.Uint() == 0
	case reflect.Float32, reflect.Float64:
		return appendNumber(b, v.Float()), v.Float() == 0
	case reflect.Slice:
		if v.IsNil() {
			return append(b, "null"...), true
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b, _ = appendCanonical(b, v.Index(i))
		}
		return append(b, ']'), v.Len() == 0
	case reflect.Map:
		if v.IsNil() {
			return append(b, "null"...), true
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		return appendObject(b, len(keys), func(i int) (string, reflect.Value) { return keys[i].String(), v.MapIndex(keys[i]) })
	case reflect.Struct:
		members := membersOf(v.Type())
		return appendObject(b, len(members), func(i int) (string, reflect.Value) { return members[i].name, v.FieldByIndex(members[i].index) })
	}
	panic(fmt.Sprintf("schemas: no canonical form of %s", v.Type())) // a contract has none, which a test holds
}

// appendObject appends an object of those of n members that are set.
func appendObject(b []byte, n int, member func(int) (string, reflect.Value)) (out []byte, unset bool) {
	b = append(b, '{')
	begin := len(b)
	for i := range n {
		name, v := member(i)
		rest := len(b)
		if rest > begin {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		var none bool
		if b, none = appendCanonical(b, v); none {
			b = b[:rest]
		}
	}
	return append(b, '}'), len(b) == begin
}

// appendText appends a text as encoding/json writes it.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(string([]rune(s))) // of a text it cannot fail; a byte that is no character is one
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendNumber appends a number as encoding/json writes one that it has read.
func appendNumber(b []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && i > -1e15 && i < 1e15 && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("schemas: no canonical form of %v", f)) // YAML alone has such numbers, and no field takes them
	}
	return append(b, text...)
}

// member is a field of a struct, or of one that is embedded in it.
type member struct {
	name  string
	index []int
}

var membersByType sync.Map // from reflect.Type to []member, by name

func membersOf(t reflect.Type) []member {
	if known, ok := membersByType.Load(t); ok {
		return known.([]member)
	}
	var out []member
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			out = append(out, member{f.Name, f.Index})
		}
	}
	slices.SortFunc(out, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	membersByType.Store(t, out)
	return out
}
