package resolve_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// world is a small random set of statements, with few values, so that many
// collide.
func world(rng *rand.Rand, n int) (out []stated) {
	names := []string{"Ann Lee", "Bob Roe", "Cy Pratt", "Anna Leigh", ""}
	for i := range n {
		source := []string{"a", "b", "c"}[rng.IntN(3)]
		s := resolve.Statement{
			Source: source, Dataset: source + fmt.Sprint(rng.IntN(2)), Key: fmt.Sprintf("%s:%d", source, rng.IntN(3*n)), Part: "",
			Strength: resolve.Strength(rng.IntN(3)), Name: names[rng.IntN(len(names))],
			From: 0, Until: 1000, Ended: rng.IntN(5) == 0, FirstSeen: int64(rng.IntN(3)),
		}
		if rng.IntN(4) > 0 {
			s.Nature = resolve.Human
		} else if rng.IntN(4) == 0 {
			s.Nature = resolve.NonHuman
		}
		if rng.IntN(3) == 0 {
			s.Part = fmt.Sprint(1 + rng.IntN(n))
			s.Identifiers = append(s.Identifiers, resolve.Identifier{Namespace: "native_id", Value: s.Part})
		}
		if rng.IntN(2) == 0 {
			s.Identifiers = append(s.Identifiers, resolve.Identifier{Namespace: "employee_number", Value: fmt.Sprint(1 + rng.IntN(n))})
		}
		for range rng.IntN(3) {
			s.Identifiers = append(s.Identifiers, resolve.Identifier{Namespace: "email", Value: fmt.Sprintf("%c@example.com", 'a'+rune(rng.IntN(n)))})
		}
		out = append(out, stated{"identities", s})
		_ = i
	}
	slices.SortFunc(out, func(a, b stated) int { return strings.Compare(id(a), id(b)) })
	return slices.CompactFunc(out, func(a, b stated) bool { return id(a) == id(b) })
}

func id(s stated) string { return s.s.Dataset + "/" + s.s.Key + "#" + s.s.Part }

// reference resolves identities again by the same rules, as plainly as can be:
// each pair of statements is looked at.
type reference struct {
	list  []stated
	group []int
}

func (m *reference) value(i int, ns string) (out []string) {
	for _, x := range m.list[i].s.Identifiers {
		if x.Namespace == ns {
			out = append(out, x.Value)
		}
	}
	return out
}

func (m *reference) members(g int) (out []int) {
	for i, h := range m.group {
		if h == g {
			out = append(out, i)
		}
	}
	return out
}

func one(list []string, or string) string {
	if len(list) > 0 {
		return list[0]
	}
	return or
}

// never tells whether two statements are never one thing.
func (m *reference) never(i, j int) bool {
	x, y := m.list[i].s, m.list[j].s
	if x.Nature != resolve.Unsaid && y.Nature != resolve.Unsaid && x.Nature != y.Nature {
		return true
	}
	if a, b := m.value(i, "employee_number"), m.value(j, "employee_number"); len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		return true
	}
	if x.Source != y.Source {
		return false
	}
	if a, b := m.value(i, "native_id"), m.value(j, "native_id"); len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		return true
	}
	return x.Strength == resolve.Describes && y.Strength == resolve.Describes && x.Dataset == y.Dataset &&
		one(m.value(i, "native_id"), "key "+x.Key) != one(m.value(j, "native_id"), "key "+y.Key)
}

func (m *reference) clash(groups []int) bool {
	var all []int
	for _, g := range groups {
		all = append(all, m.members(g)...)
	}
	for _, i := range all {
		for _, j := range all {
			if m.never(i, j) {
				return true
			}
		}
	}
	return false
}

func (m *reference) ended(g int) bool {
	ended, present := false, false
	for _, i := range m.members(g) {
		if s := m.list[i].s; s.Strength == resolve.Describes {
			ended, present = ended || s.Ended, present || !s.Ended
		}
	}
	return ended && !present
}

