package transform

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"sync"

	"github.com/accessmart/accessmart/schemas"
)

// dialect is how one CSV text is written. It is decided once, from the
// beginning of the text, and holds for all of it.
type dialect struct {
	sep  byte   // between cells
	eol  byte   // that ends a line: a line feed, or a carriage return where no line feed follows
	crlf bool   // the header ends in both
	line int    // of the header, from 1
	from string // what the text was before it was UTF-8; "" when it was that
}

var separatorNames = map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe"}

// separators in the order in which they are tried.
const separators = ",;\t|"

func (d dialect) String() string {
	var b strings.Builder
	if strings.HasPrefix(d.from, "xlsx") {
		b.WriteString(d.from)
	} else {
		b.WriteString("csv, " + cmp.Or(d.from, "utf-8") + ", " + separatorNames[d.sep])
	}
	switch {
	case strings.HasPrefix(d.from, "xlsx"):
	case d.eol == '\r':
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

func jsonDialect(lines bool, from string) string {
	format := schemas.JSONs
	if lines {
		format = schemas.NDJSON
	}
	return string(format) + ", " + cmp.Or(from, "utf-8")
}

// spoken counts the texts of an export by how they are written. The zero value
// is none.
type spoken struct {
	mu     sync.Mutex
	names  []string
	counts map[string]int
	legacy map[*dialect]bool
}

func (s *spoken) add(name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts, s.legacy = map[string]int{}, map[*dialect]bool{}
	}
	if _, known := s.counts[name]; !known {
		s.names = append(s.names, name)
	}
	s.counts[name] += n
}

// western notes that a text turned out to be Windows-1252.
func (s *spoken) western(d *dialect) {
	if s.legacy[d] {
		return
	}
	s.legacy[d] = true
	was := d.String()
	now := *d
	now.from = windows1252
	s.add(was, -1)
	s.add(now.String(), 1)
}

// maxSpoken is how many ways are named.
const maxSpoken = 5

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, n := range s.names {
		if s.counts[n] > 0 {
			names = append(names, n)
		}
	}
	if more := len(names) - maxSpoken; more > 0 {
		names = append(names[:maxSpoken], fmt.Sprintf("and %d other ways", more))
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
	dialect
	header []string
	raw    []byte // the line of the header
	next   int    // where the records begin
}

// begin reads the beginning of a CSV text. fits tells whether a line is the
// header of the dataset; without it the first line is. Where none fits the
// first line is returned as if it did. It returns more, and nothing else,
// where data is too short to tell.
func (o *Options) begin(data []byte, eof bool, fits func([]string) fit) (beginning, status, error) {
	at := lead{data: data, eof: eof, line: 1}
	at.blanks()
	seps, stated, st, err := at.statement()
	if err != nil || st == more {
		return beginning{}, st, err
	}
	first, firstStatus := beginning{}, bad
	start := at.pos
	for n := 0; n <= leadLines; n++ {
		at.blanks()
		if at.pos == len(data) && n > 0 {
			break
		}
		for _, eol := range at.ends() {
			for i := range len(seps) {
				d := dialect{sep: seps[i], eol: eol, line: at.line}
				fields, next, st := splitRecord(data[at.pos:], d, eof, o.MaxColumns)
				if n == 0 && i == 0 && firstStatus != good && st != bad {
					first, firstStatus = at.header(d, fields, next), st
				}
				switch {
				case st == more && (n == 0 && i == 0 || len(data) < leadBytes):
					return beginning{}, more, nil
				case st == good && (fits == nil && (stated || len(fields) > 1) || fits != nil && titles(data[start:at.pos], d, len(fields), fits(fields))):
					return at.header(d, fields, next), good, nil
				}
				if fits == nil && !stated { // no contract tells which separator is the right one
					if st == bad || len(fields) == 1 {
						return o.separated(at, d)
					}
					break
				}
			}
		}
		if fits == nil || at.pos == len(data) {
			break
		}
		if st := at.nextLine(); st == more && len(data) < leadBytes {
			return beginning{}, more, nil
		} else if st == more {
			break
		}
	}
	return first, firstStatus, nil
}

// titles tells whether lines before a header of so many columns can be no more
// than that: a title, who made the file. What has as many cells as a record
// may be one, and so may what has half as many where the header is in doubt.
func titles(lines []byte, d dialect, columns int, header fit) bool {
	most := min(3, columns/2)
	switch header {
	case noHeader:
		return false
	case surely:
		most = max(most, min(4, columns-1))
	}
	for len(lines) > 0 {
		end, after := lineTo(lines, 0, d.eol)
		if after < 0 {
			after = len(lines)
		}
		filled := 0
		for cell := range bytes.SplitSeq(lines[:end], []byte{d.sep}) {
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
func (l *lead) header(d dialect, fields []string, size int) beginning {
	end := l.pos + size
	raw := l.data[l.pos:trimLine(l.data, l.pos, end, d.eol)]
	d.crlf = d.eol == '\n' && bytes.HasSuffix(l.data[:end], []byte("\r\n"))
	return beginning{dialect: d, header: fields, raw: bytes.Clone(raw), next: end}
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
func (l *lead) nextLine() status {
	i := bytes.IndexAny(l.data[l.pos:], "\r\n")
	if i < 0 {
		if !l.eof {
			return more
		}
		i = len(l.data) - l.pos
	}
	l.pos += i
	l.blanks()
	return good
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
func (l *lead) statement() (seps string, stated bool, st status, err error) {
	const word = "sep="
	rest := l.data[l.pos:]
	rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, bom), []byte{'"'})
	if len(rest) < len(word)+2 && !l.eof {
		return "", false, more, nil
	}
	if len(rest) < len(word) || !strings.EqualFold(string(rest[:len(word)]), word) {
		return separators, false, good, nil
	}
	end := bytes.IndexAny(rest, "\r\n")
	if end < 0 {
		if !l.eof && len(rest) < leadBytes {
			return "", false, more, nil
		}
		end = len(rest)
	}
	value := strings.TrimSuffix(string(rest[len(word):end]), `"`)
	if len(value) != 1 || !strings.Contains(separators, value) {
		return "", false, bad, fault(KindHeader, "export it separated by commas", "the line sep= states a separator that is not read")
	}
	l.nextLine()
	return value, true, good, nil
}
