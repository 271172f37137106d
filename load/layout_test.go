package load

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// every is a vendor table with each type and names that ask for trouble.
var every = &schemas.Table{Schema: "balkanid", Name: "entitlements", Comment: `it's "quoted"; -- drop table grants`, Fields: []schemas.Field{
	{Name: "plain", Type: schemas.Text, Comment: "a ' and a \" and a ; and a \\"},
	{Name: `we"ird; drop table "grants"; --`, Type: schemas.Text, Comment: "x"},
	{Name: "select", Type: schemas.Text, Comment: "a keyword"},
	{Name: "ünï cödé '", Type: schemas.Email, Comment: "x"},
	{Name: "flag", Type: schemas.Bool, Comment: "x"},
	{Name: "number", Type: schemas.Int, Comment: "x"},
	{Name: "share", Type: schemas.Float, Comment: "x"},
	{Name: "at", Type: schemas.Timestamp, Comment: "x"},
	{Name: "day", Type: schemas.Date, Comment: "x"},
	{Name: "took", Type: schemas.Duration, Comment: "x"},
	{Name: "doc", Type: schemas.JSON, Comment: "x"},
	{Name: "tags", Type: schemas.List, Comment: "x"},
	{Name: "_extra", Type: schemas.JSON, Comment: "x"},
}}

func TestLoad_everyTypeRoundTrips(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC)
	s.refresh(export("it's; --", dataset, "a'b"), s.stream(every, nil, rows{every, []row{
		{"plain": "it's \"x\"\n; drop", `we"ird; drop table "grants"; --`: "w", "select": "s", "ünï cödé '": "é@example.com", "flag": false, "number": -9223372036854775808,
			"share": 0.1, "at": at, "day": at, "took": 68*time.Minute + 500*time.Millisecond, "doc": `{"b":1.10, "a":[]}`, "tags": []string{"x", "", "y'z"}, "_extra": `"text"`},
		{},
		{"plain": strings.Repeat("long ", 100000), "tags": []string{}, "at": time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "day": time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)},
	}}))
	s.want(`select "we""ird; drop table ""grants""; --", "select", "ünï cödé '", flag, number, share, "at", day, took, doc, tags, _extra, _source, _artifact, _record
		from balkanid.entitlements order by _record limit 2`,
		`w|s|é@example.com|false|-9223372036854775808|0.1|2024-02-29T23:59:59.123456Z|2024-02-29|PT1H8M0.5S|{"b":1.10, "a":[]}|["x","","y'z"]|"text"|it's; --|a'b|0`,
		`NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|it's; --|a'b|1`)
	s.want(`select length(plain), tags, "at", day from balkanid.entitlements where _record = 2`, "500000|[]|0001-01-01T00:00:00Z|9999-12-31")
	s.want("select doc->>'b', json_type(_extra) from balkanid.entitlements where _record = 0", "1.1|VARCHAR")
	s.want("select plain from balkanid.entitlements where _record = 0", "it's \"x\"\n; drop")
	s.want("select comment from duckdb_columns() where table_name = 'entitlements' and column_name = 'plain'", "a ' and a \" and a ; and a \\")
	s.want("select comment from duckdb_tables() where table_name = 'entitlements' and schema_name = 'balkanid'", `it's "quoted"; -- drop table grants`)
}

// Each row keeps the artifact of its part.
func TestLoad_parts(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	st := s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "a", "part": 2, "record": 7}, {"name": "b"}, {"name": "c", "part": 1}}},
		rows{common("grants"), []row{{"grant_key": "g", "part": 1, "record": 3}}},
		rows{schemas.RejectsTable, []row{{"rule": "frame", "part": 2, "record": 9}}})
	s.refresh(export("balkan", dataset, "p0", "p1", "p2"), st)
	s.want("select name, _artifact, _record from balkanid.entitlements order by 1", "a|p2|7", "b|p0|1", "c|p1|2")
	s.want("select _artifact, _record from observed.grants", "p1|3")
	s.want("select artifact, record from meta.rejects", "p2|9")
	s.want("select artifact_ids from meta.exports", `["p0","p1","p2"]`)
}

