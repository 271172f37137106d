//go:build linux

package links

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkUpdate links what three exports of a company of 100,000 people state: 1.25
// million statements, for the first time and again where one in a hundred changed.
func BenchmarkUpdate(b *testing.B) {
	for range b.N {
		f := newFile(b)
		f.Exec(`insert into observed.applications (application_key, source, _source, _dataset, native_id, app, _valid_from)
			select 'b:application:' || a, 'b', 'b', 'balkanid.integrations', a, a, '2026-03-01'::timestamptz from unnest(['okta', 'google', 'slack', 'github']) t(a)
			union all select 'o:application:' || a, 'o', 'o', 'oleria.access_inventory_application_instances_v2', null, a, '2026-03-01'::timestamptz from unnest(['okta', 'google', 'slack', 'github']) t(a)`)
		f.Exec(`insert into observed.identities (identity_key, source, _source, _dataset, native_id, kind, display_name, email, employee_number, username, _valid_from)
			with p as (select i, 'person.' || i || '@example.com' as mail, 'First' || i % 977 || ' Last' || i % 7919 as name from range(100000) t(i))
			select 'b:identity:' || mail, 'b', 'b', 'balkanid.employees', i::varchar, 'human', name, mail, (100000 + i)::varchar, null, '2026-03-01'::timestamptz from p
			union all select 'o:identity:employee|' || mail, 'o', 'o', 'oleria.employees', null, 'human', name, mail, null, null, '2026-03-01'::timestamptz from p
			union all select 's:identity:' || md5(i::varchar), 's', 's', 'sailpoint.config_objects', md5(i::varchar), null, name, mail, null, mail, '2026-03-01'::timestamptz from p`)
		f.Exec(`insert into observed.accounts (account_key, source, _source, _dataset, native_id, application_key, kind, username, email, display_name, attributes, _valid_from)
			with p as (select i, a, a || '-' || printf('%08x', i) as native, 'person.' || i || '@example.com' as mail, 'First' || i % 977 || ' Last' || i % 7919 as name
				from range(100000) t(i), unnest(['okta', 'google', 'slack', 'github']) u(a) where a <> 'github' or i % 8 >= 3)
			select 'b:account:' || md5(native) || '0123456789a', 'b', 'b', 'balkanid.entities', native, 'b:application:' || a, 'human', 'person' || i, mail, name, null, '2026-03-01'::timestamptz from p
			union all select 'o:account:' || a || '|example|person' || i, 'o', 'o', 'oleria.access_inventory_application_accounts_v2', native, 'o:application:' || a, 'human', 'person' || i, mail, name, null, '2026-03-01'::timestamptz from p
			union all select 'b:account:' || a || '|' || native, 'b', 'b', 'balkanid.entitlements', native, 'b:application:' || a, null, 'person' || i, mail, name, '{"employee_id": "' || i || '"}', '2026-03-01'::timestamptz from p where a <> 'slack'`)
		f.Exec(`insert into observed.grants (grant_key, source, _source, _dataset, principal_kind, principal_key, target_kind, target_key, _valid_from)
			select 'b:grant:' || rowid, 'b', 'b', 'balkanid.entitlements', 'account', account_key, 'entitlement', 'b:entitlement:' || rowid % 500, _valid_from from observed.accounts where source = 'b'`)
		runtime.GC()
		before := memory(b)
		for _, turn := range []string{"first", "again"} {
			began := cpu(b)
			s := f.update()
			b.ReportMetric((cpu(b) - began).Seconds(), "cpu-s-"+turn)
			b.ReportMetric(float64(s.Statements), "statements")
			b.ReportMetric(float64(memory(b)-before)/1024, "MiB-more-at-most-"+turn)
			f.Exec("update observed.accounts set email = 'x' || email where rowid % 100 = 0")
		}
	}
}

// cpu is the time that this process has had of all processors: others on the machine do not
// count.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is the most that this process has had, in KiB.
func memory(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Maxrss
}
