package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

// TestSQL runs testdata/sql/<object>.txtar: each section before the first
// query is rows of the table it is named after, as CSV with the columns that
// matter; a section 'query' is asked and its answer must be the section 'want'
// that follows, one line a row, cells joined by '|', or its error holds the
// section 'error'. The run that publishes is at 2026-03-01 09:00 UTC. Every
// dataset counts as delivered by two sources long ago, unless a section
// 'delivered' lists others, as source, dataset and time, or the ledger itself is
// given.
func TestSQL(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/sql/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	// Files with all tables, before any run; without and with deliveries of everything.
	delivered := map[bool][]byte{false: unpublished(t, ""), true: unpublished(t, everything())}
	for _, file := range sampled(files) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "query" })
			ledger := slices.ContainsFunc(a.Files[:max(i, 0)], func(f txtar.File) bool { return f.Name == "delivered" || f.Name == "meta.exports" })
			s := newSite(t)
			s.prepared(delivered[!ledger])
			asked := askedBy(a)
			w := s.begin(func(o *Options) { o.NoChecks = !asked(objects.Object{Kind: objects.Check}) })
			w.model.Only = asked
			dir := t.TempDir()
			for _, f := range a.Files[:max(i, 0)] {
				if f.Name == "delivered" {
					hadDelivered(t, w, string(f.Data))
					continue
				}
				given(t, func(q string) error { _, err := w.db.Exec(t.Context(), database.SQL(q)); return err }, dir, f)
			}
			s.publish(w)
			for ; i >= 0 && i+1 < len(a.Files); i += 2 {
				q, want := a.Files[i], a.Files[i+1]
				if q.Name != "query" || want.Name != "want" && want.Name != "error" {
					t.Fatalf("sections %s, %s: want query, want", q.Name, want.Name)
				}
				if want.Name == "error" {
					s.refused(string(q.Data), strings.TrimSpace(string(want.Data)))
					continue
				}
				got := strings.Join(s.query(string(q.Data)), "\n")
				if w := strings.TrimSpace(string(want.Data)); got != w {
					t.Errorf("%s\ngot:\n%s\nwant:\n%s", q.Data, got, w)
				}
			}
		})
	}
}

// askedBy tells the objects that a file of TestSQL asks, with those that they read; the checks
// are one, which has no name. Each file of a test has them alone, since all take ten times as
// long to make as what is tried with them; that all are made is for other tests.
func askedBy(a *txtar.Archive) func(objects.Object) bool {
	text := strings.Builder{}
	for _, f := range a.Files {
		if f.Name == "query" || f.Name == "error" {
			text.Write(f.Data)
		}
	}
	var all []objects.Object
	for _, kind := range []objects.Kind{objects.Ledger, objects.Version, objects.ObservedVersion, objects.View, objects.Macro, objects.Answer, objects.Report} {
		all = append(all, objects.All(kind)...)
	}
	for _, o := range objects.All(objects.Check) {
		o.Name = "meta.checks"
		all = append(all, o)
	}
	for added := true; added; {
		added = false
		for i, o := range all {
			if o.Name != "" && strings.Contains(text.String(), o.Name) {
				text.WriteString(strings.Join(o.Reads, " "))
				all[i].Name, added = "", true
			}
		}
	}
	return func(o objects.Object) bool {
		name := o.Name
		if o.Kind == objects.Check {
			name = "meta.checks"
		}
		return ofMeta(o) || strings.Contains(text.String(), name)
	}
}

// everything lists all datasets of two sources, as a section 'delivered' does.
func everything() string {
	var b strings.Builder
	for _, c := range contracts().All() {
		for _, source := range []string{"b", "o"} {
			fmt.Fprintf(&b, "%s,%s,2020-01-01T00:00:00Z\n", source, c.Dataset)
		}
	}
	return b.String()
}