func TestFile_documentsItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	s.want(`select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database() and coalesce(comment, '') = ''`)
	s.want(`select schema_name || '.' || table_name || '.' || column_name from duckdb_columns()
		where database_name = current_database() and not internal and coalesce(comment, '') = ''`)
	s.want(`select view_name from duckdb_views() where database_name = current_database() and not internal and coalesce(comment, '') = ''`)
	s.want(`select function_name from duckdb_functions() where database_name = current_database() and not internal and coalesce(comment, '') = ''`)
	s.want("select string_agg(schema_name, ' ' order by schema_name) from duckdb_schemas() where database_name = current_database() and not internal",
		"balkanid closure history meta observed observed_history oleria own report sailpoint") // main is DuckDB's own
}

func TestFile_columnsAsModelled(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.publish(s.begin())
	columns := func(schema, table string) string {
		return s.query(fmt.Sprintf("select string_agg(column_name, ' ' order by column_index) from duckdb_columns() where schema_name = '%s' and table_name = '%s'", schema, table))[0]
	}
	got := columns("observed", "identity_accounts")
	if want := "identity_key source account_key relation _source _dataset _artifact _record _valid_from _hash"; got != want {
		t.Errorf("got %s", got)
	}
	if h := columns("observed_history", "identity_accounts"); h != got+" _valid_to _ended_by" {
		t.Errorf("got %s", h)
	}
	s.want("select count(*) from duckdb_constraints() where database_name = current_database()", "0")
	s.want("select data_type from duckdb_columns() where table_name = 'grants' and column_name in ('_hash', 'granted_at', 'attributes') and schema_name = 'main' order by column_name",
		"UUID", "JSON", "TIMESTAMP WITH TIME ZONE")
}

// Naming a method must not make the file larger or unlike what DuckDB makes.
func TestFile_compressedAsDuckDBWouldChoose(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	var records, grants []row
	for i := range 10_000 {
		key := fmt.Sprintf("balkan:grant:user%d@example.com|role-%d", i, i%7)
		records = append(records, row{"name": key})
		grants = append(grants, row{"grant_key": key, "principal_kind": "account", "target_kind": []string{"role", "group"}[i%2], "effect": "allow"})
	}
	for _, state := range []string{"allow", "deny"} { // so that each grant has a closed version
		for _, g := range grants {
			g["effect"] = state
		}
		s.refresh(export("balkan", dataset, state), s.stream(vendorTable, nil, rows{vendorTable, records}, rows{common("grants"), grants}))
	}
	s.want("select count(*) from observed_history.grants", "10000")
	direct(t, s.path, "create table main.left_to_duckdb as from observed.grants", "create table history.left_to_duckdb as from observed_history.grants",
		"create table balkanid.left_to_duckdb as from balkanid.entitlements", "checkpoint")
	methods := func(table string) string {
		return "select column_name, string_agg(distinct compression, ' ') from pragma_storage_info('" + table + "') where segment_type <> 'VALIDITY' group by all order by all"
	}
	s.want(methods("observed.grants"), s.query(methods("main.left_to_duckdb"))...)
	s.want(methods("observed_history.grants"), s.query(methods("history.left_to_duckdb"))...)
	s.want(methods("balkanid.entitlements"), s.query(methods("balkanid.left_to_duckdb"))...)
}

