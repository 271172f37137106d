package links

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/databasetest"
	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var contracts = sync.OnceValue(func() *schemas.Set {
	s, err := schemas.Load(nil)
	if err != nil {
		panic(err)
	}
	return s
})

// file is an open copy with the tables of observed and meta.
type file struct {
	*databasetest.File
	runs int
}

func newFile(t testing.TB) *file {
	t.Helper()
	tables := slices.Clone(Tables)
	for _, table := range contracts().Common.Tables {
		tables = append(tables, database.Common(table), database.History(table))
	}
	return &file{File: databasetest.Open(t, tables...)}
}

// state puts a row into a table of observed: name=value, with the time of the next run. What
// is not said is NULL.
func (f *file) state(table, dataset string, cells ...string) {
	f.Helper()
	source, _, _ := strings.Cut(dataset, ".")
	names, values := "source, _source, _dataset, _valid_from", fmt.Sprintf("'%s', '%s', '%s', '%s'", source[:1], source[:1], dataset, day(f.runs+1).Format(time.RFC3339))
	for _, c := range cells {
		name, value, _ := strings.Cut(c, "=")
		names, values = names+", "+name, values+", "+string(database.Text(value))
	}
	f.Exec(database.SQL("insert into observed." + table + " (" + names + ") values (" + values + ")"))
}

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// update is a run in which rows changed.
func (f *file) update(change ...func(*Options)) Summary {
	f.Helper()
	f.runs++
	o := Options{Set: contracts(), Run: fmt.Sprint("run", f.runs), AsOf: day(f.runs), Changed: true, Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	s, err := Update(f.Context(), f.DB, o)
	if err != nil {
		f.Fatal(err)
	}
	if stage := f.Rows("select table_name from duckdb_tables() where database_name = 'stage'"); stage != nil {
		f.Errorf("left in the stage: %q", stage)
	}
	return s
}

func (f *file) one(query database.SQL) string {
	f.Helper()
	rows := f.Rows(query)
	if len(rows) != 1 {
		f.Fatalf("%s: %d rows", query, len(rows))
	}
	return rows[0]
}

// ann is a person of whom three sources speak, with an account that one of them maps to her.
func (f *file) ann() {
	f.Helper()
	f.state("identities", "balkanid.employees", "identity_key=b:identity:ann@example.com", "native_id=17", "kind=human", "display_name=Ann Lee", "email=ann@example.com", "employee_number=100")
	f.state("identities", "oleria.employees", "identity_key=o:identity:ann@example.com", "kind=human", "display_name=Lee, Ann", "email=ann@example.com")
	f.state("identities", "sailpoint.config_objects", "identity_key=s:identity:2c9", "native_id=2c9", "display_name=Ann Lee", "username=ann@example.com", "email=ann@example.com")
	f.state("applications", "balkanid.integrations", "application_key=b:application:7", "native_id=7", "name=Okta", "app=okta")
	f.state("accounts", "balkanid.entities", "account_key=b:account:brn1", "native_id=00u1", "application_key=b:application:7", "kind=human", "username=ann", "email=ann@example.com", "display_name=Ann Lee")
}

func TestUpdate(t *testing.T) {
	f := newFile(t)
	f.ann()
	f.state("grants", "balkanid.entitlements", "grant_key=b:grant:1", "principal_kind=account", "principal_key=b:account:brn1", "target_kind=entitlement", "target_key=b:entitlement:x")
	s := f.update()
	if !s.Resolved || !s.Changed || s.Statements != 6 || s.Idle != nil {
		t.Errorf("%+v", s)
	}
	f.Want("select concat_ws('|', kind, statement_key, part, source, dataset, rule, evidence, strength, is_founder, is_reference, is_described, day(_valid_from)) from meta.links where kind <> 'applications' order by 1",
		"accounts|b:account:brn1|00u1|b|balkanid.entities|alone|describes|true|true|true|1",
		"entitlements|b:entitlement:x||b|balkanid.entitlements|alone|mentions|true|true|false|1",
		"identities|b:identity:ann@example.com|17|b|balkanid.employees|founder|describes|true|true|true|1",
		"identities|o:identity:ann@example.com||o|oleria.employees|email|email ann@example.com|describes|false|true|true|1",
		"identities|s:identity:2c9|2c9|s|sailpoint.config_objects|email|email ann@example.com|mentions|false|true|true|1")
	person := f.one("select distinct key from meta.links where kind = 'identities'")
	if !strings.HasPrefix(person, "identity:") {
		t.Errorf("key %q", person)
	}
	f.Want("select concat_ws('|', identity_key, rule, evidence, confidence) from meta.account_owners", person+"|email|email ann@example.com|0.97")
	f.Want("select email || '|' || identity_key from meta.addresses", "ann@example.com|"+person)
	f.Want("select concat_ws('|', run_id, day(as_of), links_file, domain_aliases, length(rules), statement_count) from meta.link_runs", "run1|1|64|6")
	f.Want("select count(distinct _hash) = count(*) and count(_hash) = count(*) from meta.links", "true")
}

// What was found stays as it is, with the time at which it was found first, and is looked for
// again only where something is otherwise.
func TestUpdate_again(t *testing.T) {
	f := newFile(t)
	if s := f.update(func(o *Options) { o.Changed = false }); s.Resolved {
		t.Error("resolved a file in which there is nothing")
	}
	f.ann()
	f.update()
	before := f.Rows("select l::varchar from meta.links l order by all")
	if s := f.update(func(o *Options) { o.Changed = false }); s.Resolved {
		t.Error("resolved what did not change")
	}
	if s := f.update(); !s.Resolved || s.Changed {
		t.Errorf("%+v", s)
	}
	aliases := func(o *Options) {
		o.Changed, o.User.Domains = false, map[string]string{"old.example.com": "example.com"}
	}
	if s := f.update(aliases); !s.Resolved || s.Changed {
		t.Errorf("%+v with other aliases", s)
	}
	if s := f.update(aliases); s.Resolved {
		t.Error("resolved with the same aliases")
	}
	others := func(o *Options) { aliases(o); o.Things = "others" }
	if s := f.update(others); !s.Resolved {
		t.Error("not resolved, though things are made otherwise")
	}
	if s := f.update(others); s.Resolved {
		t.Error("resolved with the same way to make things")
	}
	f.Want("select l::varchar from meta.links l order by all", before...)
	f.Want("select * from (select count(*)::varchar from history.links)", "0")
	f.Want("select concat_ws('|', run_id, domain_aliases) from meta.link_runs order by as_of", "run2", "run4", `run5|{"old.example.com":"example.com"}`, `run7|{"old.example.com":"example.com"}`)
}

// A statement keeps the time at which it was first seen when it changes, and its key when it
// goes and comes back.
func TestUpdate_goneAndBack(t *testing.T) {
	f := newFile(t)
	person := []string{"identity_key=o:identity:bob@example.com", "kind=human", "display_name=Bob Roe", "email=bob@example.com"}
	f.state("identities", "oleria.employees", person...)
	f.update()
	key := f.one("select key from meta.links")
	f.Exec("delete from observed.identities")
	f.state("identities", "oleria.employees", append(slices.Clone(person), "title=Clerk")...)
	if s := f.update(); s.Changed {
		t.Errorf("%+v where a title changed", s)
	}
	f.Exec("delete from observed.identities")
	f.update()
	f.Want("select statement_key from meta.links")
	f.Want("select concat_ws('|', key, day(first_seen_at), day(_valid_from), day(_valid_to), _ended_by) from history.links", key+"|1|1|3|run3")
	f.state("identities", "oleria.employees", person...)
	f.update()
	f.Want("select concat_ws('|', key, day(founded_at), day(first_seen_at), day(_valid_from)) from meta.links", key+"|1|1|4")
	f.Want("select old_key from meta.key_changes")
}

func TestUpdate_userLinks(t *testing.T) {
	f := newFile(t)
	f.state("identities", "oleria.employees", "identity_key=o:identity:bob@example.com", "kind=human", "display_name=Bob Roe", "email=bob@example.com")
	f.update()
	older := f.one("select key from meta.links")
	f.state("identities", "sailpoint.config_objects", "identity_key=s:identity:1", "native_id=1", "display_name=Robert Roe", "username=broe")
	f.update()
	younger := f.one("select key from meta.links where source = 's'")
	if older == younger {
		t.Fatal("joined without a reason")
	}
	lines := []resolve.UserLink{{Action: resolve.SameAs, Kind: "identities", Left: "o:identity:bob@example.com", Right: "s:identity:1", Line: 2},
		{Action: resolve.SameAs, Kind: "identities", Left: "o:identity:nobody", Right: "s:identity:1", Line: 3}}
	s := f.update(func(o *Options) { o.Changed, o.User = false, User{Lines: lines, File: "f1"} })
	if !s.Resolved || s.KeyChanges != 1 || len(s.Idle) != 1 || s.Idle[0].Line != 3 {
		t.Errorf("%+v", s)
	}
	f.Want("select concat_ws('|', source, key, rule) from meta.links order by 1", "o|"+older+"|founder", "s|"+older+"|links_file")
	f.Want("select concat_ws('|', kind, old_key, new_key, run_id, reason) from meta.key_changes", "identities|"+younger+"|"+older+"|run3|merge")
	f.Want("select links_file from meta.link_runs where links_file is not null", "f1")
}

// What sources say of accounts counts, in whichever column.
func TestUpdate_owners(t *testing.T) {
	for name, c := range map[string]struct {
		state func(*file)
		rule  string
	}{
		"mapped": {func(f *file) {
			f.state("accounts", "oleria.access_inventory_application_accounts_v2", "account_key=o:account:1", "username=x", "identity_key=o:identity:bob")
		}, "vendor"},
		"related": {func(f *file) {
			f.state("accounts", "oleria.access_inventory_application_accounts_v2", "account_key=o:account:1", "username=x")
			f.state("identity_accounts", "oleria.employees", "account_key=o:account:1", "identity_key=o:identity:bob", "relation=is")
		}, "vendor"},
		"answered for": {func(f *file) {
			f.state("accounts", "oleria.access_inventory_application_accounts_v2", "account_key=o:account:1", "username=x")
			f.state("identity_accounts", "oleria.employees", "account_key=o:account:1", "identity_key=o:identity:bob", "relation=owns")
		}, ""},
		"by employee id": {func(f *file) {
			f.state("identities", "balkanid.employees", "identity_key=b:identity:bob", "native_id=17", "kind=human", "display_name=Bob Roe")
			f.state("accounts", "balkanid.entitlements", "account_key=b:account:1", "username=x", "display_name=Roe, Bob", `attributes={"employee_id": " 17 "}`)
		}, "vendor"},
		"by the id of somebody else": {func(f *file) {
			f.state("identities", "balkanid.employees", "identity_key=b:identity:bob", "native_id=17", "kind=human", "display_name=Bob Roe")
			f.state("accounts", "balkanid.entitlements", "account_key=b:account:1", "username=x", "display_name=Ann Lee", `attributes={"employee_id": "17"}`)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFile(t)
			f.state("identities", "oleria.employees", "identity_key=o:identity:bob", "kind=human", "display_name=Bob Roe")
			c.state(f)
			f.update()
			var want []string
			if c.rule != "" {
				want = []string{c.rule}
			}
			f.Want("select rule from meta.account_owners", want...)
		})
	}
}

// Of several rows of one key and part there is one link; keys that two rows of a key share
// mean who is there.
func TestUpdate_oneLinkForEachKeyAndPart(t *testing.T) {
	f := newFile(t)
	f.state("identities", "sailpoint.config_objects", "identity_key=s:identity:1", "native_id=1", "display_name=Bob Roe")
	f.state("identities", "sailpoint.config_objects", "identity_key=s:identity:1", "native_id=1", "display_name=Roe, Bob")
	f.state("identities", "balkanid.employees", "identity_key=b:identity:x@example.com", "native_id=1", "kind=human", "display_name=Ann Lee", "end_on=2026-01-31")
	f.state("identities", "balkanid.employees", "identity_key=b:identity:x@example.com", "native_id=2", "kind=human", "display_name=Cid Moe")
	f.update()
	f.Want("select concat_ws('|', statement_key, part, is_reference) from meta.links order by 1", "b:identity:x@example.com|1|false", "b:identity:x@example.com|2|true", "s:identity:1|1|true")
}

func TestUpdate_conflictsAndSuggestions(t *testing.T) {
	f := newFile(t)
	f.state("identities", "balkanid.employees", "identity_key=b:identity:1", "native_id=1", "kind=human", "display_name=Ann Lee", "email=team@example.com", "employee_number=1")
	f.state("identities", "oleria.employees", "identity_key=o:identity:2", "native_id=2", "kind=human", "display_name=Cid Moe", "email=team@example.com", "employee_number=2")
	f.state("identities", "sailpoint.config_objects", "identity_key=s:identity:3", "native_id=3", "display_name=Ann Lee", "username=alee")
	f.state("accounts", "oleria.access_inventory_application_accounts_v2", "account_key=o:account:1", "username=x", "identity_key=o:identity:2")
	f.state("identity_accounts", "oleria.employees", "account_key=o:account:1", "identity_key=o:identity:9", "relation=is")
	s := f.update()
	if s.Conflicts != 2 || s.Suggestions != 1 {
		t.Errorf("%+v", s)
	}
	f.Want("select concat_ws('|', kind, rule, evidence, reason, array_to_string(statement_keys, ', '), len(joined_keys)) from meta.link_conflicts where rule = 'email'",
		"identities|email|email team@example.com|two numbers|b:identity:1 #1, o:identity:2 #2|0")
	f.Want("select concat_ws('|', kind, reason, statement_keys is null, len(thing_keys)) from meta.link_conflicts where rule = 'vendor'", "accounts|sources map the account to several people|true|2")
	f.Want("select concat_ws('|', kind, look, evidence) from meta.link_suggestions", "identities|name_and_title|name ann lee")
	f.Exec("delete from observed.identities")
	f.update()
	f.Want("select rule from meta.link_conflicts where rule = 'email'")
}

// Rows that refer to somebody whom no export lists may tell who it is, if they agree.
func TestUpdate_toldByReference(t *testing.T) {
	f := newFile(t)
	f.state("identities", "oleria.employees", "identity_key=o:identity:bob", "kind=human", "display_name=Bob Roe", "email=bob@example.com")
	f.state("identities", "oleria.employees", "identity_key=o:identity:ann", "kind=human", "display_name=Ann Lee", "email=ann@example.com")
	for _, c := range []string{"1", "2"} {
		f.state("role_candidate_identities", "sailpoint.potential_role_identities", "candidate_key=s:candidate:"+c, "identity_key=s:identity:1", "identity_name=Bob Roe", `attributes={"email": " Bob@Example.com "}`)
		f.state("role_candidate_identities", "sailpoint.potential_role_identities", "candidate_key=s:candidate:"+c, "identity_key=s:identity:2", `attributes={"email": "x`+c+`@example.com"}`)
		f.state("role_candidate_identities", "sailpoint.potential_role_identities", "candidate_key=s:candidate:"+c, "identity_key=s:identity:3")
	}
	f.update()
	f.Want("select string_agg(statement_key, ' ' order by statement_key) from meta.links where kind = 'identities' group by key order by 1",
		"o:identity:ann", "o:identity:bob s:identity:1", "s:identity:2", "s:identity:3")
}

// What identifies nothing is told: a placeholder, and an address that one export gives to two.
func TestUpdate_unlinkableValues(t *testing.T) {
	f := newFile(t)
	for i, number := range []string{"N/A", "0", "7"} {
		f.state("identities", "balkanid.employees", fmt.Sprintf("identity_key=b:identity:%d", i), fmt.Sprintf("native_id=%d", i), "display_name=Ann Lee", "email=team@example.com", "employee_number="+number)
	}
	f.update()
	f.Want("select concat_ws('|', kind, namespace, value, reason, use_count) from meta.unlinkable_values order by 1",
		"identities|email|team@example.com|shared|3", "identities|employee_number|0|placeholder|1", "identities|employee_number|n/a|placeholder|1", "identities|native_id|0|placeholder|1")
}

// What rows about the past name may be gone: a key that they alone have makes no thing.
func TestUpdate_pastMakesNoThing(t *testing.T) {
	f := newFile(t)
	f.state("accounts", "oleria.access_inventory_application_accounts_v2", "account_key=o:account:1", "username=x")
	f.state("risks", "oleria.risks_v2", "risk_key=o:risk:1", "account_key=o:account:2")
	f.state("activities", "oleria.activity_analysis", "activity_key=o:activity:1", "actor_account_key=o:account:1")
	f.state("activities", "oleria.activity_analysis", "activity_key=o:activity:2", "actor_account_key=o:account:3", "application_key=o:application:1")
	f.state("lifecycle_events", "oleria.ilm_event_account_actions", "event_key=o:event:1", "account_key=o:account:4", "identity_key=o:identity:1")
	f.update()
	f.Want("select kind || ' ' || statement_key || ' ' || strength from meta.links order by 1", "accounts o:account:1 describes", "accounts o:account:2 mentions")
}

// Keys to which rows refer are found in all slices of large tables and in small ones, and
// what the rows tell that name one is put together: the first of the sources, of the datasets
// and of the moments.
func TestUpdate_danglingKeys(t *testing.T) {
	f := newFile(t)
	f.Exec(`insert into observed.accounts (account_key, source, _source, _dataset, native_id, _valid_from)
		select 'b:account:' || i, 'b', 'b', 'balkanid.entities', i, '2026-03-02' from range(1000) t(i)`)
	f.Exec(`insert into observed.grants (grant_key, source, _source, _dataset, principal_kind, principal_key, target_kind, target_key, _valid_from)
		select 'b:grant:' || i, 'b', 'b', 'balkanid.entitlements', 'account', 'b:account:' || case i when 5 then 2000 when 150000 then 2001 when 150001 then 2000 else i // 200 end, 'entitlement', null, '2026-03-02' from range(200000) t(i)`)
	f.state("risks", "oleria.risks_v2", "risk_key=o:risk:1", "account_key=b:account:2000")
	f.state("identity_accounts", "a.own", "identity_key=a:identity:7", "account_key=b:account:2001")
	s := f.update()
	f.Want("select concat_ws(' ', kind, statement_key, source, dataset, strength, first_seen_at) from meta.links where strength = 'mentions' order by 1",
		"accounts b:account:2000 b balkanid.entitlements mentions 2026-03-01 00:00:00+00",
		"accounts b:account:2001 a a.own mentions 2026-03-01 00:00:00+00",
		"identities a:identity:7 a a.own mentions 2026-03-01 00:00:00+00")
	if s.Statements != 1003 {
		t.Errorf("%d statements", s.Statements)
	}
}

// By what a statement identifies is said by the contract of its dataset: the first column that
// has a value. A statement of a dataset without contract mentions its thing and tells no more.
func TestUpdate_identifiesAsContractsSay(t *testing.T) {
	f := newFile(t)
	f.state("applications", "oleria.access_inventory_application_instances_v2", "application_key=o:application:1", "name=Zoho", "instance=Main")
	f.state("applications", "oleria.unmanaged_applications", "application_key=o:application:2", "app=zoho", "name=Books", "instance=main")
	f.state("applications", "balkanid.integrations", "application_key=b:application:3", "native_id=3", "app=Zoho", "name=MAIN", "instance=other")
	f.state("applications", "unknown.list", "application_key=u:application:4", "native_id=3", "app=Zoho", "name=Main", "instance=Main")
	f.update()
	f.Want("select string_agg(statement_key || ' ' || strength || ' ' || rule, ', ' order by statement_key) from meta.links group by key order by 1",
		"b:application:3 describes instance, o:application:1 describes founder, o:application:2 describes instance", "u:application:4 mentions alone")
}
