package things

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/databasetest"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var set = sync.OnceValue(func() *schemas.Set {
	s, err := schemas.Load(nil)
	if err != nil {
		panic(err)
	}
	return s
})

// file is an open copy with all tables that things are made of.
type file struct{ *databasetest.File }

func newFile(t *testing.T) *file {
	t.Helper()
	tables := slices.Clone(links.Tables)
	for _, t := range set().Common.Tables {
		tables = append(tables, database.Common(t), database.History(t))
		if thing := database.Thing(t); thing != nil {
			tables = append(tables, thing, database.Closed(thing))
		}
	}
	return &file{databasetest.Open(t, tables...)}
}

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// make makes the things of a day, or those that changed since another one, and holds that
// nothing is left in the stage.
func (f *file) make(on int, o Options) Summary {
	f.Helper()
	o.Set, o.Moment, o.Run = set(), day(on), fmt.Sprint("run", on)
	s, err := Make(f.Context(), f.DB, o)
	if err != nil {
		f.Fatal(err)
	}
	f.Want("select table_name from duckdb_tables() where database_name = 'stage'")
	return s
}

// state puts a world into the file in place of what is there, its rows in the order of rnd.
// What is no more has ended on that day.
func (f *file) state(w *world, rnd *rand.Rand, on int) {
	f.Helper()
	values := map[string][]database.SQL{}
	add := func(table string, v row) {
		text := strings.ReplaceAll(v.String(), "'", "''")
		values[table] = append(values[table], database.SQL("('"+text+"'::json)"))
	}
	for _, s := range slices.Concat(w.statements, w.edges) {
		t := set().Common.Table(s.table)
		if s.values != nil {
			v := row{"source": s.source, "_source": s.source, "_dataset": s.dataset, "_valid_from": s.since, "_hash": s.hash}
			if t.Key != "" {
				v[t.Key] = s.key
			}
			for k, x := range s.values {
				v[k] = x
			}
			if s.part != "" {
				v["native_id"] = s.part
			}
			add("observed."+s.table, v)
		}
		if s.thing != "" {
			add("meta.links", row{"kind": s.table, "statement_key": s.key, "part": s.part, "source": s.source, "dataset": s.dataset, "key": s.thing,
				"founded_at": s.founded, "_valid_from": day(on), "is_reference": s.isReference, "is_described": s.described, "strength": s.strength})
		}
	}
	for _, o := range w.owners {
		add("meta.account_owners", row{"account_key": o.account, "identity_key": o.identity, "rule": o.rule, "evidence": o.evidence, "confidence": 0.5})
	}
	tables := []*database.Table{}
	for _, t := range links.Tables {
		if t.Schema == "meta" && (t.Name == "links" || t.Name == "account_owners") {
			tables = append(tables, t)
		}
	}
	for _, t := range set().Common.Tables {
		tables = append(tables, database.Common(t))
	}
	for _, t := range tables {
		f.replace(t, values[t.Schema+"."+t.Name], rnd, on)
	}
}

// replace makes a table have the rows of these objects.
func (f *file) replace(t *database.Table, list []database.SQL, rnd *rand.Rand, on int) {
	f.Helper()
	rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	shape := strings.Join(f.Rows(database.SQL(fmt.Sprintf(`select '"' || column_name || '":"' || data_type || '"' from duckdb_columns() where schema_name = '%s' and table_name = '%s' and database_name = 'access'`, t.Schema, t.Name))), ",")
	f.Exec(database.SQL("create table stage.main.come as from " + t.SQL() + " limit 0"))
	if len(list) > 0 {
		f.Exec(database.SQL("insert into stage.main.come by name (select unnest(json_transform(j, '{" + shape + "}')) from (values " + string(database.Join(list, ", ")) + ") v(j))"))
	}
	target := apply.Target{Table: t.SQL(), Columns: t.Names(), Version: []string{schemas.HashColumn}, Scope: "true", Repeats: true}
	switch t.Schema {
	case schemas.CommonSchema:
		target.History = database.Name(database.StatedSchema, t.Name)
	case "meta":
		target.Version = slices.DeleteFunc(t.Names(), func(name string) bool { return name == "_valid_from" })
		if t.Name == "links" {
			target.History = database.Closed(t).SQL()
		}
	}
	if _, err := apply.Equal(f.Context(), f.DB, target, apply.Staged{Rows: "stage.main.come"}, day(on), fmt.Sprint("run", on)); err != nil {
		f.Fatal(err)
	}
	f.Exec("drop table stage.main.come")
}

