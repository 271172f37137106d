package merge

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

var attributes = &schemas.Field{Name: "attributes", Type: schemas.JSON, Merge: schemas.Union}

// united is what becomes of objects, the strongest first.
func united(texts ...string) string {
	t := New(&schemas.Table{Name: "groups"}, []*schemas.Field{attributes}, []string{"a"})
	for i, text := range texts {
		t.Add(0, Standing{Weight: uint32(len(texts) - i)}, [16]byte{}, []Value{t.Text(text)})
	}
	return string(t.Reader().Row(0).Values[0])
}

func TestUnite(t *testing.T) {
	for _, c := range []struct {
		texts []string
		want  string
	}{
		{[]string{`{"b":1,"a":"x"}`, `{"a":"y","c":[1,{"d":"}"}]}`}, `{"a":"x","b":1,"c":[1,{"d":"}"}]}`},
		{[]string{`{"a":null,"b":1}`, `{"a":2}`}, `{"a":2,"b":1}`},
		{[]string{`{"a":1}`, `{}`}, `{"a":1}`},
		{[]string{`{}`, `{"a":null}`}, `{}`},
		{[]string{`{"z":1,"a":2}`, `{"z":1,"a":2}`}, `{"z":1,"a":2}`},
		{[]string{`{ "a" : [ 1, "x y" ] , "b" : { } }`, `{"c":1}`}, `{"a":[1,"x y"],"b":{},"c":1}`},
		{[]string{`{"a\"b":1,"a":"\\\""}`, `{"a\u0022b":2,"é":"ü,}"}`}, `{"a":"\\\"","a\"b":1,"é":"ü,}"}`},
		{[]string{`{"a":1,"a":2}`, `{"b":1}`}, `{"a":1,"b":1}`},
		{[]string{`[1]`, `{"a":1}`}, `[1]`},
		{[]string{`{"a":1}`, `"x"`}, `{"a":1}`},
		{[]string{`{"a":1`, `{"b":1}`}, `{"a":1`},
	} {
		if got := united(c.texts...); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.texts, got, c.want)
		}
	}
}

// FuzzUnite holds two objects to be united as a plain program does it.
func FuzzUnite(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":"\"}"}}`, `{"a":2,"d":[null,","]}`)
	f.Add(` { "a\/b" : "\ud83d\ude00" } `, `{"a/b":null,"":{}}`)
	f.Fuzz(func(t *testing.T, strong, weak string) {
		var a, b map[string]json.RawMessage
		if json.Unmarshal([]byte(strong), &a) != nil || json.Unmarshal([]byte(weak), &b) != nil || a == nil || b == nil || strong == weak {
			return // not two objects
		}
		var o object
		if !o.add([]byte(strong)) || !o.add([]byte(weak)) {
			t.Fatalf("%q or %q is no object", strong, weak)
		}
		want := map[string]any{}
		for _, from := range []map[string]json.RawMessage{b, a} {
			for k, raw := range from {
				var v any
				if err := json.Unmarshal(raw, &v); err != nil {
					t.Fatal(err)
				}
				if v != nil {
					want[k] = v
				}
			}
		}
		if len(o.members) < len(want) {
			t.Fatalf("%d members of %d", len(o.members), len(want))
		}
		text := united(strong, weak)
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(want) > 0 && !repeats(strong) && !repeats(weak) && !reflect.DeepEqual(got, want) {
			t.Errorf("%q and %q are %q", strong, weak, text)
		}
	})
}

// repeats tells whether an object has a key twice, of which a plain program takes the last one.
func repeats(text string) bool {
	var o object
	o.add([]byte(text))
	seen := map[string]bool{}
	for _, m := range o.members {
		if seen[string(m.key)] {
			return true
		}
		seen[string(m.key)] = true
	}
	return false
}
