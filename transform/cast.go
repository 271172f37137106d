package transform

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// cast turns the result of k, of type from, into one of type to. Text is read
// by the rules for cells, so what does not read makes its record a reject.
func (c *compiler) cast(k kernel, from, to schemas.Type) kernel {
	isText := func(t schemas.Type) bool { return t == schemas.Text || t == schemas.Email }
	switch {
	case from == to, from == schemas.Email && to == schemas.Text:
		return k
	case isText(from):
		r := newReader(&schemas.Column{Name: c.field, Type: to}, c.p.o.MaxDepth)
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			out := r.read(s.b, a.(*array.String), s.rows)
			switch to {
			case schemas.Email:
				defer out.Release()
				return s.b.withoutDoubts(out, c.field)
			case schemas.Date, schemas.Timestamp:
				defer out.Release()
				return s.b.withoutNoMoments(out, c.field)
			}
			return out
		})
	case isText(to):
		return asText(k, from)
	case from == schemas.Int && to == schemas.Float:
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			return number(s, a, to, func(i int) float64 { return float64(a.(*array.Int64).Value(i)) })
		})
	case from == schemas.Duration && to == schemas.Int:
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			return number(s, a, to, func(i int) int64 { return int64(a.(*array.Duration).Value(i)) / 1e6 })
		})
	case from == schemas.Timestamp && to == schemas.Date:
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			return number(s, a, to, func(i int) int32 {
				return int32(math.Floor(float64(int64(a.(*array.Timestamp).Value(i))/1e6) / 86400))
			})
		})
	case from == schemas.Date && to == schemas.Timestamp:
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			return number(s, a, to, func(i int) int64 { return int64(a.(*array.Date32).Value(i)) * 86400e6 })
		})
	case to == schemas.JSON:
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			return s.texts(a, jsonOf(a, from))
		})
	}
	return k // not a cast that a valid contract asks for
}

// converted applies f to the result of k.
func converted(k kernel, f func(*scope, arrow.Array) arrow.Array) kernel {
	return func(s *scope) arrow.Array {
		a := k(s)
		defer a.Release()
		return f(s, a)
	}
}

func number[T int32 | int64 | float64](s *scope, a arrow.Array, to schemas.Type, f func(int) T) arrow.Array {
	out := columns.NewFixed[T](s.b.mem, s.n)
	for i := range s.n {
		if a.IsNull(i) {
			out.Valid.Clear(i)
		} else {
			out.Vals[i] = f(i)
		}
	}
	return out.Array(to.Arrow())
}

// texts makes a text column of what appendTo writes for each value.
func (s *scope) texts(a arrow.Array, appendTo func([]byte, int) []byte) arrow.Array {
	out := columns.NewTexts(s.b.mem, s.n, s.n*8)
	var buf []byte
	for i := range s.n {
		if a.IsNull(i) {
			out.Null()
			continue
		}
		if buf = appendTo(buf[:0], i); len(buf) == 0 {
			out.Null()
			continue
		}
		out.Add(buf)
	}
	return s.b.text(out)
}

// asText makes text of any column, as keys, mappings and conditions see it.
func asText(k kernel, t schemas.Type) kernel {
	switch t {
	case schemas.Text, schemas.Email:
		return k
	case schemas.JSON:
		return converted(k, func(s *scope, a arrow.Array) arrow.Array {
			if a.NullN() == s.n {
				return s.b.nulls(schemas.Text, s.n)
			}
			return s.b.mapText(a.(*array.String), func(cell []byte) []byte {
				text, _ := scan.Text(cell)
				return text
			})
		})
	}
	return converted(k, func(s *scope, a arrow.Array) arrow.Array {
		return s.texts(a, textOf(a))
	})
}

// textOf writes values of a column that is not text.
func textOf(a arrow.Array) func([]byte, int) []byte {
	switch a := a.(type) {
	case *array.Boolean:
		return func(b []byte, i int) []byte { return strconv.AppendBool(b, a.Value(i)) }
	case *array.Int64:
		return func(b []byte, i int) []byte { return strconv.AppendInt(b, a.Value(i), 10) }
	case *array.Float64:
		return func(b []byte, i int) []byte {
			enc, _ := json.Marshal(a.Value(i)) // the shortest form that reads back, and valid JSON
			return append(b, enc...)
		}
	case *array.Timestamp:
		return func(b []byte, i int) []byte {
			return time.UnixMicro(int64(a.Value(i))).UTC().AppendFormat(b, time.RFC3339Nano)
		}
	case *array.Date32:
		return func(b []byte, i int) []byte { return a.Value(i).ToTime().AppendFormat(b, time.DateOnly) }
	case *array.Duration:
		return func(b []byte, i int) []byte {
			return append(b, (time.Duration(a.Value(i)) * time.Microsecond).String()...)
		}
	case *array.List:
		return jsonOf(a, schemas.List)
	case *array.String:
		v := columns.ViewText(a)
		return func(b []byte, i int) []byte { return append(b, v.At(i)...) }
	}
	panic("transform: text of " + a.DataType().String())
}

// jsonOf writes values of a column of type t as JSON.
func jsonOf(a arrow.Array, t schemas.Type) func([]byte, int) []byte {
	switch t {
	case schemas.Text, schemas.Email:
		v := columns.ViewText(a)
		if scan.IsPlain(v.Val) {
			return func(b []byte, i int) []byte { return append(append(append(b, '"'), v.At(i)...), '"') }
		}
		return func(b []byte, i int) []byte { return scan.Quote(b, v.At(i)) }
	case schemas.Timestamp, schemas.Date, schemas.Duration:
		text := textOf(a)
		return func(b []byte, i int) []byte { return append(text(append(b, '"'), i), '"') }
	case schemas.List:
		list := a.(*array.List)
		v, off := columns.ViewText(list.ListValues()), list.Offsets()
		return func(b []byte, i int) []byte {
			b = append(b, '[')
			for k := off[i]; k < off[i+1]; k++ {
				if k > off[i] {
					b = append(b, ',')
				}
				b = scan.Quote(b, v.At(int(k)))
			}
			return append(b, ']')
		}
	}
	return textOf(a) // bool, int, float and JSON itself
}

// object makes one JSON object of columns, as delivered, under their own names.
func (c *compiler) object(cols []string) kernel {
	type part struct {
		column int
		typ    schemas.Type
		key    []byte
	}
	var parts []part
	for _, name := range cols {
		k, t := c.names.at(name)
		parts = append(parts, part{k, t, append(scan.Quote(nil, []byte(name)), ':')})
	}
	return func(s *scope) arrow.Array {
		arrays := make([]arrow.Array, 0, len(parts))
		write := make([]func([]byte, int) []byte, 0, len(parts))
		keys := make([][]byte, 0, len(parts))
		for _, p := range parts {
			if a := s.delivered(p.column); a.NullN() < s.n {
				arrays, keys = append(arrays, a), append(keys, p.key)
				write = append(write, jsonOf(a, p.typ))
			}
		}
		if len(arrays) == 0 {
			return s.b.nulls(schemas.JSON, s.n)
		}
		out := columns.NewTexts(s.b.mem, s.n, s.n*32)
		var obj []byte
		for i := range s.n {
			obj = obj[:0]
			for k, a := range arrays {
				if a.IsValid(i) {
					obj = write[k](member(obj, keys[k]), i)
				}
			}
			out.Object(obj)
		}
		return s.b.text(out)
	}
}

// hashItem is the fingerprint of one item of a record.
func hashItem(record [16]byte, item []byte) [16]byte {
	return xxh3.Hash128(slices.Concat(record[:], item)).Bytes()
}
