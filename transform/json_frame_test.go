package transform

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// framedJSON frames a text as the rows of one JSON column "v" beside "k".
func framedJSON(t testing.TB, body []byte, chunk int, lines bool) (recs []string, spans [][2]int64, rejects int, err error) {
	t.Helper()
	mem := memory.NewGoAllocator()
	o := Options{chunk: chunk, Mem: mem}.withDefaults()
	p := &program{o: o, buffers: &frame.Buffers{}, contract: &schemas.Contract{Format: schemas.JSONs}, cols: []schemas.Column{
		{Name: "k", From: []string{"k"}, Type: schemas.Text}, {Name: "v", From: []string{"v"}, Type: schemas.JSON}}}
	ordinal := int64(0)
	tx := &text{input: &Input{}, Text: &frame.Text{Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }}}
	j, err := p.judged(t.Context(), tx, frame.Shape{Lines: lines}, &ordinal)
	if err != nil {
		t.Fatal(err)
	}
	for {
		fr := &stretch{}
		j.out = fr
		err := j.Next(&fr.Frame)
		for i := range fr.Rows {
			if err != nil {
				break
			}
			var rec []string
			for k := range fr.Cols {
				c := &fr.Cols[k]
				rec = append(rec, string(c.At(i)))
			}
			recs = append(recs, strings.Join(rec, "\x00"))
			spans = append(spans, [2]int64{fr.Base + int64(fr.Rows[i].Start), fr.Base + int64(fr.Rows[i].End)})
		}
		rejects += len(fr.Rejects)
		framed{frame: fr}.release(p)
		if err == io.EOF {
			if int64(len(recs)+rejects) != ordinal {
				t.Fatalf("%d records and %d rejects, %d framed", len(recs), rejects, ordinal)
			}
			return recs, spans, rejects, nil
		}
		if err != nil {
			return recs, spans, rejects, err
		}
	}
}

func FuzzFrameJSON(f *testing.F) {
	for _, s := range []string{
		`[{"k":"x","v":{"a":[1,2]}},{"k":null}]`, `{"k":"\ud83d\ude00","v":1e5}{"k":2}`, "{\"k\":1}\n{\"k\":\n{\"k\":3}", `[]`, `[[[]],{},1,"x",true,null,-0.1e+7]`,
		`{"v":"{\"a\":1}","w":"\u0000"}`, `[{"k":"a","k":"b"}]`, "[{\"k\":\"\xff\"}]", `{"v":{"a":{"b":[{},[],""]}},"x":01}`, `[1.,2]`, `["\x"]`, "[\"\t\"]",
	} {
		f.Add([]byte(s), uint8(3), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, window uint8, lines bool) {
		if len(body) > 2000 {
			return
		}
		whole, spans, rejects, err := framedJSON(t, body, 1<<11, lines)
		cut, cutSpans, cutRejects, cutErr := framedJSON(t, body, 1+int(window), lines)
		if !slices.Equal(whole, cut) || !slices.Equal(spans, cutSpans) || rejects != cutRejects || (err == nil) != (cutErr == nil) {
			if err == nil || cutErr == nil { // a frame is lost with the error in it, so only the verdict must agree
				t.Fatalf("one window gives %q, %v, small ones %q, %v", whole, err, cut, cutErr)
			}
		}
		for i, s := range spans {
			rec := body[s[0]:s[1]]
			if !json.Valid(rec) {
				t.Fatalf("record %q is not valid JSON", rec)
			}
			again, _, r, err := framedJSON(t, rec, 1<<11, true)
			if err != nil || r != 0 || len(again) != 1 || again[0] != whole[i] {
				t.Fatalf("record %q reads back as %q", rec, again)
			}
			checkRecord(t, rec, strings.Split(whole[i], "\x00"))
		}
		if !lines {
			checkValues(t, body, len(whole)+rejects, err)
		}
	})
}

// checkRecord compares a framed record with what encoding/json makes of it.
func checkRecord(t *testing.T, rec []byte, cells []string) {
	var m map[string]json.RawMessage
	if !utf8.Valid(rec) || bytes.Contains(rec, []byte(`\`)) || json.Unmarshal(rec, &m) != nil {
		return // keys with escapes, and what encoding/json mends silently
	}
	keys := 0
	scan.EachMember(rec, func([]byte, []byte) bool { keys++; return true })
	if keys != len(m) {
		return // a key twice: encoding/json takes the last
	}
	for key := range m {
		if key != "k" && schemas.NormalHeader(key) == "k" || key != "v" && schemas.NormalHeader(key) == "v" {
			return
		}
	}
	want := ""
	if raw := m["k"]; raw != nil {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			want = s
		} else {
			want = string(raw)
		}
	}
	if cells[0] != want {
		t.Fatalf("%s: k = %q, want %q", rec, cells[0], want)
	}
	if cells[1] != "" && !json.Valid([]byte(cells[1])) && !scan.LooksJSON([]byte(cells[1])) {
		t.Fatalf("%s: v = %q", rec, cells[1])
	}
	if cells[2] != "" && !json.Valid([]byte(cells[2])) {
		t.Fatalf("%s: the rest is %q", rec, cells[2])
	}
}

// checkValues compares the number of records, and whether there was a break,
// with encoding/json.
func checkValues(t *testing.T, body []byte, framed int, err error) {
	if !utf8.Valid(body) {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	n := 0
	for {
		var v json.RawMessage
		e := dec.Decode(&v)
		if e == io.EOF {
			break
		}
		if e != nil {
			if err == nil {
				t.Fatalf("%q: framed, though %v", body, e)
			}
			return
		}
		if v[0] != '[' && v[0] != '{' {
			return // 00 is two numbers to encoding/json
		}
		if v[0] == '[' {
			var items []json.RawMessage
			if json.Unmarshal(v, &items) != nil {
				return
			}
			n += len(items)
		} else {
			n++
		}
	}
	if err != nil || n != framed {
		t.Fatalf("%q: %d records and %v, want %d", body, framed, err, n)
	}
}

func FuzzJSONValid(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `"\ud800"`, `[1,]`, `-`, `1e`, `"` + "\x1f" + `"`, `{"a" : 1 , "b":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &scan.Scanner{}
		got := scan.Valid(s, b, 0)
		if want := json.Valid(b); got != want && !(want && s.Lone) {
			t.Fatalf("%q: valid = %v, encoding/json says %v", b, got, want)
		}
		if !got {
			return
		}
		h := hide{masks: []schemas.Mask{{Path: schemas.Path{"*"}}, {Path: schemas.Path{"a", "*", "b"}}}}
		if hid := h.value(nil, b, scan.Pairs); !json.Valid(hid) {
			t.Fatalf("%q masked is %q", b, hid)
		}
		if text, ok := scan.Text(b); ok && utf8.Valid(b) && b[0] == '"' {
			var want string
			if json.Unmarshal(b, &want) == nil && want != string(text) {
				t.Fatalf("%q: text %q, want %q", b, text, want)
			}
			if back := scan.Quote(nil, text); !scan.Valid(s, back, 0) {
				t.Fatalf("%q: quoted again %q", text, back)
			}
		}
	})
}
