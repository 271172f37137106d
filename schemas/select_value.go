package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FingerprintNotInSQL is the reason for which a key is NULL in a [Select] where
// the program makes it of the whole record.
const FingerprintNotInSQL = "last, a fingerprint of the whole record"

// value is x as the value of field f, at a depth of indentation.
func (w *selecting) value(x *Expr, f *Field, depth int) string {
	text, t := w.bare(x, f, depth)
	return w.cast(text, t, f.Type)
}

// bare is x and the type that it has.
func (w *selecting) bare(x *Expr, f *Field, depth int) (string, Type) {
	if len(x.When) > 0 {
		inner, outer := *x, w.there
		inner.When = nil
		for i := range x.When {
			if c := &x.When[i]; c.Present || c.In != nil && !c.Not {
				text, _ := w.column(&c.Value, &Field{Type: Text})
				w.there = append(slices.Clone(w.there), text)
			}
		}
		text, t := w.bare(&inner, f, depth)
		w.there = outer
		return "CASE WHEN " + strings.Join(w.conditions(x.When), " AND ") + " THEN " + text + " END", t
	}
	switch {
	case x.First != nil:
		parts := make([]string, len(x.First))
		for i := range x.First {
			text, t := w.bare(&x.First[i], f, depth+1)
			parts[i] = w.cast(text, t, f.Type)
		}
		return "coalesce(" + indented(parts, depth) + ")", f.Type
	case x.Const != nil && f.Type == Bool && (*x.Const == "true" || *x.Const == "false"):
		return *x.Const, Bool
	case x.Const != nil:
		return sqlText(*x.Const), Text
	case x.Object != nil:
		return w.object(x.Object), JSON
	case x.Key != "":
		return w.key(x, depth), Text
	}
	text, t := w.column(x, f)
	switch {
	case x.Values != nil:
		return w.mapped(x.Values, asSQLText(text, t), f, depth), Text
	case x.Only == OnlyAddress:
		w.notInSQL = "the address alone, as the program knows one"
		text = asSQLText(text, t)
		return fmt.Sprintf("CASE WHEN regexp_full_match(%s, '[^@\\s]+@[^@\\s]+\\.[^@\\s]+') THEN lower(%[1]s) END", text), Email
	}
	return text, t
}

// column is a column, or what its path leads to: as JSON where the field is,
// else as text.
func (w *selecting) column(x *Expr, f *Field) (string, Type) {
	if x.Path == nil {
		return sqlName(x.Column), w.scope[x.Column]
	}
	path := "$"
	for _, step := range x.Path {
		if strings.Trim(step, "0123456789") == "" {
			path += "[" + step + "]"
		} else {
			path += "." + jsonName(step)
		}
	}
	if f.Type == JSON && x.Values == nil && x.Only == "" {
		return fmt.Sprintf("(%s -> %s)", sqlName(x.Column), sqlText(path)), JSON
	}
	return fmt.Sprintf("(%s ->> %s)", sqlName(x.Column), sqlText(path)), Text
}

// key is a key of parts; of the record as a whole SQL has none.
func (w *selecting) key(x *Expr, depth int) string {
	if len(x.Of) == 0 {
		w.notInSQL = FingerprintNotInSQL
		return "NULL"
	}
	parts, columns := make([]string, len(x.Of)), []string(nil)
	for i := range x.Of {
		text, t := w.bare(&x.Of[i], &Field{Type: Text}, depth+1)
		parts[i] = asSQLText(text, t)
		if x.Of[i].Const == nil {
			columns = append(columns, parts[i])
		}
	}
	key := fmt.Sprintf("row_key(_source, %s, [%s])", sqlText(x.Key), strings.Join(parts, ", "))
	switch {
	case len(columns) == len(parts), slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(w.there, c) }):
		return key // a constant tells no record from another
	case len(columns) == 0:
		return "NULL"
	case len(columns) == 1:
		return "CASE WHEN " + columns[0] + " IS NOT NULL THEN " + key + " END"
	}
	return "CASE WHEN coalesce(" + strings.Join(columns, ", ") + ") IS NOT NULL THEN " + key + " END"
}

func (w *selecting) object(names []string) string {
	texts, members := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		texts[i] = sqlText(name)
		switch w.scope[name] {
		case JSON:
			members[i] = sqlName(name)
		case Timestamp:
			members[i] = "to_json(" + asSQLText(sqlName(name), Timestamp) + ")"
		case Duration:
			w.notInSQL = "the text of a duration, such as 1h8m0s"
			fallthrough
		default:
			members[i] = "to_json(" + sqlName(name) + ")"
		}
	}
	return "said(" + indented([]string{"[" + strings.Join(texts, ", ") + "]", "[" + strings.Join(members, ", ") + "]"}, 1) + ")"
}

