package load

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	objects "github.com/accessmart/accessmart/sql"
)

// attach opens a database in memory and attaches files under the given names.
func attach(t *testing.T, files map[string]string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	do(t, c, "set TimeZone = 'UTC'")
	do(t, c, "set threads = 1") // so that of several rows with one key the same one counts, whenever it is asked
	for name, path := range files {
		do(t, c, "attach "+string(database.Text(path))+" as "+name+" (read_only)")
	}
	return c
}

func do(t *testing.T, c *sql.Conn, statement string) {
	t.Helper()
	if _, err := c.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// lines are the rows of a table, view or call, as JSON, in the order of their text.
func lines(c *sql.Conn, from string) (out []string, err error) {
	rows, err := c.QueryContext(context.Background(), "select to_json(x)::varchar from "+from+" x order by 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	return out, rows.Err()
}

// views are the objects that answer from any attached database.
func views() (out []objects.Object) {
	return slices.Concat(objects.All(objects.Report), objects.All(objects.Version), objects.All(objects.ObservedVersion), objects.All(objects.View))
}

// spoken is how a reader calls a view.
func spoken(o objects.Object) string {
	return map[objects.Kind]string{objects.Version: "history.", objects.ObservedVersion: "observed_history.", objects.Report: "report."}[o.Kind] + o.Name
}

// Each report and each view of versions answers from the file that it is asked
// of, whatever other file is attached and in use: what a file answers alone.
// One of the two files has the rows of the tests of all views, the other none.
func TestViews_answerFromTheirOwnFile(t *testing.T) {
	other := newSite(t)
	w := other.begin()
	hadDelivered(t, w, everything())
	other.publish(w)
	published, err := os.ReadFile(other.path)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.prepared(published)
	s.runs = 1 // the file has that of the other site
	w = s.begin()
	exec := func(q string) error { _, err := w.db.Exec(t.Context(), database.SQL(q)); return err }
	all := views()
	for _, o := range all {
		a, err := txtar.ParseFile(tested(o))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files[:slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "query" })] {
			if f.Name != "delivered" {
				given(t, exec, t.TempDir(), f)
			}
		}
	}
	s.publish(w)
	paths := map[string]string{"today": s.path, "yesterday": other.path}
	alone := map[string]*sql.Conn{}
	for name, path := range paths {
		alone[name] = attach(t, map[string]string{name: path})
	}
	both := attach(t, paths)
	for _, o := range sampled(all) {
		t.Run(spoken(o), func(t *testing.T) {
			answers := map[string][]string{}
			for name, c := range alone {
				var err error
				if answers[name], err = lines(c, name+"."+spoken(o)); err != nil {
					t.Fatal(err)
				}
			}
			if slices.Equal(answers["today"], answers["yesterday"]) {
				t.Fatal("the two files answer alike, so that nothing is tried")
			}
			for _, use := range []string{"memory", "today", "yesterday"} {
				do(t, both, "use "+use)
				for name, want := range answers {
					if got, err := lines(both, name+"."+spoken(o)); err != nil || !slices.Equal(got, want) {
						t.Errorf("%s in use, %s asked:\n%s\nerror %v, want:\n%s", use, name, strings.Join(got, "\n"), err, strings.Join(want, "\n"))
					}
				}
			}
		})
	}
}

// A macro is bound to the tables of the database in use. It refuses to answer
// from another file than its own.
func TestMacros_refuseAnotherFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	yesterday := filepath.Join(t.TempDir(), "old.duckdb")
	copied(t, yesterday, s.path)
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "a x", "b x"))
	c := attach(t, map[string]string{"today": s.path, "yesterday": yesterday})
	for use, want := range map[string]int{"today": 2, "yesterday": 1} {
		do(t, c, "use "+use)
		for _, name := range []string{"today", "yesterday"} {
			for _, call := range []string{"observed_grants_as_of('2027-01-01')", "grants_as_of('2027-01-01')", "changes_between('2026-01-01', '2027-01-01')",
				"access_of('x')", "who_can('x')", "to_review('x')", "undecided_reviews('x')", "access_of_as_of('x', now())", "(select NAME.meta.as_of())", "(select NAME.meta.days_since(now()))", "(select NAME.meta.chain_hash_of('x'))"} {
				from := name + "." + call
				if strings.HasPrefix(call, "(") {
					from = strings.ReplaceAll(call, "NAME", name)
				}
				got, err := lines(c, from)
				switch {
				case strings.Contains(call, "'x'") && !strings.HasPrefix(call, "(") && name == use: // of which the file knows nothing
					if err == nil || strings.Contains(err.Error(), "another file") {
						t.Errorf("%s in use: %s: %v, error %v", use, from, got, err)
					}
				case name == use && err != nil, name == use && strings.HasPrefix(call, "observed_grants") && len(got) != want:
					t.Errorf("%s in use: %s: %v, error %v", use, from, got, err)
				case name != use && (err == nil || !strings.Contains(err.Error(), "belongs to another file")):
					t.Errorf("%s in use: %s answers %v, error %v", use, from, got, err)
				}
			}
		}
	}
}

