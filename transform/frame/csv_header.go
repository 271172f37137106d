package frame

import (
	"bytes"
	"errors"
	"strings"

	"github.com/accessmart/accessmart/transform/scan"
)

// readHeader reads the beginning of a CSV text up to its header, by
// fits where that is given, and leaves the window behind it. Without a
// header in the text that of the result is empty.
func (o *Limits) readHeader(w *window, fits func([]string) Fit) (beginning, error) {
	if w.buf == nil {
		if err := w.renew(func(n int) []byte { return make([]byte, n) }); err != nil {
			return beginning{}, err
		}
	}
	for {
		b, st, err := o.begin(w.rest(), w.eof, fits)
		switch {
		case err != nil:
			return beginning{}, err
		case len(b.Header) > o.MaxColumns:
			return beginning{}, Fault(KindHeader, "if the export is right, raise the limit", "more than %d columns", o.MaxColumns)
		case st == scan.Good:
			w.pos += b.next
			w.eol = b.EOL
			return b, o.checkHeader(b)
		case st == scan.Bad:
			return beginning{}, Fault(KindHeader, "look at the first line of the artifact", "the header is not valid CSV")
		}
		if int64(len(w.rest())) > o.MaxRecord {
			return beginning{}, Fault(KindHeader, "look at the first line of the artifact", "the header is longer than %d bytes", o.MaxRecord)
		}
		if err := w.grow(int(o.MaxRecord) + 2); err != nil {
			return beginning{}, err
		}
	}
}

// checkHeader refuses what is no header of a file that is read.
func (o *Limits) checkHeader(b beginning) error {
	for _, h := range b.Header {
		if strings.IndexByte(h, 0) >= 0 {
			return Fault(KindEncoding, "export it as UTF-8", "the header is not UTF-8 text")
		}
	}
	if len(b.Header) == 1 {
		for _, sep := range strings.Replace(separators, string(b.Separator), "", 1) {
			if strings.ContainsRune(b.Header[0], sep) {
				return Fault(KindHeader, "export it separated by commas, or put a line sep="+string(sep)+" before it", "the header seems to be separated by %q", string(sep))
			}
		}
	}
	return nil
}

// SplitRecord reads one strict record at a time, the slow way: for headers
// and for showing rejects. Leading blank lines are passed over; at the end of
// the text it returns no fields. It stops after limit+1 fields.
func SplitRecord(data []byte, d Dialect, eof bool, limit int) (fields []string, next int, st scan.Status) {
	pos := 0
	for pos < len(data) && (data[pos] == '\n' || data[pos] == '\r') {
		pos++
	}
	if pos == len(data) {
		if eof {
			return nil, pos, scan.Good
		}
		return nil, 0, scan.More
	}
	for {
		val, end, err := splitCell(data, pos, d, eof)
		if err != nil {
			if errors.Is(err, errMore) {
				return fields, 0, scan.More
			}
			return nil, 0, scan.Bad
		}
		fields = append(fields, val)
		if len(fields) > limit || end == len(data) {
			return fields, end, scan.Good
		}
		if data[end] == d.EOL {
			return fields, end + 1, scan.Good
		}
		pos = end + 1
	}
}

var (
	errMore = errors.New("more")
	errBad  = errors.New("not a cell")
)

// splitCell reads the cell at pos; end is at the separator or line end after
// it, or at the end of the text.
func splitCell(data []byte, pos int, d Dialect, eof bool) (val string, end int, err error) {
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
		if d.EOL == '\n' && end < len(data) && data[end] == '\r' {
			end++
		}
		switch {
		case end < len(data) && (data[end] == d.EOL || data[end] == d.Separator && end == i), end == len(data) && eof:
			return val, end, nil
		case end == len(data):
			return "", 0, errMore
		}
		return "", 0, errBad
	}
	end, quote := delimiter(data, pos, scan.Broadcast(d.Separator), scan.Broadcast(d.EOL))
	if quote {
		return "", 0, errBad
	}
	if end == len(data) && !eof {
		return "", 0, errMore
	}
	cell := data[pos:end]
	if d.EOL == '\n' && (end == len(data) || data[end] == '\n') {
		cell = bytes.TrimSuffix(cell, []byte{'\r'})
	}
	return string(cell), end, nil
}
