package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/accessmart/accessmart/transform/frame"
)

// again is what a program writes as UTF-8 that took UTF-8 for Windows-1252, and
// left bytes as they are that have no meaning there.
func again(s string) string {
	var b strings.Builder
	for i := range len(s) {
		r := charmap.Windows1252.DecodeByte(s[i])
		if r == '\ufffd' {
			r = rune(s[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

// latin1 is the same of one that took it for Latin-1.
func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

const manyTongues = "Prénom,b,c\nZoë Åse,L’Été,5 €\nÖzil,Übel – Á,ÉRIC\nŁukasz,Ærø,à la\nИван,山田,Ñandú\n"

// TestTwice reads what was encoded twice as it was meant.
func TestTwice(t *testing.T) {
	yaml := strings.Replace(threeColumns, "[a]", "[Prénom]", 1)
	rows := []string{"Zoë Åse|L’Été|5 €", "Özil|Übel – Á|ÉRIC", "Łukasz|Ærø|à la", "Иван|山田|Ñandú"}
	long := strings.Repeat("x,y,z\n", 40_000)
	for name, tc := range map[string]struct {
		in      string
		rows    []string
		dialect string
	}{
		"Windows-1252":        {again(manyTongues), rows, "csv, utf-8, comma, lf, encoded twice"},
		"Latin-1":             {latin1(manyTongues), rows, "csv, utf-8, comma, lf, encoded twice"},
		"with a mark":         {again("\ufeff" + manyTongues), rows, "csv, utf-8, comma, lf, encoded twice"},
		"in UTF-16":           {utf16le(again(manyTongues), true), rows, "csv, utf-16le, comma, lf, encoded twice"},
		"in an archive":       {zipped(t, "x.csv", again(manyTongues)), rows, "csv, utf-8, comma, lf, encoded twice"},
		"the mark, in quotes": {again("\ufeff\"Prénom\",b,c\nÖzil,2,3\n"), []string{"Özil|2|3"}, "csv, utf-8, comma, lf, encoded twice"},
		"only the mark":       {again("\ufeffPrenom,b,c\n1,2,3\n"), []string{"1|2|3"}, "csv, utf-8, comma, lf"},
		"one name":            {again("Prenom,b,c\nZoë,2,3\n"), []string{"Zoë|2|3"}, "csv, utf-8, comma, lf, encoded twice"},
		"far behind":          {again("Prenom,b,c\n" + long + "Jürgen,2,3\n"), append(slices.Repeat([]string{"x|y|z"}, 40_000), "Jürgen|2|3"), "csv, utf-8, comma, lf, encoded twice"},
		"once":                {manyTongues, rows, "csv, utf-8, comma, lf"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 16} {
				y := strings.Replace(yaml, "[Prénom]", "[Prénom, Prenom]", 1)
				r, err := transformed(t, y, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); !slices.Equal(got, tc.rows) || r.counts.Rejected != 0 || r.stream.Dialect != tc.dialect || len(r.stream.Findings) > 0 {
					t.Errorf("rows %.500q, rejects %v, dialect %q, findings %v", got, r.rejects, r.stream.Dialect, r.stream.Findings)
				}
			}
		})
	}
}

// In JSON an escape stands for a character.
func TestTwice_json(t *testing.T) {
	escaped := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r < 0x80 {
				b.WriteRune(r)
				continue
			}
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		return b.String()
	}
	yaml := "format: json\n" + strings.Replace(threeColumns, "[a]", "[Prénom]", 1)
	text := `[{"Prénom":"Zoë \"\\u00c3\\","b":"L’Été","c":"5 €"},{"Prénom":"Özil","b":"\u0041\n","c":"\u0042"}]`
	if !json.Valid([]byte(text)) {
		t.Fatal(text)
	}
	rows := []string{`Zoë "\u00c3\|L’Été|5 €`, "Özil|A|B"}
	for name, in := range map[string]string{"characters": again(text), "escapes": escaped(again(text)), "Latin-1": escaped(latin1(text))} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 16} {
				r, err := transformed(t, yaml, Options{chunk: chunk}, input(in))
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); !slices.Equal(got, rows) || r.stream.Dialect != "json, utf-8, encoded twice" {
					t.Errorf("rows %q, rejects %v, dialect %q", got, r.rejects, r.stream.Dialect)
				}
			}
		})
	}
}

// What may be meant as it stands is kept, and what is so in a part only is told.
func TestTwice_notCertain(t *testing.T) {
	for name, tc := range map[string]struct {
		in    string
		found int64
	}{
		"capitals":                   {"SÃO PAULO,JOÃO,Ã", 0},
		"signs behind capitals":      {"NESTLÉ®,ANDRÉ’S,“CAFÉ”", 0},
		"signs and one odd place":    {"NESTLÉ®,CAFÉ®,Ã©tude", 1},
		"an example":                 {"it writes Ã© for e,b,c", 0},
		"beside what is right":       {"ZoÃ«,José,c", 1},
		"several beside one":         {"ZoÃ«,JosÃ©,Müller", 2},
		"beside characters lost":     {"ZoÃ«,Ã\ufffdric,c", 1},
		"beside what nobody encodes": {"ZoÃ«,山田,c", 1},
		"a control character":        {"ZoÂ\u0081,b,c", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, threeColumns, Options{}, input("a,b,c\n"+tc.in+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			found := int64(0)
			for _, f := range r.stream.Findings {
				if f.Rule == "encoded_twice" {
					found += f.Count
				}
			}
			if got := cellsOf(r); !slices.Equal(got, []string{strings.ReplaceAll(tc.in, ",", "|")}) || found != tc.found || r.stream.Dialect != "csv, utf-8, comma, lf" {
				t.Errorf("rows %q, dialect %q, findings %v", got, r.stream.Dialect, r.stream.Findings)
			}
		})
	}
}

func TestTwice_moreThanTwice(t *testing.T) {
	_, err := transformed(t, threeColumns, Options{}, input("a,b,c\n"+again(again("Zoë,José,Müller"))+"\n"))
	var e *frame.Error
	if !errors.As(err, &e) || e.Kind != frame.KindEncoding {
		t.Error(err)
	}
}

// A workbook holds what the spreadsheet program took the text for.
func TestTwice_workbook(t *testing.T) {
	rows := [][]any{{"a", "b", "c"}, {"Ada", "2", "3"}, {"Zoë", "Müller", "3"}, {"José", "À", "L’Été"}}
	book := workbook(t, func(f *excelize.File) {
		for i, row := range rows {
			garbled := make([]any, len(row))
			for k, cell := range row {
				garbled[k] = again(cell.(string))
			}
			if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &garbled); err != nil {
				t.Fatal(err)
			}
		}
	})
	for name, yaml := range map[string]string{"columns": threeColumns, "none": ""} {
		r, err := transformed(t, yaml, Options{}, fileNamed("tests.xlsx", book))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := cellsOf(r), []string{"Ada|2|3", "Zoë|Müller|3", "José|À|L’Été"}; !slices.Equal(got, want) || r.stream.Dialect != "xlsx, sheet Sheet1, encoded twice" {
			t.Errorf("%s: rows %q, dialect %q", name, got, r.stream.Dialect)
		}
	}
}
