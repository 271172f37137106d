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

// fell is a fall of so many rows.
func fell(table string, before, after int64, reason, what string, limit ledger.Limit) ledger.Fall {
	return ledger.Fall{Table: table, Before: before, After: after, Reason: reason, What: what, Limit: limit}
}

// edges are n grants, each with a key of its own.
func edges(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("k%d x", i)
	}
	return out
}

func closedGate(o *Options) { o.Gate = nil }

// gated loads an export as a run of its own, through the usual gate.
func (s *site) gated(e *schemas.Export, c *schemas.Contract, st *schemas.Stream, change ...func(*Options)) (ledger.Result, *gate.HeldError) {
	s.t.Helper()
	w := s.begin(append([]func(*Options){closedGate}, change...)...)
	r, err := w.Load(s.t.Context(), e, c, st)
	var held *gate.HeldError
	if err != nil && !errors.As(err, &held) {
		s.t.Fatal(err)
	}
	if (held != nil) != (r.Status == ledger.Held) {
		s.t.Fatalf("status %s with error %v", r.Status, err)
	}
	s.publish(w)
	return r, held
}

func accept(o *Options) {
	o.Accept = func(source, d string) bool { return source == "balkan" && d == dataset }
}

func TestGate_holdsAndKeepsLastRows(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	c := contract(dataset)
	s.refresh(export("balkan", dataset), s.grants(nil, edges(150)...))
	bad := rows{schemas.RejectsTable, []row{{"rule": "type", "message": "m"}}}
	short := func() *schemas.Stream {
		return s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "k0"}}},
			rows{common("grants"), []row{{"grant_key": "k0", "privilege": "x"}}}, bad)
	}
	e := export("balkan", dataset, "a1")
	_, held := s.gated(e, c, short())
	if held == nil {
		t.Fatal("149 of 150 rows fell and the export was loaded")
	}
	if want := fell("observed.grants", 150, 1, ledger.ReasonRows, "", gate.Default.Own()); len(held.Falls) != 1 || held.Falls[0] != want || held.ContractChanged {
		t.Errorf("%+v", held)
	}
	for _, part := range []string{"source balkan", dataset, "observed.grants fell from 150 to 1 (99 %)", "refresh --accept balkan.entitlements"} {
		if !strings.Contains(held.Error(), part) {
			t.Errorf("%q lacks %q", held.Error(), part)
		}
	}
	s.want("select count(*), max(_artifact) from observed.grants", "150|a0")
	s.want("select count(*) from balkanid.entitlements", "150")
	s.want("select count(*) from observed_history.grants", "0")
	s.want("select count(*) from meta.rejects", "1")
	s.want("select status, failure, record_count, loaded_count, reject_count, closed_count, contains(error, 'from 150 to 1') from meta.exports where run_id like '%2'",
		"held|gate|2|0|1|0|true")
	s.want("select table_name, rows_before, rows_after, share_limit, rows_limit, contract_changed, columns_missing, accepted_run_id from meta.gates",
		"observed.grants|150|1|0.2|100|false|[]|NULL")
	s.want("select last_complete_run_id like '%1' from meta.sources", "true")

	// The same bytes again are held again, since they were never loaded.
	w := s.begin(closedGate)
	if same, err := w.Ledger().Unchanged(t.Context(), e, c.Fingerprint); err != nil || same {
		t.Errorf("held bytes are unchanged: %v, %v", same, err)
	}
	if _, err := w.Load(t.Context(), e, c, short()); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
	s.publish(w)
	s.want("select count(*) from meta.gates where accepted_run_id is null", "2")

	// Accepted, they are loaded, and the ledger says who was let through.
	r, held := s.gated(e, c, short(), accept)
	if held != nil || r.Status != ledger.Loaded || r.ClosedCount != 150 || r.InsertedCount != 1 {
		t.Errorf("%+v %v", r, held)
	}
	s.want("select grant_key, _artifact from observed.grants", "k0|a1")
	s.want("select right(run_id, 1), rows_before, rows_after, right(accepted_run_id, 1) from meta.gates order by 1", "2|150|1|4", "3|150|1|4", "4|150|1|4")

	// What is accepted once is not accepted for ever.
	if _, held = s.gated(export("balkan", dataset, "a2"), c, s.grants(nil), func(*Options) {}); held == nil {
		t.Error("the rows fell to none and the export was loaded")
	}
	s.want("select right(run_id, 1), right(accepted_run_id, 1) from meta.gates where run_id like '%5'", "5|NULL")
}

// An acceptance is for one export: others that fall in the same run are held.
func TestGate_acceptsOnlyWhatIsNamed(t *testing.T) {
	s := newPlainSite(t)
	for _, source := range []string{"balkan", "other"} {
		s.refresh(export(source, dataset), s.grants(nil, "a x"))
	}
	w := s.begin(closedGate, accept)
	for _, source := range []string{"balkan", "other"} {
		_, err := w.Load(t.Context(), export(source, dataset, "a1"), contract(dataset), s.grants(nil))
		if errors.As(err, new(*gate.HeldError)) != (source == "other") {
			t.Errorf("%s: %v", source, err)
		}
	}
	s.publish(w)
	s.want("select source from observed.grants", "other")
}

