package load

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
)

const employees = "balkanid.employees" // which describes people

// What is loaded is in main when it is published, each thing once, with its history.
func TestPublish_makesThings(t *testing.T) {
	s := newBareSite(t)
	people := func(source, status string) rows {
		return rows{common("identities"), []row{{"identity_key": source + ":identity:1", "email": "ann@example.com", "employee_number": "17", "kind": "human", "status": status}}}
	}
	s.refresh(export("balkan", employees), s.stream(vendorTable, nil, rows{table: vendorTable}, people("balkan", "active")))
	s.refresh(export("other", employees), s.stream(vendorTable, nil, rows{table: vendorTable}, people("other", "active")))
	s.want("select sources, source_count, status, disagreements from main.identities", `["balkan","other"]|2|active|NULL`)
	s.refresh(export("other", employees, "a1"), s.stream(vendorTable, nil, rows{table: vendorTable}, people("other", "suspended")))
	s.want("select status, disagreements, first_seen_at, _valid_from from main.identities",
		`suspended|{"status":{"balkan":"active","other":"suspended"}}|2026-03-01T09:00:00Z|2026-03-01T11:00:00Z`)
	s.want("select source_count, status, _valid_from, _valid_to, _ended_by from history.identities order by _valid_from",
		"1|active|2026-03-01T09:00:00Z|2026-03-01T10:00:00Z|01J00000000000000000000002", "2|active|2026-03-01T10:00:00Z|2026-03-01T11:00:00Z|01J00000000000000000000003")
	s.publish(s.begin())
	s.want("select _valid_from from main.identities", "2026-03-01T11:00:00Z")
}

// An edge of somebody who may be one of two is not in main, and the run says so.
func TestPublish_edgeOfNobodyCertain(t *testing.T) {
	s := newBareSite(t)
	w := s.begin()
	people := rows{common("identities"), []row{
		{"identity_key": "b:identity:ann@example.com", "native_id": "1", "display_name": "Ann Lee", "kind": "human"},
		{"identity_key": "b:identity:ann@example.com", "native_id": "2", "display_name": "Bob Ray", "kind": "human"}}}
	edges := rows{common("grants"), []row{
		{"grant_key": "g1", "principal_kind": "identity", "principal_key": "b:identity:ann@example.com", "target_kind": "role", "target_key": "b:role:1"},
		{"grant_key": "g2", "principal_kind": "account", "principal_key": "b:account:1", "target_kind": "role", "target_key": "b:role:1"}}}
	owners := rows{common("identity_accounts"), []row{
		{"identity_key": "b:identity:ann@example.com", "account_key": "b:account:1", "relation": "owns"},
		{"identity_key": "b:identity:cid@example.com", "account_key": "b:account:1", "relation": "owns"}}}
	if _, err := w.Load(t.Context(), export("balkan", employees), contract(employees), s.stream(vendorTable, nil, rows{table: vendorTable}, people, edges, owners)); err != nil {
		t.Fatal(err)
	}
	p := s.publish(w)
	if len(p.Notes) != 2 || !strings.Contains(p.Notes[0], "1 rows of observed.grants") || !strings.Contains(p.Notes[1], "1 rows of observed.identity_accounts") {
		t.Errorf("told %q", p.Notes)
	}
	s.want("select principal_kind, target_kind, source_count from main.grants", "account|role|1")
	s.want("select (select count(*) from main.identities), (select count(*) from main.accounts where not is_described), (select count(*) from main.roles)", "3|1|1")
	s.want("select count(*) from main.identity_accounts", "1")
}

// Where DuckDB has too little memory for things, it is given more, and what was made by then
// stands once.
func TestPublish_thingsThatNeedMoreMemory(t *testing.T) {
	limits := memoryToDerive
	t.Cleanup(func() { memoryToDerive = limits })
	memoryToDerive = []string{"1MB", "4MB", "12MB", "1GB", "2GB"}
	s := newBareSite(t)
	var log bytes.Buffer
	w := s.begin(func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	people := rows{table: common("identities")}
	for n := range 20_000 {
		people.rows = append(people.rows, row{"identity_key": fmt.Sprint("b:identity:", n), "native_id": fmt.Sprint(n), "display_name": strings.Repeat("Ann ", 20), "kind": "human"})
	}
	if _, err := w.Load(t.Context(), export("balkan", employees), contract(employees), s.stream(vendorTable, nil, rows{table: vendorTable}, people)); err != nil {
		t.Fatal(err)
	}
	if err := w.derive(t.Context(), &Published{}); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := w.db.Row(t.Context(), "select current_setting('memory_limit')").Scan(&left); err != nil || left != "953.6 MiB" {
		t.Errorf("%s are left, error %v: want the limit that did", left, err)
	}
	s.publish(w)
	if !strings.Contains(log.String(), "step=things") {
		t.Errorf("the first limit was enough:\n%s", log.String())
	}
	s.want("select count(*), count(distinct identity_key) from main.identities", "20000|20000")
	s.want("select count(*) from history.identities", "0")

	memoryToDerive = []string{"1MB"}
	w = s.begin()
	if _, err := w.Load(t.Context(), export("balkan", employees, "a1"), contract(employees), s.stream(vendorTable, nil, rows{table: vendorTable}, rows{people.table, people.rows[:9000]})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(t.Context(), ledger.RunDone); err == nil || !strings.Contains(err.Error(), "memory: 4GB") {
		t.Errorf("got %v", err)
	}
	s.want("select count(*) from main.identities", "20000")
}
