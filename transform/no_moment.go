package transform

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
)

// A program that has no date writes the first one that it knows: 0001-01-01 (Go, .NET),
// 1601-01-01 (directories), 1753-01-01 (databases), 1899-12-30 to 1900-01-01 (spreadsheets),
// or the beginning of 1970 (Unix), in whatever zone. Taken for dates they would make
// everybody somebody who left long ago. So they are placeholders: the vendor table keeps
// them, and expressions see NULL. 9999-12-31 is a date, since what is compared with it is
// right: something that never ends ends after all else.
const (
	firstDay     = -25566 // 2 January 1900, in days since 1970
	day          = 86400e6
	farthestZone = 14 * 3600e6 // from UTC
)

const noMoment = "dates that programs write where they have none, such as 0001-01-01, 1900-01-01 or 1970-01-01: kept as delivered, and no date for what is made of them"

func isNoDay(days int32) bool { return days < firstDay || days == -1 || days == 0 }

func isNoMicros(micros int64) bool {
	return micros < firstDay*day || -farthestZone <= micros && micros <= farthestZone
}

// withoutNoMoments is a column of dates or times without those that stand for none, which
// become a finding about field. The result is the caller's to release.
func (b *run) withoutNoMoments(a arrow.Array, field string) arrow.Array {
	switch a := a.(type) {
	case *array.Date32:
		return without(b, a, a.Date32Values(), schemas.Date, field, func(v arrow.Date32) bool { return isNoDay(int32(v)) }, func(v arrow.Date32) int32 { return int32(v) })
	case *array.Timestamp:
		return without(b, a, a.TimestampValues(), schemas.Timestamp, field, func(v arrow.Timestamp) bool { return isNoMicros(int64(v)) }, func(v arrow.Timestamp) int64 { return int64(v) })
	}
	a.Retain()
	return a
}

func without[T any, R int32 | int64](b *run, a arrow.Array, values []T, typ schemas.Type, field string, none func(T) bool, raw func(T) R) arrow.Array {
	n := int64(0)
	for i, v := range values {
		if none(v) && a.IsValid(i) {
			n++
		}
	}
	if n == 0 {
		a.Retain()
		return a
	}
	b.find(findPlaceholder, field, noMoment, n)
	out := columns.NewFixed[R](b.mem, a.Len())
	for i, v := range values {
		if a.IsNull(i) || none(v) {
			out.Valid.Clear(i)
		} else {
			out.Vals[i] = raw(v)
		}
	}
	return out.Array(typ.Arrow())
}
