package transform

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"
)

// readHeader reads the first record of a CSV text and leaves the window
// behind it. bytes is nil where the text ends before one.
func (o *Options) readHeader(w *window) (header []string, found bool, err error) {
	if w.buf == nil {
		if err := w.renew(func(n int) []byte { return make([]byte, n) }); err != nil {
			return nil, false, err
		}
	}
	for {
		fields, next, st := splitRecord(w.rest(), w.eof, o.MaxColumns)
		switch {
		case len(fields) > o.MaxColumns:
			return nil, false, fault(KindHeader, "if the export is right, raise the limit", "more than %d columns", o.MaxColumns)
		case st == good:
			w.pos += next
			return fields, len(fields) > 0, o.checkHeader(fields)
		case st == bad:
			return nil, false, fault(KindHeader, "look at the first line of the artifact", "the header is not valid CSV")
		}
		if int64(len(w.rest())) > o.MaxRecord {
			return nil, false, fault(KindHeader, "look at the first line of the artifact", "the header is longer than %d bytes", o.MaxRecord)
		}
		if err := w.grow(int(o.MaxRecord) + 2); err != nil {
			return nil, false, err
		}
	}
}

// checkHeader refuses what is no header of a comma-separated file.
func (o *Options) checkHeader(fields []string) error {
	for _, h := range fields {
		if !utf8.ValidString(h) || strings.IndexByte(h, 0) >= 0 {
			return fault(KindEncoding, "export it as UTF-8", "the header is not UTF-8 text")
		}
	}
	if len(fields) == 1 {
		for _, sep := range []string{";", "\t", "|"} {
			if strings.Count(fields[0], sep) > 0 {
				return fault(KindHeader, "export it separated by commas", "the header seems to be separated by %q", sep)
			}
		}
	}
	return nil
}

// splitRecord reads one strict record at a time, the slow way: for headers
// and for showing rejects. Leading blank lines are passed over; at the end of
// the text it returns no fields. It stops after limit+1 fields.
func splitRecord(data []byte, eof bool, limit int) (fields []string, next int, st status) {
	pos := 0
	for pos < len(data) && (data[pos] == '\n' || data[pos] == '\r') {
		pos++
	}
	if pos == len(data) {
		if eof {
			return nil, pos, good
		}
		return nil, 0, more
	}
	for {
		val, end, err := splitCell(data, pos, eof)
		if err != nil {
			if errors.Is(err, errMore) {
				return fields, 0, more
			}
			return nil, 0, bad
		}
		fields = append(fields, val)
		if len(fields) > limit || end == len(data) {
			return fields, end, good
		}
		if data[end] == '\n' {
			return fields, end + 1, good
		}
		pos = end + 1
	}
}

var (
	errMore = errors.New("more")
	errBad  = errors.New("not a cell")
)

// splitCell reads the cell at pos; end is at the comma or line feed after it,
// or at the end of the text.
func splitCell(data []byte, pos int, eof bool) (val string, end int, err error) {
	if pos < len(data) && data[pos] == '"' {
		i := pos + 1
		for {
			j := bytes.IndexByte(data[i:], '"')
			if j < 0 {
				if eof {
					return "", 0, errBad
				}
				return "", 0, errMore
			}
			if i += j + 1; i < len(data) && data[i] == '"' {
				i++
				continue
			}
			break
		}
		val, end = strings.ReplaceAll(string(data[pos+1:i-1]), `""`, `"`), i
		if end < len(data) && data[end] == '\r' {
			end++
		}
		switch {
		case end < len(data) && (data[end] == '\n' || data[end] == ',' && end == i), end == len(data) && eof:
			return val, end, nil
		case end == len(data):
			return "", 0, errMore
		}
		return "", 0, errBad
	}
	end, quote := delimiter(data, pos)
	if quote {
		return "", 0, errBad
	}
	if end == len(data) && !eof {
		return "", 0, errMore
	}
	cell := data[pos:end]
	if end == len(data) || data[end] == '\n' {
		cell = bytes.TrimSuffix(cell, []byte{'\r'})
	}
	return string(cell), end, nil
}
