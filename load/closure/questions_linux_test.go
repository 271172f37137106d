package closure_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// BenchmarkQuestions asks a published file with a million grants what people can reach.
func BenchmarkQuestions(b *testing.B) {
	path := filepath.Join(b.TempDir(), "access.duckdb")
	refresh(b, path, 1)
	fill(b, path)
	refresh(b, path, 2)
	f, err := read.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	someone := "identity:" + ask(b, f, "select substr(md5('identity77'), 1, 13)")[0]
	for _, q := range []struct{ name, sql string }{
		{"access_of", "from access_of('KEY')"},
		{"access_of_address", "from access_of('person77@example.com')"},
		{"access_of_as_of", "from access_of_as_of('KEY', now())"},
		{"view_by_identity", "from effective_access where identity_key = 'KEY'"},
		{"who_has_access_by_email", "from report.who_has_access where email = 'person77@example.com'"},
		{"person", "from report.person where email = 'person77@example.com'"},
		{"who_can", "from who_can('entitlement:crown')"},
		{"view_by_target", "from effective_access where target_key = 'entitlement:crown'"},
		{"who_has_access_by_target", "from report.who_has_access where target_name = 'Crown'"},
	} {
		b.Run(q.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = len(ask(b, f, strings.ReplaceAll(q.sql, "KEY", someone)))
			}
			b.ReportMetric(float64(n), "rows")
		})
	}
}

// refresh is a run that loads nothing, and makes the closure and the objects that read it.
func refresh(b *testing.B, path string, nth int) {
	b.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 3, nth, 9, 0, 0, 0, time.UTC)
	w, err := load.Begin(b.Context(), load.Options{Path: path, Set: set, NoChecks: true, Now: func() time.Time { return at }, Run: ledger.Run{ID: fmt.Sprint("run", nth), StartedAt: at}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Publish(b.Context(), ledger.RunDone); err != nil {
		b.Fatal(err)
	}
}

func fill(b *testing.B, path string) {
	b.Helper()
	db, err := sql.Open("duckdb", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // its macros are temporary
	for _, name := range []string{"company.sql", "company_names.sql"} {
		query, err := os.ReadFile("../../testdata/cases/closure/" + name)
		if err == nil {
			_, err = db.ExecContext(b.Context(), string(query))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	// As if all had been told.
	_, err = db.ExecContext(b.Context(), `update main.grants set _valid_from = '2026-03-01'; update main.identity_accounts set _valid_from = '2026-03-01'; update main.identities set _valid_from = '2026-03-01';
		insert into meta.exports (run_id, source, dataset, status, as_of) select 'run1', 'hr', dataset, 'loaded', timestamptz '2026-03-01 09:00:00Z' from meta.datasets;
		insert into meta.addresses (email, identity_key) select email, identity_key from main.identities; checkpoint`)
	if err != nil {
		b.Fatal(err)
	}
}

func ask(b *testing.B, f *read.File, query string) (out []string) {
	b.Helper()
	rows, err := f.Query(context.Background(), query)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for cells, err := range rows.All() {
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, cells[0].Text)
	}
	return out
}
