package load

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

var people = &schemas.Table{Schema: "balkanid", Name: "employees", Comment: "one employee", Fields: []schemas.Field{
	{Name: "employee_id", Type: schemas.Text, Comment: "c"}, {Name: "work_email", Type: schemas.Text, Comment: "c"},
	{Name: "end_date", Type: schemas.Text, Comment: "c"}, {Name: "manager", Type: schemas.Text, Comment: "c"}}}

// employees is a stream of n employees with these columns filled, and the others
// of the test absent; "column?" is a column that is there and empty.
func (s *site) employees(n int, columns string, added ...string) *schemas.Stream {
	vendor, common := rows{table: people}, rows{table: common("identities")}
	have := strings.Fields(columns)
	for i := range n {
		r := row{"record": i}
		for _, c := range have {
			if !strings.HasSuffix(c, "?") {
				r[c] = c + string(rune('a'+i))
			}
		}
		vendor.rows = append(vendor.rows, r)
		common.rows = append(common.rows, row{"identity_key": "k" + string(rune('a'+i)), "email": r["work_email"], "end_on": nil, "record": i})
	}
	st := s.stream(people, nil, vendor, common)
	var absent []string
	for _, c := range []string{"employee_id", "end_date", "manager", "work_email"} {
		if !slices.Contains(have, c) && !slices.Contains(have, c+"?") {
			absent = append(absent, c)
			st.Drift = append(st.Drift, schemas.Drift{Change: "column_missing", Column: c, Detail: "d"})
		}
	}
	for _, a := range added {
		st.Drift = append(st.Drift, schemas.Drift{Change: "column_added", Column: a, Detail: "d"})
	}
	st.Absent = map[int]schemas.Absence{0: {Headers: absent}}
	return st
}

const staff = "balkanid.employees"

func (s *site) hold(e *schemas.Export, st *schemas.Stream, change ...func(*Options)) *gate.HeldError {
	s.t.Helper()
	_, held := s.gated(e, contract(e.Dataset), st, change...)
	return held
}

// A first load without the columns of keys and addresses is held.
func TestGate_columnsOfFirstLoad(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	held := s.hold(export("hr", staff), s.employees(3, "employee_id end_date", "userPrincipalName", "Salary"))
	if held == nil {
		t.Fatal("loaded without work_email")
	}
	for _, part := range []string{"column missing: work_email (Work Email)", "not known: userPrincipalName, Salary",
		"{dataset: balkanid.employees, columns: {work_email: {from: [userPrincipalName]}}}", "refresh --accept hr.employees"} {
		if !strings.Contains(held.Error(), part) {
			t.Errorf("%q lacks %q", held.Error(), part)
		}
	}
	s.want("select count(*) from observed.identities", "0")
	s.want("select status, failure from meta.exports", "held|gate")
	s.want("select table_name, reason, what, rows_before from meta.gates", "balkanid.employees|column missing|work_email|0")

	// Accepted once, its absence is no news.
	yes := func(o *Options) { o.Accept = func(string, string) bool { return true } }
	if held := s.hold(export("hr", staff), s.employees(3, "employee_id end_date"), yes); held != nil {
		t.Fatal(held)
	}
	if held := s.hold(export("hr", staff, "a1"), s.employees(4, "employee_id end_date")); held != nil {
		t.Fatal(held)
	}
	s.want("select count(*) from observed.identities", "4")
	s.want("select accepted_run_id is null from meta.gates", "false", "false")
}

// A column that had values and is not delivered any more is news, one that
// never had any, or that the common model does not hold, is none.
func TestGate_columnsOfLastLoad(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ what, before, after, held string }{
		{"the key", "employee_id work_email end_date", "employee_id end_date", "work_email"},
		{"what feeds a common column", "employee_id work_email end_date", "employee_id work_email", "end_date"},
		{"both", "employee_id work_email end_date manager", "employee_id", "end_date manager work_email"},
		{"always empty", "employee_id work_email end_date?", "employee_id work_email", ""},
		{"always absent", "employee_id work_email", "employee_id work_email", ""},
		{"an attribute", "employee_id work_email manager", "employee_id work_email", "manager"},
		{"one that comes anew", "employee_id work_email", "employee_id work_email end_date", ""},
	} {
		t.Run(tc.what, func(t *testing.T) {
			s := newPlainSite(t)
			s.refresh(export("hr", staff), s.employees(3, tc.before))
			held := s.hold(export("hr", staff, "a1"), s.employees(3, tc.after))
			var got []string
			if held != nil {
				for _, f := range held.Falls {
					if f.Reason != ledger.ReasonColumn || f.Before != 3 {
						t.Errorf("%+v", f)
					}
					got = append(got, f.What)
				}
			}
			if strings.Join(got, " ") != tc.held {
				t.Errorf("held for %v, want %q", got, tc.held)
			}
		})
	}
}

