package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/frame"
)

func TestFrameJSON(t *testing.T) {
	cols := "columns:\n  a: {from: [a], type: text}\n  b: {from: [b.c, b2], type: text}\n  c: {from: [c], type: json}\n"
	for name, tc := range map[string]struct {
		yaml    string
		in      string
		rows    []string
		extra   []string
		rejects []string
	}{
		"an empty array is an empty dataset":            {"format: json\n", " [ ] \n", nil, nil, nil},
		"an array of records":                           {"format: json\n", `[{"a":"1"},{"a":"2","b":{"c":"x"}}]`, []string{"1||", "2|x|"}, []string{"", ""}, nil},
		"a single object":                               {"format: json\n", "{\n\"a\": 1\n}", []string{"1||"}, []string{""}, nil},
		"lines, one of them broken":                     {"format: ndjson\n", "{\"a\":1}\n{\"a\":\n\n{\"a\":3}\n", []string{"1||", "3||"}, []string{"", ""}, []string{"frame 2 {\"a\":"}},
		"lines under a contract that says json":         {"format: json\n", "{\"a\":1}\nnope\n{\"a\":3}", []string{"1||", "3||"}, []string{"", ""}, []string{"frame 2 nope"}},
		"values after one another on a line":            {"format: json\n", `{"a":1}{"a":2} {"a":3}`, []string{"1||", "2||", "3||"}, []string{"", "", ""}, nil},
		"a document with a path":                        {"format: json\nrecords: x.y\n", `{"n":[1],"x":{"z":{},"y":[{"a":1},{"a":2}],"w":0},"t":null}`, []string{"1||", "2||"}, []string{"", ""}, nil},
		"a document with one record at the path":        {"format: json\nrecords: x\n", `{"x":{"a":1},"t":2}`, []string{"1||"}, []string{""}, nil},
		"an array where a document was meant":           {"format: json\nrecords: x\n", `[{"a":1}]`, []string{"1||"}, []string{""}, nil},
		"null and the empty string are NULL":            {"format: json\n", `[{"a":1,"b2":"","c":null,"d":null,"e":""}]`, []string{"1||"}, []string{""}, nil},
		"a record without any value is a reject":        {"format: json\n", `[{"a":1},{"a":null,"b2":""},{},{"z":2}]`, []string{"1||"}, []string{""}, []string{`frame 1 {"a":null,"b2":""}`, `frame 1 {}`, `frame 1 {"z":2}`}},
		"numbers keep their text":                       {"format: json\n", `[{"a":12345678901234567890.10e5,"c":1e400}]`, []string{"12345678901234567890.10e5||1e400"}, []string{""}, nil},
		"escapes and surrogate pairs":                   {"format: json\n", `[{"a":"\ud83d\ude00\n\"\\\/","\u0062":{"\u0063":"x"}}]`, []string{"😀\n\"\\/|x|"}, []string{""}, nil},
		"half a surrogate pair is a reject":             {"format: json\n", `[{"a":"\ud83d"},{"a":"\ude00 x"},{"a":"\ud83d\u0041"},{"a":1}]`, []string{"1||"}, []string{""}, []string{`frame 1 {"a":"\ud83d"}`, `frame 1 {"a":"\ude00 x"}`, `frame 1 {"a":"\ud83d\u0041"}`}},
		"a NUL in a string is a reject":                 {"format: json\n", `[{"a":"\u0000"}]`, nil, nil, []string{`frame 1 {"a":"\u0000"}`}},
		"invalid UTF-8 is a reject":                     {"format: json\n", "[{\"a\":\"\xff\"},{\"a\":1}]", []string{"1||"}, []string{""}, []string{`frame 1 {"a":"\xff"}`}},
		"what is no object is a reject":                 {"format: json\n", "[1,\n\"x\",[{\"a\":1}],{\"a\":2}]", []string{"2||"}, []string{""}, []string{"frame 1 1", `frame 2 "x"`, `frame 2 [{"a":1}]`}},
		"unnamed members are kept":                      {"format: json\n", `[{"z":{"k": [1, 2]},"a":1,"y":"s\n"}]`, []string{"1||"}, []string{`{"z":{"k": [1, 2]},"y":"s\n"}`}, nil},
		"unnamed members of a named object are kept":    {"format: json\n", `[{"b":{"c":1,"d":2,"e":{"f":3}}}]`, []string{"|1|"}, []string{`{"b.d":2,"b.e":{"f":3}}`}, nil},
		"a member that is no object though one was due": {"format: json\n", `[{"a":1,"b":"text"}]`, []string{"1||"}, []string{`{"b":"text"}`}, nil},
		"the first alias wins in any order":             {"format: json\n", `[{"b2":"low","b":{"c":"high"}},{"b":{"c":"high"},"b2":"low"},{"b2":"low"}]`, []string{"|high|", "|high|", "|low|"}, []string{`{"b2":"low"}`, `{"b2":"low"}`, ""}, nil},
		"a key twice: the first counts":                 {"format: json\n", `[{"a":1,"a":2,"q":1,"q":2}]`, []string{"1||"}, []string{`{"a#2":2,"q":1,"q#2":2}`}, nil},
		"objects are no texts, lists of texts may be":   {"format: json\n", `[{"a":{"x": [true]},"b2":false},{"a":["x", 1],"b2":false},{"a":[null],"b2":"y"}]`, []string{`["x", 1]|false|`}, []string{""}, []string{`type 1 {"a":{"x": [true]},"b2":false}`, `type 1 {"a":[null],"b2":"y"}`}},
		"what a tool writes for an object is no text":   {"format: json\n", `[{"a":"@{x=1}","b2":"1"},{"a":"@home","b2":"2"},{"a":"System.Object[]","b2":"3"}]`, []string{`@home|2|`}, []string{""}, []string{`type 1 {"a":"@{x=1}","b2":"1"}`, `type 1 {"a":"System.Object[]","b2":"3"}`}},
		"a record of another dataset":                   {"format: json\n", `[{"a":1,"b2":2},{"a":1,"x":1,"y":1},{"a":1,"x":1}]`, []string{"1|2|", "1||"}, []string{"", `{"x":1}`}, []string{`frame 1 {"a":1,"x":1,"y":1}`}},
		"JSON columns keep JSON":                        {"format: json\n", `[{"c":"text"},{"c":[1,{"x":"y"}]},{"c":"{\"k\":1}"},{"c":true}]`, []string{`||"text"`, `||[1,{"x":"y"}]`, `||{"k":1}`, "||true"}, []string{"", "", "", ""}, nil},
		"keys compare like headers":                     {"format: json\n", `[{"A":1},{" a_":2}]`, []string{"1||", "2||"}, []string{"", ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 8} {
				r, err := transformed(t, tc.yaml+cols, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); !slices.Equal(got, tc.rows) {
					t.Errorf("rows %q, want %q", got, tc.rows)
				}
				for i, row := range r.rows["balkanid.test"] {
					if x, _ := row["_extra"].(string); x != tc.extra[i] {
						t.Errorf("row %d: extra %s, want %s", i, x, tc.extra[i])
					}
				}
				var rejects []string
				for _, x := range r.rejects {
					rejects = append(rejects, x["rule"].(string)+" "+show(x["line"])[:1]+" "+x["record_text"].(string))
				}
				if !slices.Equal(rejects, tc.rejects) {
					t.Errorf("rejects %q, want %q", rejects, tc.rejects)
				}
			}
		})
	}
}

