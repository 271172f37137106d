package files

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// stamp is the time that a delivery is of, as exactly as it is known.
type stamp struct {
	at   time.Time
	unit time.Duration // month, day or second; 0: not known
	from string        // one of the FileTime constants of package schemas
}

const (
	day   = 24 * time.Hour
	month = 31 * day
)

func (s stamp) known() bool { return s.unit > 0 }

// text is the time as far as it is known.
func (s stamp) text() string {
	switch s.unit {
	case 0:
		return "unknown"
	case month:
		return s.at.Format("2006-01")
	case day:
		return s.at.Format(time.DateOnly)
	}
	return s.at.Format("2006-01-02T15:04:05Z")
}

// rounded is the time as a stamp of that unit would have it.
func (s stamp) rounded(unit time.Duration) time.Time {
	switch {
	case unit <= s.unit || unit == 0:
		return s.at
	case unit == month:
		return time.Date(s.at.Year(), s.at.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return s.at.Truncate(unit)
}

// order compares two times: -1, 0 or 1. It is not certain where one is a day,
// and the other an hour of it.
func (s stamp) order(o stamp) (n int, certain bool) {
	unit := max(s.unit, o.unit)
	n = s.rounded(unit).Compare(o.rounded(unit))
	return n, n != 0 || s.unit == o.unit
}

const months = `jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec`

// Times as names of files have them, each between characters that are neither
// letters nor digits.
var (
	// Four digits after a day may as well be the number of a part.
	clock = `(?:(?:[ _-]?t(HH)[-_:.]?(MM)(?:[-_:.]?(MM)(?:[.,]\d{1,9})?)?|[ _.-]+(?:at )?(HH)[:.h](MM)(?:[:.m](MM)s?)?|[ _.-]+(HH)[-_](MM)[-_](MM)|[ _.-]*(HH)(MM)(MM))` +
		` ?(z|utc|[+-]\d{2}:?\d{2})?)?`
	yearFirst = regexp.MustCompile(`(?i)(?:^|[^0-9])((20\d\d)([-_. ]?)(0[1-9]|1[0-2])([-_. ]?)(0[1-9]|[12]\d|3[01])` +
		strings.NewReplacer("HH", `[01]\d|2[0-3]`, "MM", `[0-5]\d`).Replace(clock) + `)(?:$|[^0-9a-z])`)
	yearLast  = edged(`(\d{1,2})[-_.](\d{1,2})[-_.](20\d\d)`)
	dayWord   = edged(`(\d{1,2})(?:st|nd|rd|th)?[-_. ]?(` + months + `)[a-z]*[-_. ,]*(20\d\d)`)
	wordDay   = edged(`(` + months + `)[a-z]*[-_. ]?(\d{1,2})(?:st|nd|rd|th)?[-_. ,]+(20\d\d)`)
	yearWord  = edged(`(20\d\d)[-_. ]?(` + months + `)[a-z]*[-_. ]?(\d{1,2})`)
	yearMonth = edged(`(20\d\d)[-_.](0[1-9]|1[0-2])`)
	epoch     = edged(`(1[5-9]\d{8})(\d{3})?`)
)

func edged(s string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^0-9a-z])(` + s + `)(?:$|[^0-9a-z])`)
}

// nameStamp finds the time in a name, and the name without it. A name with two
// different times, or with one that may be read in two ways, has none; then
// how tells that there is something like one.
func nameStamp(name string, now time.Time) (s stamp, rest string, unclear bool) {
	rest = name
	for {
		next, at, text, ok := findStamp(rest)
		if !ok {
			return s, rest, unclear
		}
		i := strings.Index(rest, text)
		rest = rest[:i] + " " + rest[i+len(text):]
		switch {
		case !next || at.at.After(now.Add(day)): // not a day of the calendar, or of the future
			unclear = true
		case s.known() && s != at:
			s, unclear = stamp{}, true
		case !unclear:
			s = at
		}
	}
}

// findStamp finds the first text that looks like a time; good tells whether it
// is one.
func findStamp(s string) (good bool, at stamp, text string, found bool) {
	n := func(s string) int { v, _ := strconv.Atoi(s); return v }
	word := func(s string) int { return strings.Index(months, strings.ToLower(s))/4 + 1 }
	date := func(y, m, d int) (bool, stamp) {
		t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		return t.Month() == time.Month(m) && t.Day() == d, stamp{at: t, unit: day}
	}
	if m := yearFirst.FindStringSubmatch(s); m != nil && m[3] == m[5] {
		good, at = date(n(m[2]), n(m[4]), n(m[6]))
		for c := m[7:]; len(c) >= 3; c = c[3:] {
			if c[0] != "" {
				at.at = at.at.Add(time.Duration(n(c[0]))*time.Hour + time.Duration(n(c[1]))*time.Minute + time.Duration(n(c[2]))*time.Second)
				at.at, at.unit = at.at.Add(-offset(m[len(m)-1])), time.Second
			}
		}
		return good, at, m[1], true
	}
	if m := dayWord.FindStringSubmatch(s); m != nil {
		good, at = date(n(m[4]), word(m[3]), n(m[2]))
		return good, at, m[1], true
	}
	if m := wordDay.FindStringSubmatch(s); m != nil {
		good, at = date(n(m[4]), word(m[2]), n(m[3]))
		return good, at, m[1], true
	}
	if m := yearWord.FindStringSubmatch(s); m != nil {
		good, at = date(n(m[2]), word(m[3]), n(m[4]))
		return good, at, m[1], true
	}
	if m := yearLast.FindStringSubmatch(s); m != nil {
		a, b := n(m[2]), n(m[3])
		switch {
		case a > 12 || a == b:
			good, at = date(n(m[4]), b, a)
		case b > 12:
			good, at = date(n(m[4]), a, b)
		}
		return good, at, m[1], true // 03-04-2026 may be of April or of March
	}
	if m := yearMonth.FindStringSubmatch(s); m != nil {
		return true, stamp{at: time.Date(n(m[2]), time.Month(n(m[3])), 1, 0, 0, 0, 0, time.UTC), unit: month}, m[1], true
	}
	if m := epoch.FindStringSubmatch(s); m != nil {
		return true, stamp{at: time.Unix(int64(n(m[2])), 0).UTC(), unit: time.Second}, m[1], true
	}
	return false, stamp{}, "", false
}

// offset is how far a zone such as +02:00 is before UTC.
func offset(zone string) time.Duration {
	zone = strings.ReplaceAll(zone, ":", "")
	if len(zone) != 5 {
		return 0
	}
	v, _ := strconv.Atoi(zone[1:]) // four digits, by the pattern
	d := time.Duration(v/100)*time.Hour + time.Duration(v%100)*time.Minute
	if zone[0] == '-' {
		return -d
	}
	return d
}
