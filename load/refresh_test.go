package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

func TestLoad_identicalRowsCountOnce(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	edges := []string{"a read", "a read", "b read", "c read"}
	r := s.refresh(export("balkan", dataset), s.grants(nil, edges...))
	if r.InsertedCount != 3 || r.LoadedCount != 4 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, _record from observed.grants order by 1", "a|0", "b|2", "c|3")
	r = s.refresh(export("balkan", dataset, "a1"), s.grants(nil, append(edges, "d read", "d read")...))
	if r.InsertedCount != 1 || r.UnchangedCount != 3 || r.ClosedCount != 0 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, count(*) from observed.grants group by 1 order by 1", "a|1", "b|1", "c|1", "d|1")
}

func TestLoad_identicalRowsFarApartCountOnce(t *testing.T) {
	t.Parallel()
	few(t, 0)
	s := newPlainSite(t)
	r := s.refresh(export("balkan", dataset), s.grants(nil, "a x", "b x", "c x", "a x", "a x", "b x", "d x"))
	if r.InsertedCount != 4 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, _record from observed.grants order by 1", "a|0", "b|1", "c|2", "d|6")
	r = s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "a x", "b x", "e x", "e x", "e x", "f x", "f x", "a x"))
	if r.InsertedCount != 2 || r.ClosedCount != 2 || r.UnchangedCount != 2 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key from observed.grants order by 1", "a", "b", "e", "f")
	s.want("select grant_key from observed_history.grants order by 1", "c", "d")
}

func TestLoad_filteredClosesOnlyWhatCameAgain(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read", "c read", "c write"))
	e := export("balkan", dataset, "a1")
	e.Filtered = true
	r := s.refresh(e, s.grants(nil, "b write", "c read", "e read"))
	if r.InsertedCount != 2 || r.ClosedCount != 2 || r.UnchangedCount != 1 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, privilege from observed.grants order by 1", "a|read", "b|write", "c|read", "e|read")
	s.want("select grant_key, privilege from observed_history.grants order by 1", "b|read", "c|write")
	s.want("select is_filtered from meta.exports order by run_id", "false", "true")
}

func TestLoad_partialDocumentClosesOnlyWhatCameAgain(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read"))
	st := s.grants(nil, "b write")
	st.Partial = "options of the document name a part"
	if r := s.refresh(export("balkan", dataset, "a1"), st); r.InsertedCount != 1 || r.ClosedCount != 1 {
		t.Errorf("%+v", r)
	}
	s.want("select grant_key, privilege from observed.grants order by 1", "a|read", "b|write")
	s.want("select is_filtered from meta.exports order by run_id", "false", "true")
}

// Kinds that the export was not asked for stay, and no others; what came again
// with other content is replaced all the same.
func TestLoad_kindsThatWereNotAskedForStay(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	objects := func(asked []string, objects ...string) *schemas.Stream {
		vendor, set := rows{table: vendorTable}, rows{table: common("config_objects")}
		for i, o := range objects {
			kind, name, _ := strings.Cut(o, " ")
			vendor.rows = append(vendor.rows, row{"name": o, "record": i})
			set.rows = append(set.rows, row{"object_key": kind, "kind": strings.TrimRight(kind, "0123456789"), "name": name, "record": i})
		}
		st := s.stream(vendorTable, nil, vendor, set)
		if asked != nil {
			st.Asked = []schemas.Asked{{Table: "config_objects", Column: "kind", Words: asked, Sign: "options.includeTypes"}}
		}
		return st
	}
	s.refresh(export("balkan", dataset), objects(nil, "ROLE1 a", "ROLE2 b", "RULE1 c", "RULE2 d", "FORM1 e"))
	r := s.refresh(export("balkan", dataset, "a1"), objects([]string{"role", "TAG"}, "ROLE1 a", "RULE2 changed", "TAG1 f"))
	s.want("select object_key, name from observed.config_objects order by 1", "FORM1|e", "ROLE1|a", "RULE1|c", "RULE2|changed", "TAG1|f")
	s.want("select object_key from observed_history.config_objects order by 1", "ROLE2", "RULE2")
	if len(r.Findings) != 1 || r.Findings[0].Rule != "not_asked" || r.Findings[0].Count != 2 || !strings.Contains(r.Findings[0].Detail, "does not list FORM, RULE:") {
		t.Errorf("%+v", r.Findings)
	}
	if _, held := s.gated(export("balkan", dataset, "a3"), contract(dataset), objects([]string{"TAG"}, "TAG1 f")); held != nil {
		t.Errorf("what was not asked for did not fall: %v", held)
	}
	s.refresh(export("balkan", dataset, "a2"), objects([]string{"ROLE", "RULE", "TAG", "FORM"}, "ROLE1 a", "TAG1 f"))
	s.want("select object_key from observed.config_objects order by 1", "ROLE1", "TAG1")
}

