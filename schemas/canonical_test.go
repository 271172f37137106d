package schemas

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// twice is the canonical form by way of encoding/json.
func twice(t *testing.T, v any) (text string, unset bool) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	tree = said(tree)
	if data, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	return string(data), isUnset(tree)
}

// said drops the members of objects that say nothing.
func said(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			m = said(m)
			if v[k] = m; isUnset(m) {
				delete(v, k)
			}
		}
	case []any:
		for i := range v {
			v[i] = said(v[i])
		}
	}
	return v
}

func isUnset(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// The fingerprints of files that exist were made by way of encoding/json.
func TestCanonical_isThatOfEncodingJSON(t *testing.T) {
	type inner struct{ Z, A string }
	type outer struct {
		inner2 string
		Name   string
		Piece
		In  []inner
		Ptr *inner
		Any any
	}
	empty, text := "", "<a&b>\u2028\"\\\n\x00é\xff\x7f"
	values := []any{
		nil, true, false, 0, 7, -7, uint64(math.MaxUint64), int64(math.MaxInt64), 1 << 53, 1e15, 1e20, 1e21, 1e22, 0.1, math.Copysign(0, -1), []float64{math.Copysign(0, -1)}, 1e-7, 1e-6, float32(0.5),
		"", "a", text, []string(nil), []string{}, []string{""}, []any{nil, []any(nil), map[string]any(nil), map[string]any{}, inner{}, &inner{}, (*inner)(nil), 0, false},
		map[string]string(nil), map[string]string{}, map[string]string{"": "x", "b": "", "a": "1", text: "2", "<": "3", "B": "4"}, map[string]any{"a": map[string]any{"b": []any{}}},
		&empty, &text, outer{}, outer{inner2: "hidden", Name: "n", Piece: Piece{Separator: "/", Index: 2}, In: []inner{{}, {A: "a"}}, Ptr: &inner{}, Any: &inner{Z: "z"}},
		map[Type]Type{"b": "x", "a": "y"}, [][]int{nil, {}, {0, 1}},
	}
	set := load(t)
	values = append(values, set.Common.meaning())
	for _, c := range set.All() {
		values = append(values, c, c.meaning())
	}
	for _, v := range values {
		want, none := twice(t, v)
		got, unset := appendCanonical(nil, reflect.ValueOf(v))
		if string(got) != want || unset != none {
			t.Errorf("%T: unset %v, want %v:\n%s\nwant\n%s", v, unset, none, got, want)
		}
	}
}
