package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"github.com/accessmart/accessmart/load/report"
)

// rowWriter writes rows as JSON, an array of one object a line, or as CSV, as
// they come.
type rowWriter struct {
	out   *bufio.Writer
	csv   *csv.Writer // nil for JSON
	names [][]byte    // the keys of JSON
	cells []string
	rows  int
}

func newRowWriter(out io.Writer, format string, columns []string) *rowWriter {
	w := &rowWriter{out: bufio.NewWriterSize(out, 1<<16)}
	if format == formatCSV {
		w.csv = csv.NewWriter(w.out)
		w.cells = make([]string, len(columns))
		for i, name := range columns {
			w.cells[i] = report.Guarded(name)
		}
		_ = w.csv.Write(w.cells) // an error stays in the buffer below and shows with the next row
		return w
	}
	for _, name := range unique(columns) {
		key, _ := json.Marshal(name) // a text always has a JSON form
		w.names = append(w.names, key)
	}
	return w
}

// unique gives columns of the same name a number, as readers of JSON keep only
// one value of a key.
func unique(columns []string) []string {
	used := map[string]bool{}
	for _, name := range columns {
		used[name] = true
	}
	seen := map[string]bool{}
	out := make([]string, len(columns))
	for i, name := range columns {
		out[i] = name
		for n := 1; seen[out[i]] || n > 1 && used[out[i]]; n++ {
			out[i] = fmt.Sprintf("%s_%d", name, n)
		}
		seen[out[i]] = true
	}
	return out
}

func (w *rowWriter) row(values []any) error {
	w.rows++
	if w.csv != nil {
		for i, v := range values {
			w.cells[i] = report.Guarded(display(v))
		}
		return w.csv.Write(w.cells)
	}
	start := ",\n  {"
	if w.rows == 1 {
		start = "[\n  {"
	}
	_, _ = w.out.WriteString(start) // the last write tells of an error in any
	for i, v := range values {
		cell, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("column %s as JSON: %w", w.names[i], err)
		}
		if i > 0 {
			_, _ = w.out.WriteString(", ")
		}
		_, _ = w.out.Write(w.names[i])
		_, _ = w.out.WriteString(": ")
		_, _ = w.out.Write(escaped(cell))
	}
	return w.out.WriteByte('}')
}

// close ends the listing.
func (w *rowWriter) close() error {
	if w.csv == nil {
		end := "\n]\n"
		if w.rows == 0 {
			end = "[]\n"
		}
		_, _ = w.out.WriteString(end)
	}
	return w.flush()
}

// flush writes what is held back.
func (w *rowWriter) flush() error {
	if w.csv != nil {
		w.csv.Flush()
		if err := w.csv.Error(); err != nil {
			return err
		}
	}
	return w.out.Flush()
}
