package transform

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/text/unicode/norm"

	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// One id, spelled in several ways: with characters that nobody sees, letters
// composed or not, or as the number that a spreadsheet made of it. Keys and
// identifiers are made of one spelling; the vendor table keeps the delivered one.

// findNumber is the rule of findings about ids that look like numbers with a
// fraction among others that are none.
const findNumber = "number_form"

// respelled is a column of texts, each in one spelling; the caller releases it.
func (b *run) respelled(a arrow.Array) arrow.Array {
	v := columns.ViewText(a)
	if isASCII(v.Val) {
		a.Retain()
		return a
	}
	return b.mapText(a.(*array.String), respell)
}

// respell is a text with composed letters, blanks of one kind and without
// characters that show nothing. Joiners stay: some scripts are written with them.
func respell(s []byte) []byte {
	if isASCII(s) {
		return s
	}
	if bytes.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf && (unseen(r) || unicode.IsSpace(r)) }) {
		s = bytes.Map(func(r rune) rune {
			switch {
			case unseen(r):
				return -1
			case r >= utf8.RuneSelf && unicode.IsSpace(r):
				return ' '
			}
			return r
		}, s)
	}
	return norm.NFC.Bytes(s)
}

// unseen tells whether a character shows nothing, wherever it stands.
func unseen(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u200b', r == '\u200e', r == '\u200f', r == '\u2060', r == '\ufeff':
		return true
	}
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func isASCII(s []byte) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if binary.LittleEndian.Uint64(s[i:])&scan.Highs != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wholeNumbers is a column of ids of people or accounts without the fraction
// that spreadsheets and data frames put behind numbers, 10001.0, where all of
// its values are numbers. Where others are none, it is only found.
func (b *run) wholeNumbers(a arrow.Array, field string) arrow.Array {
	v := columns.ViewText(a)
	a.Retain()
	if !bytes.Contains(v.Val, []byte(".0")) {
		return a
	}
	n, all := int64(0), true
	for i := range a.Len() {
		if s := v.At(i); len(s) > 0 && scan.Digits(s, 0) < len(s) {
			whole := wholeNumber(s)
			if all = all && (whole != nil || someone.nothing(s)); whole != nil {
				n++
			}
		}
	}
	switch {
	case n == 0:
		return a
	case !all:
		b.find(findNumber, field, "numbers with a fraction of zero, as spreadsheets write ids, among other texts: kept as delivered, as it is not certain; make the column text and export again", n)
		return a
	}
	defer a.Release()
	b.find(findNumber, field, "ids as spreadsheets write numbers, with a fraction of zero: read without it", n)
	return b.mapText(a.(*array.String), func(s []byte) []byte {
		if whole := wholeNumber(s); whole != nil {
			return whole
		}
		return s
	})
}

// wholeNumber is the number before a fraction of one zero, or nil. Longer ones
// than a spreadsheet keeps exactly are none.
func wholeNumber(s []byte) []byte {
	n := len(s) - 2
	if n < 1 || n > 15 || s[n] != '.' || s[n+1] != '0' || s[0] == '0' && n > 1 || scan.Digits(s[:n], 0) < n {
		return nil
	}
	return s[:n]
}
