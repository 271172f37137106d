package load

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// accountsOf is entities with accounts "key column=value …".
func (s *site) accountsOf(accounts ...string) *schemas.Stream {
	vendor, set := rows{table: vendorTable}, rows{table: common("accounts")}
	for i, a := range accounts {
		words := strings.Fields(a)
		r := row{"account_key": words[0], "record": i}
		for _, w := range words[1:] {
			name, v, _ := strings.Cut(w, "=")
			r[name] = v
		}
		vendor.rows = append(vendor.rows, row{"name": a, "record": i})
		set.rows = append(set.rows, r)
	}
	return s.stream(vendorTable, nil, vendor, set)
}

// loaded loads what must not be held.
func (s *site) loaded(e *schemas.Export, st *schemas.Stream) {
	s.t.Helper()
	if held := s.hold(e, st); held != nil {
		s.t.Error(held)
	}
}

const entities = "balkanid.entities"

// What each row lacks now is news; what some lack, or rows that are gone, is not.
func TestGate_values(t *testing.T) {
	s := newPlainSite(t)
	s.loaded(export("b", entities), s.accountsOf("a display_name=A username=u", "b display_name=B kind=human", "c display_name=C kind=human", "d display_name=D kind=human", "e display_name=E kind=human"))
	for i, tc := range []struct {
		accounts, want string
	}{
		{"a kind=human, b kind=human, c kind=human, d kind=human, e kind=human", "display_name 5 0"},
		{"a display_name=A username=u, b display_name=B, c display_name=C, d display_name=D, e display_name=E", "kind 4 0"},
		{"a display_name=A username=u, b display_name=B, c display_name=C, f display_name=D, g display_name=E", "kind 4 0"},
		{"x, y, z, v, w", "display_name 5 0, kind 4 0"},
	} {
		held := s.hold(export("b", entities, fmt.Sprint("a", i+1)), s.accountsOf(strings.Split(tc.accounts, ", ")...))
		if held == nil {
			t.Errorf("%s: loaded", tc.accounts)
			continue
		}
		var got []string
		for _, f := range held.Falls {
			if f.Reason != ledger.ReasonValues {
				t.Errorf("%+v", f)
			}
			got = append(got, fmt.Sprint(f.What, " ", f.Before, " ", f.After))
		}
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s: %v", tc.accounts, got)
		}
	}
	for i, accounts := range []string{
		"a display_name=A, b display_name=B kind=human, c display_name=C, d display_name=D, e display_name=E", // the only username is gone
		"a display_name=A, b display_name=B kind=human, c display_name=C",
	} {
		s.loaded(export("b", entities, fmt.Sprint("b", i)), s.accountsOf(strings.Split(accounts, ", ")...))
	}
}

// Three values that few had may be taken back in a day, five are a column that
// is lost; and of what names somebody three are enough.
func TestGate_valuesThatFewHad(t *testing.T) {
	for value, fewest := range map[string]int{"kind=human": 5, "username=u": 3} {
		for _, lost := range []int{fewest - 1, fewest} {
			s := newPlainSite(t)
			var before, after []string
			for i := range 12 {
				a := fmt.Sprintf("k%d display_name=D%[1]d", i)
				if after = append(after, a); i < lost {
					a += " " + value
				}
				before = append(before, a)
			}
			s.loaded(export("b", entities), s.accountsOf(before...))
			held := s.hold(export("b", entities, "a1"), s.accountsOf(after...))
			if (held != nil) != (lost >= fewest) {
				t.Errorf("%d of %s: %v", lost, value, held)
			}
			if held != nil && !strings.Contains(held.Error(), "either they were taken back at the source, or ") {
				t.Error(held)
			}
		}
	}
}

// Another contract may read other values out of the same records.
func TestGate_valuesOfAnotherContract(t *testing.T) {
	s := newPlainSite(t)
	s.gated(export("b", entities), contract(entities), s.accountsOf("a username=A", "b username=B", "c username=C"))
	c := *contract(entities)
	c.Fingerprint = "another"
	if _, held := s.gated(export("b", entities, "a1"), &c, s.accountsOf("x", "y", "z")); held != nil {
		t.Error(held)
	}
}

// Rows of which most are others, at a load whose rejects keep what is absent too.
func TestGate_replaced(t *testing.T) {
	s := newPlainSite(t)
	tenant := func(name string, n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("%s%d username=u%[2]d", name, i))
		}
		return out
	}
	s.loaded(export("b", entities), s.accountsOf(tenant("a", 20)...))
	held := s.hold(export("b", entities, "a1"), s.accountsOf(append(tenant("a", 4), tenant("b", 14)...)...))
	if want := fell("observed.accounts", 20, 4, ledger.ReasonReplaced, "14 others", ledger.Limit{Share: 0.5, Rows: 9}); held == nil || len(held.Falls) != 1 || held.Falls[0] != want {
		t.Fatalf("%+v", held)
	}
	if !strings.Contains(held.Error(), "16 of 20 rows of observed.accounts would close and 14 others come: either what their keys are made of was renamed") {
		t.Error(held)
	}
	s.loaded(export("b", entities, "a2"), s.accountsOf(append(tenant("a", 11), tenant("b", 9)...)...))
	st := s.accountsOf(tenant("c", 20)...)
	bad := s.stream(vendorTable, nil, rows{schemas.RejectsTable, []row{{"level": "item", "rule": "type", "message": "m", "record_text": "t", "unnamed_tables": []string{"accounts"}, "record": 0}}})
	n, batches := st.Counts(), st.Batches
	n.ItemRejects = 1
	st.Counts = func() schemas.Counts { return n }
	st.Batches = func(yield func(schemas.Batch, error) bool) {
		for b, err := range bad.Batches {
			if !yield(b, err) {
				return
			}
		}
		batches(yield)
	}
	if held := s.hold(export("b", entities, "a3"), st); held == nil || held.Falls[0].Reason != ledger.ReasonReplaced {
		t.Errorf("%+v", held)
	}
}

// A kind of edge that is gone among many others.
func TestGate_kinds(t *testing.T) {
	s := newPlainSite(t)
	edges := func(roles, people int) *schemas.Stream {
		vendor, set := rows{table: vendorTable, rows: []row{{"name": "x"}}}, rows{table: common("grants")}
		for i := range roles + people {
			kind := "identity"
			if i < roles {
				kind = "role"
			}
			set.rows = append(set.rows, row{"grant_key": fmt.Sprint(kind, i-roles), "principal_kind": kind, "principal_key": "p", "target_kind": "role", "target_key": "t", "record": i})
		}
		return s.stream(vendorTable, nil, vendor, set)
	}
	s.loaded(export("balkan", dataset), edges(6, 100))
	held := s.hold(export("balkan", dataset, "a1"), edges(0, 100))
	if want := fell("observed.grants", 6, 0, ledger.ReasonRows, "role, role", gate.Default.Own()); held == nil || len(held.Falls) != 1 || held.Falls[0] != want {
		t.Fatalf("%+v", held)
	}
	if !strings.Contains(held.Error(), "rows of observed.grants of the kind role, role fell from 6 to 0") {
		t.Error(held)
	}
}
