package frame

import (
	"fmt"
	"slices"

	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/schemas"
)

// Which sheet of a workbook is read. A report has a summary before the records,
// or a sheet for each year: what is not certain by a name or a header is refused.

// chooseSheet takes the sheet that is named like the dataset, else the only one
// that has its header, else the first that is not hidden.
func (c *container) chooseSheet(book *excelize.File, sheets []sheet) (chosen sheet, others []string, err error) {
	named := slices.IndexFunc(sheets, c.isNamedLike)
	shown := slices.DeleteFunc(slices.Clone(sheets), func(s sheet) bool { return s.hidden })
	switch {
	case named >= 0:
		chosen = sheets[named]
	case len(shown) == 0:
		return sheet{}, nil, Fault(KindFormat, "save the right sheet as CSV", "the workbook has no sheet of cells that is not hidden")
	default:
		if chosen, err = c.sheetByHeader(book, shown); err != nil {
			return sheet{}, nil, err
		}
	}
	for _, s := range shown {
		if s.name != chosen.name {
			others = append(others, s.name)
		}
	}
	return chosen, others, nil
}

func (c *container) isNamedLike(s sheet) bool {
	return schemas.NormalHeader(s.name) == schemas.NormalHeader(c.in.Pick.Dataset)
}

// sheetByHeader is the only sheet with the header of the dataset, or the first
// where none has it; of a dataset without known columns the first, if no other
// has the same header. Several that may be the dataset's are a fault.
func (c *container) sheetByHeader(book *excelize.File, shown []sheet) (sheet, error) {
	fits := c.in.Pick.Fits
	var alike []sheet
	var first []string
	for i, s := range shown {
		rows, err := topOf(book, s.name)
		if err != nil {
			return sheet{}, err
		}
		switch header := widest(rows); {
		case fits != nil && slices.ContainsFunc(rows, func(r []string) bool { return fits(r) != NoHeader }):
			alike = append(alike, s)
		case fits == nil && i == 0:
			alike, first = append(alike, s), header
		case fits == nil && len(first) > 1 && slices.Equal(first, header):
			alike = append(alike, s)
		}
	}
	switch len(alike) {
	case 0:
		return shown[0], nil
	case 1:
		return alike[0], nil
	}
	var names []string
	for _, s := range alike {
		names = append(names, Clip(s.name, 40))
	}
	what := "have the header of this dataset"
	if fits == nil {
		what = "have the same header"
	}
	return sheet{}, Fault(KindFormat, "name the sheet "+c.in.Pick.Dataset+" if it alone counts, else put all into one sheet, or save each as CSV",
		"the sheets %s %s: which of them count is not certain", Listing(names), what)
}

// topOf are the rows at the top of a sheet among which its header is.
func topOf(book *excelize.File, name string) (top [][]string, err error) {
	defer func() { // the library panics on some files that are no workbooks
		if p := recover(); p != nil {
			err = brokenWorkbook(fmt.Errorf("%v", p))
		}
	}()
	rows, err := book.Rows(name)
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	defer rows.Close()
	for range 2 * leadLines {
		if !rows.Next() {
			break
		}
		cells, err := rows.Columns()
		if err != nil {
			return nil, brokenWorkbook(err)
		}
		top = append(top, cells)
	}
	return top, nil
}

// widest is the first of the widest rows.
func widest(rows [][]string) (header []string) {
	for _, cells := range rows {
		if len(cells) > len(header) {
			header = cells
		}
	}
	return header
}

// inSheet names the sheets of a workbook in which the header is not found.
func inSheet(err error, name string, others []string) error {
	if e, ok := err.(*Error); ok && e.Kind == KindHeader && len(others) > 0 {
		e.Err = fmt.Errorf("of the workbook the sheet %s is read, not %s: %w", Clip(name, 40), Listing(others), e.Err)
	}
	return err
}
