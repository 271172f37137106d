package transform

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/schemas"
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
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tc.want) || e.Hint == "" {
				t.Fatalf("got %v, want ...%s...", err, tc.want)
			}
		})
	}
}

// framedCSV frames bytes under a header of three columns, in small windows.
func framedCSV(t testing.TB, d dialect, body []byte, chunk int) (recs [][]string, spans [][2]int64, rejects int) {
	t.Helper()
	mem := memory.NewGoAllocator()
	o := Options{chunk: chunk, Mem: mem}.withDefaults()
	ordinal := int64(0)
	l := &layout{slots: 3, dialect: d, want: []int32{0, 1, 2}, keys: make([]bool, 3), members: -1, mode: schemas.CSV}
	w := newWindow(bytes.NewReader(body), chunk)
	w.eol = d.eol
	f := newCSVFramer(cutter{o: o, mem: mem, layout: l, ordinal: &ordinal, get: func(n int) []byte { return make([]byte, n) }, w: w})
	f.cutter.ended = nil
	for {
		fr := &frame{}
		err := f.next(fr)
		for i := range fr.rows {
			if err != nil {
				break
			}
			var rec []string
			for k := range fr.cols {
				c := &fr.cols[k]
				rec = append(rec, string(c.values[c.offsets[i]:c.offsets[i+1]]))
			}
			recs = append(recs, rec)
			spans = append(spans, [2]int64{fr.base + int64(fr.rows[i].start), fr.base + int64(fr.rows[i].end)})
		}
		rejects += len(fr.rejects)
		framed{frame: fr}.release(&program{o: o, buffers: &buffers{}})
		var e *Error
		if errors.As(err, &e) && e.Kind == KindMarkup {
			return nil, nil, 0 // the text is refused as a whole
		}
		if err == io.EOF {
			if int64(len(recs)+rejects) != ordinal {
				t.Fatalf("%d records and %d rejects, %d framed", len(recs), rejects, ordinal)
			}
			return recs, spans, rejects
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// strictCSV is the slow, strict reading by encoding/csv; ok is false where
// that refuses anything, or where the framer is meant to differ.
func strictCSV(sep byte, body []byte) (recs [][]string, ok bool) {
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma = rune(sep)
	r.FieldsPerRecord = -1
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return recs, true
		}
		low := strings.ToLower(strings.Join(rec, ""))
		if err != nil || len(rec) != 3 || strings.ContainsAny(low, "<{") ||
			slices.ContainsFunc(footerWords, func(w string) bool { return strings.Contains(low, w) }) {
			return nil, false
		}
		if strings.Trim(low, "\" \t\r\n\u00a0"+string(sep)) != "" {
			recs = append(recs, rec)
		}
	}
}

func FuzzFrameCSV(f *testing.F) {
	for i, s := range []string{
		"1,2,3\n", "\"a\"\"b\",\"c\nd\",\r\n\r\nx", "1,\"x,3\n4,5,6\n", "a,{\"u\":\"p\",\"v\":\"w\"},z\n", "a,\"{\"u\":\"\"}\",z",
		"\"\"\"\"\"\",\"\n\"\n", ",,\n\"\",\"\",\"\"", "a\rb,\r\n\r", "x,{\"u\":\"},[a, b]\n1,2,3,4\n", strings.Repeat("abcdefgh,", 9) + "\n", "\xff,\x00\n",
		"1,2,3\nTotal,3\n# note\n,,\n1;2;3\n1,2,<Error>\n", "1,2,3\n4,5,6\n<?xml version=\"1.0\"?><Error/>\n",
	} {
		f.Add([]byte(s), uint8(16), uint8(0))
		f.Add([]byte(strings.NewReplacer(",", string(separators[i%4]), "\r\n", "\r", "\n", "\r").Replace(s)), uint8(3), uint8(i%4+4))
	}
	f.Fuzz(func(t *testing.T, body []byte, window, way uint8) {
		if len(body) > 2000 {
			return
		}
		d := dialect{sep: separators[way%4], eol: '\n'}
		if way&4 != 0 {
			d.eol = '\r'
		}
		whole, spans, _ := framedCSV(t, d, body, 1<<11)
		cut, cutSpans, _ := framedCSV(t, d, body, 16+int(window))
		if !slices.EqualFunc(whole, cut, slices.Equal) || !slices.Equal(spans, cutSpans) {
			t.Fatalf("one window gives %q, small ones %q", whole, cut)
		}
		if want, ok := strictCSV(d.sep, body); ok && d.eol == '\n' {
			if got := feeds(whole); !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("framed %q, encoding/csv reads %q", got, want)
			}
		}
		for i, s := range spans { // every offset reads back the same record
			if body[s[1]-1] == '\r' {
				continue // alone, its last carriage return would be a line end
			}
			again, _, rejects := framedCSV(t, d, append(slices.Clone(body[s[0]:s[1]]), d.eol), 1<<11)
			if rejects != 0 || len(again) != 1 || !slices.Equal(feeds(again)[0], feeds(cut[i : i+1])[0]) {
				t.Fatalf("record %d at %v reads back as %q, want %q", i, s, again, cut[i])
			}
		}
	})
}

// feeds is records with CRLF in cells turned into LF, as encoding/csv does.
func feeds(recs [][]string) [][]string {
	out := make([][]string, len(recs))
	for i, rec := range recs {
		for _, cell := range rec {
			out[i] = append(out[i], strings.ReplaceAll(cell, "\r\n", "\n"))
		}
	}
	return out
}
