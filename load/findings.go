package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// findOlder notes that a delivery is of a time before that of the rows whose
// place it takes: yesterday's file, loaded after today's.
func (l *loading) findOlder(ctx context.Context) error {
	if l.Last.Run == "" || !l.Last.DataAt.Valid {
		return nil
	}
	last := l.Last.DataAt.Time.UTC()
	var newest time.Time
	named := false
	for _, p := range l.Export.Export.Parts {
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
		if err := l.db.Row(ctx, `select exists (from meta.artifacts where source = ? and dataset = ? and file_time = ? and file_time_from = 'name')`,
			l.Source, l.Dataset, l.Last.DataAt.Time).Scan(&lastNamed); err != nil {
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
	l.Find(schemas.Finding{Rule: "older_delivery", Count: l.result.RecordCount,
		Detail: fmt.Sprintf("the delivery is of %s, and that of the last load of %s: its rows take the place of newer ones",
			l.DataAt().UTC().Format(time.RFC3339), last.Format(time.RFC3339))})
	return nil
}

func dayOnly(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }

// findAlone finds datasets to which the export refers, that the run did not ask
// for and of which the newest export was not loaded: whoever asks for one
// dataset alone gets it, and is told.
func (l *loading) findAlone(ctx context.Context, run []string) error {
	for _, name := range l.Contract.With {
		if slices.Contains(run, name) || l.w.ledger.Asked(schemas.ExportID{Source: l.Source, Dataset: name}) {
			continue
		}
		var status string
		err := l.db.Row(ctx, "select status from "+database.SQL(objects.LatestExports())+" where source = ? and dataset = ?", l.Source, name).Scan(&status)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		state := "whose newest export is " + status
		switch ledger.Status(status) {
		case ledger.Loaded, ledger.Unchanged:
			continue
		case "":
			state = "which was never loaded"
		}
		l.Find(schemas.Finding{Rule: "without_companion", Count: l.result.LoadedCount,
			Detail: fmt.Sprintf("its rows refer to those of %s, which this run did not ask for and %s: references may lead to nothing until it is loaded, too", name, state)})
	}
	return nil
}
