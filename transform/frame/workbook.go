package frame

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/schemas"
)

// A workbook (.xlsx) is read as the CSV text that its sheet would be: a row a
// line, so that the lines of rejects are those that a person sees. Dates become
// ISO dates and numbers all their digits, whatever the sheet shows.
//
// The library ends a sheet in silence where its XML is broken, so the parts are
// looked through before.

const (
	workbookPacked = 128 << 20 // bytes of a workbook at most
	workbookSheet  = 2 << 30   // bytes of a sheet or of the shared texts, unpacked: they lie in temporary files
	workbookRest   = 64 << 20  // bytes of all else, which lies in memory
)

func isWorkbook(z *zip.Reader) bool { return entry(z, "xl/workbook.xml") != nil }

func entry(z *zip.Reader, name string) *zip.File {
	for _, m := range z.File {
		if strings.EqualFold(m.Name, name) {
			return m
		}
	}
	return nil
}

// sheet is a sheet of cells of a workbook.
type sheet struct {
	name   string
	part   string // its file in the archive
	hidden bool
	width  int // columns with a value
}

// walkWorkbook calls fn for the sheet of the dataset.
func (c *container) walkWorkbook(z *zip.Reader, at io.ReaderAt, size int64, fn func(*Text) error) error {
	if err := checkWorkbook(z, size); err != nil {
		return err
	}
	sheets, err := sheetsOf(z)
	if err == nil {
		err = checkTexts(z)
	}
	if err != nil {
		return err
	}
	book, err := c.o.openWorkbook(io.NewSectionReader(at, 0, size))
	if err != nil {
		return err
	}
	defer book.Close()
	chosen, others, err := c.chooseSheet(book, sheets)
	if err != nil {
		return err
	}
	if chosen.width, err = checkSheet(z, chosen.part); err != nil {
		return err
	}
	if chosen.width > c.o.MaxColumns {
		return Fault(KindHeader, "if the export is right, raise the limit", "more than %d columns", c.o.MaxColumns)
	}
	tx := &Text{Format: schemas.CSV, Encoding: "xlsx, sheet " + Clip(chosen.name, 40),
		Open: func(ctx context.Context) (io.ReadCloser, error) { return openSheet(ctx, book, chosen) }}
	if len(others) > 0 {
		tx.Found.Add(schemas.Finding{Rule: "sheets_not_read", Count: int64(len(others)), Detail: "of the workbook only the sheet " + Clip(chosen.name, 40) + " is read; the others are " + Listing(others)})
	}
	return inSheet(fn(tx), chosen.name, others)
}

// checkWorkbook refuses what would not fit in memory.
func checkWorkbook(z *zip.Reader, size int64) error {
	rest := uint64(0)
	for _, m := range z.File {
		if large := strings.HasPrefix(m.Name, "xl/worksheets/") || m.Name == "xl/sharedStrings.xml"; !large {
			rest += m.UncompressedSize64
		} else if m.UncompressedSize64 > workbookSheet {
			size = workbookPacked + 1
		}
	}
	if size > workbookPacked || rest > workbookRest {
		return Fault(KindLimit, "save the sheet as CSV", "the workbook is too large")
	}
	return nil
}