// What was never delivered is not known: an object whose inputs are absent ends
// in an error that names them, however it is asked.
func TestReports_sayWhatTheyCannotTell(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.begin()
	hadDelivered(t, w, "hr,balkanid.employees,2026-01-01T00:00:00Z")
	s.publish(w)
	for _, q := range []string{
		"from %s", "select count(*) from %s", "select * from %s limit 5", "select 1 from %s", "select exists(from %s)",
		"select (select count(*) from %s)", "select * from %s where source = 'x'", "select count(*) from %s where source = 'x' or source is null",
		"select * from meta.runs where run_id not in (select source from %s)", "select count(*) from meta.runs r left join %s q on q.source = r.run_id",
		"select source, count(*) from %s group by all order by all", "select distinct source from %s", "with x as (from %s) select max(source) from x",
		"from %s union all by name select 'x' as source", "summarize %s",
	} {
		s.refused(fmt.Sprintf(q, "report.open_requests"), "report.open_requests cannot tell: no export was loaded that says access_requests, as balkanid.requests")
		s.refused(fmt.Sprintf(q, "observed_history.grant_versions"), "observed_history.grant_versions cannot tell")
	}
	s.refused("from history.grant_versions", " history.grant_versions cannot tell")
	for _, o := range views() {
		if d := s.query("select has from meta.report_inputs where report = " + string(database.Text(spoken(o))) + " and not has"); len(d) > 0 {
			s.refused("select count(*) from "+spoken(o), spoken(o)+" cannot tell: ") // not a view that it reads
		} else {
			s.query("select count(*) from " + spoken(o))
		}
	}
	s.refused("from grants_as_of('2026-02-01')", "grants_as_of cannot tell: no export was loaded that says grants")
	s.want("select needs, has from meta.report_inputs where report = 'report.leavers_with_access' order by all",
		"accounts|false", "identities.email or identity_accounts.account_key or accounts.identity_key|true", "identities.status or identities.end_on|true")
	s.want("select datasets from meta.report_inputs where report = 'report.mfa_gaps'", `["oleria.access_inventory_accounts","oleria.access_inventory_application_accounts_v2","oleria.account_utilization","oleria.application_accounts"]`)
}

// A column that the last load lacked was not told.
func TestReports_columnNotDelivered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.begin()
	hadDelivered(t, w, "hr,oleria.access_inventory_application_accounts_v2,2026-01-01T00:00:00Z hr,balkanid.employees,2026-01-01T00:00:00Z")
	s.publish(w)
	s.want("select count(*) from report.mfa_gaps", "0")
	s.refused("select count(*) from report.disagreements", "identities from two sources or accounts from two sources")
	w = s.begin()
	if _, err := w.db.Exec(t.Context(), "insert into meta.drift (run_id, source, dataset, change, column_name) values ('given0', 'hr', 'oleria.access_inventory_application_accounts_v2', 'column_missing', 'mfa_enabled')"); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.refused("select count(*) from report.mfa_gaps", "accounts.has_mfa")
}

// What a person dropped is told no longer; its past is, until that is erased.
func TestReports_droppedSource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(export("one", dataset), s.grants(nil, "a read"))
	s.want("select count(*) from report.privileged_access", "0")
	s.drop("one", ledger.Dropped)
	s.refused("select count(*) from report.privileged_access", "cannot tell")
	s.want("select grant_key from observed_history.grant_versions", "a")
	s.want("select count(*) from observed_grants_as_of('2026-03-01T09:00:00Z')", "1")
	s.drop("one", ledger.Erased)
	for _, prefix := range []string{"", "observed_"} {
		s.refused("from "+prefix+"history.grant_versions", "cannot tell")
		s.refused("from "+prefix+"grants_as_of('2026-03-01T09:00:00Z')", "cannot tell")
	}
}
