package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/report"
)

// answerSink begins an answer in a format: what it rests on, where the format has a place for
// it, and then its rows.
func answerSink(a *report.Answer, out io.Writer, format string, style tableStyle) (rowSink, error) {
	names := make([]string, len(a.Columns))
	for i, c := range a.Columns {
		names[i] = c.Name
	}
	switch format {
	case formatTable, formatRecord:
		if _, err := io.WriteString(out, strings.Join(toldLines(a, style.width), "\n")+"\n\n"); err != nil {
			return nil, err
		}
		if format == formatRecord {
			return newRecordWriter(out, names, style.width, style.most), nil
		}
		return newTableWriter(out, names, style), nil
	case formatCSV:
		return newRowWriter(out, format, names), nil
	case formatJSON:
		return newEnvelope(a, out, names)
	case formatMarkdown:
		return newMarkdown(a, out, names), nil
	case formatHTML:
		return newPage(a, out, names), nil
	}
	return newWorkbook(a, out, names)
}

// toldLines are the lines that say what an answer rests on, no wider than a terminal of that
// width; 0 for none.
func toldLines(a *report.Answer, width int) (lines []string) {
	for _, told := range a.Told() {
		line := visible(told[0] + ": " + told[1])
		if width > 0 {
			lines = append(lines, brokenBehind(line, width, " ")...)
		} else {
			lines = append(lines, line)
		}
	}
	return lines
}

// envelope is an answer as one JSON object, whose member rows comes last.
type envelope struct {
	*rowWriter
}

func newEnvelope(a *report.Answer, out io.Writer, names []string) (rowSink, error) {
	type export struct {
		Source     string     `json:"source"`
		Dataset    string     `json:"dataset"`
		Status     string     `json:"status"`
		HasRows    bool       `json:"has_rows"`
		IsFiltered bool       `json:"is_filtered"`
		At         *time.Time `json:"data_at"`
	}
	moment := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
	exports := []export{}
	for _, e := range a.Exports {
		exports = append(exports, export{e.Source, e.Dataset, e.Status, e.HasRows, e.IsFiltered, moment(e.At)})
	}
	settings := map[string]string{}
	for _, s := range a.Settings {
		settings[s[0]] = s[1]
	}
	leftOut := []map[string]any{}
	for _, l := range a.LeftOut {
		leftOut = append(leftOut, map[string]any{"columns": l.Columns, "rows": l.Rows})
	}
	oldest, newest := a.Ends()
	w := &envelope{newRowWriter(out, formatJSON, names)}
	start := "{"
	for _, m := range []struct {
		name  string
		value any
	}{
		{"report", a.Name},
		{"question", a.Why},
		{"as_of", map[string]*time.Time{"run": moment(a.Run), "oldest": moment(oldest.At), "newest": moment(newest.At)}},
		{"coverage", map[string]any{"exports": exports, "lacking": append([]string{}, a.Lacking...)}},
		{"settings", settings},
		{"filters", append([]string{}, a.Filters...)},
		{"left_out", leftOut},
		{"caveat", a.Caveat},
	} {
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(w.out, "%s\n%q: %s", start, m.name, escaped(value))
		start = ","
	}
	_, err := w.out.WriteString(",\n\"rows\": ")
	return w, err
}

func (w *envelope) close() error {
	if err := w.rowWriter.close(); err != nil {
		return err
	}
	_, _ = w.out.WriteString("}\n")
	return w.out.Flush()
}

// markdown is an answer as a table of GitHub's Markdown.
type markdown struct{ out *bufio.Writer }

func newMarkdown(a *report.Answer, out io.Writer, names []string) *markdown {
	w := &markdown{bufio.NewWriterSize(out, 1<<16)}
	fmt.Fprintf(w.out, "# %s\n\n", markdownText(a.Name)) // an error shows with the last write
	for _, told := range a.Told()[1:] {
		fmt.Fprintf(w.out, "- %s: %s\n", told[0], markdownText(told[1]))
	}
	cells, rule := make([]any, len(names)), ""
	for i, name := range names {
		cells[i] = name
		rule += "| --- "
	}
	_, _ = w.out.WriteString("\n")
	_ = w.row(cells)
	_, _ = w.out.WriteString(rule + "|\n")
	return w
}

// markdownText is text that Markdown takes for nothing else.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range visible(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|&~!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (w *markdown) row(values []any) error {
	for _, v := range values {
		_, _ = w.out.WriteString("| " + markdownText(display(v)) + " ")
	}
	_, err := w.out.WriteString("|\n")
	return err
}

func (w *markdown) close() error { return w.out.Flush() }
func (w *markdown) flush() error { return w.out.Flush() }

// page is an answer as an HTML page that needs no other file and runs nothing.
type page struct{ out *bufio.Writer }

