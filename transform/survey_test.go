package transform

import (
	"errors"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// noColumns is a contract that names none.
const noColumns = "format: json\n"

func fileNamed(name, data string) Input {
	in := input(data)
	in.Name = name
	return in
}

// What is no list of records is refused, with what to do where the records can
// be found.
func TestSurvey_refuses(t *testing.T) {
	for name, tc := range map[string]struct{ in, want, advice string }{
		"an envelope":                    {`{"items":[{"a":1},{"a":2}],"next":null,"total":2}`, "its records are at items", "records: items}"},
		"an envelope over lines":         {"{\n\"data\": [\n{\"a\":1}],\n\"meta\":{\"page\":1}\n}", "its records are at data", "records: data}"},
		"an envelope in an envelope":     {`{"response":{"items":[{"a":1}],"total":1},"success":true}`, "its records are at response.items", "records: response.items}"},
		"an envelope of nothing":         {`{"data":[],"total":0}`, "its records are at data", "records: data}"},
		"named like the dataset":         {`{"test":[{"a":1}],"count":1}`, "its records are at test", "records: test}"},
		"an envelope in a list":          {`[{"items":[{"a":1},{"a":2}],"next":null}]`, "its records are at items", "records: items}"},
		"pages on lines":                 {`{"items":[{"a":1}],"next":2}` + "\n" + `{"items":[{"a":2}],"next":null}` + "\n", "its records are at items", "records: items}"},
		"an envelope with odd names":     {`{"tenant":"x","findings":[{"a":1}],"who":{"b":1}}`, "its records are at findings", "records: findings}"},
		"a name with a blank":            {`{"All rows":[{"a":1}]}`, "its records are at All rows", `records: All rows}`},
		"an error":                       {`{"error":"no"}`, "an error message stands in place of a record", "fetch it again"},
		"an error of another name":       {`{"error2":"x","foo":1}`, "one object stands where a list of records should be; it has: error2, foo", "format: ndjson}"},
		"an error beside nothing":        {`{"error":{"code":7},"data":null}`, "one object stands where a list", ""},
		"a message":                      {`{"message":"Not Found","statusCode":404}`, "an error message stands in place of a record", "fetch it again"},
		"a message in a list":            {`[{"a":1},{"message":"aborted"}]`, "an error message stands in place of a record", ""},
		"a message on a line":            {"{\"a\":1}\n{\"a\":2}\n{\"errorMessage\":\"no\"}\n", "an error message stands in place of a record", ""},
		"a message behind a log":         {`[{"timestamp":"1","type":"login","message":"a","status":"ok"},{"timestamp":"2","type":"login","message":"b","status":"ok"},{"message":"aborted","status":"error"}]`, "an error message stands in place of a record", ""},
		"a log of one error":             {`[{"timestamp":"1","status":500,"error":"Internal Server Error","path":"/x"}]`, "an error message stands in place of a record", ""},
		"two errors":                     {`[{"code":1,"message":"no"},{"code":2,"message":"no"}]`, "an error message stands in place of a record", ""},
		"two errors with a time":         {`[{"timestamp":"1","error":"no"},{"timestamp":"2","error":"no"}]`, "an error message stands in place of a record", ""},
		"a message, then records":        {`[{"type":"error","message":"partly"},{"type":"a","id":1},{"type":"b","id":2}]`, "an error message stands in place of a record", ""},
		"a limit behind records":         {`[{"name":"x","status":"ok","message":""},{"status":"truncated","message":"limit of 2 reached"}]`, "message stands in place of a record", ""},
		"something else on a line":       {"{\"a\":1}\n{\"a\":2}\n{\"aborted\":true,\"job\":7}\n", "a record has no member in common with those before it; it has: aborted, job", "file of their own"},
		"one object over lines":          {"{\n \"job\": 7,\n \"state\": \"done\"}", "one object stands where", "columns: {job: {from: [job], type: text}, state: {from: [state], type: text}}}"},
		"a list under an unknown key":    {`{"response":[{"a":1}]}`, "its records are at response", "records: response}"},
		"records of another kind":        {`[{"a":1,"b":2,"c":3,"d":4},{"a":1,"e":2,"f":3}]`, "only 1 of its 3 members in common with those before it; it has: a, e, f", "{dataset: balkanid.test, columns: {a: {"},
		"records that come early, late":  {`[{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6},{"x":1,"y":2,"z":3,"e":4,"f":6}]`, "only 2 of its 5 members", ""},
		"little in common with much":     {`[{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8},{"h":1,"i":2}]`, "only 1 of its 2 members", ""},
		"records of a fuller kind":       {`[{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"c":1,"e":1,"f":1,"g":1,"h":2,"i":3,"j":4}]`, "only 3 of its 9 members", ""},
		"something else at the end":      {`[{"a":1},{"a":2},{"a":3},{"a":4},{"aborted":true,"job":7}]`, "no member in common", "file of their own"},
		"another list behind the first":  {`[{"a":1},{"a":2},{"a":3},{"a":4},{"b":1},{"b":2},{"b":3}]`, "no member in common", ""},
		"an error among many":            {`[{"a":1},{"a":2},{"a":3},{"a":4},{"error":"no"},{"a":5}]`, "an error message stands", ""},
		"records of something else here": {`[{"a":1},{"b":2}]`, "no member in common", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transformed(t, noColumns, Options{}, fileNamed("tests.json", tc.in))
			var e *frame.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(e.Hint, tc.advice) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What may be a record is one, also with the words of messages and pages in it.
func TestSurvey_accepts(t *testing.T) {
	for name, tc := range map[string]struct {
		yaml, file, in string
		want           int64
	}{
		"a list":                           {noColumns, "", `[{"a":1},{"a":2,"b":3}]`, 2},
		"a list of one":                    {noColumns, "", `[{"a":1}]`, 1},
		"an empty list":                    {noColumns, "", `[]`, 0},
		"words of messages":                {noColumns, "", `[{"name":"x","status":"active","type":"t"},{"name":"y","status":"open","error":"none yet"}]`, 2},
		"lists inside records":             {noColumns, "", `[{"name":"x","items":[{"a":1}],"total":1},{"name":"y","items":[],"total":0}]`, 2},
		"one record with a list in a list": {noColumns, "", `[{"name":"x","roles":[{"a":1}]}]`, 1},
		"a log":                            {noColumns, "", `[{"timestamp":"1","type":"login","message":"login failed","status":"error"},{"timestamp":"2","type":"login","message":"","status":"success"}]`, 2},
		"a log on lines":                   {noColumns, "", `{"time":"1","type":"job","status":"failed","details":"timed out"}` + "\n" + `{"time":"2","type":"job","status":"done"}` + "\n", 2},
		"a log with errors in it":          {noColumns, "", `[{"timestamp":"1","type":"job","error":"no"},{"timestamp":"2","type":"job","error":null},{"timestamp":"3","type":"job","level":"x"}]`, 3},
		"a limit that is spoken of":        {noColumns, "", `[{"type":"warning","message":"a","severity":"low","user":"x"},{"type":"warning","message":"limit reached","severity":"low"},{"type":"b","message":"","severity":"low","user":"y"}]`, 3},
		"lines":                            {noColumns, "", "{\"a\":1}\n{\"a\":2}\n", 2},
		"one line of lines":                {noColumns, "tests.ndjson", "{\"a\":1,\"b\":2}\n", 1},
		"one line, packed":                 {noColumns, "tests.jsonl.gz", "{\"a\":1,\"b\":2}\n", 1},
		"one line, said":                   {"format: ndjson\n", "", "{\"a\":1,\"b\":2}\n", 1},
		"records said":                     {"format: json\nrecords: data.items\n", "", `{"data":{"items":[{"a":1},{"a":2}]},"next":null}`, 2},
		"a record that says more":          {noColumns, "", `[{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"c":3,"d":4,"e":1,"f":1,"g":1,"h":2,"i":3,"j":4,"k":1,"l":1}]`, 2},
		"a record that says less":          {noColumns, "", `[{"a":1,"b":2,"c":3,"d":4},{"a":1},{"a":2,"e":1}]`, 3},
		"sparse records":                   {noColumns, "", `[{"a":1,"b":2},{"a":1,"c":3,"d":4}]`, 2},
		"a chain of members":               {noColumns, "", `[{"a":1},{"a":2,"b":2},{"b":3}]`, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, tc.yaml, Options{}, fileNamed(tc.file, tc.in))
			if err != nil || r.counts.Loaded != tc.want || r.counts.Rejected != 0 {
				t.Errorf("%v, %+v", err, r)
			}
		})
	}
}

// One record of another kind among many that agree is a reject, and its members
// are no columns.
func TestSurvey_oneOfAnotherKind(t *testing.T) {
	for name, tc := range map[string]struct {
		in, columns      string
		loaded, rejected int64
	}{
		"among others":                  {`[{"a":1,"b":1},{"a":2},{"a":3},{"a":4},{"id":7},{"a":5}]`, "a b", 5, 1},
		"two, each by itself":           {`[{"a":1},{"a":2},{"a":3},{"a":4},{"id":7},{"a":5},{"id":8},{"a":6}]`, "a", 6, 2},
		"a member that others have too": {`[{"a":1},{"a":2},{"a":3},{"id":7},{"a":4},{"a":5,"id":8}]`, "a id", 6, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, noColumns, Options{}, fileNamed("tests.json", tc.in))
			if err != nil || r.counts.Loaded != tc.loaded || r.counts.Rejected != tc.rejected {
				t.Fatalf("%v, %+v", err, r)
			}
			columns := map[string]bool{}
			for _, row := range r.rows["balkanid.test"] {
				for column := range row {
					columns[column] = columns[column] || len(column) < 3
				}
			}
			for _, want := range strings.Fields(tc.columns) {
				if !columns[want] {
					t.Errorf("no column %s", want)
				}
				delete(columns, want)
			}
			for column, is := range columns {
				if is {
					t.Errorf("column %s", column)
				}
			}
		})
	}
}

