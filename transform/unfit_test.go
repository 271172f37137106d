package transform

import (
	"fmt"
	"strings"
	"testing"
)

// A record that its caller says not to fit is a reject with that reason, in whatever part and
// frame it stands, and the others are read.
func TestOptions_unfit(t *testing.T) {
	var b strings.Builder
	b.WriteString("a\n")
	for i := range 200 {
		fmt.Fprintf(&b, "%d\n", i)
	}
	second := input("a\nx\ny\n")
	second.Part = 1
	r, err := transformed(t, cols, Options{chunk: 64, Unfit: map[int]map[int64]Unfit{
		0: {0: {"a", "the first"}, 150: {"", "a later one"}, 900: {"", "there is none"}},
		1: {1: {"a", "of the other part"}},
	}}, input(b.String()), second)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range r.rejects {
		got = append(got, fmt.Sprint(row["_part"], " ", row["_record"], " ", row["field"], " ", row["rule"], " ", row["message"], " ", row["record_text"]))
	}
	if n := r.stream.Counts(); n.Framed != 202 || n.Rejected != 3 || n.Loaded != 199 {
		t.Errorf("counts %+v", n)
	}
	want := "0 0 a unfit the first 0\n0 150 <nil> unfit a later one 150\n1 1 a unfit of the other part y"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