// Keys that few records have may be absent by chance, unless a new key came.
func TestGate_keysOfJSONRecords(t *testing.T) {
	t.Parallel()
	asKeys := func(st *schemas.Stream) *schemas.Stream {
		st.Absent = map[int]schemas.Absence{0: {Keys: st.Absent[0].Headers}}
		return st
	}
	s := newPlainSite(t)
	vendor, identities := rows{table: people}, rows{table: common("identities")}
	for i := range 12 {
		r := row{"record": i, "employee_id": "e", "work_email": "w"}
		if i == 0 {
			r["end_date"] = "d"
		}
		vendor.rows = append(vendor.rows, r)
		identities.rows = append(identities.rows, row{"identity_key": "k" + string(rune('a'+i)), "record": i})
	}
	s.refresh(export("hr", staff), s.stream(people, nil, vendor, identities))
	if held := s.hold(export("hr", staff, "a1"), asKeys(s.employees(12, "employee_id work_email", "terminationDate"))); held == nil || held.Falls[0].What != "end_date" {
		t.Errorf("a new key came: %v", held)
	}
	if held := s.hold(export("hr", staff, "a2"), asKeys(s.employees(12, "employee_id work_email"))); held != nil {
		t.Errorf("one of 12: %v", held)
	}
}

// parted is an export with a part for each integration.
func parted(artifact string, integrations ...string) *schemas.Export {
	e := export("balkan", dataset)
	e.Parts = nil
	for _, id := range integrations {
		e.Parts = append(e.Parts, schemas.Part{Artifact: artifact + id, Context: map[string]string{"integration_id": id}})
	}
	return e
}

// inParts makes n grants in each part.
func (s *site) inParts(n ...int) *schemas.Stream {
	vendor, grants := rows{table: vendorTable}, rows{table: common("grants")}
	for part, n := range n {
		for i := range n {
			key := string(rune('a'+part)) + string(rune('a'+i))
			vendor.rows = append(vendor.rows, row{"name": key, "part": part, "record": i})
			grants.rows = append(grants.rows, row{"grant_key": key, "part": part, "record": i})
		}
	}
	return s.stream(vendorTable, nil, vendor, grants)
}

// A part with a single record loses it as any other record goes.
func TestGate_partsOfOneRecord(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(parted("x", "github", "jira"), s.inParts(1, 5))
	if held := s.hold(parted("y", "github", "jira"), s.inParts(0, 5)); held != nil {
		t.Fatal(held)
	}
	s.want("select count(*) from observed.grants", "5")
}

func TestGate_parts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(parted("x", "github", "jira", "aws"), s.inParts(2, 5, 20))
	s.want("select part, file_count, record_count from meta.parts order by all", "integration_id=aws|1|20", "integration_id=github|1|2", "integration_id=jira|1|5")

	held := s.hold(parted("y", "jira", "aws"), s.inParts(5, 20))
	if want := fell("balkanid.entitlements", 2, 0, ledger.ReasonPart, "integration_id=github", gate.Default.Own()); held == nil || held.Falls[0] != want {
		t.Fatalf("%v", held)
	}
	if !strings.Contains(held.Error(), "part missing: integration_id=github, with 2 records") {
		t.Error(held)
	}
	s.want("select change, cause from observed_changes_between('2026-03-01 09:30:00Z', '2026-03-01 10:30:00Z') order by all", "unseen|part missing")

	// A part that is there and empty has fallen to none.
	held = s.hold(parted("z", "github", "jira", "aws"), s.inParts(0, 5, 20))
	if want := fell("balkanid.entitlements", 2, 0, ledger.ReasonRows, "integration_id=github", gate.Default.Own()); held == nil || held.Falls[0] != want {
		t.Fatalf("%v", held)
	}

	// What the vendor's own list does not name any more is gone.
	e := parted("q", "jira", "aws")
	e.PartsListed = "balkanid.integrations"
	if held := s.hold(e, s.inParts(5, 20)); held != nil {
		t.Fatal(held)
	}
	s.want("select rule, record_count, contains(detail, 'integration_id=github') and contains(detail, 'balkanid.integrations') from meta.findings", "part_gone|2|true")
	s.want("select count(*) filter (change = 'removed'), any_value(cause) from observed_changes_between('2026-03-01 11:30:00Z', '2026-03-01 12:30:00Z') where key like 'c%'", "20|part gone")

	// Accepted, the rows of a missing part close, and the cause is told.
	yes := func(o *Options) { o.Accept = func(string, string) bool { return true } }
	if held := s.hold(parted("r", "aws"), s.inParts(5), yes); held != nil {
		t.Fatal(held)
	}
	s.want("select distinct cause from observed_changes_between('2026-03-01 12:30:00Z', '2026-03-01 13:30:00Z')", "part missing")
}