func newPage(a *report.Answer, out io.Writer, names []string) *page {
	w := &page{bufio.NewWriterSize(out, 1<<16)}
	fmt.Fprintf(w.out, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title>
<style>body{font:14px sans-serif;margin:2em}dt{font-weight:bold}table{border-collapse:collapse}th,td{border:1px solid #bbb;padding:.2em .5em;text-align:left;vertical-align:top}th{background:#eee}</style></head>
<body><h1>%[1]s</h1>
<dl>
`, html.EscapeString(a.Name))
	for _, told := range a.Told()[1:] {
		fmt.Fprintf(w.out, "<dt>%s</dt><dd>%s</dd>\n", html.EscapeString(told[0]), html.EscapeString(visible(told[1])))
	}
	_, _ = w.out.WriteString("</dl>\n<table><thead><tr>")
	for _, name := range names {
		fmt.Fprintf(w.out, `<th title="%s">%s</th>`, html.EscapeString(commentOf(a, name)), html.EscapeString(name))
	}
	_, _ = w.out.WriteString("</tr></thead><tbody>\n")
	return w
}

// commentOf is what a column means.
func commentOf(a *report.Answer, column string) string {
	for _, c := range a.Object.Columns {
		if c.Name == column {
			return c.Comment
		}
	}
	return ""
}

func (w *page) row(values []any) error {
	_, _ = w.out.WriteString("<tr>")
	for _, v := range values {
		_, _ = w.out.WriteString("<td>" + html.EscapeString(visible(display(v))) + "</td>")
	}
	_, err := w.out.WriteString("</tr>\n")
	return err
}

func (w *page) close() error {
	_, _ = w.out.WriteString("</tbody></table></body></html>\n")
	return w.out.Flush()
}

func (w *page) flush() error { return w.out.Flush() }

// workbook is an answer as a workbook: the sheet about says what it rests on and what the
// columns mean, and the sheet rows has the rows. All text is cells of text.
type workbook struct {
	out           io.Writer
	book          *excelize.File
	rows          *excelize.StreamWriter
	names         []string
	n             int // rows so far, with the heading
	day, at, text int // styles
}

// What a sheet can hold. The library would cut a longer text.
const (
	mostCellText = 32767
	mostSheet    = 1 << 20
)

func newWorkbook(a *report.Answer, out io.Writer, names []string) (_ *workbook, err error) {
	w := &workbook{out: out, book: excelize.NewFile(), names: names}
	style := func(s *excelize.Style) (id int) {
		var one error
		id, one = w.book.NewStyle(s)
		err = errors.Join(err, one)
		return id
	}
	day, at := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	w.day, w.at, w.text = style(&excelize.Style{CustomNumFmt: &day}), style(&excelize.Style{CustomNumFmt: &at}), style(&excelize.Style{NumFmt: 49})
	_, made := w.book.NewSheet("rows")
	if err = errors.Join(err, w.book.SetSheetName("Sheet1", "about"), made); err != nil {
		return nil, errors.Join(err, w.book.Close())
	}
	if err = w.about(a); err == nil {
		w.rows, err = w.book.NewStreamWriter("rows")
	}
	if err == nil {
		err = w.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	if err == nil {
		cells := make([]any, len(names))
		for i, name := range names {
			cells[i] = name
		}
		err = w.row(cells)
	}
	if err != nil {
		return nil, errors.Join(err, w.book.Close())
	}
	return w, nil
}

// about writes the sheet of that name.
func (w *workbook) about(a *report.Answer) error {
	lines := append(a.Told(), [2]string{"times", "in UTC"}, [2]string{}, [2]string{"column", "what it is"})
	for _, name := range w.names {
		lines = append(lines, [2]string{name, commentOf(a, name)})
	}
	err := errors.Join(w.book.SetColWidth("about", "A", "A", 24), w.book.SetColWidth("about", "B", "B", 120))
	for i, line := range lines {
		err = errors.Join(err, w.book.SetCellStr("about", fmt.Sprint("A", i+1), line[0]), w.book.SetCellStr("about", fmt.Sprint("B", i+1), line[1]))
	}
	return err
}

func (w *workbook) row(values []any) error {
	if w.n++; w.n > mostSheet {
		return fmt.Errorf("xlsx holds no more than %d rows; use csv, json or parquet, or a filter", mostSheet-1)
	}
	cells := make([]any, len(values))
	for i, v := range values {
		text := display(v)
		if len(utf16.Encode([]rune(text))) > mostCellText {
			return fmt.Errorf("xlsx holds no more than %d characters in a cell, and a value of column %s has more; use csv, json or parquet", mostCellText, w.names[i])
		}
		cells[i] = w.cell(v, text)
	}
	return w.rows.SetRow(fmt.Sprint("A", w.n), cells)
}

// cell is a value as a cell: a number, a flag or a moment that a workbook can hold exactly is
// one, all else is text.
func (w *workbook) cell(v any, text string) any {
	if v == nil {
		return nil
	}
	value, _ := v.(read.Value)
	if at, ok := value.Moment(); ok && at.Year() > 1900 && at.Year() < 10000 {
		if len(text) == len(time.DateOnly) {
			return excelize.Cell{StyleID: w.day, Value: at}
		}
		return excelize.Cell{StyleID: w.at, Value: at}
	}
	switch {
	case value.IsFlag():
		return value.Bool()
	case value.IsNumber() && len(text) <= 15: // as many digits as a workbook keeps
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case report.Guarded(text) != text: // stays text also after somebody edits it
		return excelize.Cell{StyleID: w.text, Value: text}
	}
	return text
}

func (w *workbook) close() error {
	err := w.rows.Flush()
	if err == nil {
		err = w.book.Write(w.out)
	}
	return errors.Join(err, w.book.Close())
}

func (w *workbook) flush() error { return w.book.Close() }

// writeParquet writes the answer as Parquet, with what it rests on in the metadata. DuckDB
// writes files alone.
func writeParquet(ctx context.Context, a *report.Answer, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "accessmart-report-*") // mode 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "answer.parquet")
	if err := a.WriteParquet(ctx, path, a.Told()); err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, in.Close())
}
