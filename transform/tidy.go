package transform

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// What cells have that nobody put there: blanks around them, the byte-order mark
// of a file that was joined to another, what a tool wrote in place of an object.

// untidy tells whether a cell of a column has blanks around it, or a
// byte-order mark in it.
func untidy(v columns.TextView) bool {
	if visible(v.Val) {
		return false
	}
	if bytes.Contains(v.Val, frame.BOM) {
		return true
	}
	for i := range len(v.Off) - 1 {
		cell := v.At(i)
		if len(cell) == 0 {
			continue
		}
		if first, last := cell[0], cell[len(cell)-1]; first > ' ' && first < 0xC2 && last > ' ' && last < utf8.RuneSelf {
			continue
		}
		if len(scan.Trim(cell)) != len(cell) {
			return true
		}
	}
	return false
}

// visible tells whether s is ASCII without blanks and control characters.
func visible(s []byte) bool {
	const low = (' ' + 1) * scan.Ones
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if (x-low|x)&scan.Highs != 0 {
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
	if bytes.Contains(cell, frame.BOM) {
		cell = bytes.ReplaceAll(cell, frame.BOM, nil)
	}
	return scan.Trim(cell)
}

// residues are how tools write an object for which a cell has no place: the
// ConvertTo-Json and Export-Csv of PowerShell, and JavaScript.
var residues = [][]byte{[]byte("@{"), []byte("System.Object[]"), []byte("System.Collections."), []byte("[object Object]")}

// residue makes rejects of the cells that hold nothing but what a tool wrote in
// place of an object: the value is lost. The column as a whole is searched
// first, since there is hardly ever one.
func (r *reader) residue(b *run, in *array.String, rows []int32) {
	v := columns.ViewText(in)
	if !slices.ContainsFunc(residues, func(s []byte) bool { return bytes.Contains(v.Val, s) }) {
		return
	}
	for i := range in.Len() {
		cell := scan.Trim(v.At(i))
		for _, s := range residues {
			if bytes.HasPrefix(cell, s) && (s[0] != '@' || cell[len(cell)-1] == '}') {
				b.reject(row(rows, i), r.name, schemas.RuleType, "what a tool writes in place of an object, whose value is lost")
			}
		}
	}
}
