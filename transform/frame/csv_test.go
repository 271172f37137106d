package frame

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// framedCSV frames bytes under a header of three columns, in small windows.
func framedCSV(t testing.TB, d Dialect, body []byte, chunk int) (recs [][]string, spans [][2]int64, rejects int) {
	t.Helper()
	mem := memory.NewGoAllocator()
	o := &Limits{Mem: mem, BatchRows: 1000, MaxRecord: 1 << 20, MaxColumns: 100, MaxDepth: 100, Chunk: chunk}
	ordinal := int64(0)
	l := &Layout{Slots: 3, Dialect: d, Want: []int32{0, 1, 2}, Members: -1}
	w := newWindow(bytes.NewReader(body), chunk)
	w.eol = d.EOL
	f := newCSVFramer(cutter{o: o, mem: mem, layout: l, Ordinal: &ordinal, get: func(n int) []byte { return make([]byte, n) }, w: w})
	f.cutter.ended = nil
	for {
		fr := &Frame{}
		err := f.Next(fr)
		for i := range fr.Rows {
			if err != nil {
				break
			}
			var rec []string
			for k := range fr.Cols {
				c := &fr.Cols[k]
				rec = append(rec, string(c.At(i)))
			}
			recs = append(recs, rec)
			spans = append(spans, [2]int64{fr.Base + int64(fr.Rows[i].Start), fr.Base + int64(fr.Rows[i].End)})
		}
		rejects += len(fr.Rejects)
		fr.Release(mem, &Buffers{})
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
		if err != nil || len(rec) != 3 || strings.ContainsAny(low, "<{") {
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
		d := Dialect{Separator: separators[way%4], EOL: '\n'}
		if way&4 != 0 {
			d.EOL = '\r'
		}
		whole, spans, _ := framedCSV(t, d, body, 1<<11)
		cut, cutSpans, _ := framedCSV(t, d, body, 16+int(window))
		if !slices.EqualFunc(whole, cut, slices.Equal) || !slices.Equal(spans, cutSpans) {
			t.Fatalf("one window gives %q, small ones %q", whole, cut)
		}
		if want, ok := strictCSV(d.Separator, body); ok && d.EOL == '\n' {
			if got := feeds(whole); !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("framed %q, encoding/csv reads %q", got, want)
			}
		}
		for i, s := range spans { // every offset reads back the same record
			if body[s[1]-1] == '\r' {
				continue // alone, its last carriage return would be a line end
			}
			again, _, rejects := framedCSV(t, d, append(slices.Clone(body[s[0]:s[1]]), d.EOL), 1<<11)
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
