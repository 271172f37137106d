package load

import (
	"fmt"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// findOlder notes that a delivery is of a time before that of the rows whose
// place it takes: yesterday's file, loaded after today's.
func (l *loading) findOlder() {
	if l.last.run == "" || !l.last.dataAt.Valid {
		return
	}
	var newest time.Time // by what the files say, at the end of a day that only a name has
	for _, p := range l.e.Parts {
		at := p.FileTime
		switch p.FileTimeOf {
		case schemas.FileTimeDocument:
		case schemas.FileTimeName:
			at = at.Add(24 * time.Hour)
		default:
			return
		}
		if at.After(newest) {
			newest = at
		}
	}
	if newest.IsZero() || !newest.Before(l.last.dataAt.Time) {
		return
	}
	l.result.Findings = append(l.result.Findings[:len(l.result.Findings):len(l.result.Findings)], schemas.Finding{
		Rule: "older_delivery", Count: l.result.RecordCount,
		Detail: fmt.Sprintf("the delivery is of %s, and that of the last load of %s: its rows take the place of newer ones",
			l.e.DataAt().UTC().Format(time.RFC3339), l.last.dataAt.Time.UTC().Format(time.RFC3339))})
}
