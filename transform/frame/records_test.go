package frame

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func recordsOf(in string, most int64) (got []string, err error) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(in)), nil }
	fits := func(header []string) bool { return slices.Contains(header, "b") }
	_, err = Records(context.Background(), open, most, 1<<10, fits, func(r *Record) error {
		var cells []string
		for _, c := range r.Cells {
			cells = append(cells, string(c))
		}
		if r.Why != "" {
			cells = []string{"!", string(r.Text)}
		}
		got = append(got, fmt.Sprintf("%d %s", r.Number, strings.Join(cells, "|")))
		return nil
	})
	return got, err
}

func TestRecords(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"commas":                  {"a,b\n1,2\n3,\"4\n5\"\n", []string{"1 1|2", "2 3|4\n5"}},
		"semicolons":              {"a;b\r\n1;2,5\r\n", []string{"1 1|2,5"}},
		"a title before":          {"List of all\n\na,b\n1,2\n", []string{"1 1|2"}},
		"Windows-1252":            {"a,b\nM\xfcller,2\n", []string{"1 Müller|2"}},
		"JSON that is not quoted": {"a,b\n1,{\"k\":\"v\",\"l\":1}\n", []string{"1 1|{\"k\":\"v\",\"l\":1}"}},
		"rejects in their place":  {"a,b\n1,2\nx\"y,3\n4,5\n6,7,8\n", []string{"1 1|2", "2 !|x\"y,3", "3 4|5", "4 !|6,7,8"}},
		"no record":               {"a,b\n", nil},
	} {
		got, err := recordsOf(tc.in, 1<<20)
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRecords_refused(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		kind Kind
	}{
		"nothing":     {"", KindEmpty},
		"a list":      {`[{"b":1}]`, KindFormat},
		"a page":      {"<html></html>", KindMarkup},
		"half a gzip": {"\x1f\x8b\x00", KindTruncated},
	} {
		_, err := recordsOf(tc.in, 1<<20)
		var e *Error
		if !errors.As(err, &e) || e.Kind != tc.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecords_anyHeader(t *testing.T) {
	open := func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("List of all\n\nx;y\n1;2\n")), nil
	}
	n := 0
	header, err := Records(context.Background(), open, 1<<20, 1<<10, nil, func(*Record) error { n++; return nil })
	if err != nil || n != 1 || !slices.Equal(header, []string{"x", "y"}) {
		t.Errorf("%q, %d records, %v", header, n, err)
	}
}
