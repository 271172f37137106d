package transform

import "strings"

// separated is the beginning of a text whose header no comma splits and no
// contract knows, in the only other separator that splits all lines alike.
// Without one it is that of a comma.
func (o *Options) separated(at lead, d dialect) (beginning, status, error) {
	data, eof := at.data[at.pos:], at.eof
	if most := int(min(leadBytes, o.MaxRecord)); len(data) > most {
		data, eof = data[:most], false
	} else if !eof && len(data) < most {
		return beginning{}, more, nil
	}
	found := 0
	for _, sep := range []byte(separators[1:]) {
		other := d
		if other.sep = sep; o.alike(data, other, eof) {
			d.sep = sep
			found++
		}
	}
	if found != 1 {
		d.sep = separators[0]
	}
	fields, next, st := splitRecord(at.data[at.pos:], d, at.eof, o.MaxColumns)
	if st != good {
		return beginning{}, st, nil
	}
	return at.header(d, fields, next), good, nil
}

// alike tells whether a separator splits a header, and one record or more,
// into the same number of cells. A blank behind it is one of prose.
func (o *Options) alike(data []byte, d dialect, eof bool) bool {
	columns, lines := 0, 0
	for {
		fields, next, st := splitRecord(data, d, eof, o.MaxColumns)
		switch {
		case st == bad:
			return false
		case st == more || len(fields) == 0:
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
