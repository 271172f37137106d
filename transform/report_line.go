package transform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// Lines of reports that say themselves what they are.

// footerWords begin the lines that reports add below their records.
var footerWords = []string{"#",
	"total", "totals", "grand total", "subtotal", "sub-total", "sum", "count", "totale", "totali", "totaal", "totalt", "total général", "total general", "sous-total", "somme",
	"summe", "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "anzahl", "suma", "somma", "soma", "recuento", "nombre", "razem", "celkem", "toplam", "итого", "всего",
	"合计", "总计", "合計", "総計", "小計", "小计",
	"end", "eof", "report", "page ", "seite ", "página ", "pagina ", "rows", "records", "zeilen", "datensätze", "lignes", "registros",
	"generated", "exported", "printed", "gedruckt", "exportiert", "erstellt am", "erzeugt", "imprimé", "exporté", "généré", "impreso", "exportado", "generado",
	"stampato", "esportato", "generato", "created on", "created at", "created by"}

// footerText is how long, without separators, a line is at most that is looked
// at as a line of a report.
const footerText = 80

// filled are the cells of a short record that hold a value, with the place of
// the first; nothing where the record is too long to be a line of a report.
func (l *layout) filled(rec []byte) (cells []string, first int) {
	want := len(l.Want)
	if want < 3 || len(rec) > footerText+want {
		return nil, 0
	}
	fields, _, st := frame.SplitRecord(rec, l.Dialect, true, want)
	if st != scan.Good {
		return nil, 0
	}
	for i, f := range fields {
		if f = strings.TrimFunc(f, schemas.IsBlank); f != "" {
			if cells == nil {
				first = i
			}
			cells = append(cells, f)
		}
	}
	return cells, first
}

// footer tells whether a line is one of a report, such as a total or a remark,
// and no record. Spreadsheets make such lines as wide as all others. What says
// that there is more is no such line: it must not pass for the end of the list.
func (l *layout) footer(rec []byte) bool {
	cells, _ := l.filled(rec)
	if len(cells) == 0 || len(cells) > fewCells || len(cells) == fewCells && len(l.Want) < 5 || cutShort(strings.Join(cells, " ")) {
		return false
	}
	if l.addressed(rec) {
		return false
	}
	first := strings.ToLower(cells[0])
	for _, word := range footerWords {
		rest, ok := strings.CutPrefix(first, word)
		if !ok {
			continue
		}
		switch {
		case len(cells) == fewCells:
			ok = strings.Trim(rest, " :=0123456789") == "" && word != "#" && !slices.ContainsFunc(cells[1:], func(c string) bool { return makeupOf([]byte(c))&hasLetter != 0 })
		default:
			ok = rest == "" || strings.ContainsAny(rest[:1], " :=0123456789") || strings.HasSuffix(word, " ") || word == "#" && len(cells) == 1
			ok = ok && (len(cells) == 1 || isFigure(cells[1]) || introduces(word, rest))
		}
		if ok {
			return true
		}
	}
	return false
}

// addressed tells whether a record has an address in a column of addresses, as
// no line of a report has.
func (l *layout) addressed(rec []byte) bool {
	if !slices.Contains(l.emails, true) || bytes.IndexByte(rec, '@') < 0 {
		return false
	}
	fields, _, _ := frame.SplitRecord(rec, l.Dialect, true, len(l.Want))
	for i, f := range fields {
		if slot := l.Want[i]; slot >= 0 && l.emails[slot] && makeupOf([]byte(strings.TrimFunc(f, schemas.IsBlank))) == holdsAddress {
			return true
		}
	}
	return false
}

// isFigure tells whether the second value of a line is a number or a moment, as
// behind a total, and not a name, as in a record.
func isFigure(v string) bool {
	digits, letters := 0, 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case unicode.IsLetter(c):
			letters++
		}
	}
	return letters == 0 || digit(v[0]) && digits >= letters && strings.ContainsAny(v, " :-./")
}

// introduces tells whether the first value of a line, a word of reports with the
// rest of it, says that what stands beside it belongs to the report: it ends in
// a colon or in a word such as on, or is nothing but that something was done.
func introduces(word, rest string) bool {
	rest = strings.TrimRight(rest, " ")
	if strings.HasSuffix(rest, ":") || strings.HasSuffix(rest, "=") {
		return true
	}
	if rest == "" {
		return doneWords[word] || introducing[word[strings.LastIndexByte(word, ' ')+1:]]
	}
	return introducing[rest[strings.LastIndexByte(rest, ' ')+1:]]
}

var (
	doneWords = words("generated exported printed gedruckt exportiert erzeugt imprimé exporté généré impreso exportado generado stampato esportato generato")
	// introducing are last words of what stands before a name or a moment.
	introducing = words("on at by for from to of am um von vom für bis durch le par pour du de el por para da il per al den op door date time datum uhrzeit")
)

// cutWords are of lines and messages which say that not all was delivered.
var cutWords = []string{"truncat", "incomplete", "partial", "limit", "more ", "too many", "abgeschnitten", "unvollständig", "begrenzt", "weitere ", "gekürzt", "tronqu", "incompl", "parcial", "parziale",
	"showing", "timeout", "timed out", "abort", "interrupt", "max rows", "maximum"}

// cutShort tells whether a line says that not all was delivered: in so many
// words, or as a part of a whole, such as page 1 of 3.
func cutShort(line string) bool {
	line = strings.ToLower(line)
	if slices.ContainsFunc(cutWords, func(w string) bool { return strings.Contains(line, w) }) {
		return true
	}
	part := false
	for _, of := range []string{" of ", " von ", " de ", " sur ", " di ", "/"} {
		before, after, ok := strings.Cut(line, of)
		before, after = strings.TrimRight(before, " "), strings.TrimLeft(after, " ")
		part = part || ok && before != "" && after != "" && digit(before[len(before)-1]) && digit(after[0])
	}
	return part
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// single tells why a record as wide as the header with one value in it is none,
// unless that value can be a key.
func (l *layout) single(rec []byte) (why string) {
	cells, first := l.filled(rec)
	if len(cells) != 1 || len(l.Want) < 5 || l.keys[first] && !strings.ContainsAny(cells[0], " \t") {
		return ""
	}
	return fmt.Sprintf("one value under a header of %d", len(l.Want))
}
