package transform

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzTransform runs a contract with a column of each type over any bytes:
// counts close, no memory is left (both seen to by transformed), each text is
// clean and each JSON column JSON, whatever comes in.
func FuzzTransform(f *testing.F) {
	for _, s := range []string{
		"n,j,l,t\n1,{\"u\":\"},[a;b],2024-01-01\nx,\"{\"\"u\"\":{\"\"password\"\":1}}\",a;b,01/21/2021\n2,\xff,\x00\n",
		`[{"n":1,"j":{"u":{"password":"x"}},"l":["a",1],"t":"2024-01-01T00:00:00Z","more":[]},{"n":"x","j":"{","l":"a;b"}]`,
		"{\"n\":1,\"j\":\"{\\\"a\\\":1}\"}\n{\"n\":\n{\"n\":\"\\ud800\",\"l\":{}}\n{\"j\":\"\\u0000\"}",
		"n,j\n1,\"[{\"\"id\"\":1},{\"\"id\"\":\"\"|\"\"},null,3]\"\n",
	} {
		f.Add([]byte(s), false)
	}
	y := `
columns:
  n: {from: [n], type: int}
  j: {from: [j, jj], type: json, mask: [u.password]}
  l: {from: [l], type: list, separator: ;}
  t: {from: [t], type: timestamp}
  p: {from: [j.p], type: text}
emit:
  - table: groups
    each: j
    when: {item: present}
    set: {group_key: {key: group, of: [item.id, n]}, member_count: {first: [item.n, p]}, attributes: {object: [j, l, t, _extra]}, name: {first: [p, {const: x}]}}
  - table: accounts
    set: {account_key: {key: account}, kind: {column: p, values: {a: human}}, created_at: t}
`
	f.Fuzz(func(t *testing.T, data []byte, lines bool) {
		if len(data) > 2000 {
			return
		}
		format := "format: json\n"
		if lines {
			format = "format: ndjson\n"
		}
		r, err := transformed(t, format+y, Options{chunk: 64}, input(string(data)))
		if err != nil {
			if !utf8.ValidString(err.Error()) {
				t.Errorf("%q is no clean text", err)
			}
			return
		}
		for _, rows := range [][]map[string]any{r.rejects, r.rows["balkanid.test"], r.rows["observed.groups"], r.rows["observed.accounts"]} {
			for _, row := range rows {
				for k, v := range row {
					s, ok := v.(string)
					if ok && (!utf8.ValidString(s) || strings.Contains(s, "\x00")) {
						t.Errorf("%s = %q is no clean text", k, s)
					}
					if (k == "j" || k == "_extra" || k == "attributes") && !json.Valid([]byte(s)) {
						t.Errorf("%s = %q is no JSON", k, s)
					}
				}
			}
		}
	})
}