func TestLoad_filteredTableWithoutKeyClosesNothing(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	owners := func(keys ...string) *schemas.Stream {
		vendor, set := rows{table: vendorTable}, rows{table: common("identity_accounts")}
		for i, k := range keys {
			vendor.rows = append(vendor.rows, row{"name": k, "record": i})
			set.rows = append(set.rows, row{"identity_key": k, "account_key": k, "relation": "is", "record": i})
		}
		return s.stream(vendorTable, nil, vendor, set)
	}
	s.refresh(export("balkan", dataset), owners("a", "b"))
	e := export("balkan", dataset, "a1")
	e.Filtered = true
	if r := s.refresh(e, owners("c")); r.InsertedCount != 1 || r.ClosedCount != 0 {
		t.Errorf("%+v", r)
	}
	s.want("select identity_key from observed.identity_accounts order by 1", "a", "b", "c")
}

func TestLoad_appendNeverCloses(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	c := *contract(dataset)
	c.Mode = schemas.Append
	for i, edges := range [][]string{{"a x", "b x"}, {"b x", "c x"}, {}} {
		w := s.begin()
		if _, err := w.Load(t.Context(), export("balkan", dataset, []string{"a0", "a1", "a2"}[i]), &c, s.grants(nil, edges...)); err != nil {
			t.Fatal(err)
		}
		s.publish(w)
	}
	s.want("select grant_key, _artifact from observed.grants order by 1", "a|a0", "b|a0", "c|a1")
	s.want("select count(*) from observed_history.grants", "0")
}

func TestLoad_emptySnapshotClosesAll(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x", "b x"))
	if r := s.refresh(export("balkan", dataset, "a1"), s.grants(nil)); r.ClosedCount != 2 {
		t.Errorf("%+v", r)
	}
	s.want("select count(*) from observed.grants", "0")
	s.want("select count(*) from observed_history.grants", "2")
	s.want("select count(*) from balkanid.entitlements", "0")
}

// A contract that no longer feeds a table leaves none of its rows behind.
func TestLoad_tableNoLongerEmittedIsClosed(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	r := s.refresh(export("balkan", dataset, "a1"), s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "a"}}}))
	if r.ClosedCount != 1 {
		t.Errorf("%+v", r)
	}
	s.want("select count(*) from observed.grants", "0")
}

func TestLoad_sourcesDoNotTouchEachOther(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	w := s.begin()
	for _, source := range []string{"one", "two"} {
		if _, err := w.Load(t.Context(), export(source, dataset), contract(dataset), s.grants(nil, "a x", "b x")); err != nil {
			t.Fatal(err)
		}
	}
	s.publish(w)
	s.want("select source, count(*) from observed.grants group by 1 order by 1", "one|2", "two|2")
	s.refresh(export("one", dataset, "a1"), s.grants(nil, "c x"))
	s.want("select source, grant_key from observed.grants order by 1, 2", "one|c", "two|a", "two|b")
	s.want("select _source, name from balkanid.entitlements order by 1, 2", "one|c x", "two|a x", "two|b x")
	s.want("select source, last_complete_at from meta.sources order by 1", "one|2026-03-01T10:00:00Z", "two|2026-03-01T09:00:00Z")
}

