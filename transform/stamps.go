package transform

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// stamps reads the times and dates of one column: by the layouts of its
// contract first, then by the forms that the vendors are known to use. A time
// without a zone is UTC.
type stamps struct {
	own   []string // of the contract
	usual []string
	iso   bool // no layout of the contract contradicts isoMoment, so it may go first
	us    bool // the contract puts the month first with slashes, so usMoment may go first
}

// usualLayouts are the forms in the vendors' documentation. None has slashes:
// whether the day or the month comes first is for the contract to say, as
// that of BalkanID's employees does; a guess would read most days wrongly and
// none of them noticeably.
var usualLayouts = []string{
	time.RFC3339, // with any fraction
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02 15:04:05 -0700 MST", // a Go time, BalkanID
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04",
	"2006-01-02",
	"Jan 2, 2006 3:04:05 PM (MST)", // Oleria's screens
	"Jan 2, 2006 3:04:05 PM",
	"Jan 2, 2006",
}

// dottedLayouts are how spreadsheets write dates in countries that put dots into
// them. In all of these the day comes first.
var dottedLayouts = clocked("2.1.2006")

// clocked is a layout of dates, without and with the time of the day.
func clocked(l string) []string { return []string{l, l + " 15:04", l + " 15:04:05"} }

// usualAndDotted are the usual layouts of a column whose contract does not have
// dates with dots itself.
var usualAndDotted = slices.Concat(usualLayouts, dottedLayouts)

func newStamps(own []string) *stamps {
	s := &stamps{own: own, usual: usualAndDotted, iso: true}
	others := false
	for _, l := range own {
		if _, _, rest, is := dayAndMonth(l); is && rest[0] == '.' {
			s.usual = usualLayouts
		}
		us := l == "01/02/2006" || l == "1/2/2006"
		s.us = s.us || us
		others = others || !us && !strings.HasPrefix(l, "2006")
		if strings.HasPrefix(l, "2006") && !strings.HasPrefix(l, "2006-01-02") {
			s.iso = false
		}
	}
	s.us = s.us && !others
	return s
}

// moment is a time as written and as meant.
type moment struct {
	micros int64 // since 1970 in UTC
	days   int32 // since 1970 of the date as it is written
}

func (s *stamps) micros(cell []byte) (int64, cellFault) {
	m, f := s.read(cell)
	return m.micros, f
}

func (s *stamps) date(cell []byte) (int32, cellFault) {
	m, f := s.read(cell)
	return m.days, f
}

func (s *stamps) read(cell []byte) (moment, cellFault) {
	if s.iso {
		if m, ok := isoMoment(cell); ok {
			return m, cellFault{}
		}
	}
	if s.us {
		if m, ok := usMoment(cell); ok {
			return m, cellFault{}
		}
	}
	text := string(cutMonotonic(cell))
	outside, zone := false, false
	for _, layouts := range [][]string{s.own, s.usual} {
		for _, l := range layouts {
			t, err := time.ParseInLocation(l, text, time.UTC)
			if err != nil {
				outside = outside || strings.Contains(err.Error(), "out of range") && (strings.ContainsAny(text, "-/,") || dotted(cell))
				continue
			}
			if guessedZone(l, text, t) {
				zone = true
				continue
			}
			return momentOf(t), cellFault{}
		}
	}
	switch {
	case zone:
		return moment{}, badType("a time zone by its abbreviation, which does not tell the offset")
	case outside:
		return moment{}, badRange("a date or time that does not exist")
	}
	return moment{}, badType("not a time in a known layout")
}

// guessedZone tells whether the offset of t was made up: the time package
// takes an abbreviation that it does not know for UTC, and the name UTC for
// the truth even beside an offset.
func guessedZone(layout, text string, t time.Time) bool {
	if !strings.Contains(layout, "MST") {
		return false
	}
	if strings.Contains(layout, "-0700 MST") {
		before, ok := strings.CutSuffix(text, " UTC")
		return ok && !strings.HasSuffix(before, "0000")
	}
	name, _ := t.Zone()
	return name != "UTC" && name != "GMT" && name != "Z"
}

func momentOf(t time.Time) moment {
	y, mon, d := t.Date()
	return moment{micros: t.UnixMicro(), days: int32(civilDays(y, int(mon), d))}
}

// cutMonotonic drops the monotonic clock reading that Go prints after a time.
func cutMonotonic(s []byte) []byte {
	i := bytes.LastIndex(s, []byte(" m="))
	if i < 0 || i+3 >= len(s) || s[i+3] != '+' && s[i+3] != '-' {
		return s
	}
	for _, c := range s[i+4:] {
		if (c < '0' || c > '9') && c != '.' {
			return s
		}
	}
	return s[:i]
}