// hadDelivered enters loads into the ledger: lines of source, dataset, time.
func hadDelivered(t *testing.T, w *Work, lines string) {
	t.Helper()
	for i, line := range strings.Fields(lines) {
		cells := strings.Split(line, ",")
		if len(cells) != 3 {
			t.Fatalf("delivered: %q: want source, dataset, time", line)
		}
		run := fmt.Sprint("given", i)
		if _, err := w.db.Exec(t.Context(), "insert into meta.exports (run_id, source, dataset, status, as_of) values (?, ?, ?, 'loaded', ?)", run, cells[0], cells[1], cells[2]); err != nil {
			t.Fatal(err)
		}
		for _, e := range contract(cells[1]).Emit {
			if _, err := w.db.Exec(t.Context(), "insert into meta.export_tables (run_id, source, dataset, table_name, inserted_count, closed_count) values (?, ?, ?, ?, 0, 0)",
				run, cells[0], cells[1], "observed."+e.Table); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// unpublishedFiles are what [unpublished] made so far, by what counts as delivered.
var unpublishedFiles = struct {
	sync.Mutex
	made map[string][]byte
}{made: map[string][]byte{}}

// unpublished is a file with all tables in which no run is entered, so that the
// next one is the first. To make the tables takes longer than what is tried with them, so
// it is done once a process.
func unpublished(t *testing.T, delivered string) []byte {
	t.Helper()
	unpublishedFiles.Lock()
	defer unpublishedFiles.Unlock()
	if file := unpublishedFiles.made[delivered]; file != nil {
		return file
	}
	w := newSiteWithoutFile(t).begin()
	hadDelivered(t, w, delivered)
	if err := w.copy.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(w.copy.Path())
	if err := errors.Join(err, w.Discard()); err != nil {
		t.Fatal(err)
	}
	unpublishedFiles.made[delivered] = file
	return file
}

func given(t *testing.T, exec func(query string) error, dir string, f txtar.File) {
	t.Helper()
	path := filepath.Join(dir, "given.csv")
	if err := os.WriteFile(path, f.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	err := exec("insert into " + f.Name + " by name (select * from read_csv(" + string(database.Text(path)) + ", header = true, all_varchar = true, quote = '\"', delim = ',', nullstr = ''))")
	if err != nil {
		t.Fatalf("given %s: %v", f.Name, err)
	}
}

// tested is the file that tests an object.
func tested(o objects.Object) string {
	prefix := map[objects.Kind]string{objects.Check: "check_", objects.ObservedVersion: "observed_"}[o.Kind]
	return "../testdata/sql/" + prefix + o.Name + ".txtar"
}

// Every object of package sql has a test of rows in and rows out.
func TestSQL_everyObjectIsTested(t *testing.T) {
	for _, kind := range []objects.Kind{objects.Macro, objects.MetaMacro, objects.Ledger, objects.Version, objects.ObservedVersion, objects.View, objects.Answer, objects.Report, objects.Check} {
		for _, o := range objects.All(kind) {
			if _, err := os.Stat(tested(o)); err != nil {
				t.Error(err)
			}
		}
	}
}

// A row that somebody took out of the published file is missed by the next
// refresh that loads anything.
func TestChecks_findWhatVanished(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x", "b x"))
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "a y", "b x"))
	findings := func(artifact, edge string) map[string]int64 {
		t.Helper()
		w := s.begin()
		if _, err := w.Load(t.Context(), export("other", dataset, artifact), contract(dataset), s.grants(nil, edge)); err != nil {
			t.Fatal(err)
		}
		out := map[string]int64{}
		for _, c := range s.publish(w).Checks {
			out[c.Name] = c.Findings
		}
		return out
	}
	if got := findings("a2", "c x"); got["rows_vanished"] != 0 {
		t.Errorf("findings %v in a file that is right", got)
	}
	direct(t, s.path, "delete from observed_history.grants where grant_key = 'a'")
	if got := findings("a3", "c y"); got["rows_vanished"] != 1 {
		t.Errorf("findings %v without the closed version", got)
	}
	direct(t, s.path, "delete from observed.grants where grant_key = 'c'")
	if got := findings("a4", "c z"); got["rows_vanished"] != 2 {
		t.Errorf("findings %v without a current row either", got)
	}
	s.want("select finding_count from meta.checks where check_name = 'rows_vanished' order by run_id", "0", "0", "0", "1", "2")
}

// What a report's header says of its columns is what the view has.
func TestSQL_reportsDescribeTheirColumns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.publish(s.begin())
	for _, o := range append(objects.All(objects.Report), objects.All(objects.View)...) {
		var want []string
		for _, c := range o.Columns {
			want = append(want, c.Name+"|"+c.Comment)
		}
		if o.Name == "people" { // has those of its table
			want = s.query("select column_name, comment from duckdb_columns() where schema_name = 'main' and table_name = 'identities' order by column_index")
		}
		s.want("select column_name, comment from duckdb_columns() where schema_name = "+string(database.Text(map[objects.Kind]string{objects.Report: "report", objects.View: "main"}[o.Kind]))+
			" and table_name = "+string(database.Text(o.Name))+" order by column_index", want...)
		if o.Grain == "" || o.Key == "" || len(o.Reads) == 0 || o.Caveat == "" {
			t.Errorf("report %s: the header lacks grain, key, reads or caveat", o.Name)
		}
	}
}
