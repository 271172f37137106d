package resolve_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// run resolves a list with the links of the run before.
func run(t testing.TB, list []stated, before []resolve.Link) *resolve.Result {
	t.Helper()
	r := newResolver(t, resolve.Options{})
	add(t, r, list)
	for _, l := range before {
		r.Earlier("identities", resolve.Earlier{Dataset: l.Dataset, Key: l.Key, Part: l.Part, Thing: l.Thing, Founder: l.Founder, Founded: l.Founded})
	}
	return r.Resolve()
}

func links(res *resolve.Result) (out []resolve.Link) {
	for l := range res.Links("identities") {
		out = append(out, l)
	}
	return out
}

func keyOf(t testing.TB, list []resolve.Link, key string) string {
	t.Helper()
	for _, l := range list {
		if l.Key == key {
			return l.Thing
		}
	}
	t.Fatalf("no statement %s", key)
	return ""
}

// The life of a thing's key, told day by day.
func TestKeys(t *testing.T) {
	day := func(lines string) (out []stated) {
		for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
			out = append(out, say(t, "identities", line))
		}
		return out
	}
	one := links(run(t, day(`
		a/emp x describes human first=1 number=1
		b/emp y describes human first=2 number=2 email=y@example.com`), nil))
	x, y := keyOf(t, one, "a:x"), keyOf(t, one, "b:y")
	if !strings.HasPrefix(x, "identity:") || len(x) != len("identity:")+16 || x == y {
		t.Fatalf("keys are %s and %s", x, y)
	}

	// More statements never change a key, even if they would have founded it.
	two := links(run(t, day(`
		a/emp x describes human first=1 number=1
		c/ids z mentions first=0 number=1
		b/emp y describes human first=2 number=2 email=y@example.com`), one))
	if keyOf(t, two, "a:x") != x || keyOf(t, two, "c:z") != x {
		t.Errorf("a statement more changed the key %s", x)
	}

	// A merge keeps the older key.
	res := run(t, day(`
		a/emp x describes human first=1 number=1
		b/emp y describes human first=2 number=1 email=y@example.com`), two)
	three := links(res)
	if keyOf(t, three, "b:y") != x {
		t.Errorf("merged under %s, want %s", keyOf(t, three, "b:y"), x)
	}
	if got := fmt.Sprint(res.KeyChanges("identities")); got != fmt.Sprintf("[{%s %s merge}]", y, x) {
		t.Errorf("changes are %s", got)
	}

	// The founder goes: the key stays with who is left.
	four := links(run(t, day(`b/emp y describes human first=2 number=1 email=y@example.com`), three))
	if keyOf(t, four, "b:y") != x {
		t.Errorf("when the founder went, the key became %s, was %s", keyOf(t, four, "b:y"), x)
	}

	// It comes back as another person: the key is taken.
	res = run(t, day(`
		a/emp x describes human first=5 number=9
		b/emp y describes human first=2 number=1 email=y@example.com`), four)
	five := links(res)
	if got := keyOf(t, five, "a:x"); got == x || got == y || keyOf(t, five, "b:y") != x {
		t.Errorf("the founder came back as %s, and %s is now %s", got, x, keyOf(t, five, "b:y"))
	}

	// A split gives the new part a key of its own.
	res = run(t, day(`
		a/emp x describes human first=1 number=1
		b/emp y describes human first=2 number=2 email=y@example.com`), three)
	six := links(res)
	if keyOf(t, six, "a:x") != x || keyOf(t, six, "b:y") == x {
		t.Errorf("split into %s and %s", keyOf(t, six, "a:x"), keyOf(t, six, "b:y"))
	}
	if got := fmt.Sprint(res.KeyChanges("identities")); got != fmt.Sprintf("[{%s %s split}]", x, keyOf(t, six, "b:y")) {
		t.Errorf("changes are %s", got)
	}
}

