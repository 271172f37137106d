package transform

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// encoded is a text in another encoding.
func encoded(t *testing.T, to *charmap.Charmap, s string) string {
	t.Helper()
	out, err := to.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWindows1252(t *testing.T) {
	west := "Prénom,b,c\nZoë Åse,L’Été,5 €\nJosé,“x” – y,Øre\nMüller,GRÜN,naïve\nD’Arcy,m²,voilà\n"
	yaml := strings.Replace(threeColumns, "[a]", "[Prénom]", 1)
	rows := []string{"Zoë Åse|L’Été|5 €", "José|“x” – y|Øre", "Müller|GRÜN|naïve", "D’Arcy|m²|voilà"}
	for name, tc := range map[string]struct {
		in       string
		rows     []string
		rejected int64
		dialect  string
	}{
		"certain":                {encoded(t, charmap.Windows1252, west), rows, 0, "csv, windows-1252, comma, lf"},
		"in an archive":          {zipped(t, "x.csv", encoded(t, charmap.Windows1252, west)), rows, 0, "csv, windows-1252, comma, lf"},
		"beside UTF-8":           {"Prénom,b,c\nZo\xeb,2,3\n4,5,6\n", []string{"4|5|6"}, 1, "csv, utf-8, comma, lf"},
		"a byte without meaning": {"Pr,Prénom,b,c\n"[3:] + "Zo\x81,2,3\n4,5,6\n", []string{"4|5|6"}, 1, "csv, utf-8, comma, lf"},
		"UTF-8":                  {west, rows, 0, "csv, utf-8, comma, lf"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{0, 16} {
				r, err := transformed(t, yaml, Options{chunk: chunk}, input(tc.in))
				if err != nil {
					t.Fatal(err)
				}
				if got := cellsOf(r); !slices.Equal(got, tc.rows) || r.counts.Rejected != tc.rejected || r.stream.Dialect != tc.dialect {
					t.Errorf("rows %q, %d rejected, dialect %q", got, r.counts.Rejected, r.stream.Dialect)
				}
			}
		})
	}
}

// TestWindows1252_notTakenForOthers reads names in encodings that are not told
// from it by their bytes alone.
func TestWindows1252_notTakenForOthers(t *testing.T) {
	for name, tc := range map[string]struct {
		to   *charmap.Charmap
		text string
	}{
		"Cyrillic":      {charmap.Windows1251, "Иван,Петров,x"},
		"Polish":        {charmap.Windows1250, "Łukasz,Wiśniewski,Żółty"},
		"Greek":         {charmap.Windows1253, "Γιώργος,b,c"},
		"old Macintosh": {charmap.Macintosh, "André,Jäger,x"},
		"DOS":           {charmap.CodePage850, "René,Köln,x"},
		"Hebrew":        {charmap.Windows1255, "שלום,b,c"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, threeColumns, Options{}, input("a,b,c\n1,2,3\n"+encoded(t, tc.to, tc.text)+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := cellsOf(r); len(got) != 1 || r.counts.Rejected != 1 {
				t.Errorf("read as %q", got)
			}
		})
	}
}

func TestUTF16(t *testing.T) {
	text := "a,b,c\n1,Zoë 😀,3\n4,5\n"
	for name, in := range map[string]string{
		"with a mark": utf16le(text, true), "without": utf16le(text, false), "compressed": gzipped(t, utf16le(text, true)),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, threeColumns, Options{chunk: 16}, input(in))
			if err != nil {
				t.Fatal(err)
			}
			if got := cellsOf(r); !slices.Equal(got, []string{"1|Zoë 😀|3"}) || r.counts.Rejected != 1 || r.stream.Dialect != "csv, utf-16le, comma, lf" {
				t.Errorf("rows %q, rejects %v, dialect %q", got, r.rejects, r.stream.Dialect)
			}
		})
	}
	r, err := transformed(t, "format: json\n"+threeColumns, Options{}, input(utf16le(`[{"a":"Zoë","b":2,"c":"3"}]`, true)))
	if err != nil || !slices.Equal(cellsOf(r), []string{"Zoë|2|3"}) || r.stream.Dialect != "json, utf-16le" {
		t.Errorf("%v, %+v", err, r)
	}
	half := strings.Replace(utf16le("a,b,c\n1,X,3\n4,5,6\n", true), "X\x00", "\x00\xd8", 1)
	if r, err = transformed(t, threeColumns, Options{}, input(half)); err != nil || r.counts.Rejected != 1 || r.counts.Loaded != 1 {
		t.Errorf("%v, %+v", err, r)
	}
}
