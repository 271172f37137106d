package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/accessmart/accessmart/schemas"
)

// The excuses of CSV: what a vendor's own file may look like as well.
const (
	excuseRowEnd  = "CSV cut at the end of a row: nothing says how many rows were to come, and so few are below the gate's limits"
	excuseLast    = "CSV cut inside the last cell of a row: it has all its cells, and a last line need not end in a line feed"
	excusePadded  = "a short row of optional columns under a contract that allows them, in a file that trims"
	excuseSpliced = "bytes lost between two cells of one column: what is left is one row of full width"
	excuseWidth   = "rows of another dataset with as many cells, in one whose contract names no columns"
	excuseLatin   = "one byte that is a letter in Windows-1252, in a text without any other"
)

// foreignLines are lines that people, portals and proxies put into files.
var foreignLines = []string{"End of report", "Total,59", "Total", "# note", "---", "Page 1 of 3", "null", "<Error><Code>AccessDenied</Code></Error>",
	`{"error":"stream aborted"}`, "upstream connect error or disconnect/reset before headers", "(59 rows affected)", "NULL,NULL", "<html><body>504 Gateway Time-out</body></html>"}

// onCSV makes a damage of rows; header first.
func onCSV(do func(d *delivery, rows [][]string, r *rand.Rand) []damaged) func(*delivery, *rand.Rand) []damaged {
	return func(d *delivery, r *rand.Rand) []damaged {
		if !d.isCSV() {
			return nil
		}
		return do(d, parseCSV(d.data), r)
	}
}

// withRow is the file with another text, line end included, in place of row i.
func withRow(rows [][]string, i int, text string) []byte {
	return slices.Concat(renderCSV(rows[:i], csvForm{}), []byte(text), renderCSV(rows[i+1:], csvForm{}))
}

// withLine is the file with a text before row i.
func withLine(rows [][]string, i int, text string) []byte {
	return slices.Concat(renderCSV(rows[:i], csvForm{}), []byte(text), renderCSV(rows[i:], csvForm{}))
}

// someRow is a row that is not the header.
func someRow(rows [][]string, r *rand.Rand) int { return 1 + r.Intn(len(rows)-1) }

func at(what string, row, col int) string { return fmt.Sprintf("%s, row %d, cell %d", what, row, col) }

// padded is the excuse of a row that lacks its last cells.
func (d *delivery) padded(rows [][]string, row []string, have int) string {
	if !d.pads() {
		return ""
	}
	trims := false
	for _, r := range rows[1:] {
		if len(r) == len(rows[0]) && r[len(r)-1] == "" {
			return "" // a file that does not trim: a short row is damage
		}
		trims = trims || len(r) < len(rows[0])
	}
	for _, header := range rows[0][have:] {
		for _, c := range d.contract.Columns {
			if c.Required && slices.ContainsFunc(c.From, func(f string) bool { return schemas.NormalHeader(f) == schemas.NormalHeader(header) }) {
				return ""
			}
		}
	}
	return excusePadded
}

