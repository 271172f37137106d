package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// alike is another form of the same records.
type alike struct {
	what  string
	parts [][]byte
}

// TestAlike_givesTheSameRows delivers the same records in other forms, each of
// which must give the same rows without a reject.
func TestAlike_givesTheSameRows(t *testing.T) {
	good, err := goodDeliveries()
	if err != nil {
		t.Fatal(err)
	}
	tried, ways := 0, map[string]bool{}
	for _, d := range good {
		t.Run(d.dataset, func(t *testing.T) {
			r := rand.New(rand.NewSource(1))
			forms := wrapped(d.data)
			switch {
			case d.isCSV():
				forms = append(forms, alikeCSV(d, r)...)
			default:
				forms = append(forms, alikeJSON(d, r)...)
			}
			for _, x := range forms {
				tried++
				ways[x.what] = true
				got := d.read(t.Context(), x.parts...)
				if got.said() != "" || !slices.Equal(got.rows, d.rows) {
					t.Errorf("%s: %s\n%s", x.what, got.said(), difference(d.rows, got.rows))
				}
			}
		})
	}
	figure(t, "alike", "%d deliveries of the same records in %d forms: the same rows", tried, len(ways))
}

// wrapped are the forms of any bytes.
func wrapped(data []byte) []alike {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return []alike{{"gzip", [][]byte{gzipped(data)}}, {"zstd", [][]byte{w.EncodeAll(data, nil)}},
		{"a byte-order mark", [][]byte{slices.Concat([]byte("\ufeff"), data)}}, {"UTF-16", [][]byte{wide(data)}}, {"encoded twice", [][]byte{encodedTwice(data)}}}
}

// encodedTwice is what a program saves as UTF-8 that took UTF-8 for Latin-1.
func encodedTwice(data []byte) []byte {
	var out []rune
	for _, b := range data {
		out = append(out, rune(b))
	}
	return []byte(string(out))
}

// wide is a text as UTF-16, little end first, with its mark.
func wide(data []byte) []byte {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune("\ufeff" + string(data))) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.Bytes()
}

func alikeCSV(d *delivery, r *rand.Rand) []alike {
	rows := parseCSV(d.data)
	one := func(what string, data []byte) alike { return alike{what, [][]byte{data}} }
	shuffled := slices.Clone(rows)
	r.Shuffle(len(rows)-1, func(i, j int) { shuffled[i+1], shuffled[j+1] = shuffled[j+1], shuffled[i+1] })
	order := r.Perm(len(rows[0]))
	moved := make([][]string, len(rows))
	for i, row := range rows {
		for _, col := range order {
			moved[i] = append(moved[i], row[col])
		}
	}
	half := len(rows) / 2
	out := []alike{
		one("rows in another order", renderCSV(shuffled, csvForm{})),
		one("columns in another order", renderCSV(moved, csvForm{})),
		{"two files", [][]byte{renderCSV(rows[:half], csvForm{}), renderCSV(append(rows[:1:1], rows[half:]...), csvForm{})}},
		one("rows twice", renderCSV(append(slices.Clone(rows), rows[1:]...), csvForm{})),
		one("CRLF", renderCSV(rows, csvForm{eol: "\r\n"})),
		one("CR", renderCSV(rows, csvForm{eol: "\r"})),
		one("blank lines", renderCSV(rows, csvForm{eol: "\n\n"})),
		one("all quoted", renderCSV(rows, csvForm{quoted: true})),
		one("blanks around cells", renderCSV(rows, csvForm{pad: " "})),
		one("no-break spaces around cells", renderCSV(rows, csvForm{pad: "\u00a0"})),
		one("characters without width around cells", renderCSV(rows, csvForm{pad: "\u200b"})),
		one("no line end", bytes.TrimSuffix(d.data, []byte("\n"))),
		one("sep=; before it", slices.Concat([]byte("sep=;\n"), renderCSV(rows, csvForm{comma: ';'}))),
		one("a comma more on each line", bytes.ReplaceAll(renderCSV(rows, csvForm{}), []byte("\n"), []byte(",\n"))),
		one("JSON", jsonOf(rows, "[", ",", "]")),
		one("lines of JSON", jsonOf(rows, "", "\n", "\n")),
	}
	if d.contract.Typed() { // its columns tell a header; of others such files are refused
		out = append(out, one("semicolons", renderCSV(rows, csvForm{comma: ';'})), one("tabs", renderCSV(rows, csvForm{comma: '\t'})),
			one("a title row", slices.Concat([]byte("Export of 2026-11-01\n\n"), d.data)))
	}
	for _, spelling := range []struct {
		what string
		of   func(string) string
	}{{"headers in lower case", strings.ToLower}, {"headers in upper case", strings.ToUpper}, {"headers in snake_case", snake}, {"headers without stars", func(s string) string { return strings.TrimRight(s, "*") }},
		{"headers with blanks", func(s string) string { return " " + s + " " }},
		{"headers with no-break spaces", func(s string) string { return "\u202f" + strings.ReplaceAll(s, " ", "\u00a0") + "\u200b" }}} {
		respelled := slices.Clone(rows)
		respelled[0] = nil
		for _, name := range rows[0] {
			respelled[0] = append(respelled[0], spelling.of(name))
		}
		out = append(out, one(spelling.what, renderCSV(respelled, csvForm{})))
	}
	return out
}