// A filtered export lacks parts because it was asked to.
func TestGate_partsOfFilteredExports(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(parted("x", "github", "jira"), s.inParts(2, 5))
	e := parted("y", "github")
	e.Filtered = true
	if held := s.hold(e, s.inParts(2)); held != nil {
		t.Fatal(held)
	}
	s.want("select count(*) from observed.grants", "7")
	if held := s.hold(parted("z", "github"), s.inParts(2)); held == nil || held.Falls[0].What != "integration_id=jira" {
		t.Errorf("%v", held)
	}
}

// Files are known by the words of their names, and counted.
func TestGate_partsAreFiles(t *testing.T) {
	t.Parallel()
	files := func(artifact string, names ...string) *schemas.Export {
		e := parted(artifact, names...)
		for i := range e.Parts {
			e.Parts[i].Name, e.Parts[i].Context = names[i], nil
		}
		return e
	}
	s := newPlainSite(t)
	s.refresh(files("x", "entitlements.github.csv", "entitlements.2026-11-01.csv", "entitlements.2026-11-02.csv"), s.inParts(2, 3, 3))
	if held := s.hold(files("y", "entitlements.github.csv", "entitlements.2026-11-03.csv"), s.inParts(2, 6)); held == nil ||
		held.Falls[0] != (fell("balkanid.entitlements", 6, 6, ledger.ReasonPart, "", gate.Default.Own())) {
		t.Errorf("%v", held)
	}
	if held := s.hold(files("z", "entitlements.2026-11-03.csv", "entitlements.2026-11-04.csv"), s.inParts(5, 5)); held == nil || held.Falls[0].What != "github" {
		t.Errorf("%v", held)
	}
	if held := s.hold(files("q", "github entitlements.csv", "entitlements.2026-11-03.csv", "entitlements.2026-11-04.csv"), s.inParts(2, 3, 3)); held != nil {
		t.Error(held)
	}
}

// The vendor table is looked at also where common tables are.
func TestGate_vendorTableBesideCommonOnes(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, append(edges(300), "k0 x")...))
	short := s.stream(vendorTable, nil, rows{vendorTable, []row{{"name": "k0 x"}}}, rows{common("grants"), grantRows(300)})
	held := s.hold(export("balkan", dataset, "a1"), short)
	if want := fell("balkanid.entitlements", 301, 1, ledger.ReasonRows, "", gate.Default.Own()); held == nil || len(held.Falls) != 1 || held.Falls[0] != want {
		t.Errorf("%v", held)
	}
}

func grantRows(n int) (out []row) {
	for i, e := range edges(n) {
		key, privilege, _ := strings.Cut(e, " ")
		out = append(out, row{"grant_key": key, "principal_kind": "account", "principal_key": "b:account:" + key,
			"target_kind": "entitlement", "target_key": "b:entitlement:x", "privilege": privilege, "record": i})
	}
	return out
}

