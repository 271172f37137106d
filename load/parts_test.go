package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Each row names the artifact of its part, however many there are and whatever
// they are called; what the statement says of them grows by their names alone.
func TestLoad_artifactOfEachPart(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	stream := func(privilege string) *schemas.Stream {
		vendor, grants := rows{table: vendorTable}, rows{table: common("grants")}
		for i, key := range []string{"a", "b", "c"} {
			vendor.rows = append(vendor.rows, row{"name": key + privilege, "part": i, "record": 0})
			grants.rows = append(grants.rows, row{"grant_key": key, "principal_kind": "account", "principal_key": "b:account:" + key,
				"target_kind": "entitlement", "target_key": "b:entitlement:x", "privilege": privilege, "part": i, "record": 0})
		}
		return s.stream(vendorTable, nil, vendor, grants)
	}
	for _, first := range []string{"a", "a longer one", "é"} { // into an empty table, then beside rows
		s.refresh(export("balkan", dataset, first, "long' er", "b1"), stream(first))
		s.want("select grant_key, _artifact from observed.grants order by 1", "a|"+first, "b|long' er", "c|b1")
	}
	many := make([]string, 20_000)
	for i := range many {
		many[i] = strings.Repeat("0", 64)
	}
	if n := len(artifactOf(export("balkan", dataset, many...).Parts)); n > len(many)*64+100 {
		t.Errorf("%d bytes for %d parts", n, len(many))
	}
}

// A part with fewer records than the vendor counts is not whole: nothing is
// loaded, nothing closes, and rejects count as records that came.
func TestLoad_partShorterThanTheVendorCounts(t *testing.T) {
	t.Parallel()
	reject := func(level string) rows {
		return rows{table: schemas.RejectsTable, rows: []row{{"rule": "type", "message": "m", "level": level, "part": 1, "record": 5}}}
	}
	for name, c := range map[string]struct {
		expected [2]int64
		rejects  []rows
		accept   bool
		want     string // "" for an export that is loaded
	}{
		"as many":                 {[2]int64{2, 1}, nil, false, ""},
		"more than counted":       {[2]int64{1, 0}, nil, false, ""},
		"fewer":                   {[2]int64{2, 2}, nil, false, "a part of it has 1 of the 2 records"},
		"fewer in both":           {[2]int64{3, 2}, nil, false, "2 parts of it are short: one has 2 of the 3"},
		"a surplus in the other":  {[2]int64{3, 0}, nil, false, "2 of the 3 records"},
		"a reject is one":         {[2]int64{2, 2}, []rows{reject(schemas.LevelRecord)}, false, ""},
		"a reject of an item not": {[2]int64{2, 2}, []rows{reject(schemas.LevelItem)}, false, "1 of the 2 records"},
		"where a person says so":  {[2]int64{3, 2}, nil, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlainSite(t)
			s.refresh(export("balkan", dataset, "a0", "b0"), s.grants(nil, "a x", "b x", "c x"))
			e := export("balkan", dataset, "a1", "b1")
			e.Parts[0].Expected, e.Parts[1].Expected = c.expected[0], c.expected[1]
			vendor := rows{table: vendorTable, rows: []row{{"name": "a", "part": 0, "record": 0}, {"name": "b", "part": 0, "record": 1}, {"name": "c", "part": 1, "record": 0}}}
			grants := rows{table: common("grants"), rows: []row{{"grant_key": "z", "principal_kind": "account", "principal_key": "b:account:z",
				"target_kind": "entitlement", "target_key": "b:entitlement:x", "privilege": "x", "part": 0, "record": 0}}}
			stream := s.stream(vendorTable, nil, append([]rows{vendor, grants}, c.rejects...)...)
			n := stream.Counts()
			if len(c.rejects) > 0 && c.rejects[0].rows[0]["level"] == schemas.LevelItem {
				n.Framed, n.Rejected, n.ItemRejects = n.Framed-1, 0, 1
			}
			stream.Counts = func() schemas.Counts { return n }
			w := s.begin(func(o *Options) {
				o.Accept = func(string, string) bool { return c.accept }
				o.RejectMin = 10
			})
			r, err := w.Load(t.Context(), e, contract(dataset), stream)
			s.publish(w)
			if c.want == "" {
				if err != nil || r.Status != ledger.Loaded {
					t.Errorf("%s: %v", r.Status, err)
				}
				return
			}
			var short *gate.ShortError
			if !errors.As(err, &short) || r.Status != ledger.Incomplete || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "refresh --accept balkan.entitlements") {
				t.Errorf("%s: %v", r.Status, err)
			}
			s.want("select count(*), min(grant_key) from observed.grants", "3|a")
			s.want("select status, failure from meta.exports order by as_of desc limit 1", "incomplete|vendor")
		})
	}
}

// The artifacts of an export of many parts are each entered once, whatever run
// or part brought them.
func TestLedger_artifactsOfManyParts(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	var names []string
	for i := range 2*200 + 7 { // of which one statement enters 200
		names = append(names, fmt.Sprintf("a%04d", i))
	}
	e := export("balkan", dataset, append(names, "a0001")...)
	e.Parts[0].Request, e.Parts[0].FileTime, e.Parts[0].FileTimeOf = []byte("{\n \"a\": 1}"), e.FinishedAt, "name"
	e.Parts[1].JobID, e.Parts[len(e.Parts)-1].JobID = "first", "second"
	s.refresh(e, s.grants(nil, "a read"))
	s.refresh(export("balkan", dataset, "a0001", "new"), s.grants(nil, "b read"))
	s.want("select count(*), count(distinct artifact), count(distinct run_id), count(request), sum(bytes) from meta.artifacts", fmt.Sprintf("%d|%[1]d|2|1|%d", len(names)+1, 100*len(names)+100))
	s.want("select job_id, source, dataset from meta.artifacts where artifact = 'a0001'", "first|balkan|"+dataset)
	s.want("select request, file_time at time zone 'UTC', file_time_from, media_type from meta.artifacts where artifact = 'a0000'", `{"a":1}|2026-03-01T07:01:00|name|NULL`)
	s.want("select run_id = (select max(run_id) from meta.runs) from meta.artifacts where artifact = 'new'", "true")
}