func TestFrameJSON_documentScalars(t *testing.T) {
	y := "format: json\nrecords: objects\ncolumns:\n  id: {from: [self.id], type: text}\n  at: {from: [$.timestamp], type: timestamp}\n  tenant: {from: [$.Tenant], type: text}\n"
	in := `{"timestamp":"2024-01-02T03:04:05Z","objects":[{"self":{"id":"1"}},{"self":{"id":"2"}}],"tenant":"acme"}`
	for _, chunk := range []int{0, 16} {
		r, err := transformed(t, y, Options{chunk: chunk}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range r.rows["balkanid.test"] {
			if row["at"] != "2024-01-02T03:04:05Z" || row["tenant"] != "acme" {
				t.Errorf("row %v", row)
			}
		}
		if len(r.drift) != 0 || r.counts.Loaded != 2 {
			t.Errorf("drift %v, counts %+v", r.drift, r.counts)
		}
	}
}

func TestFrameJSON_brokenDocumentIsAnError(t *testing.T) {
	cols := "columns:\n  a: {from: [a], type: text}\n  m: {from: [path], type: text}\n"
	for name, tc := range map[string]struct {
		yaml, in string
		kind     frame.Kind
	}{
		"an array that is cut off between records":  {"format: json\n", `[{"a":1},{"a":2}`, frame.KindTruncated},
		"an array that is cut off behind a comma":   {"format: json\n", `[{"a":1},`, frame.KindTruncated},
		"an array that is cut off inside a record":  {"format: json\n", `[{"a":1},{"a":"x`, frame.KindTruncated},
		"an array with a broken record":             {"format: json\n", `[{"a":1},{"a":x},{"a":2}]`, frame.KindSyntax},
		"an array without a comma":                  {"format: json\n", `[{"a":1}{"a":2}]`, frame.KindSyntax},
		"an array with a comma too many":            {"format: json\n", `[{"a":1},]`, frame.KindSyntax},
		"a document that is cut off behind records": {"format: json\nrecords: x\n", `{"x":[{"a":1}]`, frame.KindTruncated},
		"a document with a break behind records":    {"format: json\nrecords: x\n", `{"x":[{"a":1}],}`, frame.KindSyntax},
		"a document without the records":            {"format: json\nrecords: x\n", `{"error":"denied"}`, frame.KindHeader},
		"a document with no records at the path":    {"format: json\nrecords: x\n", `{"x":"none"}`, frame.KindHeader},
		"an object over lines that is cut off":      {"format: json\n", "{\n\"a\":1,\n", frame.KindTruncated},
		"records of which no column is known":       {"format: json\n", `[{"error":"denied"}]`, frame.KindHeader},
		"an error message behind records":           {"format: json\n", `[{"a":1},{"error":"stream aborted"}]`, frame.KindHeader},
		"a status behind records":                   {"format: json\n", `[{"a":1},{"statusCode":500,"message":"x"}]`, frame.KindHeader},
		"an error message with a known column":      {"format: json\n", `[{"a":1},{"error":"x","path":"/y","m":2}]`, frame.KindHeader},
		"an error message as a line":                {"format: ndjson\n", "{\"a\":1}\n{\"error\":\"stream aborted\"}\n", frame.KindHeader},
		"an error beside the records":               {"format: json\nrecords: x\n", `{"x":[{"a":1}],"errors":[{"message":"m"}]}`, frame.KindHeader},
		"an error before the records":               {"format: json\nrecords: x\n", `{"error":"e","x":[{"a":1}]}`, frame.KindHeader},
		"markup behind lines":                       {"format: ndjson\n", "{\"a\":1}\n<Error><Code>InternalError</Code></Error>", frame.KindMarkup},
		"lines that are cut off inside a record":    {"format: ndjson\n", "{\"a\":1}\n{\"a\":2,\"b", frame.KindTruncated},
		"lines that are cut off behind a value":     {"format: ndjson\n", "{\"a\":1}\n{\"a\":2", frame.KindTruncated},
		"a record behind a list":                    {"format: json\n", `[{"a":1}]{"a":2}`, frame.KindSyntax},
		"a list behind a record":                    {"format: json\n", `{"a":1}[{"a":2}]`, frame.KindSyntax},
		"a second document":                         {"format: json\nrecords: x\n", `{"x":[{"a":1}]}{"x":[{"a":2}]}`, frame.KindSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 8} {
				_, err := transformed(t, tc.yaml+cols, Options{chunk: chunk}, input(tc.in))
				var e *frame.Error
				if !errors.As(err, &e) || e.Kind != tc.kind || e.Artifact == "" || e.Dataset != "balkanid.test" {
					t.Fatalf("got %v, want kind %s", err, tc.kind)
				}
			}
		})
	}
}

