package read

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// ledgerFile is a file with the ledger alone, and rows that the statements put into it.
func ledgerFile(t *testing.T, statements ...string) *File {
	t.Helper()
	create := []string{"create schema meta"}
	for _, table := range ledger.Tables {
		var columns []string
		for _, c := range table.Columns {
			columns = append(columns, string(database.Ident(c.Name))+" "+c.Type)
		}
		create = append(create, "create table "+string(table.SQL())+" ("+strings.Join(columns, ", ")+")")
	}
	path := filepath.Join(t.TempDir(), "access.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(create, statements...) {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%v in\n%s", err, s)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestRunRecords(t *testing.T) {
	f := ledgerFile(t,
		`insert into meta.runs (run_id, started_at, finished_at, status, command, version, as_of) values
			('2', '2026-11-02 10:00:00.000001Z', '2026-11-02 10:05:00Z', 'incomplete', 'refresh', 'v1', '2026-11-02 10:00:00Z'),
			('1', null, null, 'done', null, null, '2026-11-01 10:00:00.123456Z'),
			('3', '2026-11-03 10:00:00Z', '2026-11-03 10:05:00Z', 'done', 'load', 'v1', '2026-11-03 10:00:00Z')`,
		`insert into meta.exports (run_id, source, dataset, status, failure, error) values
			('2', 'b', 'balkanid.requests', 'held', 'gate', 'a "quoted" reason'), ('2', 'a', 'oleria.risks', 'loaded', null, null),
			('3', 'b', 'balkanid.requests', 'loaded', null, null), ('1', 'b', 'balkanid.requests', 'loaded', null, null)`,
		`insert into meta.gates (run_id, source, dataset, table_name, rows_before, rows_after, share_limit, rows_limit, contract_changed, columns_missing, reason, what) values
			('2', 'b', 'balkanid.requests', 'balkanid.requests', 9007199254740993, 1, 0.2, 100, true, ['a, b', '"c"'], 'rows', null),
			('2', 'b', 'balkanid.requests', 'observed.access_requests', 10, 0, 0.3, 24, null, null, null, 'a part'),
			('3', 'b', 'balkanid.requests', 'balkanid.requests', 5, 0, 1, 0, false, [], 'rows', null)`,
		`create table meta.link_runs (links_file varchar, domain_aliases json, as_of timestamptz)`,
		`insert into meta.link_runs values ('f1', '{"a.example.com": "example.com"}', '2026-11-01 10:00:00.123456Z'), ('f2', null, '2026-11-02 12:00:00Z')`)
	got, err := RunRecords(t.Context(), f, func(run string) bool { return run == "3" })
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	aliases := map[string]string{"a.example.com": "example.com"}
	want := []schemas.Run{
		{ID: "1", Status: "done", StartedAt: at("2026-11-01T10:00:00.123456Z"), AsOf: at("2026-11-01T10:00:00.123456Z"), LinksFile: "f1", DomainAliases: aliases,
			Exports: []schemas.RunExport{{Source: "b", Dataset: "balkanid.requests", Status: "loaded"}}},
		{ID: "2", Command: "refresh", Version: "v1", Status: "incomplete", StartedAt: at("2026-11-02T10:00:00.000001Z"), FinishedAt: at("2026-11-02T10:05:00Z"),
			AsOf: at("2026-11-02T10:00:00Z"), LinksFile: "f1", DomainAliases: aliases,
			Exports: []schemas.RunExport{
				{Source: "b", Dataset: "balkanid.requests", Status: "held", Failure: "gate", Error: `a "quoted" reason`, Gates: []schemas.RunGate{
					{Table: "balkanid.requests", Before: 9007199254740993, After: 1, Share: 0.2, Rows: 100, ContractChanged: true, ColumnsMissing: []string{"a, b", `"c"`}, Reason: "rows"},
					{Table: "observed.access_requests", Before: 10, Share: 0.3, Rows: 24, ColumnsMissing: []string{}, What: "a part"},
				}},
				{Source: "a", Dataset: "oleria.risks", Status: "loaded"},
			}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A file of a program that knew no links has none, and a file in which nothing is new has no
// record.
func TestRunRecords_withoutLinks(t *testing.T) {
	f := ledgerFile(t, "insert into meta.runs (run_id, status, as_of) values ('1', 'done', '2026-11-01 10:00:00Z')")
	got, err := RunRecords(t.Context(), f, func(string) bool { return false })
	if err != nil || len(got) != 1 || got[0].LinksFile != "" || len(got[0].DomainAliases) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = RunRecords(t.Context(), f, func(string) bool { return true }); err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