func TestGate_perSource(t *testing.T) {
	s := newPlainSite(t)
	lenient := func(o *Options) {
		o.Gate = func(source string) gate.Gate {
			if source == "balkan" {
				return gate.Gate{Share: 0.9, Rows: 1000, AllowEmpty: true}
			}
			return gate.Default
		}
	}
	for _, source := range []string{"balkan", "other"} {
		s.refresh(export(source, dataset), s.grants(nil, edges(150)...))
		_, held := s.gated(export(source, dataset, "a1"), contract(dataset), s.grants(nil), lenient)
		if (held != nil) != (source == "other") {
			t.Errorf("%s: %v", source, held)
		}
	}
}

// What closes nothing is never held.
func TestGate_letsFilteredAndEventsThrough(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, edges(150)...))
	filtered := export("balkan", dataset, "a1")
	filtered.Filtered = true
	if _, held := s.gated(filtered, contract(dataset), s.grants(nil)); held != nil {
		t.Error(held)
	}
	events := *contract(dataset)
	events.Mode = schemas.Append
	if _, held := s.gated(export("balkan", dataset, "a2"), &events, s.grants(nil)); held != nil {
		t.Error(held)
	}
	s.want("select count(*) from observed.grants", "150")
}

// A dataset without rows in the common model is held by its vendor table.
func TestGate_vendorTable(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	delivered := func(n int) *schemas.Stream {
		set := rows{table: vendorTable}
		for _, e := range edges(n) {
			set.rows = append(set.rows, row{"name": e})
		}
		return s.stream(vendorTable, nil, set)
	}
	if _, held := s.gated(export("balkan", dataset), contract(dataset), delivered(300)); held != nil {
		t.Fatal(held)
	}
	_, held := s.gated(export("balkan", dataset, "a1"), contract(dataset), delivered(150))
	if want := fell("balkanid.entitlements", 300, 150, ledger.ReasonRows, "", gate.Default.Own()); held == nil || held.Falls[0] != want {
		t.Fatalf("%+v", held)
	}
	s.want("select count(*) from balkanid.entitlements", "300")
	if _, held = s.gated(export("balkan", dataset, "a2"), contract(dataset), delivered(250)); held != nil {
		t.Error(held)
	}
	s.want("select count(*) from balkanid.entitlements", "250")
}

// Why the rows fell is said as far as it is known.
func TestGate_tellsWhatElseChanged(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	drifted := func(st *schemas.Stream, columns ...string) *schemas.Stream {
		for _, c := range columns {
			st.Drift = append(st.Drift, schemas.Drift{Change: "column_missing", Column: c, Detail: "d"})
		}
		return st
	}
	s.refresh(export("balkan", dataset), drifted(s.grants(nil, "a x"), "seldom"))
	c := *contract(dataset)
	c.Fingerprint = "another"
	_, held := s.gated(export("balkan", dataset, "a1"), &c, drifted(s.grants(nil), "seldom", "privilege"))
	if held == nil || !held.ContractChanged || strings.Join(held.ColumnsMissing, " ") != "privilege" {
		t.Fatalf("%+v", held)
	}
	if !strings.Contains(held.Error(), "the contract changed") || !strings.Contains(held.Error(), "privilege") {
		t.Error(held)
	}
	s.want("select distinct contract_changed, columns_missing from meta.gates", `true|["privilege"]`)
}

// A change that is not the vendor's own is told apart.
func TestChanges_cause(t *testing.T) {
	s := newBareSite(t)
	load := func(fingerprint string, missing string, edges ...string) {
		t.Helper()
		c := *contract(dataset)
		c.Fingerprint = fingerprint
		st := s.grants(nil, edges...)
		if missing != "" {
			st.Drift = []schemas.Drift{{Change: "column_missing", Column: missing, Detail: "d"}}
		}
		w := s.begin()
		if _, err := w.Load(t.Context(), export("balkan", dataset, fmt.Sprint("a", s.runs)), &c, st); err != nil {
			t.Fatal(err)
		}
		s.publish(w)
	}
	load("f1", "seldom", "a x")
	load("f1", "seldom", "a x", "b x")
	load("f2", "", "b x", "c x")
	load("f2", "privilege", "b y", "c x")
	load("f2", "privilege", "b y", "c z")
	load("f2", "", "b x", "c z")
	load("f2", "", "b x", "d z")
	w := s.begin()
	if err := w.Ledger().Record(t.Context(), export("balkan", dataset, "a9"), ledger.Failed, "planted"); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.bare = false
	s.gated(export("balkan", dataset, "a10"), contract(dataset), s.grants(nil))
	s.want("select strftime(changed_at at time zone 'UTC', '%H'), change, key, cause from observed_changes_between('2026-03-01', '2026-03-02') order by all",
		"09|added|a|first load", "10|added|b|data", "11|added|c|contract changed", "11|removed|a|contract changed",
		"12|changed|b|column missing", "13|changed|c|data", "14|changed|b|column returned", "15|added|d|data", "15|removed|c|data",
		"16|unseen|NULL|export missing", "17|unseen|NULL|export held")
	s.want("select cause, _source, _dataset, table_name, before, after from observed_changes_between('2026-03-01 16:00:00Z', '2026-03-01 17:00:00Z')",
		"export held|balkan|balkanid.entitlements|NULL|NULL|NULL")
	s.want("select count(*) from report.recent_changes where cause is null", "0")
}