// What is odd about JSON that is read all the same is said.
func TestFrameJSON_findings(t *testing.T) {
	y := "format: json\nrecords: x\ncolumns:\n  a: {from: [a], type: text}\n  b: {from: [b.c], type: text}\n  k: {from: [k.id], type: text}\n" +
		"emit:\n  - table: groups\n    set: {group_key: {key: group, of: [k]}}\n"
	for name, tc := range map[string]struct {
		in       string
		loaded   int64
		findings []string
		rejects  []string
	}{
		"nothing":                   {`[{"a":1,"b":{"c":2},"k":{"id":3}}]`, 1, nil, nil},
		"a key twice":               {`[{"a":1,"a":2,"a":3,"k":{"id":3}},{"a":1,"a":1,"k":{"id":4}}]`, 2, []string{"duplicate_key a: 2"}, nil},
		"a key in two spellings":    {`[{"a":1,"A":2,"k":{"id":3}}]`, 1, []string{"duplicate_key A: 1"}, nil},
		"a key twice inside":        {`[{"k":{"id":3,"id":3}}]`, 1, []string{"duplicate_key k.id: 1"}, nil},
		"two keys for one record":   {`[{"k":{"id":3,"id":4}},{"k":{"id":3},"K":{"id":4}}]`, 0, []string{"duplicate_key K.id: 1", "duplicate_key k.id: 1"}, []string{"record type k", "record type k"}},
		"two lists":                 {`[{"k":{"id":3}}] [{"k":{"id":4}}]`, 2, []string{"joined_lists : 1"}, nil},
		"an empty list and another": {`[][{"k":{"id":4}}]`, 1, []string{"joined_lists : 1"}, nil},
		"a text for a detail":       {`[{"a":1,"b":"@{c=2}","k":{"id":3}}]`, 1, []string{"wrong_shape b: 1"}, nil},
		"nothing for a detail":      {`[{"a":1,"b":[],"k":{"id":3}}]`, 1, nil, nil},
		"a text for what is needed": {`[{"a":1,"k":"@{id=3}"},{"k":{"id":4}}]`, 1, nil, []string{"record type k"}},
		"a list for what is needed": {`[{"a":1,"k":[{"id":3}]},{"k":{"id":4}}]`, 1, nil, []string{"record type k"}},
		"an object for an id":       {`[{"a":1,"k":{"id":{"x":3}}},{"k":{"id":4}}]`, 1, nil, []string{"record type k"}},
		"an object for a detail":    {`[{"a":{"x":1},"k":{"id":4}},{"k":{"id":4}}]`, 1, nil, []string{"record type a"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 8} {
				r, err := transformed(t, y, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, f := range r.stream.Findings {
					got = append(got, fmt.Sprintf("%s %s: %d", f.Rule, f.Field, f.Count))
				}
				if !slices.Equal(got, tc.findings) || !slices.Equal(rejected(r), tc.rejects) || r.counts.Loaded != tc.loaded {
					t.Errorf("findings %q, want %q; rejects %q, want %q; %+v", got, tc.findings, rejected(r), tc.rejects, r.counts)
				}
			}
		})
	}
}