// machinesApart tells whether two of the groups are machines of other names.
func (m *reference) machinesApart(groups []int) bool {
	machine := func(g int) bool {
		return slices.ContainsFunc(m.members(g), func(i int) bool { return m.list[i].s.Nature == resolve.NonHuman })
	}
	for _, g := range groups {
		for _, h := range groups {
			if g != h && machine(g) && machine(h) && m.names(g, h) == 2 {
				return true
			}
		}
	}
	return false
}

// people are the groups that are no machines, if all of them are told to be people.
func (m *reference) people(groups []int) (out []int) {
	for _, g := range groups {
		nature := resolve.Unsaid
		for _, i := range m.members(g) {
			nature = max(nature, m.list[i].s.Nature)
		}
		switch nature {
		case resolve.Unsaid:
			return nil
		case resolve.Human:
			out = append(out, g)
		}
	}
	return out
}

// names compares the names of two groups: 0 nothing to compare, 1 one is alike,
// 2 none is. In a world, names are alike by their first letter.
func (m *reference) names(g, h int) int {
	out := 0
	for _, i := range m.members(g) {
		for _, j := range m.members(h) {
			a, b := m.list[i].s.Name, m.list[j].s.Name
			if a == "" || b == "" || out == 1 {
				continue
			}
			out = 2
			if a == b {
				out = 1
			}
		}
	}
	return out
}

func (m *reference) emails(g, h int) int {
	var a, b []string
	for _, i := range m.members(g) {
		a = append(a, m.value(i, "email")...)
	}
	for _, i := range m.members(h) {
		b = append(b, m.value(i, "email")...)
	}
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) }) {
		return 1
	}
	return 2
}

func (m *reference) level(values func(i int) []string, current, agree, apart bool) {
	blocks := map[string][]int{}
	for i := range m.list {
		for _, v := range values(i) {
			if g := m.group[i]; !slices.Contains(blocks[v], g) {
				blocks[v] = append(blocks[v], g)
			}
		}
	}
	var proposed [][]int
	for _, b := range blocks {
		present := slices.DeleteFunc(slices.Clone(b), m.ended)
		if len(present) == 0 {
			present = b
		}
		if apart && len(b) > 1 && !m.clash(b) && m.machinesApart(b) {
			continue
		}
		if len(b) > 1 && m.clash(b) {
			if current && m.clash(present) {
				present = m.people(present)
			}
			if !current || m.clash(present) || apart && m.machinesApart(present) {
				continue
			}
			b = present
		}
		if current {
			for _, g := range b {
				for _, h := range b {
					if m.ended(g) && !m.ended(h) && m.names(g, h) == 2 {
						b = present
					}
				}
			}
		}
		bad := false
		for _, g := range b {
			for _, h := range b {
				if mail, name := m.emails(g, h), m.names(g, h); agree && g != h && mail != 1 && name != 1 && max(mail, name) == 2 {
					bad = true
				}
			}
		}
		if !bad && len(b) > 1 {
			proposed = append(proposed, b)
		}
	}
	// Chains: what hangs together must be free of what is never joined.
	into := map[int]int{}
	for i := range m.list {
		into[m.group[i]] = m.group[i]
	}
	for range proposed {
		for _, b := range proposed {
			low := into[b[0]]
			for _, g := range b {
				low = min(low, into[g])
			}
			for _, g := range b {
				into[g] = low
			}
		}
	}
	chains := map[int][]int{}
	for g, low := range into {
		chains[low] = append(chains[low], g)
	}
	for low, groups := range chains {
		if len(groups) == 1 || m.clash(groups) {
			continue
		}
		for i := range m.group {
			if slices.Contains(groups, m.group[i]) {
				m.group[i] = low
			}
		}
	}
}

func (m *reference) resolve() string {
	m.group = make([]int, len(m.list))
	for i := range m.list {
		m.group[i] = i
	}
	m.level(func(i int) []string { return []string{m.list[i].s.Key} }, true, false, false)
	m.level(func(i int) (out []string) {
		for _, v := range m.value(i, "native_id") {
			out = append(out, m.list[i].s.Source+" "+v)
		}
		return out
	}, false, false, false)
	m.level(func(i int) []string { return m.value(i, "employee_number") }, false, true, false)
	m.level(func(i int) []string { return m.value(i, "email") }, true, false, true)
	things := map[int][]string{}
	for i, g := range m.group {
		things[g] = append(things[g], id(m.list[i]))
	}
	return partition(things)
}

