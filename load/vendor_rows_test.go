package load

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

func (s *site) records(names ...string) *schemas.Stream {
	set := rows{table: vendorTable}
	for i, n := range names {
		set.rows = append(set.rows, row{"name": n, "record": i})
	}
	return s.stream(vendorTable, nil, set)
}

// A record that is delivered again keeps the file and the time in which it was
// first seen; what is new or comes more or less often than before does not.
func TestRecords_keepWhereTheyWereFirstSeen(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset, "a1"), s.records("a", "b", "b", "c"))
	s.refresh(export("balkan", dataset, "a2"), s.records("c", "b", "b", "d"))
	const query = "select name, _artifact, _record, _valid_from from balkanid.entitlements order by 1, 3"
	s.want(query, "b|a1|1|2026-03-01T09:00:00Z", "b|a1|2|2026-03-01T09:00:00Z", "c|a1|3|2026-03-01T09:00:00Z", "d|a2|3|2026-03-01T10:00:00Z")
	s.want("select row_count, inserted_count, closed_count, unchanged_count from meta.export_tables order by run_id desc limit 1", "4|1|1|3")
	s.refresh(export("balkan", dataset, "a3"), s.records("b", "d", "d", "b", "b", "e"))
	s.want(query, "b|a3|0|2026-03-01T11:00:00Z", "b|a3|3|2026-03-01T11:00:00Z", "b|a3|4|2026-03-01T11:00:00Z",
		"d|a3|1|2026-03-01T11:00:00Z", "d|a3|2|2026-03-01T11:00:00Z", "e|a3|5|2026-03-01T11:00:00Z")
	s.refresh(export("balkan", dataset, "a4"), s.records("d", "b"))
	s.want(query, "b|a4|1|2026-03-01T12:00:00Z", "d|a4|0|2026-03-01T12:00:00Z")
	s.refresh(export("balkan", dataset, "a5"), s.records())
	s.want(query)
}

// The rows are those of the export, each as often as it is delivered, whatever
// was there before and whatever others deliver.
func TestRecords_agreeWithWhatIsDelivered(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("other", dataset, "x"), s.records("a", "a", "z"))
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 7))
		var names, want []string
		for range r.IntN(20) {
			names = append(names, string(rune('a'+r.IntN(1+int(seed)))))
		}
		artifact := fmt.Sprint("a", seed)
		s.refresh(export("balkan", dataset, artifact), s.records(names...))
		slices.Sort(names)
		want = append(want, names...)
		s.want("select name from balkanid.entitlements where _source = 'balkan' order by 1", want...)
		s.want(`select name from balkanid.entitlements where _source = 'other' order by 1`, "a", "a", "z")
		// No two rows stand at the same place of the same file.
		s.want("select _artifact, _record from balkanid.entitlements group by all having count(*) > 1")
	}
}

// A file of before the fingerprints: whoever is loaded first gives the table
// the column, and leaves it empty for the others. Theirs are replaced once.
func TestRecords_withoutFingerprintsAreReplaced(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset, "a1"), s.records("a"))
	w := s.begin()
	mustExec(t, w, "alter table balkanid.entitlements drop column _hash")
	mustExec(t, w, "insert into balkanid.entitlements by name select 'b' as name, 'other' as _source, '"+dataset+"' as _dataset, 'a0' as _artifact, 0 as _record, now() as _valid_from")
	s.publish(w)
	s.refresh(export("balkan", dataset, "a2"), s.records("a"))
	s.refresh(export("other", dataset, "a3"), s.records("b", "c"))
	s.want("select _source, name from balkanid.entitlements order by 2", "balkan|a", "other|b", "other|c")
	s.want("select count(*) from balkanid.entitlements where _hash is null", "0")
}