func TestLoad_rejects(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	bad := rows{schemas.RejectsTable, []row{{"byte_offset": 10, "line": 2, "level": "record", "field": "age", "rule": "type", "message": "not a number", "record_text": "x,y", "record": 1}}}
	st := s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "a"}, {"name": "b"}}}, bad)
	r := s.refresh(export("balkan", dataset), st)
	if r.RecordCount != 3 || r.LoadedCount != 2 || r.RejectCount != 1 {
		t.Errorf("%+v", r)
	}
	s.want("select * from meta.rejects", "01J00000000000000000000001|balkan|balkanid.entitlements|a0|1|10|2|record|age|type|not a number|NULL|NULL|x,y")
}

func TestLoad_rejectLimit(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	bad := rows{table: schemas.RejectsTable}
	for range 5 {
		bad.rows = append(bad.rows, row{"rule": "type", "message": "m"})
	}
	w := s.begin(func(o *Options) { o.RejectMin, o.RejectShare = 4, 0.5 })
	st := s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "new"}}}, rows{common("grants"), []row{{"grant_key": "new"}}}, bad)
	r, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), st)
	var x *gate.RejectLimitError
	if !errors.As(err, &x) || x.Rejected != 5 || x.Framed != 6 || x.Limit != 3 || r.Status != ledger.Failed {
		t.Fatalf("%v %+v", err, r)
	}
	s.publish(w)
	s.want("select grant_key from observed.grants", "a")
	s.want("select name from balkanid.entitlements", "a x")
	s.want("select count(*) from meta.rejects", "5")
	s.want("select status, failure, record_count, loaded_count, reject_count from meta.exports where run_id like '%2'", "failed|rejects|6|0|5")
}

// Rows of separators below a list are rejects and say nothing against it.
func TestLoad_rejectLimitCountsRecordsOnly(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	bad := rows{table: schemas.RejectsTable}
	for i := range 9 {
		bad.rows = append(bad.rows, row{"level": "record", "rule": "frame", "message": "no cell has a value", "record": i + 2})
	}
	st := s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "x"}, {"name": "y"}}}, rows{common("grants"), []row{{"grant_key": "x"}}}, bad)
	counts := st.Counts
	st.Counts = func() schemas.Counts {
		n := counts()
		n.NotRecords = 9
		return n
	}
	w := s.begin()
	r, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), st)
	if err != nil || r.Status != ledger.Loaded || r.RejectCount != 9 {
		t.Fatalf("%v %+v", err, r)
	}
	s.publish(w)
	s.want("select count(*) from meta.rejects", "9")
}

func TestLoad_countsMustClose(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]schemas.Counts{
		"framed is not loaded and rejected":    {Framed: 3, Loaded: 2},
		"a row of the vendor table is missing": {Framed: 3, Loaded: 3},
		"a reject is missing":                  {Framed: 3, Loaded: 2, Rejected: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlainSite(t)
			w := s.begin()
			st := s.grants(nil, "a x", "b x")
			st.Counts = func() schemas.Counts { return n }
			_, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), st)
			var x *database.CountError
			if !errors.As(err, &x) {
				t.Fatalf("got %v", err)
			}
			s.publish(w)
			s.want("select count(*) from observed.grants", "0")
			s.want("select count(*) from information_schema.tables where table_schema = 'balkanid'", "0")
		})
	}
}

