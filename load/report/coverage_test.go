package report

import (
	"slices"
	"testing"
	"time"
)

// What an answer lacks is said of each input, also where it was loaded and is current.
func TestDoubts(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		e    Export
		want []string
	}{
		"whole":                {Export{Status: "loaded", HasRows: true, Records: 4}, nil},
		"unchanged":            {Export{Status: "unchanged", HasRows: true, Records: 4}, nil},
		"held":                 {Export{Status: "held", HasRows: true, At: at}, []string{"d of s: held, rows of 2026-03-01T00:00:00Z"}},
		"never loaded":         {Export{Status: "failed"}, []string{"d of s: failed, no rows"}},
		"part":                 {Export{Status: "loaded", HasRows: true, IsFiltered: true}, []string{"d of s: only a part"}},
		"rejects":              {Export{Status: "unchanged", HasRows: true, Records: 4, Rejects: 1}, []string{"d of s: 1 of 4 records are rejects: what they say is missing, or as an earlier export said"}},
		"items":                {Export{Status: "loaded", HasRows: true, Records: 4, ItemRejects: 2}, []string{"d of s: 2 items of records are rejects: what they say is missing, or as an earlier export said"}},
		"held, rejects before": {Export{Status: "held", HasRows: true, Records: 4, Rejects: 1}, []string{"d of s: held, rows of an earlier export", "d of s: 1 of 4 records are rejects: what they say is missing, or as an earlier export said"}},
		"nothing left":         {Export{Status: "failed", Records: 4, Rejects: 4}, []string{"d of s: failed, no rows"}},
	} {
		c.e.Source, c.e.Dataset = "s", "d"
		if got := (&Coverage{Exports: []Export{c.e}}).Doubts(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
