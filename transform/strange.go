package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// Characters that no export has: what is left of another encoding, another
// line end, a file joined to a file.

// dead finds the framed records that are no clean text. The whole stretch is
// looked at first: records are searched only when something is there to find.
func (f *frame) dead(reject func(row int, message string)) {
	csv := f.layout.mode == schemas.CSV
	valid := f.legacy || f.valid
	clean := !csv && bytes.IndexByte(f.raw, 0) < 0 || csv && !controls(f.raw, f.layout.dialect.eol)
	if valid && clean {
		return
	}
	for i, r := range f.rows {
		rec := f.raw[r.start:r.end]
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
	const blanks = ' ' * ones
	i := 0
	for ; i+32 <= len(raw); i += 32 {
		b := raw[i : i+32]
		w, x := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		y, z := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if ((w-blanks)&^w|(x-blanks)&^x|(y-blanks)&^y|(z-blanks)&^z)&highs != 0 && controlsIn(raw, i, i+32, eol) {
			return true
		}
	}
	for ; i+8 <= len(raw); i += 8 {
		x := binary.LittleEndian.Uint64(raw[i:])
		if (x-blanks)&^x&highs != 0 && controlsIn(raw, i, i+8, eol) {
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

// untidy tells whether a cell of a column has blanks around it, or a
// byte-order mark in it.
func untidy(v textView) bool {
	if visible(v.val) {
		return false
	}
	if bytes.Contains(v.val, bom) {
		return true
	}
	for i := range len(v.off) - 1 {
		cell := v.at(i)
		if len(cell) == 0 {
			continue
		}
		if first, last := cell[0], cell[len(cell)-1]; first > ' ' && first < 0xC2 && last > ' ' && last < utf8.RuneSelf {
			continue
		}
		if len(trim(cell)) != len(cell) {
			return true
		}
	}
	return false
}

// visible tells whether s is ASCII without blanks and control characters.
func visible(s []byte) bool {
	const low = (' ' + 1) * ones
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if (x-low|x)&highs != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// tidy drops the blanks around a text, and byte-order marks in it, which joined
// files leave.
func tidy(cell []byte) []byte {
	if bytes.Contains(cell, bom) {
		cell = bytes.ReplaceAll(cell, bom, nil)
	}
	return trim(cell)
}

// trim drops blanks of any kind at both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && asciiBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && asciiBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	if len(b) > 0 && (b[0] >= utf8.RuneSelf || b[len(b)-1] >= utf8.RuneSelf) {
		return bytes.TrimFunc(b, schemas.IsBlank)
	}
	return b
}

func asciiBlank(c byte) bool { return c <= ' ' && (c == ' ' || c >= '\t' && c <= '\r') }

// residues are how tools write an object for which a cell has no place: the
// ConvertTo-Json and Export-Csv of PowerShell, and JavaScript.
var residues = [][]byte{[]byte("@{"), []byte("System.Object[]"), []byte("System.Collections."), []byte("[object Object]")}

// residue makes rejects of the cells that hold nothing but what a tool wrote in
// place of an object: the value is lost. The column as a whole is searched
// first, since there is hardly ever one.
func (r *reader) residue(b *run, in *array.String, rows []int32) {
	v := viewText(in)
	if !slices.ContainsFunc(residues, func(s []byte) bool { return bytes.Contains(v.val, s) }) {
		return
	}
	for i := range in.Len() {
		cell := trim(v.at(i))
		for _, s := range residues {
			if bytes.HasPrefix(cell, s) && (s[0] != '@' || cell[len(cell)-1] == '}') {
				b.reject(row(rows, i), r.name, schemas.RuleType, "what a tool writes in place of an object, whose value is lost")
			}
		}
	}
}
