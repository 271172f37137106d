package closure

import (
	"database/sql"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
)

// company is SQL that fills a file with a million grants of usual shape.
func company(t testing.TB) database.SQL {
	t.Helper()
	query, err := os.ReadFile("../../testdata/cases/closure/company.sql")
	if err != nil {
		t.Fatal(err)
	}
	return database.SQL(query)
}

// BenchmarkCloseGrants derives the closure of a million grants.
func BenchmarkCloseGrants(b *testing.B) {
	f := newGrantsFile(b)
	f.Exec("set memory_limit = '700MB'")
	f.Exec(company(b))
	size := fileSize(b, f.Copy.Path())
	before := processorTime(b)
	for b.Loop() {
		f.Exec("drop table if exists closure.basis")
		c := f.keep(access.DefaultLimits)
		b.ReportMetric(float64(c.Pairs), "pairs")
		b.ReportMetric(float64(c.Steps), "steps")
	}
	b.ReportMetric((processorTime(b)-before)/float64(b.N), "cpu-s/op")
	f.Exec("checkpoint")
	b.ReportMetric(float64(fileSize(b, f.Copy.Path())-size)/1e6, "MB-of-file")
	b.ReportMetric(float64(size)/1e6, "MB-of-grants")
	b.ReportMetric(peak(b), "MB-peak")
}

// BenchmarkAll goes through the whole product in Go.
func BenchmarkAll(b *testing.B) {
	f := newGrantsFile(b)
	f.Exec(company(b))
	f.keep(access.DefaultLimits)
	var kinds []access.Kind
	err := f.DB.Each(b.Context(), "select kind from closure.nodes order by node", func(r *sql.Rows) error {
		var word string
		err := r.Scan(&word)
		kinds = append(kinds, access.KindOf(word))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var edges []access.Edge
	err = f.DB.Each(b.Context(), "select principal, target, hash(privilege) % 1000, is_denied from closure.edges order by grant_key", func(r *sql.Rows) error {
		var e access.Edge
		err := r.Scan(&e.From, &e.To, &e.Privilege, &e.Deny)
		edges = append(edges, e)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := f.Copy.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		start := time.Now()
		g, err := access.New(kinds, edges, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s-of-graph")
		rows := 0
		for _, r := range g.All() {
			rows += len(r)
		}
		b.ReportMetric(float64(rows), "rows")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse)/1e6, "MB-heap")
	}
}

func fileSize(t testing.TB, path string) int64 {
	t.Helper()
	s, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return s.Size()
}

// peak is the most memory that the process has had, in MB; it runs nothing else.
func peak(t testing.TB) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb / 1000
}

// processorTime is the seconds that the process has had of all processors, in
// hundredths: on a busy machine it says more than the clock does.
func processorTime(t testing.TB) float64 {
	t.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	cells := strings.Fields(rest)
	var user, system float64
	if _, err := fmt.Sscan(cells[11]+" "+cells[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return (user + system) / 100
}