// Exports that refer to one another are held together.
func TestLoadTogether(t *testing.T) {
	t.Parallel()
	const other = "balkanid.entity_relations"
	otherTable := &schemas.Table{Schema: "balkanid", Name: "entity_relations", Comment: "c", Fields: vendorTable.Fields}
	relations := func(s *site, n int) *schemas.Stream {
		vendor := rows{table: otherTable}
		for _, e := range edges(n) {
			vendor.rows = append(vendor.rows, row{"name": e})
		}
		return s.stream(otherTable, nil, vendor, rows{common("grants"), grantRows(n)})
	}
	s := newPlainSite(t)
	run := func(n, m int, change ...func(*Options)) []error {
		t.Helper()
		w := s.begin(append([]func(*Options){closedGate}, change...)...)
		a := string(rune('a' + s.runs))
		_, errs := w.LoadTogether(t.Context(), []Delivery{
			{export("balkan", other, a+"1"), contract(other), relations(s, n)},
			{export("balkan", dataset, a+"2"), contract(dataset), s.grants(nil, edges(m)...)}}, nil)
		s.publish(w)
		return errs
	}
	for _, err := range run(200, 200) {
		if err != nil {
			t.Fatal(err)
		}
	}
	errs := run(190, 10)
	var first, second *gate.HeldError
	if !errors.As(errs[0], &first) || !errors.As(errs[1], &second) {
		t.Fatal(errs)
	}
	if first.Falls[0] != (fell("balkanid.entity_relations", 200, 190, ledger.ReasonTogether, dataset, gate.Default.Own())) || second.Falls[0].Reason != ledger.ReasonRows {
		t.Errorf("%+v %+v", first.Falls, second.Falls)
	}
	if !strings.Contains(first.Error(), "balkanid.entitlements, to which it belongs, is held") || !strings.Contains(first.Error(), "--accept balkan.entitlements") {
		t.Error(first)
	}
	s.want("select dataset, status, failure from meta.exports where run_id like '%2' order by 1", dataset+"|held|gate", other+"|held|gate")
	s.want("select _dataset, count(*) from observed.grants group by all order by 1", dataset+"|200", other+"|200")
	s.want("select count(*) from observed_history.grants", "0")
	for _, err := range run(190, 10, accept) {
		if err != nil {
			t.Error(err)
		}
	}
	s.want("select _dataset, count(*) from observed.grants group by all order by 1", dataset+"|10", other+"|190")
	s.want("select reason, what from meta.gates where dataset = '"+other+"'", "held with|"+dataset)

	// One that fails holds nobody that does not refer to it.
	w := s.begin(closedGate)
	_, errs = w.LoadTogether(t.Context(), []Delivery{
		{export("balkan", other, "z1"), contract(other), relations(s, 185)},
		{export("balkan", dataset, "z2"), contract(dataset), s.grants(errors.New("broken"), "a x")}}, nil)
	if errs[0] != nil || errs[1] == nil {
		t.Error(errs)
	}
	s.publish(w)
	s.want("select _dataset, count(*) from observed.grants group by all order by 1", dataset+"|10", other+"|185")
}

// What a dataset whose contract names no columns had at the last load is all
// that tells what it has: another header is held.
func TestGate_columnsOfDatasetWithout(t *testing.T) {
	t.Parallel()
	const dataset = "oleria.notes"
	s := newPlainSite(t)
	delivered := func(n int, columns ...string) *schemas.Stream {
		table := contract(dataset).TextTable(columns)
		set := rows{table: table}
		for i := range n {
			r := row{"record": i}
			for _, c := range columns {
				if name, rare := strings.CutSuffix(c, "_rare"); !rare || i == 0 {
					r[c] = name + string(rune('a'+i))
				}
			}
			set.rows = append(set.rows, r)
		}
		return s.stream(table, nil, set)
	}
	load := func(part string, st *schemas.Stream, change ...func(*Options)) *gate.HeldError {
		return s.hold(export("o", dataset, part), st, change...)
	}
	if held := load("a1", delivered(6, "risk", "severity", "note_rare")); held != nil {
		t.Fatal(held)
	}
	held := load("a2", delivered(6, "email", "department"))
	if held == nil || len(held.Falls) != 3 {
		t.Fatalf("%+v", held)
	}
	for _, part := range []string{"source o, dataset oleria.notes: held: column missing: risk, with 6 values at the last load, ", "delivered and not known: email, department",
		"may be a file of another dataset", "refresh --accept o.notes"} {
		if !strings.Contains(held.Error(), part) {
			t.Errorf("%q lacks %q", held.Error(), part)
		}
	}
	s.want("select count(risk) from oleria.notes", "6")
	if held := load("a3", delivered(6, "risk", "severity")); held == nil || len(held.Falls) != 1 || held.Falls[0].What != "note_rare" {
		t.Errorf("%+v", held)
	}
	// JSON may leave out by chance what few records have.
	sparse := delivered(6, "risk", "severity")
	sparse.Sparse = true
	if held := load("a4", sparse); held != nil {
		t.Error(held)
	}
	if held := load("a5", delivered(6, "risk", "severity", "more")); held != nil {
		t.Error(held)
	}
	yes := func(o *Options) { o.Accept = func(string, string) bool { return true } }
	if held := load("a6", delivered(6, "email", "department"), yes); held != nil {
		t.Error(held)
	}
	if held := load("a7", delivered(6, "email", "department", "city")); held != nil {
		t.Error(held)
	}
	s.want("select count(city) from oleria.notes", "6")
}