// mapped is the word that text is mapped to, a line for each.
func (w *selecting) mapped(values map[string]string, text string, f *Field, depth int) string {
	from := map[string][]string{}
	for _, word := range slices.Sorted(maps.Keys(values)) {
		from[values[word]] = append(from[values[word]], sqlText(word))
	}
	pad := strings.Repeat("  ", depth)
	var b strings.Builder
	b.WriteString("CASE")
	for _, to := range slices.Sorted(maps.Keys(from)) {
		fmt.Fprintf(&b, "\n%s  WHEN lower(%s) IN (%s) THEN %s", pad, text, strings.Join(from[to], ", "), sqlText(to))
	}
	if f.Enum == nil || slices.Contains(f.Enum, Unknown) {
		fmt.Fprintf(&b, "\n%s  WHEN %s IS NOT NULL THEN %s", pad, text, sqlText(Unknown))
	}
	fmt.Fprintf(&b, "\n%sEND", pad)
	return b.String()
}

// word is the vendor's own word behind a mapping: of the branch that counts.
func (w *selecting) word(x *Expr, f *Field, depth int) string {
	switch {
	case x.First != nil:
		lines := make([]string, len(x.First))
		for i := range x.First {
			lines[i] = fmt.Sprintf("WHEN %s IS NOT NULL THEN %s", w.value(&x.First[i], f, depth+1), w.word(&x.First[i], f, depth+1))
		}
		return "CASE " + strings.Join(lines, " ") + " END"
	case x.Const != nil:
		return "NULL"
	}
	plain := *x
	plain.Values = nil
	text, t := w.bare(&plain, &Field{Type: Text}, depth)
	return asSQLText(text, t)
}

func (w *selecting) conditions(cs []Condition) []string {
	out := make([]string, len(cs))
	for i := range cs {
		text, t := w.bare(&cs[i].Value, &Field{Type: Text}, 1)
		words := make([]string, len(cs[i].In))
		for k, word := range cs[i].In {
			words[k] = sqlText(word)
		}
		list := "lower(" + asSQLText(text, t) + ") %s (" + strings.Join(words, ", ") + ")"
		switch {
		case cs[i].In == nil && cs[i].Present:
			out[i] = text + " IS NOT NULL"
		case cs[i].In == nil:
			out[i] = text + " IS NULL"
		case cs[i].Not:
			out[i] = "(" + text + " IS NULL OR " + fmt.Sprintf(list, "NOT IN") + ")"
		default:
			out[i] = fmt.Sprintf(list, "IN")
		}
	}
	return out
}

// cast is text, a value of type from, as one of type to.
func (w *selecting) cast(text string, from, to Type) string {
	switch {
	case from == to, from == Email && to == Text, text == "NULL":
		return text
	case from == Text && to == Email:
		return "lower(trim(" + text + "))"
	case from == JSON && to == JSON:
		return text
	case to == Text:
		return asSQLText(text, from)
	case from == Text || from == Email:
		w.notInSQL = "text that is read by the rules for cells of type " + string(to)
		return "TRY_CAST(" + text + " AS " + to.SQL() + ")"
	case from == Duration && to == Int: // whole seconds
		return "CAST(trunc(epoch(" + text + ")) AS BIGINT)"
	case from == Timestamp && to == Date:
		return "CAST(" + text + " AT TIME ZONE 'UTC' AS DATE)"
	case from == Date && to == Timestamp:
		return "(CAST(" + text + " AS TIMESTAMP) AT TIME ZONE 'UTC')"
	case to == JSON:
		return "to_json(" + text + ")"
	}
	return "CAST(" + text + " AS " + to.SQL() + ")"
}

// asSQLText is a value as keys, mappings and conditions see it.
func asSQLText(text string, t Type) string {
	switch t {
	case Text, Email:
		return text
	case JSON:
		return "(" + text + " ->> '$')"
	case Timestamp:
		return "regexp_replace(strftime(" + text + " AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f'), '[.]?0*$', 'Z')"
	}
	return "CAST(" + text + " AS VARCHAR)"
}

// indented puts each part on a line of its own, where there are several that
// are not short.
func indented(parts []string, depth int) string {
	if whole := strings.Join(parts, ", "); len(whole) < 80 && !strings.Contains(whole, "\n") {
		return whole
	}
	pad := "\n" + strings.Repeat("  ", depth+1)
	return pad + strings.Join(parts, ","+pad)
}

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// sqlName is an identifier, in quotes where it needs them.
func sqlName(s string) string {
	if columnName.MatchString(s) && !reserved[s] || s == ExtraColumn {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// jsonName is a key in a path into JSON.
func jsonName(s string) string {
	if strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_") == "" {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// reserved are the words of SQL that are no names of their own in DuckDB and
// may well be names of columns.
var reserved = func() map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(`all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
		default deferrable desc describe distinct do else end except false fetch for foreign from grant group having in initially intersect into lambda
		lateral leading limit not null offset on only or order pivot placing primary qualify references returning select show some summarize symmetric
		table then to trailing true union unique unpivot using variadic when where window with`) {
		out[word] = true
	}
	return out
}()
