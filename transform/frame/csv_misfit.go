package frame

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// Not every line between the first and the last is a record: people and
// spreadsheets add totals and rows of separators, a transfer breaks off into
// an error document, a lost or doubled separator moves every cell behind it.
// What is not as wide as the header is read only where the text as a whole
// shows that it must be so.

// ReportLine is why such a line is no record.
const ReportLine = "a line of a report, by its first word, and no record"

// widths is what the records of a text look like beside its header.
type widths struct {
	full   int64 // records of as many cells
	open   bool  // one of these ends in an empty cell
	short  int64
	long   int64
	cells  int   // of the long ones; -1 where they differ
	valued bool  // a cell beyond the header holds a value
	read   int64 // short and long ones that were read
}

// unusual settles a strict record that begins oddly or is not as wide as the
// header.
func (c *CSV) unusual(f *Frame, data []byte, start, next int) error {
	end, want := trimLine(data, start, next, c.EOL), len(c.layout.Want)
	rec := bytes.TrimPrefix(data[start:end], BOM)
	c.w.pos = next
	var why string
	switch {
	case int64(next-start) > c.o.MaxRecord:
		c.Refuse(f, start, end, schemas.RuleLimit, c.limitMessage())
		return nil
	case bytes.Equal(rec, c.header):
		return c.skip(f, start, end, "the header once more")
	case valueless(rec, c.Separator):
		c.blankLine(f)
		return c.skip(f, start, end, "no cell has a value")
	case c.layout.Report(rec):
		return c.skip(f, start, end, ReportLine)
	case c.shape.cells == want:
		if why = c.layout.Remark(rec); why != "" {
			break
		}
		if what := errorDocument(rec, true); what != "" {
			return c.turnDown(f, start, end, "")
		}
		c.met.full++
		c.met.open = c.met.open || c.shape.blank
	default:
		var err error
		if why, err = c.misfit(f, rec, next); err != nil {
			return err
		}
		if why != "" && c.shape.surplus && bytes.IndexByte(rec, '"') < 0 {
			c.rollback(f)
			if c.repaired(f, start, end) {
				c.met.long--
				return nil
			}
		}
	}
	if why != "" {
		return c.turnDown(f, start, end, why)
	}
	c.Accept(f, start, end)
	return nil
}

// skip makes a reject of a line that is certainly no record.
func (c *CSV) skip(f *Frame, start, end int, why string) error {
	c.Refuse(f, start, end, schemas.RuleFrame, why)
	f.Rejects[len(f.Rejects)-1].None = true
	return nil
}

// misfit tells why a record that is not as wide as the header is none, or
// nothing where it is one.
func (c *CSV) misfit(f *Frame, rec []byte, next int) (why string, err error) {
	l, s := c.layout, c.shape
	want := len(l.Want)
	why = fmt.Sprintf("%d cells under a header of %d", s.cells, want)
	long := s.cells > want
	if long {
		if c.met.long++; c.met.long > 1 && c.met.cells != s.cells {
			s.cells = -1
		}
		c.met.cells = s.cells
		c.met.valued = c.met.valued || s.surplus
	} else {
		c.met.short++
	}
	switch {
	case c.reopen == nil, long && (s.surplus || !l.Aligned):
		return why, nil
	case long:
		all, err := c.survey()
		if err != nil || all.full > 0 || all.cells != c.shape.cells || all.valued {
			return why, err
		}
	case next == c.w.n && c.w.eof && c.w.buf[next-1] != c.EOL:
		// The last record, without a line end, is more likely what is left of
		// one that was cut.
		return fmt.Sprintf("the text ends after %d cells under a header of %d", s.cells, want), nil
	case l.Least == 0 || s.cells < l.Least || s.cells == 1:
		return why, nil
	case s.blank:
		return why + ", of which the last is empty: not what a writer leaves that omits empty cells at the end", nil
	default:
		all, err := c.survey()
		if err != nil {
			return why, err
		}
		if all.open || all.full == 0 {
			return why + ", in a file that writes empty cells at the end of a line elsewhere", nil
		}
		if shifted := c.words.shifted(l, func(i int) []byte { return c.cellOf(f, i) }); shifted != "" {
			return why + ", and " + shifted, nil
		}
	}
	c.met.read++
	if long {
		c.cut++
	} else {
		c.padded++
	}
	return "", nil
}

// Next is [cutter.next], which tells in a finding what was read though it is
// not as wide as the header.
func (c *CSV) Next(f *Frame) error {
	apart := c.apart
	c.gap = -1
	err := c.cutter.Next(f)
	c.noteGap(f, apart)
	if c.padded > 0 {
		f.Found.Add(schemas.Finding{Rule: "short_rows", Count: c.padded, Detail: "fewer cells than the header has; the rest is empty, as the contract says of this vendor"})
	}
	if c.cut > 0 {
		f.Found.Add(schemas.Finding{Rule: "surplus_cells", Count: c.cut, Detail: "each record ends in separators that the header does not have"})
	}
	c.padded, c.cut = 0, 0
	return err
}