// sheetsOf lists the sheets of cells in their order.
func sheetsOf(z *zip.Reader) ([]sheet, error) {
	var book struct {
		Sheets []struct {
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := readXML(z, "xl/workbook.xml", &book); err != nil {
		return nil, err
	}
	if len(book.Sheets) == 0 {
		return nil, Fault(KindFormat, "save it anew, or as CSV", "the workbook has no sheets")
	}
	if err := readXML(z, "xl/_rels/workbook.xml.rels", &links); err != nil {
		return nil, err
	}
	parts := map[string]string{}
	for _, l := range links.Links {
		if strings.HasPrefix(l.Target, "/") {
			parts[l.ID] = l.Target[1:]
		} else {
			parts[l.ID] = path.Join("xl", l.Target)
		}
	}
	var out []sheet
	for _, s := range book.Sheets {
		sh := sheet{}
		for _, a := range s.Attrs {
			switch a.Name.Local {
			case "name":
				sh.name = a.Value
			case "state":
				sh.hidden = a.Value != "visible"
			case "id":
				sh.part = parts[a.Value]
			}
		}
		if strings.HasPrefix(sh.part, "xl/worksheets/") {
			out = append(out, sh)
		}
	}
	if len(out) == 0 {
		return nil, Fault(KindFormat, "save the right sheet as CSV", "the workbook has no sheet of cells")
	}
	return out, nil
}

func brokenWorkbook(err error) error {
	return Fault(KindTruncated, "save it anew, or as CSV", "the workbook is damaged: %w", err)
}

// readXML reads a part of a workbook.
func readXML(z *zip.Reader, name string, v any) error {
	return readPart(z, name, func(d *xml.Decoder) error { return d.Decode(v) })
}

func readPart(z *zip.Reader, name string, read func(*xml.Decoder) error) error {
	m := entry(z, name)
	if m == nil {
		return brokenWorkbook(fmt.Errorf("%s is missing", name))
	}
	r, err := m.Open()
	if err != nil {
		return brokenWorkbook(err)
	}
	defer r.Close()
	if err := read(xml.NewDecoder(r)); err != nil {
		if e, ok := err.(*Error); ok {
			return e
		}
		return brokenWorkbook(err)
	}
	return nil
}

// checkTexts looks whether the shared texts, if there are any, are whole.
func checkTexts(z *zip.Reader) error {
	const name = "xl/sharedStrings.xml"
	if entry(z, name) == nil {
		return nil
	}
	return readPart(z, name, func(d *xml.Decoder) error {
		return tokens(d, func(xml.Token) error { return nil })
	})
}

func tokens(d *xml.Decoder, fn func(xml.Token) error) error {
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
	}
}

// checkSheet looks whether a sheet is whole and holds what can be read, and
// how wide it is.
func checkSheet(z *zip.Reader, part string) (width int, err error) {
	col, formula, value, texts, empty := 0, false, false, false, false
	err = readPart(z, part, func(d *xml.Decoder) error {
		return tokens(d, func(t xml.Token) error {
			switch t := t.(type) {
			case xml.StartElement:
				switch t.Name.Local {
				case "row":
					col = 0
				case "c":
					col, formula, value, texts, empty = col+1, false, false, false, false
					for _, a := range t.Attr {
						switch {
						case a.Name.Local == "r":
							var err error
							if col, _, err = excelize.CellNameToCoordinates(a.Value); err != nil {
								return err
							}
						case a.Name.Local == "t" && a.Value == "d":
							return Fault(KindFormat, "save the sheet as CSV", "the sheet holds dates in a form that is not read")
						case a.Name.Local == "t" && a.Value == "str":
							texts = true
						}
					}
				case "f":
					formula = true
				case "v":
					value, empty = true, true
				case "is":
					value = true
				case "mergeCell":
					return checkMerge(t.Attr)
				}
			case xml.CharData:
				empty = empty && len(t) == 0
			case xml.EndElement:
				if t.Name.Local != "c" {
					break
				}
				// A program that computes nothing writes an empty value; one that computed an empty text says that it is a text.
				if formula && (!value || empty && !texts) {
					return Fault(KindFormat, "open it in a spreadsheet program and save it, or save the sheet as CSV", "the sheet holds formulas whose values were never computed")
				}
				if value {
					width = max(width, col)
				}
			}
			return nil
		})
	})
	return width, err
}

// checkMerge refuses cells that are merged over several rows below the first:
// only the uppermost holds the value, and whether it is that of the others too
// is not certain. In the first row it is a title, and within a row nothing is lost.
func checkMerge(attrs []xml.Attr) error {
	for _, a := range attrs {
		from, to, several := strings.Cut(a.Value, ":")
		if a.Name.Local != "ref" || !several {
			continue
		}
		_, first, err := excelize.CellNameToCoordinates(from)
		if err != nil {
			return err
		}
		_, last, err := excelize.CellNameToCoordinates(to)
		if err != nil {
			return err
		}
		if first > 1 && last > first {
			return Fault(KindFormat, "unmerge them and fill in what each row means, or save the sheet as CSV and do so there", "the sheet has cells that are merged over several rows (%s)", Clip(a.Value, 20))
		}
	}
	return nil
}

// openWorkbook opens a workbook and has it show each cell so that it can be
// read. The library panics on some files that are no workbooks.
func (o *Limits) openWorkbook(r io.Reader) (book *excelize.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = brokenWorkbook(fmt.Errorf("%v", p))
		}
	}()
	book, err = excelize.OpenReader(r, excelize.Options{TmpDir: o.TempDir, UnzipSizeLimit: 2*workbookSheet + workbookRest, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	if err := plainStyles(book); err != nil {
		book.Close()
		return nil, brokenWorkbook(err)
	}
	return book, nil
}

// isoTime is how cells with a date are shown.
const isoTime = "yyyy-mm-dd hh:mm:ss"

// noFormat is the number of a format that nobody defines: numbers stay as they are.
const noFormat = 1 << 20

// plainStyles gives each style of a date the ISO form, and all others none, but
// for those that show leading zeros.
func plainStyles(book *excelize.File) error {
	if book.Styles == nil || book.Styles.CellXfs == nil {
		return nil
	}
	iso := isoTime
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &iso})
	if err != nil {
		return err
	}
	dates, none := *book.Styles.CellXfs.Xf[style].NumFmtID, noFormat
	codes := map[int]string{}
	if f := book.Styles.NumFmts; f != nil {
		for _, n := range f.NumFmt {
			codes[n.NumFmtID] = n.FormatCode
		}
	}
	for i := range book.Styles.CellXfs.Xf {
		xf := &book.Styles.CellXfs.Xf[i]
		if xf.NumFmtID == nil {
			continue
		}
		switch code := codes[*xf.NumFmtID]; {
		case showsDate(*xf.NumFmtID, code):
			xf.NumFmtID = &dates
		case zeros.MatchString(code), showsTime(*xf.NumFmtID, code):
		default:
			xf.NumFmtID = &none
		}
	}
	return nil
}

var (
	zeros = regexp.MustCompile(`^0{2,}$`)
	// literal is what stands for itself in a format: quoted, in brackets, escaped.
	literal = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.|_.|\*.`)
)

// showsDate tells whether a format, built in or by its code, shows a day or year.
func showsDate(id int, code string) bool {
	if code == "" {
		return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 58
	}
	return strings.ContainsAny(literal.ReplaceAllString(strings.ToLower(code), ""), "dy")
}

// showsTime tells whether a format shows a time of day or a duration.
func showsTime(id int, code string) bool {
	if code == "" {
		return id >= 18 && id <= 21 || id >= 32 && id <= 35 || id >= 45 && id <= 47
	}
	return strings.ContainsAny(strings.ToLower(code), "hs") && !strings.Contains(strings.ToLower(code), "general")
}
