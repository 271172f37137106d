package load

import (
	"errors"
	"fmt"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

const dataset = "balkanid.entitlements"

var vendorTable = &schemas.Table{Schema: "balkanid", Name: "entitlements", Comment: "one entitlement's row",
	Fields: []schemas.Field{{Name: "name", Type: schemas.Text, Comment: "vendor column Name"}, {Name: "_extra", Type: schemas.JSON, Comment: "rest"}}}

// grants makes a stream of a vendor table and grants, each "key privilege".
func (s *site) grants(err error, edges ...string) *schemas.Stream {
	vendor, common := rows{table: vendorTable}, rows{table: common("grants")}
	for i, e := range edges {
		var key, privilege string
		fmt.Sscan(e, &key, &privilege)
		vendor.rows = append(vendor.rows, row{"name": e, "record": i})
		common.rows = append(common.rows, row{"grant_key": key, "principal_kind": "account", "principal_key": "b:account:" + key,
			"target_kind": "entitlement", "target_key": "b:entitlement:x", "privilege": privilege, "record": i})
	}
	return s.stream(vendorTable, err, vendor, common)
}

func TestLoad_first(t *testing.T) {
	t.Parallel()
	s := newSiteWithoutFile(t)
	r := s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read", "c write", "d write"))
	if r.InsertedCount != 4 || r.ClosedCount != 0 || r.UnchangedCount != 0 || r.LoadedCount != 4 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, source, privilege, _source, _dataset, _artifact, _record, _valid_from from observed.grants order by 1",
		"a|balkan|read|balkan|balkanid.entitlements|a0|0|2026-03-01T09:00:00Z",
		"b|balkan|read|balkan|balkanid.entitlements|a0|1|2026-03-01T09:00:00Z",
		"c|balkan|write|balkan|balkanid.entitlements|a0|2|2026-03-01T09:00:00Z",
		"d|balkan|write|balkan|balkanid.entitlements|a0|3|2026-03-01T09:00:00Z")
	s.want("select count(*) from balkanid.entitlements", "4")
	s.want("select status, record_count, loaded_count, reject_count, inserted_count, closed_count, unchanged_count, bytes, fetch_seconds from meta.exports",
		"loaded|4|4|0|4|0|0|100|60")
}

func TestLoad_refresh(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read", "c write"))
	s.bare = false
	r := s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "c write", "b write", "d read"))
	if r.InsertedCount != 2 || r.ClosedCount != 2 || r.UnchangedCount != 1 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, privilege, _artifact, _valid_from from observed.grants order by 1",
		"b|write|a1|2026-03-01T10:00:00Z", "c|write|a0|2026-03-01T09:00:00Z", "d|read|a1|2026-03-01T10:00:00Z")
	s.want("select grant_key, privilege, _valid_from, _valid_to, _ended_by from observed_history.grants order by 1",
		"a|read|2026-03-01T09:00:00Z|2026-03-01T10:00:00Z|01J00000000000000000000002",
		"b|read|2026-03-01T09:00:00Z|2026-03-01T10:00:00Z|01J00000000000000000000002")
	s.want("select name from balkanid.entitlements order by 1", "b write", "c write", "d read")
	s.want("select grant_key, privilege from observed_grants_as_of('2026-03-01T09:30:00Z') order by 1", "a|read", "b|read", "c|write")
	s.want("select grant_key, privilege from observed_grants_as_of('2026-03-01T10:00:00Z') order by 1", "b|write", "c|write", "d|read")
	s.refused("select grant_key from observed_grants_as_of('2026-03-01T08:59:59Z')", "nothing was known at that moment; the first load was at 2026-03-01 09:00:00Z")
	s.want("select change, table_name, key, before->>'privilege', after->>'privilege' from observed_changes_between('2026-03-01T09:30:00Z', '2026-03-01T10:00:00Z') order by key",
		"removed|grants|a|read|NULL", "changed|grants|b|read|write", "added|grants|d|NULL|read")
}

func TestLoad_sameRowsAgainChangeNothing(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read", "c write", "d x"))
	r := s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "d x", "c write", "b read", "a read"))
	if r.InsertedCount != 0 || r.ClosedCount != 0 || r.UnchangedCount != 4 {
		t.Errorf("%+v", r)
	}
	s.want("select distinct _valid_from, _artifact from observed.grants", "2026-03-01T09:00:00Z|a0")
	s.want("select count(*) from observed_history.grants", "0")
}

func TestLoad_errorMidwayChangesNothing(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read"))
	w := s.begin()
	broken := errors.New("broken")
	for _, e := range []*schemas.Export{export("balkan", dataset, "a1"), export("other", dataset, "a1")} {
		_, err := w.Load(t.Context(), e, contract(dataset), s.grants(broken, "x read", "y read", "z read", "q read", "r read"))
		var x *ExportError
		if !errors.Is(err, broken) || !errors.As(err, &x) || x.Source != e.Source {
			t.Errorf("got %v", err)
		}
	}
	s.publish(w)
	s.want("select grant_key from observed.grants order by 1", "a", "b")
	s.want("select name from balkanid.entitlements order by 1", "a read", "b read")
	s.want("select source, status, failure, inserted_count, error like '%broken%' from meta.exports where run_id like '%2' order by 1",
		"balkan|failed|load|0|true", "other|failed|load|0|true")
}