// noteGap notes where a blank line parts the records of a frame.
func (c *CSV) noteGap(f *Frame, apart bool) {
	switch {
	case apart:
		f.Near = 0
	case c.gap >= 0:
		f.Near = c.gap
	default:
		f.Near = len(f.Rows)
	}
}

// blankLine notes the first blank line between records.
func (c *CSV) blankLine(f *Frame) {
	if !c.apart && c.met.full > 0 {
		c.apart, c.gap = true, len(f.Rows)
	}
}

// survey looks through the whole text, once, at how wide its records are.
func (c *CSV) survey() (*widths, error) {
	if c.surveyed != nil {
		return c.surveyed, nil
	}
	r, err := c.reopen()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	in := c.cutter
	ordinal := int64(0)
	l := &Layout{Dialect: c.Dialect, Header: c.layout.Header, Want: make([]int32, len(c.layout.Want)), Members: -1, Report: c.layout.Report, Remark: c.layout.Remark}
	pad := c.layout.Least > 0
	for i := range l.Want {
		if l.Want[i] = -1; pad {
			l.Want[i] = int32(i)
		}
	}
	if pad {
		l.Slots = len(l.Want)
		c.words = newVocabulary(c.layout)
	}
	in.layout, in.Ordinal, in.sizes, in.w = l, &ordinal, nil, newWindow(r, c.o.Chunk)
	in.w.eol = c.EOL
	if err := in.w.skip(c.body, c.bodyLine); err != nil {
		return nil, err
	}
	s := newCSVFramer(in)
	s.header, s.cutter.ended = c.header, nil
	var buf []byte
	s.get = func(n int) []byte {
		if len(buf) < n {
			buf = make([]byte, n)
		}
		return buf
	}
	for {
		f := &Frame{}
		err := s.Next(f)
		if pad {
			c.words.learn(f)
		}
		for i := range f.Cols {
			f.Cols[i].Release(c.mem)
		}
		if err == io.EOF {
			c.surveyed = &s.met
			return c.surveyed, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// ended refuses a text of which no record is as wide as the header: then the
// header is not that of the records.
func (c *CSV) ended() error {
	m := &c.met
	if m.full > 0 || m.read > 0 || m.short+m.long == 0 {
		return nil
	}
	how := "fewer"
	switch {
	case m.long > 0 && m.short > 0:
		how = "fewer or more"
	case m.long > 0:
		how = "more"
	}
	return Fault(KindHeader, "compare the header with the records: a column is named and not delivered, or the other way round",
		"not one of %d records has as many cells as the header, which has %d: they have %s", m.short+m.long, len(c.layout.Want), how)
}

// suspectFirst are the first bytes of records that are looked at more closely:
// quotes, blanks, byte-order marks, markup, and those of the words of footers.
const suspectFirst = "\" \t\xc2\xe2\xe3\xef<#-=*_~TtEeGgSsPpRr"

// valueless tells whether a record has nothing but separators, quotes, blanks
// and strokes in it: a row that a spreadsheet left, or a line drawn.
func valueless(rec []byte, sep byte) bool {
	for i := 0; i < len(rec); i++ {
		switch c := rec[i]; {
		case c == sep, c == '"', c == ' ', c == '\t', c == '\r', c == '\n', c == '-', c == '=', c == '_', c == '*', c == '~':
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(rec[i:])
			if !schemas.IsBlank(r) {
				return false
			}
			i += n - 1
		default:
			return false
		}
	}
	return true
}

// errorDocument says what document a line begins that servers send in place of
// what they cannot deliver, "" where it is none. A line that could be a record is
// told from one only where it says so itself.
func errorDocument(line []byte, record bool) string {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, BOM))
	if len(line) == 0 || record && line[0] != '<' && line[0] != '{' {
		return ""
	}
	low := strings.ToLower(string(line[:min(len(line), 4096)]))
	for _, mark := range []string{"<?xml", "<!doctype", "<html", "<error>", "<error "} {
		if i := strings.Index(low, mark); i == 0 || i > 0 && !record {
			return "an XML or HTML document"
		}
	}
	switch {
	case line[0] == '{' && errorObject(line):
		return "a JSON error document"
	case record:
	case line[0] == '<' && len(low) > 1 && low[1] >= 'a' && low[1] <= 'z' && line[len(line)-1] == '>':
		return "markup"
	case len(line) == 1 && line[0] == '{':
		return "a JSON document"
	}
	return ""
}

// errorObject tells whether a text is a JSON object that speaks of an error.
func errorObject(text []byte) bool {
	s := &scan.Scanner{}
	if !scan.Valid(s, text, 0) {
		return false
	}
	found := false
	scan.EachMember(text, func(key, _ []byte) bool {
		switch strings.ToLower(string(key)) {
		case "error", "errors", "errorcode", "error_description", "fault", "exception":
			found = true
		}
		return !found
	})
	return found
}