// One page of several is not the list.
func TestDocument_saysThatMoreFollows(t *testing.T) {
	const yaml = "format: json\nrecords: items\ncolumns:\n  a: {from: [a], type: text}\n"
	for in, refused := range map[string]bool{
		`{"items":[{"a":1}],"next":"https://example.com/?page=2"}`:        true,
		`{"nextCursor":"x","items":[{"a":1}]}`:                            true,
		`{"items":[{"a":1}],"has_more":true}`:                             true,
		`{"items":[{"a":1}],"paging":{"cursors":{"next":"x"}}}`:           true,
		`{"items":[{"a":1}],"@odata.nextLink":"x"}`:                       true,
		`{"items":[{"a":1}],"next":null,"hasMore":false,"nextCursor":""}`: false,
		`{"items":[{"a":1}],"links":{"self":"x"},"total":1}`:              false,
	} {
		_, err := transformed(t, yaml, Options{}, input(in))
		if refused != (err != nil) || err != nil && !strings.Contains(err.Error(), "more follow") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// A page that is the whole list is read where the contract says where its records
// are.
func TestDocument_wholePage(t *testing.T) {
	const yaml = "format: json\nrecords: data\ncolumns:\n  a: {from: [a], type: text}\n  b: {from: [b], type: text}\n"
	for in, partial := range map[string]bool{
		`{"data":[{"a":1,"b":1},{"a":2}],"total":2,"page":1,"pageSize":50}`:                             false,
		`{"total":2,"page":1,"pageSize":50,"hasMore":false,"next":null,"data":[{"a":1,"b":1},{"a":2}]}`: false,
		`{"data":[{"a":1,"b":1},{"a":2}],"total":3,"page":1,"pageSize":50}`:                             true,
	} {
		r, err := transformed(t, yaml, Options{}, input(in))
		if err != nil || r.counts.Loaded != 2 || r.counts.Rejected != 0 || (r.stream.Partial != "") != partial {
			t.Errorf("%s: %v, %+v", in, err, r)
		}
	}
}

// TestDocument_aroundRecordsOfColumns has records of a typed contract inside a document: the
// message says where, and not that the columns are missing.
func TestDocument_aroundRecordsOfColumns(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract("oleria.employees")
	if err != nil {
		t.Fatal(err)
	}
	const people = `[{"employeeName":"Ada","email":"ada@example.com","status":"active"},{"employeeName":"Bo","email":"bo@example.com","status":"active"}]`
	for in, want := range map[string]string{
		`{"data":` + people + `,"total":2}`:                      "its records are at data (if these are all records there are, put this into a contract of your own: {dataset: oleria.employees, records: data})",
		`{"tenant":"x","people":` + people + `,"user":"y"}`:      "its records are at people (",
		`{"result":{"data":{"employees":` + people + `}}}`:       "its records are at result.data.employees (",
		`{"columns":["email"],"rows":[["ada@example.com"]]}`:     "no column of the contract is in the records",
		`[{"foo":1,"bar":[{"a":1}],"baz":3},{"foo":1,"bar":[]}]`: "no column of the contract is in the records",
	} {
		if _, err := transformedBy(t, c, set.Common, Options{}, input(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
}
