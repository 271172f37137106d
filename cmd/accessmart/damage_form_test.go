package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"strings"
)

// csvForm is how records are written as CSV.
type csvForm struct {
	comma  byte   // "," when zero
	eol    string // "\n" when empty
	quoted bool   // all cells
	pad    string // blanks around cells that are not quoted
}

func parseCSV(data []byte) [][]string {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		panic(err)
	}
	return rows
}

func renderCSV(rows [][]string, f csvForm) []byte {
	var b bytes.Buffer
	for _, row := range rows {
		b.WriteString(csvLine(row, f))
	}
	return b.Bytes()
}

func csvLine(row []string, f csvForm) string {
	if f.comma == 0 {
		f.comma = ','
	}
	if f.eol == "" {
		f.eol = "\n"
	}
	cells := make([]string, len(row))
	for i, v := range row {
		if cells[i] = v; f.quoted || strings.ContainsAny(v, "\"\r\n"+string(f.comma)) {
			cells[i] = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		} else if f.pad != "" {
			cells[i] = f.pad + v + f.pad
		}
	}
	return strings.Join(cells, string(f.comma)) + f.eol
}

// document is a JSON document as the records in it and what stands around.
type document struct {
	head, tail string
	records    []json.RawMessage
}

func parseDocument(data []byte) document {
	var d document
	if err := json.Unmarshal(data, &d.records); err == nil {
		d.head, d.tail = "[", "]\n"
		return d
	}
	var envelope struct{ Objects json.RawMessage }
	if err := json.Unmarshal(data, &envelope); err != nil {
		panic(err)
	}
	at := bytes.Index(data, envelope.Objects)
	d.head, d.tail = string(data[:at])+"[", "]"+string(data[at+len(envelope.Objects):])
	if err := json.Unmarshal(envelope.Objects, &d.records); err != nil {
		panic(err)
	}
	return d
}

func (d document) render(between string) []byte {
	var b bytes.Buffer
	b.WriteString(d.head)
	for i, r := range d.records {
		if i > 0 {
			b.WriteString(between)
		}
		b.Write(r)
	}
	b.WriteString(d.tail)
	return b.Bytes()
}

// records are those of a JSON delivery, of lines or of a document.
func (d *delivery) records() document {
	if d.isLines() {
		var doc document
		for line := range bytes.Lines(d.data) {
			doc.records = append(doc.records, bytes.TrimSpace(line))
		}
		return doc
	}
	return parseDocument(d.data)
}

func (d *delivery) render(doc document) []byte {
	if d.isLines() {
		return append(doc.render("\n"), '\n')
	}
	return doc.render(",\n")
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return b.Bytes()
}
