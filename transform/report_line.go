package transform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Lines of reports that say themselves what they are.

const reportLine = "a line of a report, by its first word, and no record"

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
	want := len(l.want)
	if want < 3 || len(rec) > footerText+want {
		return nil, 0
	}
	fields, _, st := splitRecord(rec, l.dialect, true, want)
	if st != good {
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
	if len(cells) == 0 || len(cells) > fewCells || len(cells) == fewCells && len(l.want) < 5 || cutShort(strings.Join(cells, " ")) {
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
		}
		if ok {
			return true
		}
	}
	return false
}

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
	if len(cells) != 1 || len(l.want) < 5 || l.keys[first] && !strings.ContainsAny(cells[0], " \t") {
		return ""
	}
	return fmt.Sprintf("one value under a header of %d", len(l.want))
}
