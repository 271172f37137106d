package read

import (
	"slices"
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
)

func TestStatus(t *testing.T) {
	f := ledgerFile(t,
		`insert into meta.runs (run_id, started_at, status, command, as_of) values
			('1', '2026-11-01 10:00:00Z', 'done', 'refresh', '2026-11-01 10:00:00Z'), ('2', '2026-11-02 10:00:00Z', 'done', 'refresh', '2026-11-02 10:00:00Z'),
			('3', '2026-11-03 10:00:00Z', 'done', 'rejects replay', '2026-11-03 10:00:00Z')`,
		`insert into meta.exports (run_id, source, dataset, status, record_count, reject_count, error, failure, fetched_at, data_at, as_of) values
			('1', 's', 'balkanid.apps', 'loaded', 3, 1, null, null, '2026-11-01 10:00:01Z', '2026-10-01 00:00:00Z', '2026-11-01 10:00:00Z'),
			('2', 's', 'balkanid.apps', 'held', 1, 0, 'why', 'gate', '2026-11-02 10:00:01Z', '2026-11-02 10:00:01Z', '2026-11-02 10:00:00Z'),
			('3', 's', 'balkanid.labels', 'loaded', 1, 0, null, null, '2026-11-02 10:00:01Z', '2026-11-02 10:00:01Z', '2026-11-03 10:00:00Z'),
			('1', 't', 'balkanid.apps', 'dropped', 1, 0, null, null, null, null, '2026-11-01 10:00:00Z')`,
		`insert into meta.findings (run_id, source, dataset, rule, record_count) values ('1', 's', 'balkanid.apps', 'x', 2), ('2', 's', 'balkanid.apps', 'y', 2)`,
		`insert into meta.files (run_id, source, file, dataset, is_read, reason, is_unopened) values
			('1', 's', 'old.csv', 'balkanid.apps', false, 'older', false), ('2', 's', 'apps.csv', 'balkanid.apps', true, null, false),
			('2', 's', 'apps2.csv', 'balkanid.apps', false, 'a copy', null), ('2', 's', 'notes.zip', null, false, 'no export', true), ('1', 's', 'older notes.txt', null, false, 'no export', false)`,
		`insert into meta.checks (run_id, check_name, severity, finding_count, description) values
			('2', 'gone', 'error', 1, 'of the run before'), ('3', 'quiet', 'error', 0, 'nothing'), ('3', 'b', 'warning', 2, 'two'), ('3', 'a', 'error', 1, 'one')`)
	query, err := StatusQuery(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.texts(t.Context(), "select concat_ws('|', source, dataset, status, records, rejected, findings, run_at, data_of, error, failure, data_at) from ("+query+")")
	want := []string{
		"s|balkanid.apps|held|1|0|1|2026-11-02T10:00:00Z|2026-10-01T00:00:00Z|why|gate|2026-10-01 00:00:00+00",
		"s|balkanid.labels|loaded|1|0|0|2026-11-03T10:00:00Z|2026-11-02T10:00:01Z|2026-11-02 10:00:01+00",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	unread, err := Unread(t.Context(), f)
	if err != nil || !slices.Equal(unread, []UnreadFile{{"s", "apps2.csv", "a copy", false}, {"s", "notes.zip", "no export", true}}) {
		t.Errorf("%v, %v", unread, err)
	}
	checks, err := Checks(t.Context(), f)
	if err != nil || !slices.Equal(checks, []ledger.CheckResult{{Name: "a", Severity: "error", Findings: 1, Why: "one"}, {Name: "b", Severity: "warning", Findings: 2, Why: "two"}}) {
		t.Errorf("%v, %v", checks, err)
	}
	for column, want := range map[string]bool{"data_at": true, "none": false} {
		if has, err := HasColumn(t.Context(), f, "exports", column); err != nil || has != want {
			t.Errorf("%s: %v, %v", column, has, err)
		}
	}
}
