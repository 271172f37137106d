package frame

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"sync"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// Dialect is how one CSV text is written. It is decided once, from the
// beginning of the text, and holds for all of it.
type Dialect struct {
	Separator byte   // between cells
	EOL       byte   // that ends a line: a line feed, or a carriage return where no line feed follows
	crlf      bool   // the header ends in both
	line      int    // of the header, from 1
	from      string // what the text was before it was UTF-8; "" when it was that
}

var separatorNames = map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe"}

// separators in the order in which they are tried.
const separators = ",;\t|"

// String tells a person how the text is written.
func (d Dialect) String() string {
	var b strings.Builder
	if strings.HasPrefix(d.from, "xlsx") {
		b.WriteString(d.from)
	} else {
		b.WriteString("csv, " + cmp.Or(d.from, "utf-8") + ", " + separatorNames[d.Separator])
	}
	switch {
	case strings.HasPrefix(d.from, "xlsx"):
	case d.EOL == '\r':
		b.WriteString(", cr")
	case d.crlf:
		b.WriteString(", crlf")
	default:
		b.WriteString(", lf")
	}
	if d.line > 1 {
		fmt.Fprintf(&b, ", header in line %d", d.line)
	}
	return b.String()
}

// JSONDialect tells the same of a JSON text, which was from before it was UTF-8.
func JSONDialect(lines bool, from string) string {
	format := schemas.JSONs
	if lines {
		format = schemas.NDJSON
	}
	return string(format) + ", " + cmp.Or(from, "utf-8")
}

// Dialects counts the texts of an export by how they are written. The zero value
// is none.
type Dialects struct {
	mu     sync.Mutex
	names  []string
	counts map[string]int
	legacy map[*Dialect]bool
}

// Add counts n texts more that are written so.
func (s *Dialects) Add(name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts, s.legacy = map[string]int{}, map[*Dialect]bool{}
	}
	if _, known := s.counts[name]; !known {
		s.names = append(s.names, name)
	}
	s.counts[name] += n
}

// Twice notes that a text of that dialect turned out to be encoded twice.
func (s *Dialects) Twice(name string) {
	s.Add(name, -1)
	s.Add(name+", encoded twice", 1)
}

// Western notes that a text turned out to be Windows-1252.
func (s *Dialects) Western(d *Dialect) {
	if s.legacy[d] {
		return
	}
	s.legacy[d] = true
	was := d.String()
	now := *d
	now.from = windows1252
	s.Add(was, -1)
	s.Add(now.String(), 1)
}

// maxNamed is how many ways are named.
const maxNamed = 5

// String lists them, in the order in which they were met.
func (s *Dialects) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, n := range s.names {
		if s.counts[n] > 0 {
			names = append(names, n)
		}
	}
	if more := len(names) - maxNamed; more > 0 {
		names = append(names[:maxNamed], fmt.Sprintf("and %d other ways", more))
	}
	return strings.Join(names, "; ")
}

const (
	// leadLines is how many lines may stand before a header: a title, a date,
	// who made the file.
	leadLines = 10
	// leadBytes bounds what is read in search of a header that is not the first line.
	leadBytes = 64 << 10
)

// beginning is what a CSV text shows before its records.
type beginning struct {
	Dialect
	Header []string
	raw    []byte // the line of the header
	next   int    // where the records begin
}

// Fit is how well a line is the header of a dataset.
type Fit int

const (
	NoHeader Fit = iota
	Likely       // it could be
	Surely       // it hardly has a name that is not known
)

// begin reads the beginning of a CSV text. fits tells whether a line is the
// header of the dataset; without it the first line is. Where none fits the
// first line is returned as if it did. It returns more, and nothing else,
// where data is too short to tell.
func (o *Limits) begin(data []byte, eof bool, fits func([]string) Fit) (beginning, scan.Status, error) {
	at := lead{data: data, eof: eof, line: 1}
	at.blanks()
	seps, stated, st, err := at.statement()
	if err != nil || st == scan.More {
		return beginning{}, st, err
	}
	if fits == nil {
		if b, st, err := o.titled(at, seps); err != nil || st != scan.Bad {
			return b, st, err
		}
	}
	first, firstStatus := beginning{}, scan.Bad
	start := at.pos
	for n := 0; n <= leadLines; n++ {
		at.blanks()
		if at.pos == len(data) && n > 0 {
			break
		}
		for _, eol := range at.ends() {
			for i := range len(seps) {
				d := Dialect{Separator: seps[i], EOL: eol, line: at.line}
				fields, next, st := SplitRecord(data[at.pos:], d, eof, o.MaxColumns)
				if n == 0 && i == 0 && firstStatus != scan.Good && st != scan.Bad {
					first, firstStatus = at.header(d, fields, next), st
				}
				switch {
				case st == scan.More && (n == 0 && i == 0 || len(data) < leadBytes):
					return beginning{}, scan.More, nil
				case st == scan.Good && (fits == nil && (stated || len(fields) > 1) || fits != nil && titles(data[start:at.pos], d, len(fields), fits(fields))):
					return at.header(d, fields, next), scan.Good, nil
				}
				if fits == nil && !stated { // nobody tells which separator is the right one
					if st == scan.Bad || len(fields) == 1 {
						return o.separated(at, d)
					}
					break
				}
			}
		}
		if fits == nil || at.pos == len(data) {
			break
		}
		if st := at.nextLine(); st == scan.More && len(data) < leadBytes {
			return beginning{}, scan.More, nil
		} else if st == scan.More {
			break
		}
	}
	return first, firstStatus, nil
}