// civilDays is the number of days from 1970-01-01 to a date of the Gregorian
// calendar (Howard Hinnant's algorithm).
func civilDays(y, m, d int) int {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// isoMoment reads the ISO-like forms fast: 2006-01-02, then optionally T or a
// blank, 15:04:05, a fraction, and Z, an offset, " UTC" or " -0700 MST". It
// accepts less than the layouts, and what it accepts it reads alike.
func isoMoment(s []byte) (moment, bool) {
	s = cutMonotonic(s)
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return moment{}, false
	}
	y, ok1 := two(s, 0)
	y2, ok2 := two(s, 2)
	mon, ok3 := two(s, 5)
	d, ok4 := two(s, 8)
	m, ok := midnight(y*100+y2, mon, d)
	if !(ok && ok1 && ok2 && ok3 && ok4) || len(s) == 10 {
		return m, ok && ok1 && ok2 && ok3 && ok4
	}
	if len(s) < 19 || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return moment{}, false
	}
	h, ok1 := two(s, 11)
	min, ok2 := two(s, 14)
	sec, ok3 := two(s, 17)
	if !(ok1 && ok2 && ok3) || h > 23 || min > 59 || sec > 59 {
		return moment{}, false
	}
	micros, rest, ok := fraction(s[19:])
	if !ok {
		return moment{}, false
	}
	offset, ok := zoneOffset(rest, s[10])
	m.micros += int64(h*3600+min*60+sec-offset)*1e6 + micros
	return m, ok
}

// usMoment reads 01/02/2006.
func usMoment(s []byte) (moment, bool) {
	if len(s) != 10 || s[2] != '/' || s[5] != '/' {
		return moment{}, false
	}
	mon, ok1 := two(s, 0)
	d, ok2 := two(s, 3)
	y, ok3 := two(s, 6)
	y2, ok4 := two(s, 8)
	m, ok := midnight(y*100+y2, mon, d)
	return m, ok && ok1 && ok2 && ok3 && ok4
}

// midnight is the beginning of a day that exists.
func midnight(y, mon, d int) (moment, bool) {
	if mon < 1 || mon > 12 || d < 1 {
		return moment{}, false
	}
	if d > monthDays[mon] && !(mon == 2 && d == 29 && y%4 == 0 && (y%100 != 0 || y%400 == 0)) {
		return moment{}, false
	}
	days := civilDays(y, mon, d)
	return moment{micros: int64(days) * 86400e6, days: int32(days)}, true
}

func two(s []byte, i int) (int, bool) {
	a, b := s[i]-'0', s[i+1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// fraction reads ".123456"; what is finer than a microsecond is cut.
func fraction(s []byte) (micros int64, rest []byte, ok bool) {
	if len(s) == 0 || s[0] != '.' {
		return 0, s, true
	}
	i, scale := 1, int64(100000)
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		micros += int64(s[i]-'0') * scale
		scale /= 10
	}
	return micros, s[i:], i > 1 && i <= 10
}

// zoneOffset reads what follows the seconds, in seconds east of UTC. After a
// T only the forms of RFC 3339 and its like are read.
func zoneOffset(s []byte, between byte) (int, bool) {
	switch {
	case len(s) == 0, len(s) == 1 && s[0] == 'Z':
		return 0, true
	case between == ' ' && string(s) == " UTC":
		return 0, true
	case between == ' ' && len(s) >= 6 && s[0] == ' ':
		off, ok := offset4(s[1:6])
		return off, ok && (len(s) == 6 || s[6] == ' ' && isAbbreviation(s[7:]) && (off == 0 || string(s[7:]) != "UTC"))
	case len(s) == 6 && s[3] == ':':
		return offset4([]byte{s[0], s[1], s[2], s[4], s[5]})
	case between == 'T' && len(s) == 5:
		return offset4(s)
	}
	return 0, false
}

// offset4 reads "+0530".
func offset4(s []byte) (int, bool) {
	h, ok1 := two(s, 1)
	m, ok2 := two(s, 3)
	if !(ok1 && ok2) || h > 23 || m > 59 {
		return 0, false
	}
	switch s[0] {
	case '+':
		return h*3600 + m*60, true
	case '-':
		return -(h*3600 + m*60), true
	}
	return 0, false
}

// isAbbreviation accepts the names that the layouts accept for certain.
func isAbbreviation(s []byte) bool {
	if len(s) != 3 {
		return false
	}
	for _, c := range s {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
