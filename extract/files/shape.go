package files

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// shape is what the beginning of a file shows: which dataset it may be of, and
// whose and of when it says it is. What a file must not be, package transform
// says.
type shape struct {
	zip    bool
	lines  [][]string        // the first lines of a table, the cells of each
	keys   []string          // of a JSON document, or of the first record of a list
	many   bool              // the JSON is a list
	list   string            // the key of a document at which there is a list of records
	inner  []string          // the keys of the first of those
	values map[string]string // of the texts in a JSON document by their keys, and a.b where a is an object
}

// looked is how much of a file is looked at.
const (
	looked     = 64 << 10
	lookedJSON = 1 << 20
	lookedRows = 12 // a title of ten lines, the header and a record
)

// The beginnings of an archive, and of one that holds nothing.
var magicZIP, emptyZIP = []byte("PK\x03\x04"), []byte("PK\x05\x06")

// look reads the beginning of a file. It never fails: what cannot be read has
// no shape.
func look(r io.Reader) shape {
	br := bufio.NewReaderSize(r, looked)
	br, done := unpacked(br)
	if br == nil {
		return shape{}
	}
	defer done()
	head, _ := br.Peek(looked)
	if bytes.HasPrefix(head, magicZIP) || bytes.HasPrefix(head, emptyZIP) {
		return shape{zip: true}
	}
	text := plainText(head)
	switch first := strings.TrimLeft(text, " \t\r\n"); {
	case strings.HasPrefix(first, "{") || strings.HasPrefix(first, "["):
		if text == string(head) {
			return lookJSON(io.LimitReader(br, lookedJSON))
		}
		return lookJSON(strings.NewReader(text))
	case strings.HasPrefix(first, "<"), strings.ContainsRune(text, 0):
		return shape{}
	}
	return shape{lines: frame.Head([]byte(text), lookedRows)}
}

// unpacked takes compressions around one another off; nil where one is broken.
func unpacked(br *bufio.Reader) (_ *bufio.Reader, done func()) {
	done = func() {}
	for range 3 {
		head, _ := br.Peek(4)
		switch {
		case bytes.HasPrefix(head, []byte("\x1f\x8b")):
			z, err := gzip.NewReader(br)
			if err != nil {
				done()
				return nil, nil
			}
			br = bufio.NewReaderSize(z, looked)
		case bytes.Equal(head, []byte("\x28\xb5\x2f\xfd")):
			z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
			if err != nil {
				done()
				return nil, nil
			}
			inner := done
			done = func() { z.Close(); inner() }
			br = bufio.NewReaderSize(z, looked)
		}
	}
	return br, done
}

// plainText is the beginning of a text as UTF-8.
func plainText(head []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return string(bytes.TrimPrefix(head, frame.BOM))
	}
	units := make([]uint16, len(head)/2-1)
	for i := range units {
		units[i] = order.Uint16(head[2*i+2:])
	}
	return string(utf16.Decode(units))
}

// lookJSON reads the keys of a document and of the first of its records, as far
// as they stand in what is looked at.
func lookJSON(r io.Reader) shape {
	s := shape{values: map[string]string{}}
	d := json.NewDecoder(r)
	first, err := d.Token()
	if err != nil {
		return s
	}
	if first == json.Delim('[') {
		s.many = true
		if t, err := d.Token(); err == nil && t == json.Delim('{') {
			s.keys = keysOf(d)
		}
		return s
	}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			break
		}
		s.keys = append(s.keys, name)
		value, err := d.Token()
		if err != nil {
			break
		}
		if text, ok := value.(string); ok {
			s.values[name] = text
		}
		if value == json.Delim('[') && s.list == "" && d.More() {
			t, err := d.Token()
			if err != nil {
				break
			}
			if t == json.Delim('{') {
				s.inner, s.list = keysOf(d), name
			} else if _, nested := t.(json.Delim); nested && skip(d) != nil {
				break
			}
		}
		if value == json.Delim('{') {
			if s.texts(d, name+".") != nil {
				break
			}
		} else if value == json.Delim('[') && skip(d) != nil {
			break
		}
	}
	return s
}

// texts keeps the texts of an object that has just begun, and reads to its end.
func (s *shape) texts(d *json.Decoder, before string) error {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		switch value := value.(type) {
		case string:
			s.values[fmt.Sprint(before, key)] = value
		case json.Delim:
			if err := skip(d); err != nil {
				return err
			}
		}
	}
	_, err := d.Token() // the brace
	return err
}

// keysOf reads an object from behind its brace to its end.
func keysOf(d *json.Decoder) (keys []string) {
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return keys
		}
		keys = append(keys, name)
		value, err := d.Token()
		if err != nil {
			return keys
		}
		if _, nested := value.(json.Delim); nested && skip(d) != nil {
			return keys
		}
	}
	_, _ = d.Token() // the brace
	return keys
}

// skip reads to the end of what has just begun.
func skip(d *json.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// fact is the value of a column that a document states once for all records:
// `from: ["$.timestamp"]`.
func (s *shape) fact(c *schemas.Contract, is func(*schemas.Column) bool) string {
	for i := range c.Columns {
		for _, from := range c.Columns[i].From {
			if key, ok := strings.CutPrefix(from, "$."); ok && is(&c.Columns[i]) && s.values[key] != "" {
				return s.values[key]
			}
		}
	}
	return ""
}

// stated is the time that a document says it is of.
func (s *shape) stated(c *schemas.Contract, now time.Time) stamp {
	text := s.fact(c, func(c *schemas.Column) bool { return c.Type == schemas.Timestamp })
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.After(now.Add(day)) {
		return stamp{}
	}
	return stamp{at: at.UTC(), unit: time.Second, from: schemas.FileTimeDocument}
}

// tenant is whose export it says it is.
func (s *shape) tenant(c *schemas.Contract) string {
	if t := s.fact(c, func(c *schemas.Column) bool { return c.Name == "tenant" }); t != "" {
		return t
	}
	column := c.Column("tenant_id")
	if column == nil {
		return ""
	}
	for i, line := range s.lines {
		for j, cell := range line {
			for _, from := range column.From {
				if schemas.NormalHeader(cell) == schemas.NormalHeader(from) && i+1 < len(s.lines) && j < len(s.lines[i+1]) {
					return strings.TrimFunc(s.lines[i+1][j], schemas.IsBlank)
				}
			}
		}
	}
	return ""
}