// titles tells whether lines before a header of so many columns can be no more
// than that: a title, who made the file. What has as many cells as a record
// may be one, and so may what has half as many where the header is in doubt.
func titles(lines []byte, d Dialect, columns int, header Fit) bool {
	most := min(3, columns/2)
	switch header {
	case NoHeader:
		return false
	case Surely:
		most = max(most, min(4, columns-1))
	}
	for len(lines) > 0 {
		end, after := lineTo(lines, 0, d.EOL)
		if after < 0 {
			after = len(lines)
		}
		filled := 0
		for cell := range bytes.SplitSeq(lines[:end], []byte{d.Separator}) {
			if len(bytes.Trim(cell, "\" \t\r")) > 0 {
				filled++
			}
		}
		if filled > most {
			return false
		}
		lines = lines[after:]
	}
	return true
}

// lead is a place among the lines before the records.
type lead struct {
	data []byte
	eof  bool
	pos  int
	line int
}

// header is what begins with the header at pos, which is of size bytes.
func (l *lead) header(d Dialect, fields []string, size int) beginning {
	end := l.pos + size
	raw := l.data[l.pos:trimLine(l.data, l.pos, end, d.EOL)]
	d.crlf = d.EOL == '\n' && bytes.HasSuffix(l.data[:end], []byte("\r\n"))
	return beginning{Dialect: d, Header: fields, raw: bytes.Clone(raw), next: end}
}

// blanks passes over blank lines.
func (l *lead) blanks() {
	for l.pos < len(l.data) {
		switch c := l.data[l.pos]; {
		case c == '\n', c == '\r' && !l.feeds():
			l.line++
		case c != '\r':
			return
		}
		l.pos++
	}
}

// feeds tells whether a line feed follows the carriage return at pos.
func (l *lead) feeds() bool { return l.pos+1 < len(l.data) && l.data[l.pos+1] == '\n' }

// nextLine passes over the line at pos.
func (l *lead) nextLine() scan.Status {
	i := bytes.IndexAny(l.data[l.pos:], "\r\n")
	if i < 0 {
		if !l.eof {
			return scan.More
		}
		i = len(l.data) - l.pos
	}
	l.pos += i
	l.blanks()
	return scan.Good
}

// ends lists the line ends that the line at pos may have, the likelier first.
func (l *lead) ends() []byte {
	quoted := false
	for i, c := range l.data[l.pos:] {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return []byte{'\n'}
		case c == '\r' && l.pos+i+1 < len(l.data):
			if l.data[l.pos+i+1] == '\n' {
				return []byte{'\n'}
			}
			return []byte{'\r', '\n'}
		}
	}
	return []byte{'\n'}
}

// statement passes over a line `sep=;`, which spreadsheets write and read to
// tell the separator, and returns the separators that are possible.
func (l *lead) statement() (seps string, stated bool, st scan.Status, err error) {
	const word = "sep="
	rest := l.data[l.pos:]
	rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, BOM), []byte{'"'})
	if len(rest) < len(word)+2 && !l.eof {
		return "", false, scan.More, nil
	}
	if len(rest) < len(word) || !strings.EqualFold(string(rest[:len(word)]), word) {
		return separators, false, scan.Good, nil
	}
	end := bytes.IndexAny(rest, "\r\n")
	if end < 0 {
		if !l.eof && len(rest) < leadBytes {
			return "", false, scan.More, nil
		}
		end = len(rest)
	}
	value := strings.TrimSuffix(string(rest[len(word):end]), `"`)
	if len(value) != 1 || !strings.Contains(separators, value) {
		return "", false, scan.Bad, Fault(KindHeader, "export it separated by commas", "the line sep= states a separator that is not read")
	}
	l.nextLine()
	return value, true, scan.Good, nil
}
