package frame

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetReader is a sheet as CSV: commas, line feeds, quotes where needed. Each
// row has a cell for each column of the sheet, and an empty row is an empty line.
type sheetReader struct {
	ctx   context.Context
	rows  *excelize.Rows
	width int
	line  bytes.Buffer
}

func openSheet(ctx context.Context, book *excelize.File, s sheet) (io.ReadCloser, error) {
	rows, err := book.Rows(s.name)
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	return &sheetReader{ctx: ctx, rows: rows, width: s.width}, nil
}

func (s *sheetReader) Close() error { return s.rows.Close() }

func (s *sheetReader) Read(p []byte) (int, error) {
	for s.line.Len() == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	return s.line.Read(p)
}

// next writes the next row.
func (s *sheetReader) next() (err error) {
	defer func() { // the library panics on some files that are no workbooks
		if p := recover(); p != nil {
			err = brokenWorkbook(fmt.Errorf("%v", p))
		}
	}()
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if !s.rows.Next() {
		if err := s.rows.Error(); err != nil {
			return brokenWorkbook(err)
		}
		return io.EOF
	}
	cells, err := s.rows.Columns()
	if err != nil {
		return brokenWorkbook(err)
	}
	if strings.TrimSpace(strings.Join(cells, "")) != "" {
		for i := range s.width {
			if i > 0 {
				s.line.WriteByte(',')
			}
			if i < len(cells) {
				s.cell(cells[i])
			}
		}
	}
	s.line.WriteByte('\n')
	return nil
}

func (s *sheetReader) cell(v string) {
	if len(v) == len(isoTime) { // a day without a time of day
		v = strings.TrimSuffix(v, " 00:00:00")
	}
	if !strings.ContainsAny(v, "\",\r\n") {
		s.line.WriteString(v)
		return
	}
	s.line.WriteByte('"')
	s.line.WriteString(strings.ReplaceAll(v, `"`, `""`))
	s.line.WriteByte('"')
}