func partition[K comparable](things map[K][]string) string {
	var out []string
	for _, keys := range things {
		slices.Sort(keys)
		out = append(out, strings.Join(keys, " "))
	}
	slices.Sort(out)
	return strings.Join(out, " | ")
}

// all is everything that a result says of identities, in one text.
func all(res *resolve.Result) string {
	var b strings.Builder
	things := map[string][]string{}
	for l := range res.Links("identities") {
		fmt.Fprintln(&b, l.Source, l.Dataset, l.Key, l.Part, l.Thing, l.Founder, l.Founded, l.Rule, l.Evidence, l.Confidence)
		things[l.Thing] = append(things[l.Thing], l.Dataset+"/"+l.Key+"#"+l.Part)
	}
	fmt.Fprintln(&b, partition(things))
	fmt.Fprintln(&b, res.Conflicts("identities"), res.Suggestions("identities"), res.Unlinkable("identities"), res.KeyChanges("identities"))
	return b.String()
}

func things(res *resolve.Result) string {
	out := map[string][]string{}
	for l := range res.Links("identities") {
		out[l.Thing] = append(out[l.Thing], l.Dataset+"/"+l.Key+"#"+l.Part)
	}
	return partition(out)
}

// Small worlds where many values collide: the answer is that of the plain
// reference, and the same whatever the order of statements.
func TestRandomWorlds(t *testing.T) {
	joined := 0
	for seed := range uint64(1000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		list := world(rng, 3+rng.IntN(9))
		want := (&reference{list: list}).resolve()
		first := ""
		for turn := range 3 {
			r := newResolver(t, resolve.Options{})
			add(t, r, list)
			res := r.Resolve()
			if got := things(res); got != want {
				t.Fatalf("seed %d: things are\n%s, want\n%s\nof %+v", seed, got, want, list)
			}
			got := all(res)
			if turn == 0 {
				first = got
				joined += len(list) - strings.Count(want, "|") - 1
			}
			if got != first {
				t.Fatalf("seed %d: in another order the answer is\n%s, was\n%s", seed, got, first)
			}
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
	}
	if joined < 500 {
		t.Errorf("the worlds join %d statements only: they try nothing", joined)
	}
}

// Applications, accounts, identities and owners of a company, told in any order.
func TestCompany_inAnyOrder(t *testing.T) {
	var list []stated
	company(150, func(kind string, s *resolve.Statement) {
		c := *s
		c.Identifiers = slices.Clone(s.Identifiers)
		list = append(list, stated{kind, c})
	})
	rng := rand.New(rand.NewPCG(3, 5))
	first := ""
	for range 4 {
		r := newResolver(t, resolve.Options{})
		add(t, r, list)
		res := r.Resolve()
		var b strings.Builder
		n := map[string]int{}
		for _, kind := range []string{"applications", "accounts", "identities"} {
			things := map[string]bool{}
			for l := range res.Links(kind) {
				fmt.Fprintln(&b, l)
				things[l.Thing] = true
			}
			n[kind] = len(things)
			fmt.Fprintln(&b, res.Conflicts(kind), res.Suggestions(kind), res.Unlinkable(kind))
			for key, thing := range res.References(kind) {
				if thing == "" {
					t.Errorf("%s means nobody", key)
				}
			}
		}
		owners := 0
		for o := range res.Owners() {
			fmt.Fprintln(&b, o)
			owners++
		}
		if n["applications"] != 4 || n["identities"] != 150 || n["accounts"] != 543 || owners != 543 {
			t.Fatalf("things are %v, owners %d", n, owners)
		}
		if first == "" {
			first = b.String()
		}
		if b.String() != first {
			t.Fatal("in another order the answer is another one")
		}
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
}