func TestBegin_addsColumnsToAnOldFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	direct(t, s.path,
		"drop view report.dangling_references", // as in a file from before it
		"alter table observed.grants drop column privilege", "alter table observed_history.grants drop column privilege",
		"alter table meta.exports drop column mode", "drop table meta.drift",
		"comment on table accounts is 'old words'", "checkpoint")
	w := s.begin()
	if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), s.grants(nil, "b read")); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.want("select grant_key, privilege from observed.grants", "b|read")
	s.want("select grant_key, privilege from observed_history.grants", "a|NULL")
	s.want("select mode from meta.exports order by run_id", "NULL", "snapshot")
	s.want("select grant_key, privilege from observed_grants_as_of('2026-03-01T09:30:00Z')", "a|NULL")
	s.want("select comment = 'old words' from duckdb_tables() where schema_name = 'main' and table_name = 'accounts'", "false")
	s.want("select count(*) from report.dangling_references where table_name = 'nothing'", "0")
	direct(t, s.path, "alter table grants alter column privilege type integer using 1", "checkpoint")
	if _, err := Begin(t.Context(), s.options()); err == nil || !strings.Contains(err.Error(), "column privilege is INTEGER") {
		t.Errorf("got %v", err)
	}
}

func vendorOf(fields ...schemas.Field) *schemas.Table {
	return &schemas.Table{Schema: "balkanid", Name: "entitlements", Comment: "v", Fields: fields}
}

func field(name string, typ schemas.Type) schemas.Field {
	return schemas.Field{Name: name, Type: typ, Comment: "c"}
}

func TestLoad_vendorTableFollowsTheExport(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	load := func(source string, v *schemas.Table, rs ...row) {
		t.Helper()
		s.refresh(export(source, dataset, fmt.Sprint("a", s.runs)), s.stream(v, nil, rows{v, rs}))
	}
	types := "select string_agg(column_name || ' ' || data_type, ', ' order by column_name) from duckdb_columns() where schema_name = 'balkanid' and column_name not like '\\_%' escape '\\'"
	load("one", vendorOf(field("a", schemas.Text), field("b", schemas.Text)), row{"a": "1", "b": "x"})
	s.want(types, "a VARCHAR, b VARCHAR")
	// Alone, a source decides what the table is.
	load("one", vendorOf(field("a", schemas.Int), field("c", schemas.Text)), row{"a": 1, "c": "z"})
	s.want(types, "a BIGINT, c VARCHAR")
	// Beside others, columns come but do not go.
	load("two", vendorOf(field("a", schemas.Int), field("d", schemas.Date)), row{"a": 2, "d": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)})
	s.want(types, "a BIGINT, c VARCHAR, d DATE")
	s.want("select _source, a, c, d from balkanid.entitlements order by 1", "one|1|z|NULL", "two|2|NULL|2026-01-02")
	// A changed type is taken where the others' values allow it.
	load("two", vendorOf(field("a", schemas.Text), field("c", schemas.Text)), row{"a": "two", "c": "2026-05-06"})
	s.want(types, "a VARCHAR, c VARCHAR, d DATE")
	// 'z' is no timestamp, so nothing is lost: the column stays text until one is loaded anew.
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	load("two", vendorOf(field("c", schemas.Timestamp)), row{"c": at})
	s.want(types, "a VARCHAR, c VARCHAR, d DATE")
	s.want("select _source, a, c from balkanid.entitlements order by 1", "one|1|z", "two|NULL|2026-05-06 07:08:09+00")
	load("one", vendorOf(field("c", schemas.Timestamp)), row{"c": at})
	s.want("select data_type from duckdb_columns() where schema_name = 'balkanid' and column_name = 'c'", "TIMESTAMP WITH TIME ZONE")
	s.want("select _source, c from balkanid.entitlements order by 1", "one|2026-05-06T07:08:09Z", "two|2026-05-06T07:08:09Z")
}

func TestMeta_contracts(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.publish(s.begin())
	s.want("select count(*) > 40, count(*) = count(distinct dataset) from meta.datasets", "true|true")
	s.want("select vendor_column, contract_column, target_table, target_column from meta.column_map where dataset = 'balkanid.requests' and contract_column = 'requester' order by target_column nulls first",
		"Requester|requester|NULL|NULL", "Requester|requester|access_requests|beneficiary_email",
		"Requester|requester|access_requests|beneficiary_identity_key", "Requester|requester|access_requests|requester_email")
	s.want("select count(*) from meta.column_map where contract_column is null and vendor_column is not null", "0")
}