var csvDamages = []damage{
	{"a cell is gone", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col := range rows[0] {
			i := someRow(rows, r)
			row := slices.Delete(slices.Clone(rows[i]), col, col+1)
			out = append(out, damaged{at("gone", i, col), withRow(rows, i, csvLine(row, csvForm{})), d.padded(rows, row, len(row))})
		}
		return out
	})},
	{"a cell too many", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col := range len(rows[0]) + 1 {
			for _, text := range []string{"", "x"} {
				i := someRow(rows, r)
				row := slices.Insert(slices.Clone(rows[i]), col, text)
				out = append(out, damaged{at("added "+text, i, col), withRow(rows, i, csvLine(row, csvForm{})), ""})
			}
		}
		return out
	})},
	{"a comma without quotes in a cell", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col, name := range rows[0] {
			i := someRow(rows, r)
			if v := rows[i][col]; len(v) > 2 && !strings.ContainsAny(v, `",`) {
				row := slices.Clone(rows[i])
				row[col] = "\x00"
				line := strings.Replace(csvLine(row, csvForm{}), "\x00", v[:1]+", "+v[1:], 1)
				out = append(out, damaged{at("comma in "+name, i, col), withRow(rows, i, line), ""})
			}
		}
		return out
	})},
	{"a comma becomes a blank", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col := range len(rows[0]) - 1 {
			i := someRow(rows, r)
			if strings.ContainsAny(rows[i][col]+rows[i][col+1], `",`) {
				continue
			}
			row := slices.Concat(rows[i][:col], []string{rows[i][col] + " " + rows[i][col+1]}, rows[i][col+2:])
			out = append(out, damaged{at("joined", i, col), withRow(rows, i, csvLine(row, csvForm{})), d.padded(rows, row, len(row))})
		}
		return out
	})},
	{"the end of a row is gone", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for n := 1; n < len(rows[0]); n++ {
			i := someRow(rows, r)
			out = append(out, damaged{at("kept", i, n), withRow(rows, i, csvLine(rows[i][:n], csvForm{})), d.padded(rows, rows[i][:n], n)})
		}
		return out
	})},
	{"every row is short", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for n := 1; n < len(rows[0]); n++ {
			short := [][]string{rows[0]}
			for _, row := range rows[1:] {
				short = append(short, row[:n])
			}
			out = append(out, damaged{fmt.Sprintf("%d cells each", n), renderCSV(short, csvForm{}), ""})
		}
		return out
	})},
	{"a foreign line", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		lines := append(slices.Clone(foreignLines), strings.Repeat(",", len(rows[0])-1), ",,", strings.TrimSuffix(csvLine(rows[0], csvForm{}), "\n"))
		for _, line := range lines {
			for _, i := range []int{1, someRow(rows, r), len(rows)} {
				out = append(out, damaged{fmt.Sprintf("%q before row %d", line, i), withLine(rows, i, line+"\n"), ""})
			}
		}
		return out
	})},
	{"rows give way to an error", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for _, line := range foreignLines {
			i := someRow(rows, r)
			out = append(out, damaged{fmt.Sprintf("%q for the rows from %d", line, i), slices.Concat(renderCSV(rows[:i], csvForm{}), []byte(line)), ""})
		}
		return out
	})},
	{"cut", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for n := 10; n < len(d.data); n += 10 {
			out = append(out, damaged{fmt.Sprintf("after byte %d", n), d.data[:n], cutExcuse(d.data, n, len(rows[0]))})
		}
		return out
	})},
	{"another separator from some row on", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for _, comma := range []byte(";\t|") {
			i := someRow(rows, r)
			out = append(out, damaged{fmt.Sprintf("%q from row %d", comma, i), slices.Concat(renderCSV(rows[:i], csvForm{}), renderCSV(rows[i:], csvForm{comma: comma})), ""})
		}
		return out
	})},
	{"another line end from some row on", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for _, eol := range []string{"\r", "\r\n", "\n\n", "\x00\n", "\u2028", "\\n", "\v"} {
			i := someRow(rows, r)
			out = append(out, damaged{fmt.Sprintf("%q from row %d", eol, i), slices.Concat(renderCSV(rows[:i], csvForm{}), renderCSV(rows[i:], csvForm{eol: eol})), ""})
		}
		return out
	})},
	{"another encoding from some row on", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 3 {
			i := someRow(rows, r)
			var wide bytes.Buffer
			for _, u := range utf16.Encode([]rune(string(renderCSV(rows[i:], csvForm{})))) {
				wide.Write([]byte{byte(u), byte(u >> 8)})
			}
			out = append(out, damaged{fmt.Sprintf("UTF-16 from row %d", i), slices.Concat(renderCSV(rows[:i], csvForm{}), wide.Bytes()), ""})
		}
		return out
	})},
	{"a byte that does not belong", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for _, b := range []string{"\x00", "\x81", "\xff", "\xe9", "\xc3", "\xed\xa0\x80", "\ufeff", "\x01", "\x1b"} {
			i := someRow(rows, r)
			col := r.Intn(len(rows[0]))
			row := slices.Clone(rows[i])
			v := row[col]
			row[col] = v[:len(v)/2] + b + v[len(v)/2:]
			x := damaged{at(fmt.Sprintf("%q", b), i, col), withRow(rows, i, csvLine(row, csvForm{})), ""}
			if b == "\xe9" || b == "\xc3" || b == "\xff" {
				x.excuse = excuseLatin
			}
			out = append(out, x)
		}
		return out
	})},
	{"another dataset's file", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		good, _ := goodDeliveries()
		for _, other := range good {
			if other.dataset != d.dataset && other.isCSV() && !sameKind(other.dataset, d.dataset) {
				out = append(out, damaged{other.dataset, other.data, ""})
			}
		}
		return out
	})},
	{"another dataset's rows at the end", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		good, _ := goodDeliveries()
		for _, other := range good {
			if other.dataset != d.dataset && other.isCSV() && !sameKind(other.dataset, d.dataset) {
				excuse := ""
				if theirs := parseCSV(other.data); !d.contract.Typed() && len(theirs[0]) == len(rows[0]) {
					excuse = excuseWidth
				}
				out = append(out, damaged{other.dataset, slices.Concat(d.data, renderCSV(parseCSV(other.data)[1:], csvForm{})), excuse})
				out = append(out, damaged{other.dataset + " with its header", slices.Concat(d.data, other.data), excuse})
			}
		}
		return out
	})},
	{"a header cell is gone", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col, name := range rows[0] {
			header := slices.Delete(slices.Clone(rows[0]), col, col+1)
			out = append(out, damaged{name, withRow(rows, 0, csvLine(header, csvForm{})), ""})
		}
		return out
	})},
	{"a header cell too many", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col := range len(rows[0]) + 1 {
			for _, name := range []string{"", "Extra"} {
				header := slices.Insert(slices.Clone(rows[0]), col, name)
				excuse := ""
				if col == len(rows[0]) && d.pads() {
					excuse = excusePadded
				}
				out = append(out, damaged{at(name, 0, col), withRow(rows, 0, csvLine(header, csvForm{})), excuse})
			}
		}
		return out
	})},
	{"a header cell is called otherwise", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col, name := range rows[0] {
			header := slices.Clone(rows[0])
			header[col] = "Something Else"
			out = append(out, damaged{name, withRow(rows, 0, csvLine(header, csvForm{})), ""})
		}
		return out
	})},
	{"two columns of one name", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for col := range len(rows[0]) - 1 {
			header := slices.Clone(rows[0])
			header[col+1] = header[col]
			out = append(out, damaged{rows[0][col], withRow(rows, 0, csvLine(header, csvForm{})), ""})
		}
		return out
	})},
	{"no header", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		return []damaged{{"", renderCSV(rows[1:], csvForm{}), ""}, {"two rows lost", renderCSV(rows[3:], csvForm{}), ""}}
	})},
	{"a row over two lines", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 12 {
			i := someRow(rows, r)
			line := csvLine(rows[i], csvForm{})
			n := 1 + r.Intn(len(line)-2)
			if strings.Count(line[:n], `"`)%2 == 0 && line[n-1] != '"' {
				out = append(out, damaged{at("broken", i, n), withRow(rows, i, line[:n]+"\n"+line[n:]), ""})
			}
		}
		return out
	})},
	{"two rows on one line", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 4 {
			i := someRow(rows, r)
			for _, sep := range []string{"", ",", " "} {
				out = append(out, damaged{fmt.Sprintf("row %d and the next, %q", i, sep), withRow(rows, i, strings.TrimSuffix(csvLine(rows[i], csvForm{}), "\n")+sep), ""})
			}
		}
		return out
	})},
	{"a quote too many", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 12 {
			i := someRow(rows, r)
			line := csvLine(rows[i], csvForm{})
			n := r.Intn(len(line))
			if strings.Count(line[:n], `"`)%2 == 0 {
				out = append(out, damaged{at("quote", i, n), withRow(rows, i, line[:n]+`"`+line[n:]), ""})
			}
		}
		return out
	})},
	{"a quote is gone", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 12 {
			i := someRow(rows, r)
			line := csvLine(rows[i], csvForm{quoted: true})
			quotes := allIndexes(line, `"`)
			n := quotes[r.Intn(len(quotes))]
			if inJSON(line, n) {
				continue // a vendor's own broken JSON is mended, see the tests of repair
			}
			out = append(out, damaged{at("quote", i, n), withRow(rows, i, line[:n]+line[n+1:]), ""})
		}
		return out
	})},
	{"a piece is lost", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 12 {
			n := 20 + r.Intn(200)
			from := len(csvLine(rows[0], csvForm{})) + r.Intn(len(d.data)/2)
			if from+n >= len(d.data) || bytes.Count(d.data[:from], []byte{'"'})%2 == 1 || bytes.Count(d.data[from:from+n], []byte{'"'})%2 == 1 {
				continue
			}
			rest := slices.Concat(d.data[:from], d.data[from+n:])
			out = append(out, damaged{fmt.Sprintf("%d bytes from %d", n, from), rest, spliceExcuse(rest, from, len(rows[0]))})
		}
		return out
	})},
	{"a piece comes twice", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for range 12 {
			n := 20 + r.Intn(200)
			from := len(csvLine(rows[0], csvForm{})) + r.Intn(len(d.data)/2)
			if from+n >= len(d.data) || bytes.Count(d.data[:from], []byte{'"'})%2 == 1 || bytes.Count(d.data[from:from+n], []byte{'"'})%2 == 1 {
				continue
			}
			twice := slices.Concat(d.data[:from+n], d.data[from:])
			out = append(out, damaged{fmt.Sprintf("%d bytes from %d", n, from), twice, spliceExcuse(twice, from+n, len(rows[0]))})
		}
		return out
	})},
	{"a comma at the end of some rows", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for _, n := range []int{2, 3, 5} {
			var b strings.Builder
			for i, row := range rows {
				if i > 0 && i%n == 0 {
					row = append(slices.Clone(row), "")
				}
				b.WriteString(csvLine(row, csvForm{}))
			}
			out = append(out, damaged{fmt.Sprintf("each %d", n), []byte(b.String()), ""})
		}
		return out
	})},
	{"a placeholder for a key", onCSV(func(d *delivery, rows [][]string, r *rand.Rand) (out []damaged) {
		for _, key := range d.keys {
			col := slices.Index(rows[0], key)
			for _, word := range []string{"N/A", "#N/A", "null", "None", "-", "see HR", "n.a.", "#REF!", "unknown", "1.23457E+16"} {
				i, j := someRow(rows, r), someRow(rows, r)
				bad := slices.Clone(rows)
				for _, k := range []int{i, j} {
					bad[k] = slices.Clone(rows[k])
					bad[k][col] = word
				}
				out = append(out, damaged{at(word, i, col), renderCSV(bad, csvForm{}), ""})
			}
		}
		return out
	})},
}

// pads tells whether the contract allows short rows.
func (d *delivery) pads() bool { return false }
