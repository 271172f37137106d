package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

func TestCells(t *testing.T) {
	for name, tc := range map[string]struct {
		column, in string
		want       any    // nil: NULL
		rule       string // of the reject, if it is one
	}{
		"text stays as it is":                     {"type: text", `"x  Y"`, "x  Y", ""},
		"text loses blanks around it":             {"type: text", "\" \t\u00a0x y\u00a0 \n\"", "x y", ""},
		"text of blanks is none":                  {"type: text", " \u00a0 ", nil, ""},
		"text loses every kind of blank":          {"type: text", "\u3000\u200b\u202fx\u00a0y\u2007\ufeff", "x\u00a0y", ""},
		"text of no width is none":                {"type: text", "\u200b", nil, ""},
		"text without blanks before its suffix":   {"type: text, strip: '%'", "50\u00a0%\u200b", "50", ""},
		"an e-mail between no-break spaces":       {"type: email", "\u00a0Ann@example.com\u200b", "ann@example.com", ""},
		"an integer between no-break spaces":      {"type: int", "\u00a042\u202f", int64(42), ""},
		"a percentage after a no-break space":     {"type: float, strip: '%'", "12.5\u00a0%", 12.5, ""},
		"a date between wide spaces":              {"type: date", "\u30002021-01-21\u2007", "2021-01-21", ""},
		"a flag before no width":                  {"type: bool", "true\u200b", true, ""},
		"a number kept as text, and a blank":      {"type: text", "\"=\"\"0012\"\"\u00a0\"", "0012", ""},
		"items between no-break spaces":           {"type: list, separator: ';'", "a;\u00a0b\u200b; \u00a0", `["a","b"]`, ""},
		"JSON before a no-break space":            {"type: json", "\"{\"\"a\"\": 1}\u00a0\"", `{"a": 1}`, ""},
		"no-break spaces for an integer":          {"type: int", "\u00a0\u00a0", nil, ""},
		"a no-break space that parts thousands":   {"type: int", "1\u00a0000", nil, "type"},
		"text loses byte-order marks":             {"type: text", "\ufeffx\ufeffy", "xy", ""},
		"text may end in any letter":              {"type: text", "voilà", "voilà", ""},
		"an empty cell is NULL":                   {"type: text", `""`, nil, ""},
		"text without what is stripped":           {"type: text, strip: '%'", "50 %", "50", ""},
		"an e-mail":                               {"type: email", " Ann.Lee@Example.COM ", "ann.lee@example.com", ""},
		"an e-mail beyond ASCII":                  {"type: email", "ÄNN@example.com", "änn@example.com", ""},
		"an integer":                              {"type: int", " -42 ", int64(-42), ""},
		"the least integer":                       {"type: int", "-9223372036854775808", int64(-1 << 63), ""},
		"an integer beyond a float":               {"type: int", "9007199254740993", int64(9007199254740993), ""},
		"an integer that is too large":            {"type: int", "9223372036854775808", nil, "range"},
		"one that is larger still":                {"type: int", "99999999999999999999999999", nil, "range"},
		"an integer with a fraction of zeros":     {"type: int", "12.00", int64(12), ""},
		"an integer with a fraction":              {"type: int", "12.5", nil, "type"},
		"an integer that may be a thousand":       {"type: int", "1.000", nil, "type"},
		"thousands parted by a comma":             {"type: int", `"1,000"`, nil, "type"},
		"an integer of four decimals":             {"type: int", "12.0000", int64(12), ""},
		"an integer kept as text":                 {"type: int", `"=""0012"""`, int64(12), ""},
		"a date kept as text":                     {"type: date", `'2021-01-21`, "2021-01-21", ""},
		"a name behind an apostrophe":             {"type: text", `'t Hart`, "'t Hart", ""},
		"a text in apostrophes":                   {"type: text", `'1'`, "'1'", ""},
		"a formula":                               {"type: text", `=A1`, "=A1", ""},
		"text with a quote, kept as text":         {"type: text", `"=""a""""b"""`, `a"b`, ""},
		"an integer with a plus behind":           {"type: int, strip: '+'", "30+", int64(30), ""},
		"a word for an integer":                   {"type: int", "many", nil, "type"},
		"a sign for an integer":                   {"type: int", "-", nil, "type"},
		"blanks for an integer":                   {"type: int", "   ", nil, ""},
		"a float":                                 {"type: float", "0.10e2", 10.0, ""},
		"a float that is too large":               {"type: float", "1e999", nil, "range"},
		"infinity":                                {"type: float", "Inf", nil, "type"},
		"a float in hexadecimal":                  {"type: float", "0x1p-2", nil, "type"},
		"a percent sign alone":                    {"type: float, strip: '%'", "%", nil, "type"},
		"a plus alone":                            {"type: int, strip: '+'", "+", nil, "type"},
		"a percentage":                            {"type: float, strip: '%'", "12.5%", 12.5, ""},
		"TRUE":                                    {"type: bool", "TRUE", true, ""},
		"n":                                       {"type: bool", "n", false, ""},
		"maybe":                                   {"type: bool", "maybe", nil, "type"},
		"a suffix that is there":                  {"type: bool, suffix: '+'", "30+", true, ""},
		"a suffix that is not":                    {"type: bool, suffix: '+'", "30", false, ""},
		"a suffix of nothing":                     {"type: bool, suffix: '+'", "", nil, ""},
		"a Go duration":                           {"type: duration", "68m0s", "1h8m0s", ""},
		"a duration that is too long":             {"type: duration", "9999999999h", nil, "range"},
		"a duration in days":                      {"type: duration", "3d", nil, "type"},
		"a duration without a unit":               {"type: duration", "3", nil, "type"},
		"a date":                                  {"type: date, layouts: ['01/02/2006']", "01/21/2021", "2021-01-21", ""},
		"a date out of a time":                    {"type: date", "2023-12-03T00:00:00+05:30", "2023-12-03", ""},
		"a list by its separator":                 {"type: list, separator: ';'", "a; b;;c ", `["a","b","c"]`, ""},
		"a list by comma and blank":               {"type: list, separator: ', '", `"a,b, c"`, `["a","b","c"]`, ""},
		"a JSON list":                             {"type: list", `"[""a"",1,null,{""k"":2}]"`, `["a","1","{\"k\":2}"]`, ""},
		"an empty JSON list":                      {"type: list", "[]", `[]`, ""},
		"a list in brackets":                      {"type: list", `"[policy/Name, group/Name]"`, `["policy/Name","group/Name"]`, ""},
		"a word for a JSON list":                  {"type: list", "a", nil, "type"},
		"JSON":                                    {"type: json", `"{""a"": 1}"`, `{"a": 1}`, ""},
		"a JSON string":                           {"type: json", `"""x"""`, `"x"`, ""},
		"JSON in a JSON string":                   {"type: json", `"""{\""a\"":1}"""`, `{"a":1}`, ""},
		"JSON null":                               {"type: json", "null", nil, ""},
		"an empty JSON string":                    {"type: json", `""""""`, nil, ""},
		"half a surrogate pair is no JSON":        {"type: json", `"""\ud800"""`, `"\"\\ud800\""`, ""},
		"a required cell that is empty":           {"type: text, required: true", "", nil, "required"},
		"a required cell of blanks":               {"type: int, required: true", "  ", nil, "required"},
		"a required cell that is no integer":      {"type: int, required: true", "x", nil, "type"},
		"a time that does not read":               {"type: timestamp", "soon", nil, "type"},
		"a time that does not exist":              {"type: timestamp", "2024-13-01", nil, "range"},
		"a time in a layout of the contract":      {"type: timestamp, layouts: ['02.01.2006']", "27.04.2024", "2024-04-27T00:00:00Z", ""},
		"a time in another layout than the first": {"type: timestamp, layouts: ['02.01.2006']", "2024-04-27", "2024-04-27T00:00:00Z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, "columns:\n  k: {from: [k], type: text}\n  v: {from: [v], "+tc.column+"}\n", Options{}, input("k,v\n1,"+tc.in+"\n2,\n"))
			if err != nil {
				t.Fatal(err)
			}
			if tc.rule != "" {
				if r.rule(0) != tc.rule || r.rejects[0]["field"] != "v" || strings.Contains(r.rejects[0]["message"].(string), tc.in) && len(tc.in) > 3 {
					t.Errorf("rejects %v, want rule %s", r.rejects, tc.rule)
				}
				return
			}
			if len(r.rejects) > 0 && !strings.Contains(tc.column, "required") {
				t.Fatalf("rejects %v", r.rejects)
			}
			if diff := cmp.Diff(tc.want, r.rows["balkanid.test"][0]["v"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONCell_thatIsBroken(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  m: {from: [m], type: json}\n  n: {from: [n], type: json}\n"
	in := "id,m,n,more\n1,{\"u\":\"},{\"v\":\"},x\n2,\"{\"\"a\"\":1\",,\n3,\"{ \"u\":\"p\" }\",,\n4,[{department: engineering}],,\n" +
		"5,\"{no: [], job: \"\"a, b: c\"\", date found: 12, \"\"u\"\":\"\"v\"\" }\",,\n6,\"{a: 1, b}\",,\n"
	r, err := transformed(t, y, Options{}, input(in))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range r.rows["balkanid.test"] {
		x, _ := row["_extra"].(string)
		n, _ := row["n"].(string)
		got = append(got, row["m"].(string)+" "+n+" "+x)
	}
	want := []string{
		`{"u":""} {"v":""} {"more":"x","_repaired":["m","n"]}`,
		`"{\"a\":1"  {"_invalid":["m"]}`,
		`{ "u":"p" }  `,
		`"[{department: engineering}]"  {"_invalid":["m"]}`,
		`{"no": [],"job": "a, b: c","date found": 12, "u":"v" }  {"_repaired":["m"]}`,
		`"{a: 1, b}"  {"_invalid":["m"]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"not_json m 1"}, findingsOf(r)); diff != "" { // of those with quotes: the others are the vendor's own
		t.Error(diff)
	}
	r, err = transformed(t, "format: json\n"+y, Options{}, input(`[{"id":1,"m":"{\"a\":1","z":true},{"id":2,"m":"{x}"}]`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"z":true,"_invalid":["m"]}`, `{"_invalid":["m"]}`} {
		if got := r.rows["balkanid.test"][i]["_extra"]; got != want {
			t.Errorf("extra %v, want %s", got, want)
		}
	}
}

const canary = "s3cr3t-canary"

// TestMask_hidesEverywhere plants a secret where masks and their like must
// find it, and searches all that comes out.
func TestMask_hidesEverywhere(t *testing.T) {
	y := `
columns:
  id: {from: [id], type: int}
  meta: {from: [Meta, Metadata], type: json, mask: [a.*.password, {path: "*.value", unless: {type: public}}]}
emit:
  - table: groups
    set: {group_key: {key: group, of: [id]}, attributes: {object: [meta]}, description: meta.a.x.password}
`
	obj := `{"a":{"x":{"password":"` + canary + `","keep":"kept"},"y":[{"PASSWORD":"` + canary + `"}],"z":"{\"password\":\"` + canary + `\"}"},"l":{"type":"secret","value":"` + canary + `"},"p":{"type":"public","value":"kept"},"e":{"type":"secret","value":""}}`
	list := `[{"key":"k","type":"secret","value":"` + canary + `"},{"type":"public","type":"secret","value":"` + canary + `"},{"value":{"deep":"` + canary + `"}}]`
	cell := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	str := func(s string) string { return string(scan.Quote(nil, []byte(s))) }
	escaped := strings.ReplaceAll(obj, "password", `p\u0061ssword`)
	for name, tc := range map[string]struct{ format, in string }{
		"CSV":                          {"csv", "id,meta\n1," + cell(obj) + "\n2," + cell(list) + "\n3," + cell(escaped) + "\n"},
		"CSV, broken cells":            {"csv", "id,meta\n1," + cell(obj[:len(obj)-1]) + "\n2,\"" + obj + "\"\n3," + obj + "\n"},
		"CSV, a JSON string of JSON":   {"csv", "id,meta\n1," + cell(str(obj)) + "\n"},
		"CSV, rejects by type":         {"csv", "id,meta\nx," + cell(obj) + "\ny," + cell(list) + "\nz," + obj + "\nz," + cell(obj[:70]) + "\n"},
		"CSV, rejects of frame":        {"csv", "id,meta\n1," + cell(obj) + ",surplus\n1,\"" + canary + "\n\xff," + cell(obj) + "\n"},
		"CSV, a losing alias":          {"csv", "id,meta,metadata\n1,{}," + cell(obj) + "\nx,{}," + cell(obj) + "\n"},
		"CSV, a header twice":          {"csv", "id,meta,META\n1," + cell(obj) + "," + cell(obj) + "\nx," + cell(obj) + "," + cell(obj) + "\n"},
		"JSON":                         {"json", `[{"id":1,"meta":` + obj + `},{"id":2,"meta":` + list + `},{"id":3,"meta":` + escaped + `}]`},
		"JSON, a string of JSON":       {"json", `[{"id":1,"meta":` + str(obj) + `},{"id":2,"meta":` + str(obj[:70]) + `}]`},
		"JSON, a losing alias":         {"json", `[{"id":1,"metadata":` + obj + `,"meta":{}},{"id":1,"meta":{},"Metadata":` + obj + `},{"id":1,"meta":{},"meta":` + obj + `}]`},
		"JSON, rejects by type":        {"json", `[{"id":"x","meta":` + obj + `},{"id":"x","metadata":` + str(obj) + `},{"id":"x","meta":` + str(obj[:70]) + `}]`},
		"lines, rejects of frame":      {"ndjson", "{\"id\":1,\"meta\":" + obj + "\n{\"id\":1,\"x\":\"\\ud800\",\"meta\":" + obj + "}\n{\"id\":1}\n"},
		"lines, a record in an escape": {"ndjson", `{"id":1,"m\u0065ta":` + obj + "}\n" + `{"id":"x","m\u0065ta":` + obj + "}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, "format: "+tc.format+"\n"+y, Options{}, input(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			all := show(r.rows) + show(r.rejects) + show(r.drift)
			if strings.Contains(all, canary) {
				t.Errorf("the secret is out:\n%s", all)
			}
			if r.counts.Framed == 0 {
				t.Error("nothing was framed")
			}
			if name == "CSV" && strings.Count(all, "kept") < 2 {
				t.Errorf("what is no secret is hidden:\n%s", all)
			}
		})
	}
}

// filled adds to each line the commas that it lacks for so many cells.
func filled(lines string, cells int) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		n, quoted := 1, false
		for _, c := range line {
			if c == '"' {
				quoted = !quoted
			} else if c == ',' && !quoted {
				n++
			}
		}
		b.WriteString(line + strings.Repeat(",", max(cells-n, 0)) + "\n")
	}
	return b.String()
}

func TestEmit(t *testing.T) {
	cols := `
columns:
  id: {from: [id], type: text}
  mail: {from: [mail], type: email}
  kind: {from: [kind], type: text}
  on: {from: [on], type: bool}
  n: {from: [n], type: int}
  at: {from: [at], type: timestamp}
  took: {from: [took], type: duration}
  tags: {from: [tags], type: list, separator: ";"}
  meta: {from: [meta], type: json}
  run: {context: run_id, type: text}
`
	header := "id,mail,kind,on,n,at,took,tags,meta\n"
	for name, tc := range map[string]struct {
		emit, in, table, column string
		want                    []any
		rules                   string
	}{
		"a key is normalised":                     {"{table: groups, set: {group_key: {key: group, of: [id]}}}", "brn:bid:balkanid:::t:identity:04gi\nid/77\nemail/a@b.c\n  x \nokta/01H\n", "groups", "group_key", []any{"demo:group:04gi", "demo:group:77", "demo:group:a@b.c", "demo:group:x", "demo:group:okta/01H"}, ""},
		"a key of several parts is one to one":    {"{table: groups, set: {group_key: {key: group, of: [id, kind]}}}", "a|b,,c\na,,b|c\na\\,,b\n,,a\na\n", "groups", "group_key", []any{`demo:group:a\|b|c`, `demo:group:a|b\|c`, `demo:group:a\\|b`, "demo:group:|a", "demo:group:a|"}, ""},
		"a key of typed parts":                    {"{table: groups, set: {group_key: {key: group, of: [n, on, at, meta.k, mail]}}}", ",A@B.C,,TRUE,007,2024-01-02,,,{\"k\":\"v\"}\n", "groups", "group_key", []any{"demo:group:7|true|2024-01-02T00:00:00Z|v|a@b.c"}, ""},
		"no key is a reject":                      {"{table: groups, set: {group_key: {key: group, of: [id]}}}", ",,x,yes\n1\n", "groups", "group_key", []any{"demo:group:1"}, "required groups.group_key"},
		"the fingerprint of a record":             {"{table: groups, set: {group_key: {key: group}}}", "1,,k\n2,,k\n1,,k\n", "groups", "group_key", []any{"demo:group:ee89cc35cbf22345ae33e6c172a85ddf", "demo:group:?"}, ""},
		"a mapping knows no case":                 {"{table: accounts, set: {account_key: {key: account, of: [id]}, status: {column: kind, values: {Enabled: active, off: inactive}}}}", "1,,ENABLED\n2,,Off\n3,,odd\n4,,\n5,, enabled \n", "accounts", "status", []any{"active", "inactive", "unknown", nil, "active"}, ""},
		"the vendor's word is kept beside":        {"{table: accounts, set: {account_key: {key: account, of: [id]}, status: {column: kind, values: {on: active}}}}", "1,,ON\n2,,odd\n3,,\n", "accounts", "status_raw", []any{"ON", "odd", nil}, ""},
		"unless the contract sets it":             {"{table: accounts, set: {account_key: {key: account, of: [id]}, status: {column: kind, values: {on: active}}, status_raw: mail}}", "1,x@y.z,on\n", "accounts", "status_raw", []any{"x@y.z"}, ""},
		"a mapping of a flag":                     {"{table: accounts, set: {account_key: {key: account, of: [id]}, status: {column: on, values: {\"true\": active, \"false\": inactive}}}}", "1,,,yes\n2,,,0\n", "accounts", "status", []any{"active", "inactive"}, ""},
		"a word outside a closed set is a reject": {"{table: grants, set: {grant_key: {key: grant, of: [id]}, principal_kind: {const: account}, principal_key: {key: account, of: [id]}, target_kind: {const: group}, target_key: {key: group, of: [id]}, effect: {column: kind, values: {yes: allow}}}}", "1,,yes\n2,,no\n", "grants", "effect", []any{"allow"}, "enum grants.effect"},
		"first of several":                        {"{table: groups, set: {group_key: {key: group, of: [id]}, name: {first: [kind, meta.name, mail, {const: none}]}}}", "1,,k\n2,m@x.y,,,,,,,{\"name\":\"j\"}\n3,m@x.y\n4\n", "groups", "name", []any{"k", "j", "m@x.y", "none"}, ""},
		"first of mappings":                       {"{table: accounts, set: {account_key: {key: account, of: [id]}, status: {first: [{column: kind, values: {on: active}}, {column: on, values: {\"true\": inactive}}, {const: terminated}]}}}", "1,,on,true\n2,,,true\n3\n", "accounts", "status", []any{"active", "inactive", "terminated"}, ""},
		"and its word":                            {"{table: accounts, set: {account_key: {key: account, of: [id]}, status: {first: [{column: kind, values: {on: active}}, {column: on, values: {\"true\": inactive}}, {const: terminated}]}}}", "1,,On,true\n2,,,true\n3\n", "accounts", "status_raw", []any{"On", "true", nil}, ""},
		"a constant of another type":              {"{table: groups, set: {group_key: {key: group, of: [id]}, member_count: {const: 5}}}", "1\n", "groups", "member_count", []any{int64(5)}, ""},
		"a path that reads as another type":       {"{table: groups, set: {group_key: {key: group, of: [id]}, member_count: meta.count}}", "1,,,,,,,,{\"count\":5}\n2,,,,,,,,{\"count\":\"6\"}\n3,,,,,,,,{\"count\":null}\n", "groups", "member_count", []any{int64(5), int64(6), nil}, ""},
		"a path that does not is a reject":        {"{table: groups, set: {group_key: {key: group, of: [id]}, member_count: meta.count}}", "1,,,,,,,,{\"count\":\"many\"}\n2\n", "groups", "member_count", []any{nil}, "type groups.member_count"},
		"a path through arrays":                   {"{table: groups, set: {group_key: {key: group, of: [id]}, name: meta.a.1.b}}", "1,,,,,,,,\"{\"\"a\"\":[0,{\"\"b\"\":\"\"x\"\"}]}\"\n2,,,,,,,,\"{\"\"a\"\":[0]}\"\n", "groups", "name", []any{"x", nil}, ""},
		"a path to JSON stays JSON":               {"{table: groups, set: {group_key: {key: group, of: [id]}, attributes: meta.a}}", "1,,,,,,,,\"{\"\"a\"\":\"\"x\"\"}\"\n2,,,,,,,,\"{\"\"a\"\":[1, 2]}\"\n", "groups", "attributes", []any{`"x"`, "[1, 2]"}, ""},
		"a duration in seconds":                   {"{table: groups, set: {group_key: {key: group, of: [id]}, member_count: took}}", "1,,,,,,68m0s\n", "groups", "member_count", []any{int64(4080)}, ""},
		"a time as a date":                        {"{table: identities, set: {identity_key: {key: identity, of: [id]}, start_on: at}}", "1,,,,,1969-06-30T23:00:00Z\n", "identities", "start_on", []any{"1969-06-30"}, ""},
		"an integer as text":                      {"{table: groups, set: {group_key: {key: group, of: [id]}, name: n}}", "1,,,,42\n", "groups", "name", []any{"42"}, ""},
		"an object":                               {"{table: groups, set: {group_key: {key: group, of: [id]}, attributes: {object: [mail, on, n, at, took, tags, meta, run, _extra]}}}", "1,\"q\"\"q@x.y\",,true,3,2024-01-02,1h,a;b,\"{\"\"k\"\":[]}\"\n2\n", "groups", "attributes", []any{`{"mail":"q\"q@x.y","on":true,"n":3,"at":"2024-01-02T00:00:00Z","took":"1h0m0s","tags":["a","b"],"meta":{"k":[]},"run":"R7"}`, `{"run":"R7"}`}, ""},
		"each item of a list":                     {"{table: groups, each: tags, set: {group_key: {key: group, of: [id, item]}, name: item}}", "1,,,,,,,x;y\n2\n3,,,,,,,z\n", "groups", "name", []any{"x", "y", "z"}, ""},
		"each item of JSON":                       {"{table: groups, each: meta.l, when: {item.on: \"true\"}, set: {group_key: {key: group, of: [item.id]}, name: kind}}", "1,,k,,,,,,\"{\"\"l\"\":[{\"\"id\"\":1,\"\"on\"\":true},{\"\"id\"\":2,\"\"on\"\":false},null,{\"\"id\"\":3,\"\"on\"\":\"\"TRUE\"\"}]}\"\n", "groups", "group_key", []any{"demo:group:1", "demo:group:3"}, "type meta.l[2]"},
		"each of what is no array":                {"{table: groups, each: meta, set: {group_key: {key: group, of: [item.id]}}}", "1,,,,,,,,\"{\"\"id\"\":7}\"\n2,,,,,,,,[]\n", "groups", "group_key", []any{"demo:group:7"}, ""},
		"items of JSON that are text":             {"{table: groups, each: meta, set: {group_key: {key: group, of: [item]}, name: item}}", "1,,,,,,,,\"[\"\"a\\u0062\"\",1]\"\n", "groups", "name", []any{"ab", "1"}, ""},
		"when a word is one of some":              {"{table: groups, when: {kind: [A, b]}, set: {group_key: {key: group, of: [id]}, name: id}}", "1,,a\n2,,B\n3,,c\n4\n", "groups", "name", []any{"1", "2"}, ""},
		"when it is not":                          {"{table: groups, when: {kind: {not: [A]}}, set: {group_key: {key: group, of: [id]}, name: id}}", "1,,a\n2,,B\n4\n", "groups", "name", []any{"2", "4"}, ""},
		"when it is there":                        {"{table: groups, when: {tags: present, meta.x: absent}, set: {group_key: {key: group, of: [id]}, name: id}}", "1,,,,,,,t\n2\n3,,,,,,,t,\"{\"\"x\"\":1}\"\n4,,,,,,,t,\"{\"\"x\"\":null}\"\n", "groups", "name", []any{"1", "4"}, ""},
		"a record not wanted cannot fail":         {"{table: groups, when: {kind: a}, set: {group_key: {key: group, of: [id]}, member_count: id}}", "x,,b\n5,,a\n", "groups", "member_count", []any{int64(5)}, ""},
		"the same row twice counts once":          {"{table: groups, set: {group_key: {key: group, of: [kind]}, name: kind}}", "1,,a\n2,,b\n3,,a\n", "groups", "name", []any{"a", "b"}, ""},
		"a reject does not take its like with it": {"{table: groups, set: {group_key: {key: group, of: [kind]}, name: kind}}", "1,,a,maybe\n2,,a\n", "groups", "name", []any{"a"}, "type on"},
		"a fact of the request":                   {"{table: groups, set: {group_key: {key: group, of: [run]}, name: run}}", "1,,k\n", "groups", "name", []any{"R7"}, ""},
		"rows of a reject are in no other table":  {"{table: groups, set: {group_key: {key: group, of: [kind]}, member_count: id}}", "1,,a\nx,,b\n3,,c\n", "groups", "group_key", []any{"demo:group:a", "demo:group:c"}, "type groups.member_count"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(header + filled(tc.in, 9))
			in.Context = map[string]string{"run_id": "R7"}
			r, err := transformed(t, cols+"emit:\n  - "+tc.emit+"\n", Options{}, in)
			if err != nil {
				t.Fatal(err)
			}
			var got []any
			for _, row := range r.rows[schemas.CommonSchema+"."+tc.table] {
				v := row[tc.column]
				if s, ok := v.(string); ok && strings.HasPrefix(name, "the fingerprint") && len(got) == 1 {
					v = s[:11] + "?"
				}
				got = append(got, v)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			var rules []string
			for i, x := range r.rejects {
				field, _ := x["field"].(string)
				rules = append(rules, r.rule(i)+" "+field)
			}
			if strings.Join(rules, ", ") != tc.rules {
				t.Errorf("rejects %q, want %q", rules, tc.rules)
			}
		})
	}
}

func TestHash_addsNothingForNULL(t *testing.T) {
	h1, err := newHasher([]schemas.Field{{Name: "a", Type: schemas.Text}, {Name: "b", Type: schemas.Int}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := transformed(t, "columns:\n  a: {from: [a], type: text}\nemit:\n  - {table: groups, set: {group_key: {key: group, of: [a]}}}\n", Options{}, input("a\n1\n"))
	if err != nil {
		t.Fatal(err)
	}
	// Pinned: a change of this value closes and opens every row of every
	// database at the next refresh.
	if got := r.rows["observed.groups"][0]["_hash"]; got != "fc283e96165a1c45ad34d90d27bbe4cc" {
		t.Errorf("the fingerprint of a row is now %s", got)
	}
	if len(h1.fields) != 2 || h1.fields[0].tag == h1.fields[1].tag {
		t.Errorf("%+v", h1)
	}
}

// unprinted is the rows without their fingerprints, of which no two are the same.
func unprinted(rows []map[string]any) []map[string]any {
	seen := map[any]bool{}
	for _, r := range rows {
		if seen[r[schemas.HashColumn]] {
			panic("two rows have the same fingerprint")
		}
		seen[r[schemas.HashColumn]] = true
		delete(r, schemas.HashColumn)
	}
	return rows
}

func TestTextDataset(t *testing.T) {
	r, err := transformed(t, "", Options{}, input("Request ID*,x,x,,item\n1,2,3,4,5\n"), input("x,new\n9,8\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"request_id": "1", "x": "2", "x_2": "3", "c": "4", "item_2": "5", "_part": int32(0), "_record": int64(0)},
		{"x": "9", "new": "8", "_part": int32(0), "_record": int64(0)},
	}
	if diff := cmp.Diff(want, unprinted(r.rows["balkanid.test"])); diff != "" {
		t.Error(diff)
	}
	if len(r.drift) != 0 {
		t.Errorf("drift %v", r.drift)
	}
	r, err = transformed(t, "format: json\n", Options{chunk: 16}, input(`[{"b":1,"a":{"k": [1]}}]`), input(`{"a":null,"c":"x\ny","b":"z"}`+"\n"+`{"d":"\ud800"}`+"\n"+`{"B":true,"b":"y"}`))
	if err != nil {
		t.Fatal(err)
	}
	want = []map[string]any{
		{"b": "1", "a": `{"k": [1]}`, "_part": int32(0), "_record": int64(0)},
		{"b": "z", "c": "x\ny", "_part": int32(0), "_record": int64(0)},
		{"b": "y", "b_2": "true", "_part": int32(0), "_record": int64(2)},
	}
	if diff := cmp.Diff(want, unprinted(r.rows["balkanid.test"])); diff != "" {
		t.Error(diff)
	}
}

func TestParts_haveTheirOwnHeaders(t *testing.T) {
	a, b := input("a,b\n1,2\n"), input("c,A\n3,4\n")
	b.Part = 1
	r, err := transformed(t, threeColumns, Options{}, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1|2|", "4||3"}, cellsOf(r)); diff != "" {
		t.Error(diff)
	}
	if rows := r.rows["balkanid.test"]; rows[1]["_part"] != int32(1) || rows[1]["_record"] != int64(0) {
		t.Errorf("rows %v", rows)
	}
}