func TestLoad_refusesWhatIsNotAnExport(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	w := s.begin()
	partial := export("balkan", dataset)
	partial.Complete = false
	if _, err := w.Load(t.Context(), partial, contract(dataset), s.grants(nil, "a x")); err == nil {
		t.Error("an incomplete export was loaded")
	}
	st := s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "a", "part": 1}}})
	if _, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), st); err == nil {
		t.Error("a row of a part that is not there was loaded")
	}
	other := &schemas.Table{Schema: "main", Name: "grants", Fields: []schemas.Field{{Name: "x", Type: schemas.Text}}}
	st = s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "a"}}}, rows{other, []row{{"x": "a"}}})
	if _, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), st); err == nil {
		t.Error("a table that the model does not have was loaded")
	}
	s.publish(w)
	s.want("select count(*), bool_and(status = 'failed') from meta.exports", "1|true")
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	e := export("balkan", dataset, "a0", "a1")
	c := contract(dataset)
	s.refresh(e, s.grants(nil, "a x"))
	w := s.begin()
	same := func(e *schemas.Export, fingerprint string) bool {
		t.Helper()
		ok, err := w.Ledger().Unchanged(t.Context(), e, fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	inContext := export("balkan", dataset, "a0", "a1")
	inContext.Parts[0].Context = map[string]string{"integration_id": "1"}
	for name, tc := range map[string]struct {
		e    *schemas.Export
		by   string
		want bool
	}{
		"the same":           {e, c.Fingerprint, true},
		"parts reordered":    {export("balkan", dataset, "a1", "a0"), c.Fingerprint, true},
		"other contract":     {e, "other", false},
		"other part":         {export("balkan", dataset, "a0", "a2"), c.Fingerprint, false},
		"a part fewer":       {export("balkan", dataset, "a0"), c.Fingerprint, false},
		"other circumstance": {inContext, c.Fingerprint, false},
		"other source":       {export("other", dataset, "a0", "a1"), c.Fingerprint, false},
	} {
		if got := same(tc.e, tc.by); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := w.Ledger().Record(t.Context(), e, ledger.Unchanged, ""); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.want("select status, record_count, loaded_count, inserted_count, unchanged_count from meta.exports order by run_id", "loaded|1|1|1|0", "unchanged|1|1|0|1")
	// A later failure leaves the rows, and so what counts as unchanged.
	w = s.begin()
	if err := w.Ledger().Record(t.Context(), export("balkan", dataset, "a9"), ledger.Failed, "vendor is down"); err != nil {
		t.Fatal(err)
	}
	if !same(e, c.Fingerprint) {
		t.Error("not unchanged after a failure")
	}
	s.publish(w)
	s.want("select status, error from meta.exports where run_id like '%3'", "failed|vendor is down")
	s.want("select grant_key from observed.grants", "a")
}

func TestLoad_rejectLimitOfSmallExports(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		records, rejects int
		share            float64
		min              int64
		want             bool // is loaded
	}{
		{0, 0, 0, 0, true},
		{1, 1, 0, 0, false}, // nothing else is left
		{2, 1, 0, 0, true},
		{3, 2, 0, 0, true},
		{60, 55, 0, 0, false},
		{15, 3, 0, 0, true}, // a fifth
		{14, 3, 0, 0, false},
		{14, 3, 0.5, 0, true}, // a limit of one's own
		{14, 14, 1, 0, false}, // but nothing is never loaded
		{200, 40, 0, 0, true},
		{200, 41, 0, 0, false},
		{14, 1, -1, -1, false},
	} {
		s := newPlainSite(t)
		good, bad := rows{table: vendorTable}, rows{table: schemas.RejectsTable}
		for i := range tc.records {
			if i < tc.rejects {
				bad.rows = append(bad.rows, row{"level": "record", "rule": "type", "message": "m", "record": i})
			} else {
				good.rows = append(good.rows, row{"name": fmt.Sprint(i), "record": i})
			}
		}
		w := s.begin(func(o *Options) { o.RejectShare, o.RejectMin = tc.share, tc.min })
		_, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), s.stream(vendorTable, nil, good, bad))
		if (err == nil) != tc.want || err != nil && !errors.As(err, new(*gate.RejectLimitError)) {
			t.Errorf("%d of %d: %v", tc.rejects, tc.records, err)
		}
		s.publish(w)
		s.want("select count(*) from meta.rejects", fmt.Sprint(tc.rejects))
	}
}
