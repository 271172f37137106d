package transform

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/transform/frame"
)

// workbook is a workbook whose sheets are filled by fill.
func workbook(t testing.TB, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// put writes rows into a sheet from a cell on.
func put(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
}

// styled gives a cell a number format.
func styled(t testing.TB, f *excelize.File, cell string, style excelize.Style) {
	t.Helper()
	id, err := f.NewStyle(&style)
	if err == nil {
		err = f.SetCellStyle("Sheet1", cell, cell, id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestWorkbook(t *testing.T) {
	day := time.Date(2021, 4, 3, 0, 0, 0, 0, time.UTC)
	code := func(s string) excelize.Style { return excelize.Style{CustomNumFmt: &s} }
	in := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1",
			[]any{"People of today"},
			nil,
			[]any{"a", "b", "c"},
			[]any{"text", 12345678901, 1.5},
			[]any{day, day, day},
			[]any{day.Add(8 * time.Hour), 23, true},
			nil,
			[]any{"x, \"y\"\nz", 0.1 + 0.2, 123456789012},
			[]any{"only", "", ""},
			[]any{"", "  ", ""},
			[]any{"Total", 6},
		)
		styled(t, f, "A5", code("dd/mm/yyyy"))
		styled(t, f, "B5", excelize.Style{NumFmt: 14})
		styled(t, f, "C5", code(`[$-409]d\-mmm\-yy;@`))
		styled(t, f, "A6", code("dd.mm.yyyy hh:mm"))
		styled(t, f, "B6", code("00000"))
		styled(t, f, "C8", excelize.Style{NumFmt: 0, Font: &excelize.Font{Bold: true}})
	})
	for _, chunk := range []int{0, 16} {
		r, err := transformed(t, threeColumns, Options{chunk: chunk}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"text|12345678901|1.5", "2021-04-03|2021-04-03|2021-04-03", "2021-04-03 08:00:00|00023|TRUE", "x, \"y\"\nz|0.3|123456789012", "only||"}
		if got := cellsOf(r); !slices.Equal(got, want) {
			t.Errorf("rows %q, want %q", got, want)
		}
		if r.stream.Dialect != "xlsx, sheet Sheet1, header in line 3" || len(r.rejects) != 1 || r.rejects[0]["line"] != int64(12) {
			t.Errorf("dialect %q, rejects %v", r.stream.Dialect, r.rejects)
		}
	}
}

// What is computed to an empty text, and a title over several rows, are read.
func TestWorkbook_emptyTextAndTitle(t *testing.T) {
	in := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", []any{"People of today"}, nil, []any{"a", "b", "c"}, []any{1, 2, 3})
		if err := f.MergeCell("Sheet1", "A1", "C2"); err != nil {
			t.Fatal(err)
		}
	})
	in = rezipped(t, in, "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(s, `<c r="B4"><v>2</v>`, `<c r="B4" t="str"><f>""</f><v></v>`, 1)
	})
	r, err := transformed(t, threeColumns, Options{}, input(in))
	if err != nil {
		t.Fatal(err)
	}
	if got := cellsOf(r); !slices.Equal(got, []string{"1||3"}) {
		t.Errorf("rows %q", got)
	}
}

func TestWorkbook_sheets(t *testing.T) {
	add := func(f *excelize.File, name string, rows ...[]any) {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		put(t, f, name, rows...)
	}
	header := []any{"a", "b", "c"}
	for name, tc := range map[string]struct {
		fill func(*excelize.File)
		row  string
		rest string
	}{
		"the one named like the dataset": {func(f *excelize.File) {
			put(t, f, "Sheet1", header, []any{1, 2, 3})
			add(f, "Test", header, []any{4, 5, 6})
		}, "4|5|6", "Sheet1"},
		"the only one of its kind": {func(f *excelize.File) {
			put(t, f, "Sheet1", header, []any{1, 2, 3})
			add(f, "Two", []any{"x", "y", "z"}, []any{4, 5, 6})
		}, "1|2|3", "Two"},
		"the only one with the header, behind a summary": {func(f *excelize.File) {
			put(t, f, "Sheet1", []any{"Access report"}, []any{"Rows", 1}, []any{"Made by", "Ann"})
			add(f, "Data", []any{"All of it"}, nil, header, []any{4, 5, 6})
			add(f, "Notes", []any{"x", "y", "z"})
		}, "4|5|6", "only the sheet Data is read; the others are Sheet1, Notes"},
		"else the first that is shown": {func(f *excelize.File) {
			put(t, f, "Sheet1", header, []any{1, 2, 3})
			add(f, "Two", header, []any{4, 5, 6})
			f.SetActiveSheet(1)
			if err := f.SetSheetVisible("Sheet1", false); err != nil {
				t.Fatal(err)
			}
		}, "4|5|6", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, threeColumns, Options{}, input(workbook(t, tc.fill)))
			if err != nil {
				t.Fatal(err)
			}
			if got := cellsOf(r); !slices.Equal(got, []string{tc.row}) {
				t.Errorf("rows %q", got)
			}
			found := ""
			for _, f := range r.stream.Findings {
				found += f.Rule + f.Detail
			}
			if tc.rest == "" && found != "" || !strings.Contains(found, tc.rest) {
				t.Errorf("findings %q", found)
			}
		})
	}
}

// rezipped is an archive with one part changed.
func rezipped(t *testing.T, archive, part string, change func(string) string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if m.Name == part {
			text = change(text)
		}
		pairs = append(pairs, m.Name, text)
	}
	return zipped(t, pairs...)
}

