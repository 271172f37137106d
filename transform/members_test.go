package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// The index finds by each path what a look into the value itself finds.
func TestMembers_areFoundAsWithoutIndex(t *testing.T) {
	many := strings.Repeat(`"k":1,`, 500)
	cells := []string{
		`{"id":"1","owner":{"id":"2","name":"Ann"},"list":[{"id":"3"}]}`,
		` { "ID" : "1" , "Owner" : { "Id" : "2" } } `,
		`{"id":"1","id":"2"}`, `{"id":"1","ID":"1"}`, `{"id":"","id":"2"}`, `{"id":null,"i_d":"2"}`,
		`{"owner":{"id":"1","id":"2"}}`, `{"owner":{"id":"1"},"owner":{"id":"2"}}`,
		`{"\u0069d":"1"}`, `{"id":"1","\u0069d":"2"}`, `{"id":"a\"b\\","owner":"x"}`,
		`{"owner":[{"id":"2"}]}`, `{"owner":[]}`, `{"owner":[1,2]}`, `{"owner":"text"}`, `{}`, `[]`, `[{"id":"1"}]`, `""`, `"text"`, `null`, `7`,
		`{` + many + `"id":"1"}`, `{"0":"zero","list":["a","b"]}`,
	}
	paths := []schemas.Path{nil, {"id"}, {"owner"}, {"owner", "id"}, {"list", "0", "id"}, {"list", "1"}, {"0"}, {"absent"}, {"owner", "absent", "id"}}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for _, first := range []int{0, len(cells) - 2} { // the first value says how many members to expect
		for i := range cells {
			b.Append(cells[(first+i)%len(cells)])
		}
		b.AppendNull()
		a := b.NewStringArray()
		x := indexMembers(a)
		for i := range a.Len() {
			cell := a.Value(i)
			for _, path := range paths {
				said := func(found []byte, stuck int, repeated any) string {
					return fmt.Sprintf("%q %d %v", found, stuck, repeated)
				}
				f1, s1, r1 := scan.Lookup([]byte(cell), scan.Steps(path))
				f2, s2, r2 := x.lookup(i, scan.Steps(path))
				if diff := cmp.Diff(said(f1, s1, r1), said(f2, s2, r2)); diff != "" {
					t.Errorf("%.60s %v: %s", cell, path, diff)
				}
			}
		}
		a.Release()
	}
}
