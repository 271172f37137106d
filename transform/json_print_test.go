package transform

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/scan"
)

// The same JSON in another order, spacing or spelling is no change of a row and
// no second one.
func TestFingerprint_sameJSON(t *testing.T) {
	y := "format: json\ncolumns:\n  id: {from: [id], type: text}\n  m: {from: [m], type: json}\n" +
		"emit:\n  - {table: groups, each: m.l, set: {group_key: {key: group}, attributes: item}}\n  - {table: accounts, set: {account_key: {key: account, of: [id]}, attributes: {object: [m, _extra]}}}\n"
	one := `{"id":"1","m":{"a":1,"l":[{"x":"é","y":2}]},"more":{"p":[1,2],"q":"r"},"s":"t"}`
	two := `{"s":"t", "more": {"q":"r","p":[1, 2]}, "m":{"l":[ {"y":2,"x":"\u00e9"} ],"a":1}, "id":"1"}`
	for name, yaml := range map[string]string{"typed": y, "text": "format: json\n"} {
		a, err := transformed(t, yaml, Options{}, input("["+one+"]"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := transformed(t, yaml, Options{}, input("["+two+"]"))
		if err != nil {
			t.Fatal(err)
		}
		for table, rows := range a.rows {
			if len(rows) != 1 || len(b.rows[table]) != 1 || rows[0]["_hash"] != b.rows[table][0]["_hash"] {
				t.Errorf("%s: %s: %v, %v", name, table, rows, b.rows[table])
			}
			if key := rows[0]["group_key"]; key != b.rows[table][0]["group_key"] {
				t.Errorf("key %v, %v", key, b.rows[table][0]["group_key"])
			}
		}
		both, err := transformed(t, yaml, Options{}, input("["+one+","+two+"]"))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(both.rows["observed.accounts"]) + len(both.rows["observed.groups"]); name == "typed" && got != 2 {
			t.Errorf("%d rows of two records that say the same: %s", got, show(both.rows))
		}
	}
	if strings.Contains(one, two) {
		t.Fatal("the records must differ")
	}
}

func FuzzJSONPrint(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x"]}`, `[]`, `"\ud83d\ude00"`, `1e5`, `{"a":{"b":[{}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !scan.Valid(&scan.Scanner{}, b, 100) {
			return
		}
		p := &scan.Printer{}
		want := p.Of(b)
		if got := p.Of(append([]byte(" \n"), b...)); got != want {
			t.Fatalf("%q: blanks before it count", b)
		}
		h := hide{free: true}
		if again := h.value(nil, b, scan.Pairs); p.Of(again) != want {
			t.Fatalf("%q: not the fingerprint of %q", b, again)
		}
	})
}
