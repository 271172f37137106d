package vendorsim

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// format is how a table is delivered.
type format byte

const (
	formatCSV format = iota
	formatJSON
	formatNDJSON
)

// kind is the JSON type of a column; in CSV all cells are text.
type kind byte

const (
	text     kind = iota
	integer       // JSON number
	boolean       // JSON true or false
	days          // JSON number, or text when it ends in '+'
	document      // JSON text in a CSV cell
)

type column struct {
	name  string // as the vendor's page writes it, or camelCase for Oleria
	label string // header in a CSV, when it differs from name
	kind  kind
}

// damage is one of the broken ways in which BalkanID's pages show a JSON cell.
type damage byte

const (
	intact    damage = iota
	collapsed        // "{"a":","b":"c"}": outer quotes kept, "" become "
	outerRaw         // "{"a":"","b":"c"}": outer quotes kept, inner ones single
	bare             // {"a":"","b":"c"}: no quotes at all
)

type row struct {
	key    string
	part   string // which request delivers it, when a dataset needs several
	cells  []string
	damage damage
}

// bad is a line that no reader can turn into a row.
type bad struct {
	before int    // index of the row that follows it
	line   string // without line end
	rule   string // what is wrong: frame or cell
}

type table struct {
	dataset string
	columns []column
	rows    []row
	bad     []bad
	format  format
	crlf    bool
	bom     bool
	gzip    bool
}

// add appends a row; its key is unique in the table.
func (t *table) add(key string, cells ...string) *row {
	if len(cells) != len(t.columns) {
		panic("vendorsim: " + t.dataset + ": row and columns differ in length")
	}
	t.rows = append(t.rows, row{key: key, cells: cells})
	return &t.rows[len(t.rows)-1]
}

// extension is that of a file with this payload.
func (t *table) extension() string {
	ext := ".csv"
	switch t.format {
	case formatJSON:
		ext = ".json"
	case formatNDJSON:
		ext = ".ndjson"
	}
	if t.gzip {
		ext += ".gz"
	}
	return ext
}

func (t *table) mediaType() string {
	switch {
	case t.gzip:
		return "application/gzip"
	case t.format == formatJSON:
		return "application/json"
	case t.format == formatNDJSON:
		return "application/x-ndjson"
	}
	return "text/csv"
}

// payload is what the vendor delivers for one part; everything means all.
func (t *table) payload(part string) []byte {
	var b bytes.Buffer
	switch t.format {
	case formatCSV:
		t.writeCSV(&b, part)
	default:
		t.writeJSON(&b, part)
	}
	if !t.gzip {
		return b.Bytes()
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b.Bytes())
	w.Close()
	return z.Bytes()
}

// everything asks for the rows of all parts.
const everything = "*"

func (t *table) writeCSV(b *bytes.Buffer, part string) {
	end := "\n"
	if t.crlf {
		end = "\r\n"
	}
	if t.bom {
		b.WriteString("\ufeff")
	}
	for i, c := range t.columns {
		if i > 0 {
			b.WriteByte(',')
		}
		if c.label != "" {
			writeCell(b, c.label)
		} else {
			writeCell(b, c.name)
		}
	}
	b.WriteString(end)
	wrong := t.bad
	for i := range t.rows {
		for len(wrong) > 0 && wrong[0].before == i {
			b.WriteString(wrong[0].line + end)
			wrong = wrong[1:]
		}
		r := &t.rows[i]
		if part != everything && r.part != part {
			continue
		}
		for k, cell := range r.cells {
			if k > 0 {
				b.WriteByte(',')
			}
			if t.columns[k].kind == document && r.damage != intact {
				writeDamaged(b, cell, r.damage)
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

func writeDamaged(b *bytes.Buffer, s string, d damage) {
	switch d {
	case bare:
		b.WriteString(s)
	case collapsed:
		b.WriteString(`"` + strings.ReplaceAll(s, `""`, `"`) + `"`)
	default:
		b.WriteString(`"` + s + `"`)
	}
}

func (t *table) writeJSON(b *bytes.Buffer, part string) {
	if t.format == formatJSON {
		b.WriteByte('[')
	}
	first := true
	for i := range t.rows {
		r := &t.rows[i]
		if part != everything && r.part != part {
			continue
		}
		if t.format == formatJSON && !first {
			b.WriteString(",\n")
		}
		first = false
		t.writeObject(b, r)
		if t.format == formatNDJSON {
			b.WriteByte('\n')
		}
	}
	if t.format == formatJSON {
		b.WriteString("]\n")
	}
}

func (t *table) writeObject(b *bytes.Buffer, r *row) {
	b.WriteByte('{')
	for k, c := range t.columns {
		if k > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(c.name) + ":")
		cell := r.cells[k]
		switch {
		case cell == "":
			b.WriteString("null")
		case c.kind == integer || c.kind == boolean || c.kind == document,
			c.kind == days && !strings.HasSuffix(cell, "+"):
			b.WriteString(cell)
		default:
			b.WriteString(quote(cell))
		}
	}
	b.WriteByte('}')
}

// quote is s as JSON text.
func quote(s string) string { return string(compactJSON(s)) }

// compactJSON is v as JSON on one line, with < > & as they are.
func compactJSON(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("vendorsim: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// compareCells orders cells as numbers where both are, else as text.
func compareCells(a, b string) int {
	x, errA := strconv.ParseFloat(strings.TrimSuffix(a, "+"), 64)
	y, errB := strconv.ParseFloat(strings.TrimSuffix(b, "+"), 64)
	if errA == nil && errB == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b) // ISO times sort as text
}

// stamp is a time as a cell; no time is an empty one.
func stamp(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

// yesno is a boolean as a cell.
func yesno(b bool) string { return strconv.FormatBool(b) }
