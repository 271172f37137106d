package frame

import (
	"strings"

	"github.com/accessmart/accessmart/transform/scan"
)

// separated is the beginning of a text whose header no comma splits and nobody
// knows, in the only other separator that splits all lines alike.
// Without one it is that of a comma.
func (o *Limits) separated(at lead, d Dialect) (beginning, scan.Status, error) {
	data, eof := at.data[at.pos:], at.eof
	if most := int(min(leadBytes, o.MaxRecord)); len(data) > most {
		data, eof = data[:most], false
	} else if !eof && len(data) < most {
		return beginning{}, scan.More, nil
	}
	found := 0
	for _, sep := range []byte(separators[1:]) {
		other := d
		if other.Separator = sep; o.alike(data, other, eof) {
			d.Separator = sep
			found++
		}
	}
	if found != 1 {
		d.Separator = separators[0]
	}
	fields, next, st := SplitRecord(at.data[at.pos:], d, at.eof, o.MaxColumns)
	if st != scan.Good {
		return beginning{}, st, nil
	}
	return at.header(d, fields, next), scan.Good, nil
}

// alike tells whether a separator splits a header, and one record or more,
// into the same number of cells. A blank behind it is one of prose.
func (o *Limits) alike(data []byte, d Dialect, eof bool) bool {
	columns, lines := 0, 0
	for {
		fields, next, st := SplitRecord(data, d, eof, o.MaxColumns)
		switch {
		case st == scan.Bad:
			return false
		case st == scan.More || len(fields) == 0:
			return lines > 1
		case lines == 0 && !nameable(fields):
			return false
		case lines > 0 && len(fields) != columns:
			return false
		}
		columns, data = len(fields), data[next:]
		lines++
	}
}

// nameable tells whether the cells of a line can be a header.
func nameable(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) == "" || c[0] == ' ' {
			return false
		}
	}
	return len(cells) > 1
}