func snake(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return unicode.ToLower(r)
	}, strings.TrimRight(s, "*"))
}

// jsonOf writes rows as objects, in which an empty cell is no member.
func jsonOf(rows [][]string, head, between, tail string) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for i, row := range rows[1:] {
		if i > 0 {
			b.WriteString(between)
		}
		record := map[string]any{}
		for col, v := range row {
			var value any = v
			if strings.HasPrefix(v, "{") && json.Valid([]byte(v)) {
				value = json.RawMessage(v)
			}
			if v != "" {
				record[rows[0][col]] = value
			}
		}
		text, err := json.Marshal(record)
		if err != nil {
			panic(err)
		}
		b.Write(text)
	}
	b.WriteString(tail)
	return b.Bytes()
}

func alikeJSON(d *delivery, r *rand.Rand) []alike {
	doc := d.records()
	one := func(what string, data []byte) alike { return alike{what, [][]byte{data}} }
	shuffled := doc
	shuffled.records = slices.Clone(doc.records)
	r.Shuffle(len(doc.records), func(i, j int) {
		shuffled.records[i], shuffled.records[j] = shuffled.records[j], shuffled.records[i]
	})
	half := len(doc.records) / 2
	first, second := doc, doc
	first.records, second.records = doc.records[:half], doc.records[half:]
	sorted := doc // members of maps come sorted, and escapes otherwise
	sorted.records = nil
	for _, rec := range doc.records {
		sorted.records = append(sorted.records, json.RawMessage(sameJSON(string(rec))))
	}
	out := []alike{
		one("records in another order", d.render(shuffled)),
		one("members in another order", d.render(sorted)),
		{"two files", [][]byte{d.render(first), d.render(second)}},
		one("escapes", inEscapes(d.render(doc))),
	}
	if !d.isLines() {
		var wideApart bytes.Buffer
		if err := json.Indent(&wideApart, d.data, "\t", "    "); err != nil {
			panic(err)
		}
		out = append(out, one("indented", wideApart.Bytes()))
	}
	if doc.head == "[" || d.isLines() {
		doc.head, doc.tail = "", "\n"
		first.head, first.tail, second.head, second.tail = "[", "]", "[", "]"
		out = append(out, one("lines", doc.render("\n")), one("a document a record", doc.render("")),
			one("two arrays, one after the other", slices.Concat(first.render(","), second.render(","))))
	}
	return out
}

// inEscapes writes each letter e of a JSON text inside its strings as an escape.
func inEscapes(data []byte) []byte {
	var b bytes.Buffer
	inside := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inside && c == '\\':
			b.Write(data[i : i+2])
			i++
			continue
		case c == '"':
			inside = !inside
		case inside && c == 'e':
			fmt.Fprintf(&b, `\u%04x`, c)
			continue
		}
		b.WriteByte(data[i])
	}
	return b.Bytes()
}
