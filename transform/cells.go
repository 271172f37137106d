package transform

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// How a cell of each type reads. Cells come trimmed and are never empty.

// parseInt reads a decimal integer. A fraction of zeros is none: spreadsheets
// and JSON encoders add it. Three zeros are no number that is certain: 1.000 is
// a thousand where the point parts thousands.
func parseInt(s []byte) (int64, cellFault) {
	digits, neg := s, false
	if digits[0] == '-' || digits[0] == '+' {
		neg = digits[0] == '-'
		digits = digits[1:]
	}
	if i := bytes.IndexByte(digits, '.'); i > 0 && i == len(digits)-4 && string(digits[i+1:]) == "000" {
		return 0, badType("one or a thousand: the point may part thousands; write it without")
	} else if i > 0 && i < len(digits)-1 && len(bytes.Trim(digits[i+1:], "0")) == 0 {
		digits = digits[:i]
	}
	if len(digits) == 0 {
		return 0, badType("not an integer")
	}
	var n uint64
	over := false
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, badType("not an integer")
		}
		if n > (math.MaxUint64-9)/10 {
			over = true
			continue
		}
		n = n*10 + uint64(c-'0')
	}
	switch {
	case over || n > 1<<63 || n == 1<<63 && !neg:
		return 0, badRange("more than 64 bits can hold")
	case neg:
		return -int64(n), cellFault{}
	}
	return int64(n), cellFault{}
}

// parseFloat reads a decimal number; no hexadecimal, Inf or NaN.
func parseFloat(s []byte) (float64, cellFault) {
	for _, c := range s {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, badType("not a number")
		}
	}
	v, err := strconv.ParseFloat(string(s), 64)
	switch {
	case err == nil:
		return v, cellFault{}
	case math.IsInf(v, 0):
		return 0, badRange("more than 64 bits can hold")
	}
	return 0, badType("not a number")
}

// bool reads a flag, or with a suffix tells whether the cell ends in it.
func (r *reader) bool(s []byte) (bool, cellFault) {
	if r.suffix != "" {
		return bytes.HasSuffix(s, []byte(r.suffix)), cellFault{}
	}
	if len(s) <= 5 {
		switch string(bytes.ToLower(s)) {
		case "true", "t", "yes", "y", "1":
			return true, cellFault{}
		case "false", "f", "no", "n", "0":
			return false, cellFault{}
		}
	}
	return false, badType("not true or false")
}

// parseDuration reads a Go duration, in microseconds; what is finer is cut.
func parseDuration(s []byte) (int64, cellFault) {
	d, err := time.ParseDuration(string(s))
	switch {
	case err == nil:
		return d.Microseconds(), cellFault{}
	case durationForm(s):
		return 0, badRange("a longer duration than can be held")
	}
	return 0, badType("not a duration such as 68m0s")
}

