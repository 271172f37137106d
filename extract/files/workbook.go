package files

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/schemas"
)

// workbookEnding is the ending of a workbook.
const workbookEnding = "xlsx"

// noBook is what is said of one whose sheets cannot be seen.
const noBook = "it is a workbook that cannot be read, or a very large one: save it anew, or as CSV"

// Bounds of a workbook that is looked into, in bytes, packed and of one part.
const (
	lookedBook = 128 << 20
	lookedPart = 16 << 20
)

// takeWorkbook puts a workbook to the datasets that its sheets are called after,
// as package transform finds them there. Where no sheet is, it is what its name
// says, or the headers of its sheets.
func (f *Folder) takeWorkbook(l *listing, file io.ReaderAt, size int64, x *found) {
	sheets := lookBook(file, size)
	if len(sheets) > 0 { // whatever it is called: programs write .xls in front of what is none
		x.called.ext = workbookEnding
	} else {
		x.closed = x.called.ext == workbookEnding
	}
	any := false
	for _, s := range sheets {
		plural := f.sheetPlural(s.name)
		if plural == "" {
			continue
		}
		any = true
		if d := f.byHeader(&s.shape); d != nil && d.contract.Plural() != plural {
			l.leave(x.label()+"!"+s.name, fmt.Sprintf("the sheet is called %s, its header is that of %s: rename it", plural, d.contract.Plural()))
			continue
		}
		y := *x
		y.shape = s.shape
		if y.how = byHeader; plural == x.called.plural {
			y.how = byBoth
		} else if x.called.plural != "" {
			y.note = fmt.Sprintf("its name says %s, its sheet %s", x.called.plural, plural)
		}
		f.put(l, plural, &y)
	}
	if !any {
		f.placeByHeaders(l, sheets, x)
	}
}

// placeByHeaders puts a workbook to the dataset that its name says, else to
// those whose headers its sheets have, which may stand behind a summary.
func (f *Folder) placeByHeaders(l *listing, sheets []bookSheet, x *found) {
	told := map[string]bool{}
	for i := range sheets {
		s := &sheets[i]
		d := f.byHeader(&s.shape)
		if d == nil || told[d.contract.Plural()] {
			continue
		}
		told[d.contract.Plural()] = true
		if named := f.known[x.called.plural]; named != nil {
			if len(x.shape.lines) == 0 || named == d {
				x.shape = s.shape
			}
			continue
		}
		y := *x
		y.shape = s.shape
		f.place(l, &y)
	}
	if len(told) == 0 && len(sheets) > 0 {
		x.shape = sheets[0].shape
	}
	if len(told) == 0 || f.known[x.called.plural] != nil {
		f.place(l, x)
	}
}

// sheetPlural is the dataset that a sheet is called after, "" for none.
func (f *Folder) sheetPlural(sheet string) string {
	for plural := range f.known {
		if schemas.NormalHeader(plural) == schemas.NormalHeader(sheet) {
			return plural
		}
	}
	return ""
}

type bookSheet struct {
	name  string
	shape shape
}

// lookBook reads the first rows of each sheet that is not hidden: nothing where
// it is no workbook that can be read. The library panics on some of those.
func lookBook(file io.ReaderAt, size int64) (sheets []bookSheet) {
	if size > lookedBook {
		return nil
	}
	defer func() {
		if recover() != nil {
			sheets = nil
		}
	}()
	book, err := excelize.OpenReader(io.NewSectionReader(file, 0, size), excelize.Options{UnzipSizeLimit: 16 * lookedBook, UnzipXMLSizeLimit: lookedPart})
	if err != nil {
		return nil
	}
	defer book.Close()
	for _, name := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(name); err != nil || !visible {
			continue
		}
		s := bookSheet{name: strings.TrimSpace(name)}
		rows, err := book.Rows(name)
		if err == nil {
			for len(s.shape.lines) < lookedRows && rows.Next() {
				line, err := rows.Columns()
				if err != nil {
					break
				}
				s.shape.lines = append(s.shape.lines, line)
			}
			_ = rows.Close()
		}
		sheets = append(sheets, s)
	}
	return sheets
}
