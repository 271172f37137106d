package merge

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// What sources say is written as DuckDB 1.5 writes it, so that what an earlier program wrote of
// the same is the same.
func TestAppendJSON_isDuckDBs(t *testing.T) {
	v := newValues()
	for _, c := range []struct {
		typ   schemas.Type
		value Value
		want  string
	}{
		{schemas.Bool, v.Number(0), `false`},
		{schemas.Bool, v.Number(1), `true`},
		{schemas.Int, v.Number(-7), `-7`},
		{schemas.Date, v.Number(20513), `"2026-03-01"`},
		{schemas.Date, v.Number(-719162), `"0001-01-01"`},
		{schemas.Date, v.Number(-719163), `"0001-12-31 (BC)"`},
		{schemas.Date, v.Number(-800000), `"0222-09-04 (BC)"`},
		{schemas.Date, v.Number(4000000), `"12921-08-18"`},
		{schemas.Timestamp, v.Number(0), `"1970-01-01 00:00:00+00"`},
		{schemas.Timestamp, v.Number(1), `"1970-01-01 00:00:00.000001+00"`},
		{schemas.Timestamp, v.Number(1500000), `"1970-01-01 00:00:01.5+00"`},
		{schemas.Timestamp, v.Number(-1), `"1969-12-31 23:59:59.999999+00"`},
		{schemas.Timestamp, v.Number(-62135596800000001), `"0001-12-31 (BC) 23:59:59.999999+00"`},
		{schemas.Timestamp, v.Number(253402300800000000), `"10000-01-01 00:00:00+00"`},
		{schemas.Text, v.Text("é \" \\ / \b\f\n\r\t\x00\x1f\x7f"), `"é \" \\ / \b\f\n\r\t\u0000\u001F` + "\x7f" + `"`},
		{schemas.Email, v.Text(""), `""`},
	} {
		if got := string(appendJSON(nil, c.typ, v.Get(c.value))); got != c.want {
			t.Errorf("%s %q: got %s, want %s", c.typ, v.Get(c.value), got, c.want)
		}
	}
}

func TestRow_disagreements(t *testing.T) {
	fields := []*schemas.Field{
		{Name: "name", Type: schemas.Text},
		{Name: "location", Type: schemas.Text, Compare: schemas.Beginning},
		{Name: "kind", Type: schemas.Text, Merge: schemas.Prefer, Enum: []string{"human", "service", "unknown"}},
		{Name: "kind_raw", Type: schemas.Text},
		{Name: "is_on", Type: schemas.Bool, Merge: schemas.AnyOf},
		{Name: "since", Type: schemas.Int, Merge: schemas.Min},
	}
	table := &schemas.Table{Name: "things"}
	for name, c := range map[string]struct {
		rows []string // source, strength and what it says of each field; - is NULL
		want string   // values, and who disagrees
	}{
		"alone":              {[]string{"0 3 Ada|Bonn|human|P|1|5"}, "Ada|Bonn|human|P|1|5 "},
		"alike":              {[]string{"0 3 Ada|Bonn, Street 1|human|P|1|5", "1 2  ADA |bonn|human|Q|1|5"}, "Ada|Bonn, Street 1|human|P|1|5 "},
		"not alike":          {[]string{"1 3 Ada|Bonn|human|P|0|5", "0 2 Eve|Köln|service|Q|1|4"}, `Ada|Bonn|human|P|1|4 {"name":{"a":"Eve","b":"Ada"},"location":{"a":"Köln","b":"Bonn"},"kind":{"a":"service","b":"human"},"is_on":{"a":true,"b":false},"since":{"a":4,"b":5}}`},
		"unknown gives way":  {[]string{"0 3 -|-|unknown|X|-|-", "1 2 -|-|human|-|-|-"}, `-|-|human|-|-|- {"kind":{"a":"unknown","b":"human"}}`},
		"one source changed": {[]string{"0 3 Ada|-|-|-|-|-", "0 2 Eve|-|-|-|-|-"}, "Ada|-|-|-|-|- "},
	} {
		all := New(table, fields, []string{"a", "b"})
		for i, row := range c.rows {
			said := strings.SplitN(row, " ", 3)
			cells := make([]Value, len(fields))
			for n, text := range strings.Split(said[2], "|") {
				switch {
				case text == "-":
				case fields[n].Type.IsText():
					cells[n] = all.Text(text)
				default:
					cells[n] = all.Number(int64(text[0] - '0'))
				}
			}
			all.Add(7, Standing{Source: uint16(said[0][0] - '0'), Strength: said[1][0] - '0', Weight: uint32(i)}, [16]byte{byte(i)}, cells)
		}
		r := all.Reader().Row(7)
		var got []string
		for n, v := range r.Values {
			switch {
			case v == nil:
				got = append(got, "-")
			case fields[n].Type.IsText():
				got = append(got, string(v))
			default:
				got = append(got, string(rune('0'+Number(v))))
			}
		}
		if got := strings.Join(got, "|") + " " + string(r.Disagreements); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
