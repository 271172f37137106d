package frame

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/accessmart/accessmart/transform/scan"
)

// Characters that no export has: what is left of another encoding, or of another
// line end.

// Unclean finds the framed records that are no clean text. The whole stretch is
// looked at first: records are searched only when something is there to find.
func (f *Frame) Unclean(reject func(row int, message string)) {
	csv := f.layout.Want != nil
	valid := f.Legacy || f.valid
	clean := !csv && bytes.IndexByte(f.Raw, 0) < 0 || csv && !controls(f.Raw, f.layout.Dialect.EOL)
	if valid && clean {
		return
	}
	for i, r := range f.Rows {
		rec := f.Raw[r.Start:r.End]
		switch {
		case bytes.IndexByte(rec, 0) >= 0:
			reject(i, "a NUL byte in the record")
		case !valid && !utf8.Valid(rec):
			reject(i, "the record is not valid UTF-8")
		case csv && !clean:
			if c, ok := control(rec); ok {
				reject(i, fmt.Sprintf("a control character (U+%04X) in the record", c))
			}
		}
	}
}

// controls tells whether there may be control characters in a stretch other
// than tabs and whole line ends.
func controls(raw []byte, eol byte) bool {
	const blanks = ' ' * scan.Ones
	i := 0
	for ; i+32 <= len(raw); i += 32 {
		b := raw[i : i+32]
		w, x := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		y, z := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if ((w-blanks)&^w|(x-blanks)&^x|(y-blanks)&^y|(z-blanks)&^z)&scan.Highs != 0 && controlsIn(raw, i, i+32, eol) {
			return true
		}
	}
	for ; i+8 <= len(raw); i += 8 {
		x := binary.LittleEndian.Uint64(raw[i:])
		if (x-blanks)&^x&scan.Highs != 0 && controlsIn(raw, i, i+8, eol) {
			return true
		}
	}
	return controlsIn(raw, i, len(raw), eol)
}

func controlsIn(raw []byte, from, to int, eol byte) bool {
	for i := from; i < to; i++ {
		switch c := raw[i]; {
		case c >= ' ', c == '\t', c == eol:
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
		case c == '\r' && i+1 == len(raw): // its line feed may begin the next stretch
		default:
			return true
		}
	}
	return false
}

// control finds a control character in a record that no quotes excuse: within
// them lines may end.
func control(rec []byte) (byte, bool) {
	quoted := false
	for _, c := range rec {
		switch {
		case c == '"':
			quoted = !quoted
		case c >= ' ', c == '\t', quoted && (c == '\n' || c == '\r'):
		default:
			return c, true
		}
	}
	return 0, false
}