// A key of statements under which somebody else stands, such as an address, and one whose
// native id the vendor only numbered anew.
func TestKeys_reused(t *testing.T) {
	day := func(lines ...string) (out []stated) {
		for _, line := range lines {
			out = append(out, say(t, "identities", line))
		}
		return out
	}
	const zoe = `a/emp z#3 describes human "Zoe Poe" number=3 id=3 email=z@example.com first=1`
	const (
		uma = `a/emp u#91 describes human "Uma Ott" number=91 id=91 email=u@example.com first=1`
		val = `a/emp v#92 describes human "Val Kim" number=92 id=92 email=v@example.com first=1`
	)
	one := links(run(t, day(zoe, uma, val,
		`a/emp x#1 describes human "Ann Lee" number=1 id=1 email=a.lee@example.com first=1`,
		`b/emp y#1 describes human "Ann Lee" number=1 id=1 email=a.lee@example.com first=1`,
		`b/emp t#9 describes human "Tim Orr" number=9 id=9 email=t@example.com first=1`,
		`a/risks x mentions first=1`), nil))
	ann := keyOf(t, one, "a:x")
	for name, tc := range map[string]struct {
		lines []string
		key   string // of a statement
		same  bool   // it is the thing that a:x was
	}{
		"somebody else": {[]string{zoe,
			`a/emp x#2 describes human "Adam Lee" number=2 id=2 email=a.lee@example.com first=2`,
			`b/emp t#9 describes human "Tim Orr" number=9 id=9 email=t@example.com first=1`,
			`b/emp y#2 describes human "Adam Lee" number=2 id=2 email=a.lee@example.com first=2`}, "a:x", false},
		"somebody else, while another source has both": {[]string{zoe,
			`a/emp x#2 describes human "Adam Lee" number=2 id=2 email=a.lee@example.com first=2`,
			`b/emp y#1 describes human "Ann Lee" number=1 id=1 email=a.lee@example.com first=1`}, "b:y", true},
		"somebody else, whom others mention by the key": {[]string{zoe,
			`a/emp x#2 describes human "Adam Lee" number=2 id=2 email=a.lee@example.com first=2`,
			`a/risks x mentions first=2`}, "a:x", false},
		"the same, as another source knows": {[]string{zoe,
			`a/emp x#2 describes human "Ann Lee" number=1 id=2 email=a.lee@example.com first=2`,
			`b/emp y#1 describes human "Ann Lee" number=1 id=1 email=a.lee@example.com first=1`}, "a:x", true},
		"all numbered anew": {[]string{
			`a/emp u#81 describes human "Uma Ott" number=91 id=81 email=u@example.com first=2`,
			`a/emp v#82 describes human "Val Kim" number=92 id=82 email=v@example.com first=2`,
			`a/emp z#13 describes human "Zoe Poe" number=3 id=13 email=z@example.com first=2`,
			`a/emp x#11 describes human "Ann Lee" number=1 id=11 email=a.lee@example.com first=2`}, "a:x", true},
		"counted on": {[]string{uma, val,
			`a/emp w#1 describes human "Abe Fox" number=9 id=1 email=w@example.com first=2`,
			`a/emp x#3 describes human "Ann Lee" number=1 id=3 email=a.lee@example.com first=2`,
			`a/emp z#4 describes human "Zoe Poe" number=3 id=4 email=z@example.com first=2`}, "a:x", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := keyOf(t, links(run(t, day(tc.lines...), one)), tc.key); (got == ann) != tc.same {
				t.Errorf("%s is %s, which a:x was as %s", tc.key, got, ann)
			}
		})
	}

	// The address was nobody's for a while.
	two := links(run(t, day(zoe), one))
	for _, l := range one {
		if l.Key != "a:z" {
			two = append(two, l)
		}
	}
	three := links(run(t, day(zoe, `a/emp x#2 describes human "Adam Lee" number=2 id=2 email=a.lee@example.com first=3`), two))
	if got := keyOf(t, three, "a:x"); got == ann {
		t.Errorf("who came later is %s, as who had the address was", got)
	}
}

// Histories of small worlds in which statements come, go and change what they
// say. What must hold of keys is checked after each day against the links of the
// day before, and the same days told again, in other orders, end in the same keys.
func TestRandomHistories(t *testing.T) {
	seen := map[resolve.ChangeReason]int{}
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 11))
		var days [][]stated
		pool := world(rng, 12)
		first := map[string]int64{}
		for d := range int64(8) {
			fresh := world(rng, 12)
			for i := range pool {
				if n := rng.IntN(8); n == 0 && len(fresh) > 0 { // it says something else
					pool[i].s.Identifiers, pool[i].s.Ended = fresh[rng.IntN(len(fresh))].s.Identifiers, rng.IntN(4) == 0
				}
			}
			for i := range pool {
				if pool[i].s.Part != "" && rng.IntN(10) == 0 { // somebody else under the key
					pool[i].s.Part = fmt.Sprint(100 + rng.IntN(900))
				}
			}
			list := slices.Clone(pool)
			list = slices.DeleteFunc(list, func(stated) bool { return rng.IntN(6) == 0 })
			for i := range list {
				if at, ok := first[id(list[i])]; ok {
					list[i].s.FirstSeen = at
				} else {
					first[id(list[i])], list[i].s.FirstSeen = d, d
				}
			}
			days = append(days, list)
		}
		var before []resolve.Link
		var last string
		for d, list := range days {
			res := run(t, list, before)
			now := links(res)
			checkKeys(t, fmt.Sprintf("seed %d, day %d", seed, d), before, now, res.KeyChanges("identities"), seen)
			before, last = now, all(res)
		}
		var again []resolve.Link
		for d, list := range days {
			list = slices.Clone(list)
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			rng.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
			res := run(t, list, again)
			again = links(res)
			if got := all(res); d == len(days)-1 && got != last {
				t.Fatalf("seed %d: told again the last day is\n%s, was\n%s", seed, got, last)
			}
		}
	}
	for _, reason := range []resolve.ChangeReason{resolve.Merged, resolve.Split, resolve.Moved} {
		if seen[reason] < 20 {
			t.Errorf("only %d times %s: the histories try too little", seen[reason], reason)
		}
	}
}

