package read

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var daysAgo = regexp.MustCompile(`^([0-9]{1,5})d$`)

// Moment is the moment that a person means by a date, which begins at 0:00 in UTC, an instant
// as RFC 3339 has it, or days such as 7d, which count back from the run that made the file.
func Moment(said string, run time.Time) (time.Time, error) {
	if m := daysAgo.FindStringSubmatch(said); m != nil {
		days, err := strconv.Atoi(m[1])
		return run.AddDate(0, 0, -days), err
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if at, err := time.Parse(layout, said); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: want a date such as 2026-03-01, an instant such as 2026-03-01T09:00:00Z, or days such as 7d", said)
}