// stands are the rows of a table of main as the reference has them.
func (f *file) stands(table, from string) (out []row) {
	f.Helper()
	leave := "first_seen_at, _valid_from, _hash"
	if table == "grants" {
		leave += ", grant_key"
	}
	for _, text := range f.Rows(database.SQL("select to_json(x)::varchar from (select * exclude (" + leave + ") from " + from + ") x")) {
		r := row{}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			f.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func texts(rows []row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.String()
	}
	slices.Sort(out)
	return out
}

var seed = rand.Uint64()

// put is what all worlds state.
func put(all []*world) *world {
	now := &world{}
	for _, w := range all {
		now.statements = append(now.statements, w.statements...)
		now.edges = append(now.edges, w.edges...)
		now.owners = append(now.owners, w.owners...)
	}
	return now
}

// TestMake_isTheReference makes the things of many small worlds side by side, run by run, and
// compares them and their history with what a plain program says.
func TestMake_isTheReference(t *testing.T) {
	makeInSlices(t, 200)
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	c := newChronicle(t)
	const worlds, runs = 200, 3
	all := make([]*world, worlds)
	for run := 1; run <= runs; run++ {
		for i := range all {
			all[i] = nextWorld(rnd, all[i], i, day(run))
		}
		now := put(all)
		c.state(now, rnd, run)
		c.holds(run, c.make(run, Options{}), all)
		// The order of rows makes no difference.
		c.Exec("delete from meta.links")
		for _, t := range set().Common.Tables {
			c.Exec("delete from observed." + database.Ident(t.Name))
		}
		c.state(now, rnd, run)
		if again := c.make(run+10, Options{}); again.Changed("identities", "accounts", "applications", "groups", "roles", "resources", "entitlements", "grants", "identity_accounts") {
			t.Errorf("run %d: the same once more changes %+v", run, again.Tables)
		}
	}
	for _, table := range []string{"identities", "accounts", "grants", "identity_accounts"} {
		if len(c.before[table]) < worlds/2 || len(c.past[table]) < worlds/4 {
			t.Errorf("main.%s has %d rows and %d closed versions: too few to show anything", table, len(c.before[table]), len(c.past[table]))
		}
	}
}

// Rows that another program hashed otherwise are the same, and have the hash of this one.
func TestMake_hashedOtherwise(t *testing.T) {
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	f := newFile(t)
	all := make([]*world, 100)
	for i := range all {
		all[i] = nextWorld(rnd, nil, i, day(1))
	}
	f.state(put(all), rnd, 1)
	made := f.make(1, Options{})
	hashes := map[string][]string{}
	for table, n := range made.Tables {
		if n.Rows < 10 {
			t.Errorf("main.%s has %d rows: too few to show anything", table, n.Rows)
		}
		hashes[table] = f.Rows(database.SQL("select _hash::varchar from main." + table + " order by 1"))
		f.Exec(database.SQL("update main." + table + " set _hash = uuid()"))
	}
	again := f.make(2, Options{})
	for table, n := range again.Tables {
		if n.Inserted > 0 || n.Closed > 0 {
			t.Errorf("main.%s: %+v, though nothing changed", table, n)
		}
		f.Want(database.SQL("select _hash::varchar from main."+table+" order by 1"), hashes[table]...)
	}
}

func firstDifference(got, want []string) string {
	for _, g := range got {
		if !slices.Contains(want, g) {
			near := ""
			for _, w := range want {
				if !slices.Contains(got, w) && len(w) > 60 && len(g) > 60 && commonLetters(w, g) > commonLetters(near, g) {
					near = w
				}
			}
			return fmt.Sprintf("%d rows, want %d\ngot  %s\nwant %s", len(got), len(want), g, near)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			return fmt.Sprintf("%d rows, want %d\nmissing %s", len(got), len(want), w)
		}
	}
	return fmt.Sprintf("%d rows, want %d: some stand several times", len(got), len(want))
}

func commonLetters(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for i := 0; i < min(len(a), len(b)) && a[i] == b[i]; i++ {
		n++
	}
	return n
}

// makeInSlices lets tables be made of so many statements, or twice as many of edges, at a time.
func makeInSlices(t *testing.T, size int64) {
	things, edges := statementsOfThings, statementsOfEdges
	t.Cleanup(func() { statementsOfThings, statementsOfEdges = things, edges })
	statementsOfThings, statementsOfEdges = size, 2*size
}

// A row without a link would be missing from main, so it is an error.
func TestMake_rowWithoutLink(t *testing.T) {
	f := newFile(t)
	f.Exec("insert into observed.groups (group_key, source, _source, _dataset, _hash) values ('o:group:1', 'o', 'o', 'oleria.groups', uuid())")
	_, err := Make(t.Context(), f.DB, Options{Set: set(), Moment: day(1), Run: "run1"})
	var missing *UnlinkedError
	if !errors.As(err, &missing) || missing.Rows != 1 || missing.Table != "groups" {
		t.Errorf("got %v", err)
	}
	f.Want("select table_name from duckdb_tables() where database_name = 'stage'")
}

// Who owns an account has the sources that say so: by a key, or by a native id among the
// attributes. What a rule finds by itself has none.
func TestMake_sourcesOfOwners(t *testing.T) {
	f := newFile(t)
	links := "insert into meta.links (kind, statement_key, part, source, dataset, key, is_reference, is_described, strength) values "
	f.Exec(database.SQL(links + `('identities', 'b:identity:1', '17', 'b', 'balkanid.employees', 'identity:ann', true, true, 'describes'),
		('accounts', 'b:account:1', '', 'b', 'balkanid.entitlements', 'account:1', true, true, 'describes'),
		('accounts', 'b:account:2', '', 'b', 'balkanid.entitlements', 'account:2', true, true, 'describes'),
		('accounts', 'b:account:3', '', 'b', 'balkanid.entitlements', 'account:3', true, true, 'describes');
		insert into observed.identities (identity_key, native_id, source, _source, _dataset, _hash) values ('b:identity:1', '17', 'b', 'b', 'balkanid.employees', uuid());
		insert into observed.accounts (account_key, identity_key, attributes, source, _source, _dataset, _hash) values
			('b:account:1', 'b:identity:1', null, 'b', 'b', 'balkanid.entitlements', uuid()),
			('b:account:2', null, '{"employee_id": " 17"}', 'b', 'b', 'balkanid.entitlements', uuid()),
			('b:account:3', null, '{"employee_id": "18"}', 'b', 'b', 'balkanid.entitlements', uuid());
		insert into meta.account_owners select 'account:' || n, 'identity:ann', 'vendor', null, 1 from range(1, 4) r(n)`))
	f.make(1, Options{})
	f.Want("select account_key || ' ' || relation || ' ' || sources::varchar from main.identity_accounts order by 1", "account:1 is [b]", "account:2 is [b]", "account:3 is []")
}

// Rows of a dataset that no contract has any more mention what they name: of two equally strong
// statements about an edge the newer one counts.
func TestMake_edgeOfNoContract(t *testing.T) {
	var dataset string
	for name, strength := range strengthsOf(set(), set().Common.Table("grants")) {
		if strength == strengthOf("mentions") {
			dataset = name
		}
	}
	f := newFile(t)
	f.Exec(database.SQL(fmt.Sprintf(`insert into meta.links (kind, statement_key, part, source, dataset, key, is_reference, is_described, strength) values
			('accounts', 'a:account:1', '', 'a', '%[1]s', 'account:1', true, true, 'describes'), ('groups', 'a:group:1', '', 'a', '%[1]s', 'group:1', true, true, 'describes');
		insert into observed.accounts (account_key, source, _source, _dataset, _hash, _valid_from) values ('a:account:1', 'a', 'a', '%[1]s', uuid(), '2026-03-01');
		insert into observed.groups (group_key, source, _source, _dataset, _hash, _valid_from) values ('a:group:1', 'a', 'a', '%[1]s', uuid(), '2026-03-01');
		insert into observed.grants (grant_key, principal_kind, principal_key, target_kind, target_key, granted_via_raw, source, _source, _dataset, _hash, _valid_from) values
			('a:grant:1', 'account', 'a:account:1', 'group', 'a:group:1', 'old', 'a', 'a', '%[1]s', uuid(), '2026-03-01'),
			('a:grant:2', 'account', 'a:account:1', 'group', 'a:group:1', 'new', 'a', 'a', 'x.gone', uuid(), '2026-03-02')`, dataset)))
	f.make(3, Options{})
	f.Want("select granted_via_raw from main.grants", "new")
}

// A location that is how another one begins says less, which is no disagreement.
func TestMake_locationThatSaysLess(t *testing.T) {
	f := newFile(t)
	for n, c := range []struct {
		said   [3]string // by each source, the strongest first
		differ bool
	}{
		{[3]string{"Nairobi", " nairobi, Example Street 1", "Nairobi"}, false},
		{[3]string{"Nairobi, Example Street 1, Floor 2", "Nairobi", "Nairobi, Example Street 1"}, false},
		{[3]string{"Nairobi", "Nairobi, Example Street 1", "Nairobi, Example Street 12"}, true},
		{[3]string{"Nairobi", "Nairobi West, Example Street 1", ""}, true},
		{[3]string{"Example Street 1, Nairobi", "Nairobi", ""}, true},
	} {
		var told []string
		for i, location := range c.said {
			if location == "" {
				continue
			}
			source := sources[i]
			f.Exec(database.SQL(fmt.Sprintf(`insert into meta.links (kind, statement_key, part, source, dataset, key, is_reference, is_described, strength) values
					('identities', '%[1]s:%[2]d', '', '%[1]s', 'x', 'identity:%[2]d', true, true, 'describes');
				insert into observed.identities (identity_key, location, source, _source, _dataset, _hash) values ('%[1]s:%[2]d', '%[3]s', '%[1]s', '%[1]s', 'x', uuid())`, source, n, location)))
			told = append(told, fmt.Sprintf("%q:%q", source, location))
		}
		f.make(1, Options{})
		want := "NULL"
		if c.differ {
			want = `{"location":{` + strings.Join(told, ",") + `}}`
		}
		f.Want(database.SQL(fmt.Sprintf("select disagreements::varchar from main.identities where identity_key = 'identity:%d'", n)), want)
		f.Want(database.SQL(fmt.Sprintf("select location from main.identities where identity_key = 'identity:%d'", n)), c.said[0])
	}
}

// Who was hired again has what the employment says that goes on, and nothing of the former one:
// not its last day, not its department. Two jobs at once both speak.
func TestMake_hiredAgain(t *testing.T) {
	f := newFile(t)
	f.Exec(`insert into meta.links (kind, statement_key, part, source, dataset, key, is_reference, is_described, strength, founded_at)
		select 'identities', 'hr:identity:' || who || '@example.com', nr, 'hr', 'balkanid.employees', 'identity:' || who, true, true, 'describes', timestamptz '2026-03-01'
		from (values ('ann', '1'), ('ann', '2'), ('bob', '3'), ('bob', '4'), ('cid', '5'), ('cid', '6'), ('dan', '7'), ('dan', '8')) v(who, nr);
		insert into meta.links (kind, statement_key, part, source, dataset, key, is_reference, is_described, strength, founded_at) values
			('identities', 'ole:identity:ann', '', 'ole', 'oleria.employees', 'identity:ann', true, true, 'describes', timestamptz '2026-03-01');
		insert into observed.identities (identity_key, native_id, source, _source, _dataset, _hash, employee_number, status, start_on, end_on, department, manager_identity_key, attributes)
		select 'hr:identity:' || who || '@example.com', nr, 'hr', 'hr', 'balkanid.employees', md5(nr)::uuid, 'W' || nr, status, start_on, end_on, department, manager, attributes
		from (values
			('ann', '1', 'terminated', date '2020-01-01', date '2022-05-31', 'Sales', 'hr:identity:bob@example.com', json '{"badge": 1}'),
			('ann', '2', 'active', '2024-02-01', null, null, null, null),
			('bob', '3', null, '2020-01-01', '2021-01-01', 'Sales', null, null), ('bob', '4', null, '2022-01-01', '2023-01-01', null, null, null),
			('cid', '5', 'active', '2020-01-01', null, 'Sales', null, null), ('cid', '6', 'active', '2021-01-01', '2026-12-31', null, null, null),
			('dan', '7', 'terminated', null, null, 'Sales', null, null), ('dan', '8', 'active', null, null, null, null, null)
		) v(who, nr, status, start_on, end_on, department, manager, attributes);
		insert into observed.identities (identity_key, source, _source, _dataset, _hash, department) values ('ole:identity:ann', 'ole', 'ole', 'oleria.employees', uuid(), 'Research')`)
	f.make(1, Options{})
	f.Want("select concat_ws(' ', identity_key, employee_number, status, start_on, coalesce(end_on::varchar, 'open'), department, manager_identity_key, attributes, source_count, disagreements) from main.identities order by 1",
		"identity:ann W2 active 2024-02-01 open Research 2",
		"identity:bob W4 2022-01-01 2023-01-01 1",
		`identity:cid W5 active 2020-01-01 2026-12-31 Sales 1`,
		"identity:dan W8 active open 1")
}

// A contract that says otherwise how strong its grants are makes other things of the same rows.
func TestPrint_strengthOfEdges(t *testing.T) {
	other, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	before := Print(other)
	if before != Print(set()) {
		t.Error("two prints of the same differ")
	}
	for _, c := range other.All() {
		for i := range c.Emit {
			if e := &c.Emit[i]; e.Table == "grants" {
				e.Strength += "r"
				if Print(other) == before {
					t.Errorf("%s: the print has not the strength of its grants", c.Dataset)
				}
				return
			}
		}
	}
	t.Error("no contract has grants")
}
