package load

import (
	"fmt"
	"testing"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// What was fetched before its run began bears that time, but is never before
// the run that was published last.
func TestNotAfter_isLaterThanTheLastRun(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t) // the clock of runs: 9:00, 10:00, …
	at := func(clock string) time.Time {
		v, err := time.Parse(time.RFC3339, "2026-03-01T"+clock+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, step := range []struct {
		fetched string
		want    string
		late    bool
	}{
		{"08:30:00", "08:30:00", false},
		{"09:45:00", "09:45:00", false},
		{"09:30:00", "09:45:00.000001", true},
		{"23:00:00", "12:00:00", false}, // by a clock that was ahead
	} {
		w := s.begin()
		late := w.Ledger().NotAfter(at(step.fetched))
		if late != step.late || !w.Ledger().AsOf().Equal(at(step.want)) {
			t.Errorf("run %d: as of %v, late %v, want %s %v", i, w.Ledger().AsOf(), late, step.want, step.late)
		}
		e := export("balkan", dataset, "a"+step.fetched[:2])
		if _, err := w.Load(t.Context(), e, contract(e.Dataset), s.grants(nil, step.fetched[:2]+" read")); err != nil {
			t.Fatal(err)
		}
		s.publish(w)
	}
	s.want("select strftime(as_of at time zone 'UTC', '%H:%M:%S.%f') from meta.runs order by run_id", "08:30:00.000000", "09:45:00.000000", "09:45:00.000001", "12:00:00.000000")
	s.want("select distinct strftime(_valid_from at time zone 'UTC', '%H:%M') from observed.grants", "12:00")
	s.want("select bool_and(data_at = fetched_at and strftime(fetched_at at time zone 'UTC', '%H:%M') = '07:01') from meta.exports", "true")
}

// The age of files counts from the time that they are of.
func TestLoad_timeOfAFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := export("balkan", dataset, "a1", "a2")
	e.Parts[0].FileTime, e.Parts[0].FileTimeOf = time.Date(2020, 5, 12, 0, 0, 0, 0, time.UTC), "name"
	e.Parts[1].FileTime, e.Parts[1].FileTimeOf = e.FinishedAt.Add(time.Hour), "modified" // by another clock
	s.refresh(e, s.grants(nil, "a read"))
	s.want("select data_at::date, fetched_at::date from meta.exports", "2020-05-12|2026-03-01")
	s.want("select artifact, file_time::date, file_time_from from meta.artifacts order by 1", "a1|2020-05-12|name", "a2|2026-03-01|modified")
	s.want("select age_days from report.coverage", "2119")
}

// Yesterday's file that is loaded after today's is told.
func TestLoad_olderDelivery(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	deliver := func(artifact, at, from string) []schemas.Finding {
		e := export(`balkan`, dataset, artifact)
		var err error
		if e.Parts[0].FileTime, err = time.Parse("2006-01-02T15", "2026-02-"+at); err != nil {
			t.Fatal(err)
		}
		e.Parts[0].FileTimeOf = from
		return s.refresh(e, s.grants(nil, artifact+" read")).Findings
	}
	olders := 0
	for i, step := range []struct {
		at, from string
		older    bool
	}{
		{"13T12", "document", false},
		{"12T12", "document", true},
		{"12T00", "name", false}, // it may be of the evening
		{"13T00", "name", false},
		{"12T00", "name", true},
		{"12T14", "name", false},
		{"12T02", "name", true}, // by the clock of the other
		{"12T00", "name", false},
		{"13T01", "document", false},
		{"12T14", "name", false}, // in which zone is not known
		{"14T00", "document", false},
		{"13T00", "name", true},
		{"10T12", "modified", false}, // copying sets it
	} {
		found := deliver(string(rune('a'+i)), step.at, step.from)
		if (len(found) == 1 && found[0].Rule == "older_delivery") != step.older || len(found) > 1 {
			t.Errorf("delivery %d: %+v", i, found)
		}
		if step.older {
			olders++
		}
	}
	s.want("select count(*) from meta.findings where rule = 'older_delivery'", fmt.Sprint(olders))
}
