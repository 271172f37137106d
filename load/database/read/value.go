package read

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
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Value is one cell: what it is, and how it is shown. Text has numbers in full, instants as RFC 3339 in UTC
// (TIMESTAMP, which has no zone, without the Z), dates as 2006-01-02,
// intervals as ISO 8601 durations, lists, structs and maps as JSON, bytes in
// hex. Null tells NULL from the empty text.
type Value struct {
	Text string
	Null bool
	raw  bool // Text is JSON as it stands
	what kind
	n    int64
}

// kind is what n is of a [Value].
type kind uint8

const (
	neither kind = iota
	integer      // itself
	flag         // 0 or 1
	moment       // microseconds since 1970, of a date or an instant
)

// Int is the integer that v is, 0 where it is NULL. It panics for what is no
// integer: who asks a question knows what is answered.
func (v Value) Int() int64 { return v.as(integer) }

// Bool is the flag that v is, false where it is NULL. It panics for what is none.
func (v Value) Bool() bool { return v.as(flag) == 1 }

// Time is the instant or the day that v is, in UTC; zero where it is NULL or
// infinite. It panics for what is none.
func (v Value) Time() time.Time {
	n := v.as(moment)
	if v.Null || n == endless {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

const endless = math.MinInt64 // n of an infinite moment

func (v Value) as(k kind) int64 {
	if v.what != k && !v.Null {
		panic(fmt.Sprintf("a value of kind %d was asked for as one of kind %d", v.what, k))
	}
	return v.n
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

// Moment is the instant or the day that v is, in UTC, if it is one and not infinite.
func (v Value) Moment() (at time.Time, ok bool) {
	if v.Null || v.what != moment || v.n == endless {
		return time.Time{}, false
	}
	return v.Time(), true
}

// IsFlag reports whether the value is true or false.
func (v Value) IsFlag() bool { return v.what == flag }

// IsNumber reports whether the value is a number, which a table aligns to the
// right.
func (v Value) IsNumber() bool {
	return v.raw && v.Text != "" && (v.Text[0] == '-' || v.Text[0] >= '0' && v.Text[0] <= '9')
}

func plain(s string) Value  { return Value{Text: s} }
func number(s string) Value { return Value{Text: s, raw: true} }

func integerValue(s string, n int64) Value { return Value{Text: s, raw: true, what: integer, n: n} }

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
		v := Value{Text: strconv.FormatBool(a.Value(i)), raw: true, what: flag}
		if a.Value(i) {
			v.n = 1
		}
		return v
	case *array.Float32:
		return float(float64(a.Value(i)), 32)
	case *array.Float64:
		return float(a.Value(i), 64)
	case *array.Decimal128:
		scale, d := a.DataType().(*arrow.Decimal128Type).Scale, a.Value(i)
		if n := int64(d.LowBits()); scale == 0 && d == decimal128.FromI64(n) { // the sum of integers, too
			return integerValue(d.ToString(0), n)
		}
		return number(d.ToString(scale))
	case *array.Dictionary:
		return valueAt(a.Dictionary(), a.GetValueIndex(i))
	case *array.Date32:
		return date(int64(a.Value(i)))
	case *array.Timestamp:
		return timestamp(int64(a.Value(i)), a.DataType().(*arrow.TimestampType))
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
	switch a := a.(type) {
	case *array.Int64:
		return integerValue(a.ValueStr(i), a.Value(i))
	case *array.Int32:
		return integerValue(a.ValueStr(i), int64(a.Value(i)))
	case *array.Int16:
		return integerValue(a.ValueStr(i), int64(a.Value(i)))
	case *array.Int8:
		return integerValue(a.ValueStr(i), int64(a.Value(i)))
	case *array.Uint32:
		return integerValue(a.ValueStr(i), int64(a.Value(i)))
	case *array.Uint16:
		return integerValue(a.ValueStr(i), int64(a.Value(i)))
	case *array.Uint8:
		return integerValue(a.ValueStr(i), int64(a.Value(i)))
	case *array.Uint64:
		return number(a.ValueStr(i)) // may be larger than an int64
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

// infinite is one of DuckDB's infinite dates and instants, the ends of the range.
func infinite(v, most int64) (Value, bool) {
	out := Value{what: moment, n: endless}
	switch v {
	case most:
		out.Text = "infinity"
	case -most:
		out.Text = "-infinity"
	}
	return out, out.Text != ""
}

func date(days int64) Value {
	if v, ok := infinite(days, math.MaxInt32); ok {
		return v
	}
	at := time.Unix(0, 0).UTC().AddDate(0, 0, int(days))
	return Value{Text: at.Format(time.DateOnly), what: moment, n: at.UnixMicro()}
}

func timestamp(n int64, t *arrow.TimestampType) Value {
	if v, ok := infinite(n, math.MaxInt64); ok {
		return v
	}
	at := arrow.Timestamp(n).ToTime(t.Unit).UTC()
	v := Value{Text: at.Format("2006-01-02T15:04:05.999999999"), what: moment, n: at.UnixMicro()}
	if t.TimeZone != "" {
		v.Text += "Z"
	}
	return v
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