// Wherever a JSON text is cut, but between its lines, it is refused.
func TestFrameJSON_cutAnywhere(t *testing.T) {
	cols := "columns:\n  a: {from: [a], type: text}\n  b: {from: [b], type: json}\n"
	for _, tc := range []struct{ yaml, in string }{
		{"format: json\n", "[{\"a\":\"x\\u00e9\",\"b\":[1.5e3,true,null]}, {\"a\":2}]"},
		{"format: json\nrecords: x.y\n", `{"t":1,"x":{"y":[{"a":1},{"a":"z"}],"w":{}},"n":false}`},
		{"format: ndjson\n", "{\"a\":\"x\\u00e9\",\"b\":[1.5e3,true,null]}\n{\"a\":2,\"b\":{\"c\":-1}}\n"},
	} {
		for at := 1; at < len(tc.in); at++ {
			cut := tc.in[:at]
			if strings.HasPrefix(tc.yaml, "format: ndjson") && (tc.in[at] == '\n' || tc.in[at-1] == '\n') {
				continue // no reader can tell
			}
			for _, chunk := range []int{0, 8} {
				r, err := transformed(t, tc.yaml+cols, Options{chunk: chunk}, input(cut))
				if err == nil {
					t.Errorf("%q is read: %+v", cut, r.counts)
				}
			}
		}
	}
}

func TestStream_tellsWhatEachPartLacks(t *testing.T) {
	const yaml = "columns:\n  id: {from: [Id], type: text}\n  mail: {from: [Mail], type: email}\n  age: {from: [Age], type: int}\n  kind: {from: [Kind], type: text}\n  name: {from: [Name], type: text}\n"
	parts := []Input{
		input("Id,Mail,Age,Kind,Name\n1,a@example.com,3,k,n\n"),
		input("Id,E-Mail,Kind,Name\n2,b@example.com,k,n\n"),
		input(`[{"id": "3", "kind": "k"}, {"id": "4", "age": 3, "name": "n"}]`),
		input(`[]`),
	}
	for i := range parts {
		parts[i].Part = i
	}
	r, err := transformed(t, yaml, Options{}, parts...)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(r.stream.Absent), "map[1:{[age mail] []} 2:{[] [mail]}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
