package export

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Format is how a table is delivered.
type Format byte

const (
	FormatCSV Format = iota
	FormatJSON
	FormatNDJSON
)

// Kind is the JSON type of a column; in CSV all cells are text.
type Kind byte

const (
	Text     Kind = iota
	Integer       // JSON number
	Boolean       // JSON true or false
	Days          // JSON number, or text when it ends in '+'
	Document      // JSON text in a CSV cell
)

// Column is a column of a table.
type Column struct {
	Name  string // as the vendor's page writes it, or camelCase for Oleria
	Label string // header in a CSV, when it differs from name
	Kind  Kind
}

// Damage is one of the broken ways in which BalkanID's pages show a JSON cell.
type Damage byte

const (
	Intact    Damage = iota
	Collapsed        // "{"a":","b":"c"}": outer quotes kept, "" become "
	OuterRaw         // "{"a":"","b":"c"}": outer quotes kept, inner ones single
	Bare             // {"a":"","b":"c"}: no quotes at all
)

// Row is one record.
type Row struct {
	Key    string
	Part   string // which request delivers it, when a dataset needs several
	Cells  []string
	Damage Damage
}

// Bad is a line that no reader can turn into a row.
type Bad struct {
	Before int    // index of the row that follows it
	Line   string // without line end
	Rule   string // what is wrong: frame or cell
}

// Table is one dataset: what it says and how it is delivered.
type Table struct {
	dataset string
	Columns []Column
	Rows    []Row
	Bad     []Bad
	Format  Format
	CRLF    bool
	BOM     bool
	Gzip    bool
	Headers Headers // how columns are called; "": as the vendor does
}

// Add appends a row; its key is unique in the table.
func (t *Table) Add(key string, cells ...string) *Row {
	if len(cells) != len(t.Columns) {
		panic("vendorsim: " + t.dataset + ": row and columns differ in length")
	}
	t.Rows = append(t.Rows, Row{Key: key, Cells: cells})
	return &t.Rows[len(t.Rows)-1]
}

// Extension is that of a file with this payload.
func (t *Table) Extension() string {
	ext := ".csv"
	switch t.Format {
	case FormatJSON:
		ext = ".json"
	case FormatNDJSON:
		ext = ".ndjson"
	}
	if t.Gzip {
		ext += ".gz"
	}
	return ext
}

// MediaType is that of a file with this payload.
func (t *Table) MediaType() string {
	switch {
	case t.Gzip:
		return "application/gzip"
	case t.Format == FormatJSON:
		return "application/json"
	case t.Format == FormatNDJSON:
		return "application/x-ndjson"
	}
	return "text/csv"
}

// Payload is what the vendor delivers for one part; everything means all.
func (t *Table) Payload(part string) []byte {
	var b bytes.Buffer
	switch t.Format {
	case FormatCSV:
		t.writeCSV(&b, part)
	default:
		t.writeJSON(&b, part)
	}
	if !t.Gzip {
		return b.Bytes()
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b.Bytes())
	w.Close()
	return z.Bytes()
}

// Everything asks for the rows of all parts.
const Everything = "*"

func (t *Table) writeCSV(b *bytes.Buffer, part string) {
	end := "\n"
	if t.CRLF {
		end = "\r\n"
	}
	if t.BOM {
		b.WriteString("\ufeff")
	}
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		if c.Label != "" {
			writeCell(b, t.Headers.spell(c.Label))
		} else {
			writeCell(b, t.Headers.spell(c.Name))
		}
	}
	b.WriteString(end)
	wrong := t.Bad
	for i := range t.Rows {
		for len(wrong) > 0 && wrong[0].Before == i {
			b.WriteString(wrong[0].Line + end)
			wrong = wrong[1:]
		}
		r := &t.Rows[i]
		if part != Everything && r.Part != part {
			continue
		}
		for k, cell := range r.Cells {
			if k > 0 {
				b.WriteByte(',')
			}
			if t.Columns[k].Kind == Document && r.Damage != Intact {
				writeDamaged(b, cell, r.Damage)
			} else {
				writeCell(b, cell)
			}
		}
		b.WriteString(end)
	}
}

func writeCell(b *bytes.Buffer, s string) {
	if !strings.ContainsAny(s, ",\"\r\n") && !strings.HasPrefix(s, " ") {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(s, `"`, `""`))
	b.WriteByte('"')
}

func writeDamaged(b *bytes.Buffer, s string, d Damage) {
	switch d {
	case Bare:
		b.WriteString(s)
	case Collapsed:
		b.WriteString(`"` + strings.ReplaceAll(s, `""`, `"`) + `"`)
	default:
		b.WriteString(`"` + s + `"`)
	}
}

func (t *Table) writeJSON(b *bytes.Buffer, part string) {
	if t.Format == FormatJSON {
		b.WriteByte('[')
	}
	first := true
	for i := range t.Rows {
		r := &t.Rows[i]
		if part != Everything && r.Part != part {
			continue
		}
		if t.Format == FormatJSON && !first {
			b.WriteString(",\n")
		}
		first = false
		t.writeObject(b, r)
		if t.Format == FormatNDJSON {
			b.WriteByte('\n')
		}
	}
	if t.Format == FormatJSON {
		b.WriteString("]\n")
	}
}

func (t *Table) writeObject(b *bytes.Buffer, r *Row) {
	b.WriteByte('{')
	for k, c := range t.Columns {
		if k > 0 {
			b.WriteByte(',')
		}
		b.WriteString(Quote(t.Headers.spell(c.Name)) + ":")
		cell := r.Cells[k]
		switch {
		case cell == "":
			b.WriteString("null")
		case c.Kind == Integer || c.Kind == Boolean || c.Kind == Document,
			c.Kind == Days && !strings.HasSuffix(cell, "+"):
			b.WriteString(cell)
		default:
			b.WriteString(Quote(cell))
		}
	}
	b.WriteByte('}')
}

// Quote is s as JSON text.
func Quote(s string) string { return string(CompactJSON(s)) }

// CompactJSON is v as JSON on one line, with < > & as they are.
func CompactJSON(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("vendorsim: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// Compare orders cells as numbers where both are, else as text.
func Compare(a, b string) int {
	x, errA := strconv.ParseFloat(strings.TrimSuffix(a, "+"), 64)
	y, errB := strconv.ParseFloat(strings.TrimSuffix(b, "+"), 64)
	if errA == nil && errB == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b) // ISO times sort as text
}

// Stamp is a time as a cell; no time is an empty one.
func Stamp(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

// Bool is a boolean as a cell.
func Bool(b bool) string { return strconv.FormatBool(b) }