// durationForm tells whether s has the form of a duration, however long.
func durationForm(s []byte) bool {
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	for len(s) > 0 {
		n := 0
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
			n++
		}
		if n == 0 || bytes.Count(s[:n], []byte{'.'}) > 1 || n == 1 && s[0] == '.' {
			return false
		}
		s = s[n:]
		found := false
		for _, unit := range []string{"ns", "us", "µs", "μs", "ms", "s", "m", "h"} {
			if rest, ok := bytes.CutPrefix(s, []byte(unit)); ok {
				s, found = rest, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// readText hands the column on as it is, unless there is something to strip, to
// tidy or to hide.
func (r *reader) readText(b *run, in *array.String) arrow.Array {
	switch {
	case r.strip != "":
		in = b.mapText(in, func(cell []byte) []byte { return stripped(tidy(cell), r.strip) }).(*array.String)
	case untidy(columns.ViewText(in)):
		in = b.mapText(in, tidy).(*array.String)
	default:
		b.hiddenWords(r.name, columns.ViewText(in), &r.hide)
		return r.hide.texts(b, in, r.maxDepth)
	}
	defer in.Release()
	b.hiddenWords(r.name, columns.ViewText(in), &r.hide)
	return r.hide.texts(b, in, r.maxDepth)
}

// mapText makes a text column out of another; an empty result is NULL.
func (b *run) mapText(in *array.String, f func([]byte) []byte) arrow.Array {
	v := columns.ViewText(in)
	out := columns.NewTexts(b.mem, in.Len(), v.Size())
	for i := range in.Len() {
		if s := f(v.At(i)); len(s) > 0 {
			out.Add(s)
		} else {
			out.Null()
		}
	}
	return b.text(out)
}

// readList reads lists: a JSON array, items between separators, or either in
// brackets without quotes. Items are trimmed, empty ones dropped.
func (r *reader) readList(b *run, in *array.String, rows []int32) arrow.Array {
	v := columns.ViewText(in)
	n := in.Len()
	out := columns.NewLists(b.mem, n)
	items := listItems{}
	for i := range n {
		cell := stripped(scan.Trim(v.At(i)), r.strip)
		if len(cell) == 0 {
			out.Valid.Clear(i)
		} else if !items.split(cell, r.separator) {
			out.Valid.Clear(i)
			b.reject(row(rows, i), r.name, schemas.RuleType, "not a list")
		}
		out.Offsets[i+1] = int32(len(items.ends))
	}
	vals := columns.NewTexts(b.mem, len(items.ends), len(items.buf))
	from := 0
	for _, end := range items.ends {
		vals.Add(items.buf[from:end])
		from = end
	}
	list := b.text(vals)
	defer list.Release()
	return out.Array(list)
}

// itemObjects makes a JSON array of each list: an object for each item, with the item
// and its parts.
func (r *reader) itemObjects(b *run, in *array.String) *array.String {
	var items listItems
	var out []byte
	return b.mapText(in, func(cell []byte) []byte {
		cell = scan.Trim(cell)
		if len(cell) > 0 && cell[0] == '"' && scan.Valid(&items.scan, cell, 0) { // from JSON the list is a JSON text
			text, _ := scan.Text(cell)
			cell = scan.Trim(text)
		}
		if cell = stripped(cell, r.strip); len(cell) == 0 || string(cell) == "null" {
			return nil
		}
		items.buf, items.ends = items.buf[:0], items.ends[:0]
		items.split(cell, r.separator)
		out = append(out[:0], '[')
		from := 0
		for k, end := range items.ends {
			if k > 0 {
				out = append(out, ',')
			}
			item := items.buf[from:end]
			out = scan.Quote(append(out, `{"`+schemas.PartText+`":`...), item)
			for k := range r.parts {
				if v := piece(item, &r.parts[k].Piece); len(v) > 0 {
					out = scan.Quote(append(out, `,"`+r.parts[k].Name+`":`...), v)
				}
			}
			out, from = append(out, '}'), end
		}
		return append(out, ']')
	}).(*array.String)
}

// listItems gathers the items of all lists of a column.
type listItems struct {
	buf  []byte
	ends []int
	scan scan.Scanner
}

func (l *listItems) add(item []byte) {
	if item = scan.Trim(item); len(item) > 0 {
		l.buf = append(l.buf, item...)
		l.ends = append(l.ends, len(l.buf))
	}
}

func (l *listItems) split(cell []byte, separator string) bool {
	if cell[0] == '[' && cell[len(cell)-1] == ']' {
		if scan.Valid(&l.scan, cell, 0) {
			scan.EachItem(cell, func(v []byte) {
				if text, ok := scan.Text(v); ok {
					l.add(text)
				}
			})
			return true
		}
		cell = cell[1 : len(cell)-1]
		if separator == "" {
			separator = ","
		}
	}
	if separator == "" {
		return false
	}
	sep := []byte(separator)
	if t := bytes.TrimSpace(sep); len(t) > 0 {
		sep = t // blanks around items do not count
	}
	for item := range bytes.SplitSeq(cell, sep) {
		l.add(item)
	}
	return true
}
