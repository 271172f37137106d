package schemas

import (
	"encoding/json"
	"testing"
	"time"
)

func TestExport_times(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	asked := json.RawMessage(`{}`)
	for name, tc := range map[string]struct {
		export                 Export
		asked, fetched, dataAt time.Time
	}{
		"fetched in one run":      {Export{Complete: true, StartedAt: at(8), FinishedAt: at(10), Parts: []Part{{Request: asked, FetchedAt: at(9)}}}, at(8), at(9), at(9)},
		"begun by an earlier run": {Export{Complete: true, StartedAt: at(8), FinishedAt: at(10), Parts: []Part{{Request: asked, FetchedAt: at(9)}, {Request: asked, FetchedAt: at(6)}}}, at(6), at(9), at(6)},
		"a file that was there":   {Export{Complete: true, StartedAt: at(8), FinishedAt: at(10), Parts: []Part{{FetchedAt: at(2), FileTime: at(1)}}}, at(8), at(2), at(1)},
		"a file of the future":    {Export{Complete: true, StartedAt: at(8), FinishedAt: at(10), Parts: []Part{{FetchedAt: at(9), FileTime: at(23)}}}, at(8), at(9), at(9)},
		"nothing to fetch":        {Export{Complete: true, StartedAt: at(8), FinishedAt: at(10)}, at(8), at(10), at(10)},
		"not complete":            {Export{StartedAt: at(8), FinishedAt: at(10)}, at(8), at(10), time.Time{}},
	} {
		if a, f, d := tc.export.Asked(), tc.export.Fetched(), tc.export.DataAt(); !a.Equal(tc.asked) || !f.Equal(tc.fetched) || !d.Equal(tc.dataAt) {
			t.Errorf("%s: asked %v, fetched %v, data of %v", name, a, f, d)
		}
	}
}
