package load

import (
	"context"
	"fmt"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// findOlder notes that a delivery is of a time before that of the rows whose
// place it takes: yesterday's file, loaded after today's.
func (l *loading) findOlder(ctx context.Context) error {
	if l.last.run == "" || !l.last.dataAt.Valid {
		return nil
	}
	last := l.last.dataAt.Time.UTC()
	var newest time.Time
	named := false
	for _, p := range l.e.Parts {
		if p.FileTimeOf != schemas.FileTimeDocument && p.FileTimeOf != schemas.FileTimeName {
			return nil
		}
		if at := p.FileTime.UTC(); at.After(newest) {
			newest, named = at, p.FileTimeOf == schemas.FileTimeName
		}
	}
	older := newest.Before(last)
	if named && older {
		lastNamed := false // two names are by one clock
		if err := l.w.db.QueryRowContext(ctx, `select exists (from meta.artifacts where source = ? and dataset = ? and file_time = ? and file_time_from = 'name')`,
			l.e.Source, l.e.Dataset, l.last.dataAt.Time).Scan(&lastNamed); err != nil {
			return err
		}
		switch {
		case !lastNamed: // a name has a day, or a time without its zone
			older = !newest.Add(24 * time.Hour).After(last)
		case dayOnly(newest) || dayOnly(last):
			older = newest.Truncate(24 * time.Hour).Before(last.Truncate(24 * time.Hour))
		}
	}
	if newest.IsZero() || !older {
		return nil
	}
	l.result.Findings = append(l.result.Findings[:len(l.result.Findings):len(l.result.Findings)], schemas.Finding{
		Rule: "older_delivery", Count: l.result.RecordCount,
		Detail: fmt.Sprintf("the delivery is of %s, and that of the last load of %s: its rows take the place of newer ones",
			l.e.DataAt().UTC().Format(time.RFC3339), last.Format(time.RFC3339))})
	return nil
}

func dayOnly(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }
