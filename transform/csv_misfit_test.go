package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/frame"
)

const padded = "short_rows: pad\n" + threeColumns + "  d: {from: [d], type: text}\n" +
	"emit:\n  - {table: groups, set: {group_key: {key: group, of: [b]}, name: c}}\n"

func TestShortRows_padded(t *testing.T) {
	for name, tc := range map[string]struct {
		in      string
		rows    []string
		rejects []string
	}{
		"where the file omits empty cells":    {"a,b,c,d\n1,2\n1,2,3\n1,2,3,4\n", []string{"1|2|", "1|2|3", "1|2|3"}, nil},
		"not where a whole row ends in one":   {"a,b,c,d\n1,2\n1,2,3,4\n1,2,3,\n", []string{"1|2|3", "1|2|3"}, []string{"1,2"}},
		"not where a cell of a key is absent": {"a,b,c,d\n1\n1,2,3,4\n", []string{"1|2|3"}, []string{"1"}},
		"not where the last cell is empty":    {"a,b,c,d\n1,2,\n1,2,3,4\n", []string{"1|2|3"}, []string{"1,2,"}},
		"not a line of a report":              {"a,b,c,d\nTotal,2\n1,2,3,4\n", []string{"1|2|3"}, []string{"Total,2"}},
		"not what is cut off":                 {"a,b,c,d\n1,2,3,4\n1,2", []string{"1|2|3"}, []string{"1,2"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 16} {
				r, err := transformed(t, padded, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				var rejects []string
				for _, x := range r.rejects {
					rejects = append(rejects, x["record_text"].(string))
				}
				if got := cellsOf(r); !slices.Equal(got, tc.rows) || !slices.Equal(rejects, tc.rejects) {
					t.Errorf("rows %q, rejects %q", got, rejects)
				}
				found := len(r.stream.Findings) == 1 && r.stream.Findings[0].Rule == "short_rows" && r.stream.Findings[0].Count == 2
				if want := name == "where the file omits empty cells"; found != want {
					t.Errorf("findings %v", r.stream.Findings)
				}
			}
		})
	}
}

// A line with one value is met while the whole text is looked through for the
// width of its records.
func TestShortRows_besideALineWithOneValue(t *testing.T) {
	yaml := "short_rows: pad\n" + manyColumns + "emit:\n  - {table: groups, set: {group_key: {key: group, of: [b]}, name: c}}\n"
	r, err := transformed(t, yaml, Options{}, input("a,b,c,d,e\n1,2\n1,2,3,4,5\nSales,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cellsOf(r); !slices.Equal(got, []string{"1|2|", "1|2|3"}) || len(r.rejects) != 1 || r.rejects[0]["message"] != "one value under a header of 5" {
		t.Errorf("rows %q, rejects %v", got, r.rejects)
	}
}

// TestFrameCSV_refused reads texts that are refused as a whole.
func TestFrameCSV_refused(t *testing.T) {
	rows := strings.Repeat("1,2,3\n", 199)
	for name, tc := range map[string]struct {
		yaml, in string
		kind     frame.Kind
		want     string
	}{
		"an XML error at the end":                 {threeColumns, "a,b,c\n" + rows + "<Error><Code>InternalError</Code></Error>\n", frame.KindMarkup, "line 201: byte 1200: an XML or HTML document stands among the records"},
		"one in the middle of a record":           {threeColumns, "a,b,c\n" + rows + "4,5<?xml version=\"1.0\"?>\n<Error/>", frame.KindMarkup, "line 201"},
		"one in a list of one column":             {"columns:\n  a: {from: [a], type: text}\n", "a\n1\n<Error><Code>x</Code></Error>\n", frame.KindMarkup, "an XML or HTML document"},
		"an error page":                           {threeColumns, "a,b,c\n" + rows + "<h1>504 Gateway Time-out</h1>\n", frame.KindMarkup, "markup"},
		"a JSON error":                            {threeColumns, "a,b,c\n" + rows + "{\"error\":\"stream aborted\",\"code\":500}\n", frame.KindMarkup, "a JSON error document"},
		"a JSON error in a list of a column":      {"columns:\n  a: {from: [a], type: text}\n", "a\n1\n{\"error\":\"stream aborted\"}\n", frame.KindMarkup, "a JSON error document"},
		"a JSON document over lines":              {threeColumns, "a,b,c\n" + rows + "{\n  \"message\": \"stop\"\n}\n", frame.KindMarkup, "a JSON document"},
		"every row short":                         {threeColumns, "a,b,c\n1,2\n3,4\n", frame.KindHeader, "not one of 2 records has as many cells as the header, which has 3: they have fewer"},
		"every row short, and padded":             {padded, "a,b,c,d\n1,2\n3,4,5\n", frame.KindHeader, "they have fewer"},
		"one header too many":                     {threeColumns, "x,a,b,c\n" + rows, frame.KindHeader, "they have fewer"},
		"one header too few":                      {threeColumns, "a,b\n" + rows, frame.KindHeader, "not one of 199 records has as many cells as the header, which has 2: they have more"},
		"a header too few before an empty column": {threeColumns, "b,c\n" + strings.Repeat("1,2,\n", 9), frame.KindHeader, "they have more"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 24} {
				_, err := transformed(t, tc.yaml, Options{chunk: chunk}, input(tc.in))
				var e *frame.Error
				if !errors.As(err, &e) || e.Kind != tc.kind || !strings.Contains(err.Error(), tc.want) || e.Hint == "" {
					t.Errorf("got %v, want ...%s...", err, tc.want)
				}
			}
		})
	}
}

// TestMarkup_inCells stays what it is.
func TestMarkup_inCells(t *testing.T) {
	r, err := transformed(t, threeColumns, Options{}, input("a,b,c\n<none>,<b>x</b>,\"<?xml?>\"\n1,\"{\"\"error\"\":1}\",<Error>\n"))
	if err != nil || r.counts.Loaded != 2 {
		t.Fatal(err, r.rejects)
	}
}

// TestCommaLostOrAdded damages each record of a file by one comma, at each
// place: the record becomes a reject and every other stays as it is.
func TestCommaLostOrAdded(t *testing.T) {
	records := []string{"1,Ann,x@y.z,", "2,Bob,,sales", "3,,z@y.z,\"{\"\"a\"\":[1,2],\"\"b\"\":\"\"\"\"}\"", "4,Dan,\"q, r\",[a]"}
	yaml := manyColumns[:strings.Index(manyColumns, "  e:")]
	for i, rec := range records {
		for at := 0; at <= len(rec); at++ {
			damaged := rec[:at] + "," + rec[at:]
			if at < len(rec) && rec[at] == ',' {
				damaged = rec[:at] + rec[at+1:]
			}
			if strings.Count(rec[:at], `"`)%2 == 1 {
				continue // within quotes it is text
			}
			file := slices.Clone(records)
			file[i] = damaged
			r, err := transformed(t, yaml, Options{}, input("a,b,c,d\n"+strings.Join(file, "\n")+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if r.counts.Loaded != 3 || r.counts.Rejected != 1 {
				t.Errorf("%q is read as %v", damaged, fmt.Sprint(r.rows["balkanid.test"]))
			}
		}
	}
}