func TestWorkbook_refused(t *testing.T) {
	const part = "xl/worksheets/sheet1.xml"
	whole := workbook(t, func(f *excelize.File) { put(t, f, "Sheet1", []any{"a", "b", "c"}, []any{1, 2, 3}, []any{4, 5, 6}) })
	for name, tc := range map[string]struct{ in, want string }{
		"a sheet that breaks off":       {rezipped(t, whole, part, func(s string) string { return s[:strings.Index(s, `<row r="3"`)] }), "the workbook is damaged"},
		"shared texts that break off":   {rezipped(t, whole, "xl/sharedStrings.xml", func(s string) string { return s[:len(s)/2] }), "the workbook is damaged"},
		"a formula that was not solved": {rezipped(t, whole, part, func(s string) string { return strings.Replace(s, "<v>5</v>", "<f>B2+3</f>", 1) }), "formulas whose values were never computed"},
		"a formula with an empty value": {rezipped(t, whole, part, func(s string) string { return strings.Replace(s, "<v>5</v>", "<f>B2+3</f><v />", 1) }), "formulas whose values were never computed"},
		"cells merged over rows": {workbook(t, func(f *excelize.File) {
			put(t, f, "Sheet1", []any{"a", "b", "c"}, []any{1, 2, 3}, []any{4, 5, 6})
			if err := f.MergeCell("Sheet1", "B2", "B3"); err != nil {
				t.Fatal(err)
			}
		}), "merged over several rows (B2:B3)"},
		"dates in a form of their own": {rezipped(t, whole, part, func(s string) string {
			return strings.Replace(s, `<c r="B3"><v>5</v>`, `<c r="B3" t="d"><v>2021-04-03</v>`, 1)
		}), "dates in a form that is not read"},
		"two sheets of one kind": {workbook(t, func(f *excelize.File) {
			put(t, f, "Sheet1", []any{"People of 2025"}, []any{"a", "b", "c"}, []any{1, 2, 3})
			if _, err := f.NewSheet("Two"); err != nil {
				t.Fatal(err)
			}
			put(t, f, "Two", []any{"People of 2026"}, []any{"a", "b", "c"}, []any{4, 5, 6})
		}), "the sheets Sheet1, Two have the header of this dataset"},
		"a summary before two sheets of one kind": {workbook(t, func(f *excelize.File) {
			put(t, f, "Sheet1", []any{"Summary"})
			for _, name := range []string{"2025", "2026"} {
				if _, err := f.NewSheet(name); err != nil {
					t.Fatal(err)
				}
				put(t, f, name, []any{"a", "b", "c"}, []any{4, 5, 6})
			}
		}), "the sheets 2025, 2026 have the header of this dataset"},
		"no sheet with the header": {workbook(t, func(f *excelize.File) {
			put(t, f, "Sheet1", []any{"x", "y"}, []any{1, 2})
			if _, err := f.NewSheet("Two"); err != nil {
				t.Fatal(err)
			}
		}), "of the workbook the sheet Sheet1 is read, not Two: no column of the contract"},
		"a part that is missing":         {rezipped(t, whole, "xl/_rels/workbook.xml.rels", func(string) string { return `<Relationships/>` }), "no sheet of cells"},
		"a document that is no workbook": {zipped(t, "[Content_Types].xml", "<x/>", "word/document.xml", "<x/>"), "an Office document that is not read"},
		"another dataset's sheet":        {workbook(t, func(f *excelize.File) { put(t, f, "Sheet1", []any{"x", "y"}, []any{1, 2}) }), "no column of the contract"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := transformed(t, threeColumns, Options{TempDir: dir}, input(tc.in))
			var e *frame.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tc.want) || e.Hint == "" {
				t.Errorf("got %v, want ...%s...", err, tc.want)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A workbook in an archive is read as one that is handed over loose.
func TestWorkbook_inArchive(t *testing.T) {
	book := workbook(t, func(f *excelize.File) { put(t, f, "Sheet1", []any{"a", "b", "c"}, []any{1, 2, 3}, []any{4}) })
	broken := rezipped(t, book, "xl/worksheets/sheet1.xml", func(s string) string { return s[:len(s)/2] })
	for _, name := range []string{"export.xlsx", "export.xls"} {
		r, err := transformed(t, threeColumns, Options{}, input(zipped(t, name, book, "more.csv", "a,b,c\n7,8,9\n")))
		if err != nil {
			t.Fatal(err)
		}
		if got := cellsOf(r); !slices.Equal(got, []string{"1|2|3", "4||", "7|8|9"}) {
			t.Errorf("rows %q", got)
		}
		if want := "xlsx, sheet Sheet1; csv, utf-8, comma, lf"; r.stream.Dialect != want {
			t.Errorf("dialect %q, want %q", r.stream.Dialect, want)
		}
		_, err = transformed(t, threeColumns, Options{}, input(zipped(t, name, broken)))
		if err == nil || !strings.Contains(err.Error(), "member "+name+": the workbook is damaged") {
			t.Errorf("a broken one: %v", err)
		}
	}
}

// TestWorkbook_large goes through temporary files, which are gone afterwards.
func TestWorkbook_large(t *testing.T) {
	const rows = 60_000
	in := workbook(t, func(f *excelize.File) {
		w, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows + 1 {
			row := []any{"a", "b", "c"}
			if i > 0 {
				row = []any{i, fmt.Sprintf("text of some length to make it large %032d", i), strings.Repeat("z", 200)}
			}
			if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	})
	dir := t.TempDir()
	r, err := transformed(t, threeColumns, Options{TempDir: dir}, input(in))
	if err != nil || r.counts.Loaded != rows || r.counts.Rejected != 0 {
		t.Fatal(err, r.counts)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
