package transform

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/frame"
)

const threeColumns = "columns:\n  a: {from: [a], type: text}\n  b: {from: [b], type: text}\n  c: {from: [c], type: text}\n"

const manyColumns = threeColumns + "  d: {from: [d], type: text}\n  e: {from: [e], type: text}\n"

const keyOfA = "emit:\n  - {table: groups, set: {group_key: {key: group, of: [a]}, name: c}}\n"

// cellsOf lists the cells a, b, c of the vendor rows, one string a row.
func cellsOf(r *result) []string {
	var out []string
	for _, row := range r.rows["balkanid.test"] {
		var cells []string
		for _, k := range []string{"a", "b", "c"} {
			s, _ := row[k].(string)
			cells = append(cells, s)
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

func TestFrameCSV(t *testing.T) {
	for name, tc := range map[string]struct {
		in      string
		rows    []string
		rejects []string // rule, line and text of each
	}{
		"header only is an empty dataset":                    {"a,b,c\n", nil, nil},
		"header without a line end":                          {"a,b,c", nil, nil},
		"a byte-order mark is no part of the header":         {"\ufeffa,b,c\n1,2,3\n", []string{"1|2|3"}, nil},
		"stars, case and blanks of headers do not count":     {"A*, B ,_c\n1,2,3\n", []string{"1|2|3"}, nil},
		"CRLF and a missing last line end":                   {"a,b,c\r\n1,2,3\r\n4,5,6", []string{"1|2|3", "4|5|6"}, nil},
		"blank lines are no records":                         {"\n\na,b,c\n\n1,2,3\n\r\n\n4,5,6\n\n", []string{"1|2|3", "4|5|6"}, nil},
		"a line end in quotes belongs to the cell":           {"a,b,c\n1,\"2\r\nx\ny\",3\n", []string{"1|2\r\nx\ny|3"}, nil},
		"doubled quotes":                                     {"a,b,c\n\"x \"\"y\"\" z\",\"\"\"\",\"\"\n", []string{`x "y" z|"|`}, nil},
		"a short row is no record":                           {"a,b,c\n1\n1,2\n4,5,6\n", []string{"4|5|6"}, []string{"frame 2 1", "frame 3 1,2"}},
		"surplus separators in each row are no harm":         {"a,b,c\n1,2,3,,\"\"\n4,5,,,\n", []string{"1|2|3", "4|5|"}, nil},
		"in some rows they are":                              {"a,b,c\n1,2,3,\n4,5,6\n", []string{"4|5|6"}, []string{"frame 2 1,2,3,"}},
		"rows of separators are no records":                  {"a,b,c\n1,2,3\n,,\n\" \",\u00a0,\n", []string{"1|2|3"}, []string{"frame 3 ,,", "frame 4 \" \",\u00a0,"}},
		"the header once more is no record":                  {"a,b,c\n1,2,3\na,b,c\n\ufeffa,b,c\r\n4,5,6\na,b,c", []string{"1|2|3", "4|5|6"}, []string{"frame 3 a,b,c", "frame 4 \ufeffa,b,c", "frame 6 a,b,c"}},
		"lines of a report are no records":                   {"a,b,c\n1,2,3\nTotal,1\nTotal:,1,\nEnd of report\n# note\nTotal,2,3\n", []string{"1|2|3", "Total|2|3"}, []string{"frame 3 Total,1", "frame 4 Total:,1,", "frame 5 End of report", "frame 6 # note"}},
		"a line drawn is no record":                          {"a,b,c\n---,---,---\n1,2,3\n=====\n", []string{"1|2|3"}, []string{"frame 2 ---,---,---", "frame 4 ====="}},
		"two lines in one are no repair":                     {"a,b,c\n1,2,\"{\"\"u\"\":\"\"v\"\"}\"4,5,\"{\"\"u\"\":\"\"v\"\"}\"\n6,7,{}\n", []string{"6|7|{}"}, []string{`frame 2 1,2,"{""u"":""v""}"4,5,"{""u"":""v""}"`}},
		"half a JSON cell is no repair":                      {"a,b,c\n1,2,\"{\"\"u\"\":[\"\"v\"\"]\n6,7,{}\n", []string{"6|7|{}"}, []string{`frame 2 1,2,"{""u"":[""v""]`}},
		"a row split by another separator is no record":      {"a,b,c\n1,2,3\n4;5;6\n", []string{"1|2|3"}, []string{"frame 3 4;5;6"}},
		"an added comma beside two JSON cells is no repair":  {"a,b,c\n1,{\"u\":\"\"},{\"v\":\"w\"}\n1,,{\"u\":\"\"},{\"v\":\"w\"}\n", []string{`1|{"u":""}|{"v":"w"}`}, []string{`frame 3 1,,{"u":""},{"v":"w"}`}},
		"a surplus cell with a value is":                     {"a,b,c\n1,2,3,4\n5,6,7\n", []string{"5|6|7"}, []string{"frame 2 1,2,3,4"}},
		"a bare quote costs one line":                        {"a,b,c\n1,x\"y,3\n4,5,6\n", []string{"4|5|6"}, []string{`frame 2 1,x"y,3`}},
		"text after a closing quote costs one line":          {"a,b,c\n1,\"x\"y,3\n4,5,6\n", []string{"4|5|6"}, []string{`frame 2 1,"x"y,3`}},
		"an open quote costs one line, not the file":         {"a,b,c\n1,\"x,3\n4,5,6\n7,8,9\n", []string{"4|5|6", "7|8|9"}, []string{`frame 2 1,"x,3`}},
		"an open quote that finds another one costs as much": {"a,b,c\n1,\"x,3\n4,\"5\",6\n7,8,9\n", []string{"4|5|6", "7|8|9"}, []string{`frame 2 1,"x,3`}},
		"a short last row without a line end was cut":        {"a,b,c\n1,2,3\n1,2", []string{"1|2|3"}, []string{"frame 3 1,2"}},
		"a whole last row needs no line end":                 {"a,b,c\n1,2,3", []string{"1|2|3"}, nil},
		"a short record over lines is no record":             {"a,b,c\n1,\"x\n2,\"\n7,8,9\n", []string{"7|8|9"}, []string{"frame 2 1,\"x", "frame 3 2,\""}},
		"JSON quoted as it should be":                        {"a,b,c\n1,\"{\"\"u\"\":\"\"\"\"}\",3\n", []string{`1|{"u":""}|3`}, nil},
		"JSON in quotes that are not doubled":                {"a,b,c\n1,\"{\"u\":\"p\",\"v\":\"w\"}\",3\n", []string{`1|{"u":"p","v":"w"}|3`}, nil},
		"JSON in such quotes with an empty string":           {"a,b,c\n1,\"{\"u\":\"\",\"v\":\"w\"}\",3\n", []string{`1|{"u":"","v":"w"}|3`}, nil},
		"bare JSON with two members":                         {"a,b,c\n1,{\"u\":\"p\",\"v\":\"w\"},3\n4,5,6\n", []string{`1|{"u":"p","v":"w"}|3`, "4|5|6"}, nil},
		"bare nested arrays at the line's end":               {"a,b,c\n1,2,[[{\"k\":\"x,y\"}]]\n", []string{`1|2|[[{"k":"x,y"}]]`}, nil},
		"collapsed empty strings":                            {"a,b,c\n1,{\"u\":\",\"v\":\"w\"},3\n", []string{`1|{"u":","v":"w"}|3`}, nil},
		"collapsed empty strings in two cells":               {"a,b,c\n{\"u\":\"},\"{\"v\":\"}\",3\n", []string{`{"u":"}|{"v":"}|3`}, nil},
		"pseudo-JSON with commas":                            {"a,b,c\n1,[policy/Name, group/Name],3\n", []string{`1|[policy/Name, group/Name]|3`}, nil},
		"broken JSON that fits no way":                       {"a,b,c\n1,{\"u\":\"p\",2,3,4\n5,6,7\n", []string{"5|6|7"}, []string{`frame 2 1,{"u":"p",2,3,4`}},
		"NUL in a record":                                    {"a,b,c\n1,\x00,3\n4,5,6\n", []string{"4|5|6"}, []string{`frame 2 1,\x00,3`}},
		"invalid UTF-8 in a record":                          {"a,b,c\n1,\xff\xfe,3\n4,é,6\n", []string{"4|é|6"}, []string{`frame 2 1,\xff\xfe,3`}},
		"lines count line ends in cells":                     {"a,b,c\n1,\"x\n\ny\",3\n4,5,6,7\n", []string{"1|x\n\ny|3"}, []string{"frame 5 4,5,6,7"}},
		"a carriage return in quotes is part of a cell":      {"a,b,c\n1,\"x\ry\",3\n", []string{"1|x\ry|3"}, nil},
		"outside of quotes it is of another line end":        {"a,b,c\n1,x\ry,3\n4,5,6\r7,8,9\n", nil, []string{"frame 2 1,x\ry,3", "frame 3 4,5,6\r7,8,9"}},
		"a control character is no text":                     {"a,b,c\n1,x\x0by,3\n4,5\x1a,6\n7,8\t9,0\n", []string{"7|8\t9|0"}, []string{"frame 2 1,x\x0by,3", "frame 3 4,5\x1a,6"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 16, 24} { // small windows cut records everywhere
				r, err := transformed(t, threeColumns, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); !slices.Equal(got, tc.rows) {
					t.Errorf("rows %q, want %q", got, tc.rows)
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

func TestFrameCSV_columns(t *testing.T) {
	r, err := transformed(t, threeColumns, Options{}, input("b,x,B,,a,x\n1,2,1,4,5,6\n"))
	if err != nil {
		t.Fatal(err)
	}
	row := r.rows["balkanid.test"][0]
	if row["a"] != "5" || row["b"] != "1" || row["_extra"] != `{"x":"2","B#2":"1","#4":"4","x#2":"6"}` {
		t.Errorf("row %v", row)
	}
	var drift []string
	for _, d := range r.drift {
		drift = append(drift, d.Change+" "+d.Column)
	}
	if want := []string{"column_missing c", "column_added x", "column_added B#2", "column_added #4", "column_added x#2"}; !slices.Equal(drift, want) {
		t.Errorf("drift %q, want %q", drift, want)
	}
}

func TestFrameCSV_headerThatDoesNotFit(t *testing.T) {
	required := "columns:\n  a: {from: [a], type: text}\n  b: {from: [b, bee], type: text, required: true}\n"
	for name, tc := range map[string]struct{ contract, in, want string }{
		"no column of the contract":  {threeColumns, "x,y\n1,2\n", "no column of the contract is in the header, which has: x, y"},
		"a required column missing":  {required, "a,x\n1,2\n", "required column b is missing; the header has: a, x"},
		"another separator":          {"", "a;b;c\n1;2;3\n4;5\n", `separated by ";"`},
		"one column of many":         {manyColumns, "a,x,y,z\n1,2,3,4\n", "1 of 4 headers are columns of the contract, which has: a, x, y, z"},
		"none of those of its keys":  {manyColumns + keyOfA, "c,d,e\n1,2,3\n", "no column that keys are made of is in the header, which has: c, d, e"},
		"an unknown separator":       {threeColumns, "sep=:\na:b:c\n1:2:3\n", "states a separator that is not read"},
		"a header that is not CSV":   {threeColumns, "a,\"b\"x,c\n1,2,3\n", "the header is not valid CSV"},
		"a header that is not UTF-8": {threeColumns, "a,\xff\x81,c\n", "neither UTF-8 text nor certainly Windows-1252"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transformed(t, tc.contract, Options{}, input(tc.in))
			var e *frame.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tc.want) || e.Hint == "" {
				t.Fatalf("got %v, want ...%s...", err, tc.want)
			}
		})
	}
}
