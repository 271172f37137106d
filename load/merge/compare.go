package merge

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/accessmart/accessmart/schemas"
)

// said is what a source says of a field: what would win if it were alone.
type said struct {
	source uint16
	value  []byte
	folded string
}

// compare adds what each source says of a field to the disagreements of the row, if they
// disagree.
func (t *Reader) compare(f *field) {
	r := &t.row
	t.said = t.said[:0]
	for _, source := range r.Sources {
		t.own = t.own[:0]
		for _, s := range t.list {
			if t.standing(s).Source == source {
				t.own = append(t.own, s)
			}
		}
		if v := t.Get(t.value(f, t.own)); v != nil {
			t.said = append(t.said, said{source, v, folded(f, v)})
		}
	}
	if f.Compare == schemas.Beginning {
		most := ""
		for _, s := range t.said {
			most = max(most, s.folded)
		}
		for i := range t.said {
			if strings.HasPrefix(most, t.said[i].folded) {
				t.said[i].folded = most
			}
		}
	}
	if !slices.ContainsFunc(t.said, func(s said) bool { return s.folded != t.said[0].folded }) {
		return
	}
	out := r.Disagreements
	if len(out) == 0 {
		out = append(out, '{')
	} else {
		out = append(out, ',')
	}
	out = append(appendText(out, f.Name), ":{"...)
	for i, s := range t.said {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, t.names[s.source]), ':')
		out = appendJSON(out, f.Type, s.value)
	}
	r.Disagreements = append(out, '}')
}

// folded is a value in the form in which it is compared with others: how a text is written
// in capitals, composed of characters or padded with blanks is no difference. A text that may say less ends with
// the comma up to which it then is the beginning of another one.
func folded(f *field, value []byte) string {
	switch {
	case f.Compare == schemas.Beginning:
		return Spelling(string(value)) + ","
	case f.Type == schemas.Text || f.Type == schemas.Email:
		return Spelling(string(value))
	}
	return string(value)
}

// Spelling is a text as it is compared: small letters, composed, without blanks around them.
func Spelling(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return strings.Map(unicode.ToLower, norm.NFC.String(text))
		}
	}
	return strings.ToLower(text)
}

// appendJSON appends a value of a type as JSON: a day and a moment, in UTC, as a text.
func appendJSON(out []byte, typ schemas.Type, value []byte) []byte {
	switch typ {
	case schemas.Bool:
		return strconv.AppendBool(out, Number(value) != 0)
	case schemas.Int:
		return strconv.AppendInt(out, Number(value), 10)
	case schemas.Date:
		return append(AppendDay(append(out, '"'), Number(value)), '"')
	case schemas.Timestamp:
		return append(appendMoment(append(out, '"'), Number(value)), '"')
	}
	return appendText(out, string(value))
}

const secondsOfDay = 24 * 60 * 60

// AppendDay appends a day, by its number of days since 1970, as DuckDB writes it: 2026-03-01, and
// 0044-03-15 (BC) for one before our time.
func AppendDay(out []byte, days int64) []byte {
	return appendDate(out, time.Unix(days*secondsOfDay, 0).UTC())
}

func appendDate(out []byte, t time.Time) []byte {
	if t.Year() > 0 {
		return t.AppendFormat(out, time.DateOnly)
	}
	out = fmt.Appendf(out, "%04d", 1-t.Year())
	return t.AppendFormat(out, "-01-02 (BC)")
}

// appendMoment appends a moment, in microseconds since 1970, as DuckDB writes it in UTC:
// 2026-03-01 08:30:00.5+00.
func appendMoment(out []byte, micros int64) []byte {
	t := time.UnixMicro(micros).UTC()
	return append(t.AppendFormat(appendDate(out, t), " 15:04:05.999999"), "+00"...)
}

// AppendTexts appends a list of texts as JSON.
func AppendTexts(out []byte, texts []string) []byte {
	out = append(out, '[')
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, text)
	}
	return append(out, ']')
}

const hex = "0123456789ABCDEF"

// appendText appends a text as JSON, as DuckDB writes it.
func appendText(out []byte, text string) []byte {
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= ' ':
			out = append(out, c)
		default:
			if at := bytes.IndexByte([]byte("\b\f\n\r\t"), c); at >= 0 {
				out = append(out, '\\', "bfnrt"[at])
			} else {
				out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
		}
	}
	return append(out, '"')
}
