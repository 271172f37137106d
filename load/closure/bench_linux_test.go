package closure

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
)

// company fills a file with a million grants of usual shape: 100,000 people
// with 150,000 accounts in teams, groups nested 4 deep, roles of 50
// entitlements and roles of roles, and one entitlement that some 5,000 people reach.
const company = `
create temp macro k(kind, n) as kind || ':' || substr(md5(kind || n::varchar), 1, 13);
insert into main.grants
with e as (
	select 'account' pk, k('account', a) pkey, 'group' tk, k('group', hash(a * 31 + j) % 12000) tkey, 'member' privilege, null effect from range(150000) t(a), range(4) u(j)
	union all select 'group', k('group', g), 'group', k('group', case when g < 12000 then 12000 + hash(g * 7 + j) % 5000 when g < 17000 then 17000 + hash(g * 7 + j) % 2000 else 19000 + hash(g * 7 + j) % 1000 end), 'member', null from range(19000) t(g), range(2) u(j) where j = 0 or g % 3 = 0
	union all select 'group', k('group', g), 'entitlement', k('entitlement', hash(g * 11 + j) % 20000), 'use', case when hash(g * 11 + j) % 200 = 0 then 'deny' end from range(20000) t(g), range(5) u(j)
	union all select 'role', k('role', r), 'entitlement', k('entitlement', hash(r * 13 + j) % 20000), null, null from range(2000) t(r), range(50) u(j)
	union all select 'role', k('role', 2000 + b), 'role', k('role', hash(b * 17 + j) % 2000), null, null from range(500) t(b), range(3) u(j)
	union all select 'identity', k('identity', i), 'role', k('role', hash(i * 19) % 2500), null, null from range(100000) t(i)
	union all select 'account', k('account', a), 'entitlement', k('entitlement', hash(a * 23) % 20000), 'use', null from range(75000) t(a)
	union all select 'group', k('group', 19000 + g), 'entitlement', 'entitlement:crown', 'use', null from range(5) t(g)
)
select distinct 'grant:' || substr(md5(pkey || tkey || coalesce(privilege, '')), 1, 13), pk, pkey, tk, tkey, 'application:' || (hash(tkey) % 200), privilege, effect, null::boolean from e;
insert into main.identity_accounts select k('identity', a % 100000), k('account', a), 'is' from range(150000) t(a);
checkpoint`

// BenchmarkCloseGrants derives the closure of a million grants.
func BenchmarkCloseGrants(b *testing.B) {
	f := newAccessFile(b)
	f.exec("set memory_limit = '700MB'; set temp_directory = " + string(database.Text(b.TempDir())))
	f.exec(company)
	size := fileSize(b, f.path)
	before := processorTime(b)
	for b.Loop() {
		c := f.finish(access.DefaultLimits)
		b.ReportMetric(float64(c.Pairs), "pairs")
		b.ReportMetric(float64(c.Steps), "steps")
	}
	b.ReportMetric((processorTime(b)-before)/float64(b.N), "cpu-s/op")
	f.exec("checkpoint")
	b.ReportMetric(float64(fileSize(b, f.path)-size)/1e6, "MB-of-file")
	b.ReportMetric(float64(size)/1e6, "MB-of-grants")
	b.ReportMetric(peak(b), "MB-peak")
}

// BenchmarkEffectiveAccess asks what such a company's people can reach.
func BenchmarkEffectiveAccess(b *testing.B) {
	f := newAccessFile(b)
	f.exec(company)
	f.finish(access.DefaultLimits)
	ask := func(name, query string) {
		b.Run(name, func(b *testing.B) {
			n, before := 0, processorTime(b)
			for b.Loop() {
				n = len(f.rows(query))
			}
			b.ReportMetric(1000*(processorTime(b)-before)/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(n), "rows")
		})
	}
	someone := strings.Split(f.rows("select min(identity_key) from closure.starts where account_key is not null")[0], "|")[0]
	ask("access_of", "select * from access_of("+string(database.Text(someone))+")")
	ask("view_by_identity", "select * from main.effective_access where identity_key = "+string(database.Text(someone)))
	ask("who_can", "select * from who_can('entitlement:crown')")
	ask("view_by_target", "select * from main.effective_access where target_key = 'entitlement:crown'")
}

// BenchmarkAll goes through the whole product in Go.
func BenchmarkAll(b *testing.B) {
	f := newAccessFile(b)
	f.exec(company)
	f.finish(access.DefaultLimits)
	var kinds []access.Kind
	var word string
	if err := scan(b.Context(), f.conn, "select kind from closure.nodes order by node", func() error { kinds = append(kinds, access.KindOf(word)); return nil }, &word); err != nil {
		b.Fatal(err)
	}
	var edges []access.Edge
	var e access.Edge
	if err := scan(b.Context(), f.conn, "select principal, target, hash(privilege) % 1000, is_denied from closure.edges order by grant_key", func() error { edges = append(edges, e); return nil }, &e.From, &e.To, &e.Privilege, &e.Deny); err != nil {
		b.Fatal(err)
	}
	_ = f.db.Close()
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
