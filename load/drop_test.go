package load

import (
	"fmt"
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// drop is a run that takes the dataset of a source out of the file.
func (s *site) drop(source string, status ledger.Status) ledger.Result {
	s.t.Helper()
	w := s.begin()
	e := export(source, dataset)
	e.Parts = nil
	r, err := w.Drop(s.t.Context(), e, status)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range s.publish(w).Checks {
		if c.Severity == "error" && c.Findings > 0 {
			s.t.Errorf("after %s: %s found %d", status, c.Name, c.Findings)
		}
	}
	return r
}

func TestDrop_closesOneSourceOnly(t *testing.T) {
	s := newBareSite(t)
	s.refresh(export("one", dataset), s.grants(nil, "a read", "b read"))
	s.refresh(export("two", dataset), s.grants(nil, "a read"))
	s.refresh(export("one", dataset, "a1"), s.grants(nil, "b read", "c read"))
	if r := s.drop("one", ledger.Dropped); r.ClosedCount != 2 {
		t.Errorf("%+v", r)
	}
	s.want("select _source, grant_key from observed.grants", "two|a")
	s.want("select grant_key, _ended_by like '%3' as left, _ended_by like '%4' as dropped from observed_history.grants order by 1", "a|true|false", "b|false|true", "c|false|true")
	s.want("select source from meta.sources", "two")
	s.want("select status, closed_count from meta.exports order by run_id", "loaded|0", "loaded|0", "loaded|1", "dropped|2")

	// The same bytes again are not unchanged: nothing of them is there.
	w := s.begin()
	same, err := w.Ledger().Unchanged(t.Context(), export("one", dataset, "a1"), contract(dataset).Fingerprint)
	if err != nil || same {
		t.Errorf("unchanged after a drop: %v %v", same, err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	s.refresh(export("one", dataset, "a1"), s.grants(nil, "b read", "c read"))
	s.want("select count(*) from observed.grants where _source = 'one'", "2")
	s.want("select count(*) > 0 from history.links where source = 'one'", "true")
	s.drop("one", ledger.Erased)
	s.want("select (select count(*) from meta.links where source = 'one'), (select count(*) from history.links where source = 'one')", "0|0")
	s.want("select (select count(*) from observed.grants where _source = 'one'), (select count(*) from observed_history.grants where _source = 'one'), (select count(*) from observed.grants)", "0|0|1")
	s.refresh(export("one", dataset, "a1"), s.grants(nil, "b read"))
	s.want("select count(*) from observed.grants where _source = 'one'", "1")
	w = s.begin(func(o *Options) { o.NoChecks = false })
	for _, c := range s.publish(w).Checks {
		if c.Name == "rows_vanished" && c.Findings > 0 {
			t.Errorf("rows_vanished found %d after all that", c.Findings)
		}
	}
}

// What a source said is in no closed version of a thing either, once it is erased. That others
// told the thing stays.
func TestDrop_erasesVersionsOfThings(t *testing.T) {
	s := newBareSite(t)
	people := func(names ...string) *schemas.Stream {
		people := rows{table: common("identities")}
		for i, name := range names {
			people.rows = append(people.rows, row{"identity_key": fmt.Sprint("x:identity:", i), "native_id": fmt.Sprint(i), "email": fmt.Sprintf("%d@example.com", i), "display_name": name, "kind": "human"})
		}
		return s.stream(vendorTable, nil, rows{table: vendorTable}, people)
	}
	load := func(source, artifact string, names ...string) {
		t.Helper()
		w := s.begin()
		if _, err := w.Load(t.Context(), export(source, employees, artifact), contract(employees), people(names...)); err != nil {
			t.Fatal(err)
		}
		s.publish(w)
	}
	load("one", "a0", "Ada Secret", "Bao Secret")
	load("two", "b0", "Ada Known")
	load("one", "a1", "Ada Hidden", "Bao Hidden")
	load("two", "b1", "Ada Open")
	s.want("select display_name, sources::varchar, disagreements::varchar from history.identities order by all", `Ada Hidden|[one, two]|{"display_name":{"one":"Ada Hidden","two":"Ada Known"}}`, `Ada Known|[one, two]|{"display_name":{"one":"Ada Secret","two":"Ada Known"}}`, "Ada Secret|[one]|NULL", "Bao Secret|[one]|NULL")
	w := s.begin()
	for _, d := range []string{employees} {
		e := export("one", d)
		e.Parts = nil
		if _, err := w.Drop(t.Context(), e, ledger.Erased); err != nil {
			t.Fatal(err)
		}
	}
	s.publish(w)
	s.want("select display_name, sources::varchar from main.identities", "Ada Open|[two]")
	for _, schema := range []string{"main", "history", "observed", "observed_history"} {
		s.want("select count(*) from "+schema+".identities i where to_json(i)::varchar similar to '.*(Secret|Hidden|one).*'", "0")
	}
	s.want("select count(*), count(display_name), count(distinct identity_key) from history.identities", "3|0|1")
}