func checkKeys(t *testing.T, when string, before, now []resolve.Link, changes []resolve.KeyChange, seen map[resolve.ChangeReason]int) {
	t.Helper()
	type key struct{ dataset, key, part string }
	was := map[key]resolve.Link{}
	for _, l := range before {
		was[key{l.Dataset, l.Key, l.Part}] = l
	}
	left, gone := map[string]map[string]bool{}, map[string]bool{} // old key -> keys of today; new -> old
	from := map[string]map[string]bool{}
	heirs := map[string]bool{}
	founder := map[string]string{}
	founders := map[string]int{}
	succeeded := map[string]bool{} // keys under which somebody else may stand
	for _, l := range now {
		_, ok := was[key{l.Dataset, l.Key, l.Part}]
		succeeded[l.Key] = succeeded[l.Key] || !ok && l.Part != "" && slices.ContainsFunc(before, func(b resolve.Link) bool { return b.Dataset == l.Dataset && b.Key == l.Key && b.Part != "" })
	}
	for _, l := range now {
		if l.Founder {
			founders[l.Thing]++
		}
		if founders[l.Thing] == 0 {
			founders[l.Thing] = 0
		}
		w, ok := was[key{l.Dataset, l.Key, l.Part}]
		if !ok {
			// Another export or part of a key that was known may stand for its thing.
			heirs[l.Thing] = heirs[l.Thing] || slices.ContainsFunc(before, func(b resolve.Link) bool { return b.Key == l.Key })
			continue
		}
		if l.Part == "" && succeeded[l.Key] {
			heirs[l.Thing], heirs[w.Thing] = true, true
			continue
		}
		put(left, w.Thing, l.Thing)
		put(from, l.Thing, w.Thing)
		if w.Founder {
			founder[w.Thing] = l.Thing
		}
		if w.Thing != l.Thing {
			gone[w.Thing+" "+l.Thing] = true
		}
	}
	for thing, n := range founders {
		if n != 1 {
			t.Fatalf("%s: %s has %d founders", when, thing, n)
		}
	}
	founded := map[string]int64{}
	for _, l := range before {
		founded[l.Thing] = l.Founded
	}
	for old, today := range left {
		at := founder[old]
		switch {
		case len(today) == 1 && len(from[only(today)]) == 1 && !today[old] && !heirs[only(today)] && !heirs[old]:
			t.Fatalf("%s: %s became %s though nothing joined or left it", when, old, only(today))
		case today[old] && at != "" && at != old:
			t.Fatalf("%s: %s stayed with others than its founder, which is in %s", when, old, at)
		case at != "" && at != old && founded[at] > founded[old]:
			t.Fatalf("%s: the founder of %s is in the younger %s", when, old, at)
		}
	}
	told := map[string]bool{}
	alive := map[string]bool{}
	for _, l := range now {
		alive[l.Thing] = true
	}
	for _, c := range changes {
		told[c.Old+" "+c.New] = true
		seen[c.Reason]++
		if (c.Reason == resolve.Merged) == alive[c.Old] {
			t.Fatalf("%s: %s to %s is called a %s", when, c.Old, c.New, c.Reason)
		}
	}
	for pair := range gone {
		if !told[pair] {
			t.Fatalf("%s: nobody tells of %s", when, pair)
		}
	}
	if len(told) > len(gone) { // a part may take over from one that is no more
		for pair := range told {
			if old, _, _ := strings.Cut(pair, " "); founded[old] == 0 && left[old] == nil && !slices.ContainsFunc(before, func(l resolve.Link) bool { return l.Thing == old }) {
				t.Fatalf("%s: %s never was", when, pair)
			}
		}
	}
}

func put(m map[string]map[string]bool, k, v string) {
	if m[k] == nil {
		m[k] = map[string]bool{}
	}
	m[k][v] = true
}

func only(m map[string]bool) string {
	for k := range m {
		return k
	}
	return ""
}
