package main

import (
	"bytes"
	"encoding/csv"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// sameKind tells of two datasets whose files have the same columns.
func sameKind(a, b string) bool {
	kind := map[string]string{}
	return kind[a] != "" && kind[a] == kind[b]
}

// cutExcuse is why a file cut after n bytes may be whole.
func cutExcuse(data []byte, n, width int) string {
	head := data[:n]
	if bytes.Count(head, []byte{'"'})%2 == 1 || bytes.IndexByte(head, '\n') < 0 {
		return ""
	}
	if head[n-1] == '\n' || data[n] == '\n' {
		return excuseRowEnd
	}
	rows := parseCSV(head)
	if len(rows[len(rows)-1]) == width && data[n-1] != ',' {
		return excuseLast
	}
	if len(rows[len(rows)-1]) == width {
		return excuseLast
	}
	return ""
}

// spliceExcuse is why a file whose bytes before and after at did not belong
// together may be whole.
func spliceExcuse(data []byte, at, width int) string {
	start := bytes.LastIndexByte(data[:at], '\n') + 1
	end := bytes.IndexByte(data[at:], '\n')
	if end < 0 {
		return ""
	}
	line := data[start : at+end]
	if bytes.Count(line, []byte{'"'})%2 == 1 {
		return ""
	}
	rows := parseLoose(line)
	if len(rows) == 1 && len(rows[0]) == width || len(line) == 0 {
		return excuseSpliced
	}
	return ""
}

func allIndexes(s, sub string) (out []int) {
	for i := range s {
		if strings.HasPrefix(s[i:], sub) {
			out = append(out, i)
		}
	}
	return out
}

// inJSON tells whether the byte at n of a line lies in a cell of JSON.
func inJSON(line string, n int) bool {
	start := strings.LastIndex(line[:n+1], `,"`)
	for ; start > 0 && !strings.HasSuffix(line[:start], `"`); start = strings.LastIndex(line[:start], `,"`) {
	}
	rest := line[max(start, 0):]
	return strings.HasPrefix(strings.TrimLeft(rest, `,"`), "{") || strings.HasPrefix(strings.TrimLeft(rest, `,"`), "[")
}

// parseLoose reads lines of CSV whatever their quotes; nil where they do not read.
func parseLoose(data []byte) [][]string {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	rows, err := r.ReadAll()
	if err != nil {
		return nil
	}
	return rows
}

// mayBe reports whether records of another dataset cannot be told from those of this one by
// members that the contract does not know: nobody documents which the other has, or neither's
// are documented.
func (d *delivery) mayBe(other *delivery) bool {
	assumed := d.contract.Documented == schemas.DocumentedNot && other.contract.Documented == schemas.DocumentedNot
	return d.contract.Typed() && (!other.contract.Typed() || assumed)
}
