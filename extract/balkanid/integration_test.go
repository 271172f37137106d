package balkanid

import (
	"slices"
	"strings"
	"testing"
)

func TestReadIDs(t *testing.T) {
	for name, tc := range map[string]struct {
		csv  string
		want []string
		err  string
	}{
		"plain":                          {"ID,Name\n1,a\n2,b\n", []string{"1", "2"}, ""},
		"byte-order mark, star and CRLF": {"\ufeffID*,Name\r\n1,a\r\n2,b", []string{"1", "2"}, ""},
		"ID is not the first column":     {"Name,ID\na,1\n\"b, c\",2\n", []string{"1", "2"}, ""},
		"newline in a cell":              {"ID,Name\n1,\"a\nx\"\n2,b\n", []string{"1", "2"}, ""},
		"bare JSON":                      {"ID,Name,Metadata\n1,a,{\"u\":\"p\",\"v\":\"w\"}\n2,b,{}\n", []string{"1", "2"}, ""},
		"JSON in outer quotes":           {"ID,Name,Metadata\n1,a,\"{\"u\":\"p\"}\"\naws/2,b,{}\n", []string{"1", "aws/2"}, ""},
		"too many cells":                 {"ID,Name\n1,a,b,c\n2,b\n", []string{"1", "2"}, ""},
		"blank lines":                    {"ID,Name\n\n1,a\n\n", []string{"1"}, ""},
		"header only":                    {"ID,Name\n", nil, ""},
		"broken, ID elsewhere":           {"Name,ID\na\"b,1\n", nil, "record 2 is not valid CSV"},
		"broken, no id to see":           {"ID,Name\n{\"a\":1},\"x\n", nil, "record 2 is not valid CSV"},
		"an ID is missing":               {"ID,Name\n,a\n", nil, "record 2 has no ID"},
		"no ID":                          {"Name\na\n", nil, "no column ID"},
		"empty":                          {"", nil, "zero bytes"},
		"broken gzip":                    {"\x1f\x8b\x00", nil, "broken compressed data"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readIDs(t.Context(), strings.NewReader(tc.csv))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
}

// An id that the strict reader sees in well-formed input is never lost.
func FuzzReadIDs(f *testing.F) {
	f.Add("ID,Name\n1,a\n", "x")
	f.Add("ID,M\n1,{\"a\":\"b\"}\n", "{\"")
	f.Fuzz(func(t *testing.T, text, cell string) {
		if _, err := readIDs(t.Context(), strings.NewReader(text)); err != nil && !strings.Contains(err.Error(), "integrations") {
			t.Errorf("untyped: %v", err)
		}
		if strings.ContainsAny(cell, "\"\n\r,") {
			return
		}
		got, err := readIDs(t.Context(), strings.NewReader("ID,Name\ngithub/1,"+cell+"\ngithub/2,x\n"))
		if err != nil || !slices.Equal(got, []string{"github/1", "github/2"}) {
			t.Errorf("cell %q: %v, %v", cell, got, err)
		}
	})
}
