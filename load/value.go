package load

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Value is one cell as text: numbers in full, instants as RFC 3339 in UTC
// (TIMESTAMP, which has no zone, without the Z), dates as 2006-01-02,
// intervals as ISO 8601 durations, lists, structs and maps as JSON, bytes in
// hex. Null tells NULL from the empty text.
type Value struct {
	Text string
	Null bool
	raw  bool // Text is JSON as it stands
}

// MarshalJSON keeps numbers, flags and JSON what they are; the rest is text.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.Null:
		return []byte("null"), nil
	case v.raw:
		return []byte(v.Text), nil
	}
	return json.Marshal(v.Text)
}

// IsNumber reports whether the value is a number, which a table aligns to the
// right.
func (v Value) IsNumber() bool {
	return v.raw && v.Text != "" && (v.Text[0] == '-' || v.Text[0] >= '0' && v.Text[0] <= '9')
}

func plain(s string) Value  { return Value{Text: s} }
func number(s string) Value { return Value{Text: s, raw: true} }

// valueAt reads one cell of an Arrow column that DuckDB made.
func valueAt(a arrow.Array, i int) Value {
	if a.IsNull(i) {
		return Value{Null: true}
	}
	switch a := a.(type) {
	case array.ExtensionArray:
		return valueAt(a.Storage(), i)
	case *array.String:
		return plain(strings.Clone(a.Value(i)))
	case *array.LargeString:
		return plain(strings.Clone(a.Value(i)))
	case *array.StringView:
		return plain(strings.Clone(a.Value(i)))
	case *array.Binary:
		return plain(hex.EncodeToString(a.Value(i)))
	case *array.LargeBinary:
		return plain(hex.EncodeToString(a.Value(i)))
	case *array.FixedSizeBinary:
		return plain(hex.EncodeToString(a.Value(i)))
	case *array.Boolean:
		return number(strconv.FormatBool(a.Value(i)))
	case *array.Float32:
		return float(float64(a.Value(i)), 32)
	case *array.Float64:
		return float(a.Value(i), 64)
	case *array.Decimal128:
		return number(a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale))
	case *array.Dictionary:
		return valueAt(a.Dictionary(), a.GetValueIndex(i))
	case *array.Date32:
		return plain(date(int64(a.Value(i))))
	case *array.Timestamp:
		return plain(timestamp(int64(a.Value(i)), a.DataType().(*arrow.TimestampType)))
	case *array.Time64:
		return plain(a.Value(i).ToTime(a.DataType().(*arrow.Time64Type).Unit).Format("15:04:05.999999999"))
	case *array.MonthDayNanoInterval:
		v := a.Value(i)
		return plain(isoDuration(v.Months, v.Days, v.Nanoseconds))
	case array.ListLike:
		return number(listJSON(a, i))
	case *array.Struct:
		return number(structJSON(a, i))
	}
	// The integers, and what a later DuckDB may add.
	switch a.DataType().ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return number(a.ValueStr(i))
	}
	return plain(a.ValueStr(i))
}

func float(v float64, bits int) Value {
	s := strconv.FormatFloat(v, 'g', -1, bits)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return plain(s) // JSON has no such numbers
	}
	return number(s)
}

// DuckDB's infinite dates and instants are the ends of the range.
func infinite(v, most int64) string {
	switch v {
	case most:
		return "infinity"
	case -most:
		return "-infinity"
	}
	return ""
}

func date(days int64) string {
	if s := infinite(days, math.MaxInt32); s != "" {
		return s
	}
	return time.Unix(0, 0).UTC().AddDate(0, 0, int(days)).Format(time.DateOnly)
}

func timestamp(v int64, t *arrow.TimestampType) string {
	if s := infinite(v, math.MaxInt64); s != "" {
		return s
	}
	s := arrow.Timestamp(v).ToTime(t.Unit).UTC().Format("2006-01-02T15:04:05.999999999")
	if t.TimeZone != "" {
		s += "Z"
	}
	return s
}

func isoDuration(months, days int32, nanos int64) string {
	var b strings.Builder
	b.WriteByte('P')
	part := func(n int64, unit byte) {
		if n != 0 {
			fmt.Fprintf(&b, "%d%c", n, unit)
		}
	}
	part(int64(months/12), 'Y')
	part(int64(months%12), 'M')
	part(int64(days), 'D')
	if nanos != 0 {
		b.WriteByte('T')
		part(nanos/int64(time.Hour), 'H')
		part(nanos/int64(time.Minute)%60, 'M')
		if rest := nanos % int64(time.Minute); rest != 0 {
			sign := ""
			if rest < 0 {
				sign, rest = "-", -rest
			}
			seconds := fmt.Sprintf("%s%d.%09d", sign, rest/int64(time.Second), rest%int64(time.Second))
			b.WriteString(strings.TrimRight(strings.TrimRight(seconds, "0"), ".") + "S")
		}
	}
	if b.Len() == 1 {
		return "PT0S"
	}
	return b.String()
}

func listJSON(a array.ListLike, i int) string {
	start, end := a.ValueOffsets(i)
	items := a.ListValues()
	m, isMap := a.(*array.Map)
	var b strings.Builder
	open, shut := byte('['), byte(']')
	if isMap {
		open, shut = '{', '}'
	}
	b.WriteByte(open)
	for j := int(start); j < int(end); j++ {
		if j > int(start) {
			b.WriteByte(',')
		}
		if isMap {
			b.WriteString(quoted(valueAt(m.Keys(), j).Text) + ":" + asJSON(valueAt(m.Items(), j)))
			continue
		}
		b.WriteString(asJSON(valueAt(items, j)))
	}
	b.WriteByte(shut)
	return b.String()
}

func structJSON(a *array.Struct, i int) string {
	var b strings.Builder
	b.WriteByte('{')
	for j := range a.NumField() {
		if j > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoted(a.DataType().(*arrow.StructType).Field(j).Name) + ":" + asJSON(valueAt(a.Field(j), i)))
	}
	b.WriteByte('}')
	return b.String()
}

func asJSON(v Value) string {
	data, err := v.MarshalJSON()
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(data)
}

func quoted(s string) string { return asJSON(plain(s)) }
