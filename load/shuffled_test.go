package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// owners are accounts of n people with a name, a login and an address of their own; from
// says whose value of a column each has.
func owners(n int, from map[string]func(i int) int) (out []string) {
	of := func(column string, i int) int {
		if f := from[column]; f != nil {
			return f(i)
		}
		return i
	}
	for i := range n {
		out = append(out, fmt.Sprintf("k%d display_name=N%d username=u%d email=e%d@example.com kind=human", of("key", i), of("name", i), of("login", i), of("mail", i)))
	}
	return out
}

// tried is what the gate says of an export, which is not loaded.
func (s *site) tried(e *schemas.Export, st *schemas.Stream) (held *gate.HeldError) {
	s.t.Helper()
	w := s.begin(closedGate)
	if _, err := w.Load(s.t.Context(), e, contract(e.Dataset), st); err != nil && !errors.As(err, &held) {
		s.t.Fatal(err)
	}
	if err := w.Discard(); err != nil {
		s.t.Fatal(err)
	}
	return held
}

// A column whose values are those of before, and stand in other rows.
func TestGate_shuffled(t *testing.T) {
	t.Parallel()
	next := func(i int) int { return (i*7 + 3) % 20 }
	s := newPlainSite(t)
	s.loaded(export("b", entities), s.accountsOf(owners(20, nil)...))
	for name, tc := range map[string]struct {
		day2 []string
		want string // columns that are held
	}{
		"one column":             {owners(20, map[string]func(int) int{"mail": next}), "email"},
		"the key":                {owners(20, map[string]func(int) int{"key": next}), "username email display_name"},
		"beside news":            {append(owners(19, map[string]func(int) int{"login": func(i int) int { return (i + 1) % 19 }}), "new display_name=New"), "username"},
		"rows in another order":  {owners(20, map[string]func(int) int{"key": next, "name": next, "login": next, "mail": next}), ""},
		"a few places":           {owners(20, map[string]func(int) int{"mail": func(i int) int { return i ^ b2i(i < 8) }}), ""},
		"other values":           {owners(20, map[string]func(int) int{"mail": func(i int) int { return i + 100 }}), ""},
		"most values are others": {owners(20, map[string]func(int) int{"name": func(i int) int { return i + 10 }}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			held := s.tried(export("b", entities, "a1"), s.accountsOf(tc.day2...))
			var got []string
			if held != nil {
				for _, f := range held.Falls {
					if f.Reason == ledger.ReasonShuffled {
						got = append(got, f.What)
					}
				}
				if tc.want != "" && !strings.Contains(held.Error(), "one column of a spreadsheet was sorted without the others") {
					t.Error(held)
				}
			}
			if strings.Join(got, " ") != tc.want || tc.want == "" && held != nil {
				t.Errorf("%v: %v", got, held)
			}
		})
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// So is an export that does not have all rows, if it is so in most that it has.
func TestGate_shuffledInASelection(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.loaded(export("b", entities), s.accountsOf(owners(60, nil)...))
	some := export("b", entities, "a1")
	some.Filtered = true
	held := s.hold(some, s.accountsOf(owners(20, map[string]func(int) int{"mail": func(i int) int { return (i + 1) % 20 }})...))
	if want := fell("observed.accounts", 20, 0, ledger.ReasonShuffled, "email", ledger.Limit{Share: 0.5, Rows: 9}); held == nil || len(held.Falls) != 1 || held.Falls[0] != want {
		t.Errorf("%+v", held)
	}
}

// edge is a grant whose key is made of its ends.
func (s *site) edges(n int, to func(i int) int) *schemas.Stream {
	vendor, set := rows{table: vendorTable, rows: []row{{"name": "x"}}}, rows{table: common("grants")}
	for i := range n {
		who, what := fmt.Sprint("p", i), fmt.Sprint("t", to(i)%10)
		set.rows = append(set.rows, row{"grant_key": who + what, "principal_kind": "account", "principal_key": who, "target_kind": "role", "target_key": what, "record": i})
	}
	return s.stream(vendorTable, nil, vendor, set)
}

// Of edges, both ends are there as often as before, and in other pairs.
func TestGate_shuffledEdges(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.loaded(export("balkan", dataset), s.edges(40, func(i int) int { return i }))
	for name, tc := range map[string]struct {
		to   func(i int) int
		want bool
	}{
		"one column sorted": {func(i int) int { return i / 4 }, true},
		"other targets":     {func(i int) int { return i % 3 }, false},
		"some of them":      {func(i int) int { return i + 10*b2i(i < 15) + b2i(i < 15) }, false},
	} {
		held := s.tried(export("balkan", dataset, "a1"), s.edges(40, tc.to))
		if (held != nil) != tc.want || held != nil && (len(held.Falls) != 1 || held.Falls[0].Reason != ledger.ReasonShuffled) {
			t.Errorf("%s: %v", name, held)
		}
	}
}

// A key that is that of many names is none.
func TestGate_sharedKey(t *testing.T) {
	t.Parallel()
	shared := func(n, names, others int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("k username=u%d kind=human license=L%d", i%names, i))
		}
		for i := range others {
			out = append(out, fmt.Sprintf("o%d username=v%d", i, i))
		}
		return out
	}
	first, second := newPlainSite(t), newPlainSite(t)
	second.loaded(export("b", entities), second.accountsOf("a username=a"))
	for name, tc := range map[string]struct {
		rows []string
		want int64 // names that share a key
	}{
		"all":                           {shared(6, 6, 0), 6},
		"three of five":                 {shared(3, 3, 2), 3},
		"three of seven":                {shared(3, 3, 4), 0},
		"ten of many":                   {shared(10, 10, 90), 10},
		"two":                           {shared(2, 2, 0), 0},
		"one thing in many rows":        {shared(30, 1, 0), 0},
		"one thing under two names":     {shared(30, 2, 0), 0},
		"names that differ in letters":  {[]string{"k username=Ada license=1", "k username=ADA license=2", "k username=ada license=3"}, 0},
		"rows without a name":           {[]string{"k license=1", "k license=2", "k license=3"}, 0},
		"another column, where no name": {[]string{"k display_name=1", "k display_name=2", "k display_name=3"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(held *gate.HeldError) {
				t.Helper()
				var got int64
				if held != nil {
					if len(held.Falls) != 1 || held.Falls[0].Reason != ledger.ReasonShared || held.Falls[0].What != "account_key" {
						t.Errorf("%+v", held.Falls)
					}
					got = held.Falls[0].Before
				}
				if got != tc.want {
					t.Errorf("%d names: %v", got, held)
				}
			}
			check(first.tried(export("b", entities), first.accountsOf(tc.rows...)))
			check(second.tried(export("b", entities, "a1"), second.accountsOf(append(tc.rows, "a username=a")...)))
		})
	}
}
