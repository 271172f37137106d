package things

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

var (
	kinds    = []string{"applications", "identities", "accounts", "groups", "roles", "resources", "entitlements"}
	sources  = []string{"anna", "bert", "carl"}
	datasets = []string{"oleria.one", "oleria.two", "sailpoint.one", hidesOwners}
)

// hidesOwners is a dataset that has the native id of the person among the attributes of an
// account.
const hidesOwners = "balkanid.entitlements"

func pick[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

// nextWorld is a world a run later, or the first one: some statements have changed, some are
// gone, some have come, and things were joined or parted.
func nextWorld(rnd *rand.Rand, w *world, nth int, now time.Time) *world {
	if w == nil {
		w = &world{}
	}
	out := &world{}
	have := map[string]bool{}
	for _, s := range w.statements {
		switch {
		case s.values == nil, rnd.IntN(6) == 0:
			continue
		case rnd.IntN(4) == 0:
			s = out.otherwise(rnd, s, nth, now)
		}
		out.statements = append(out.statements, s)
		have[s.table+s.dataset+s.key+s.part] = true
	}
	for _, table := range kinds {
		for range rnd.IntN(4) {
			source := pick(rnd, sources...)
			s := &statement{table: table, source: source, dataset: pick(rnd, datasets...), key: fmt.Sprintf("%s:%s:%d-%d", source, table, nth, rnd.IntN(2)), part: pick(rnd, "", "", number(nth, "x"), number(nth, "y")),
				strength: pick(rnd, strengths...)}
			if !have[s.table+s.dataset+s.key+s.part] {
				have[s.table+s.dataset+s.key+s.part] = true
				out.statements = append(out.statements, out.otherwise(rnd, s, nth, now))
			}
		}
	}
	out.refer(rnd, nth)
	out.join(rnd, nth)
	out.relate(rnd, w, now)
	return out
}

// number is a native id in the nth world.
func number(nth int, letter string) string { return fmt.Sprint(letter, nth) }

// otherwise is a new version of a statement.
func (w *world) otherwise(rnd *rand.Rand, s *statement, nth int, now time.Time) *statement {
	c := *s
	c.since, c.hash, c.values = now, hash(rnd), values(rnd, set().Common.Table(s.table), w)
	if s.table == "accounts" && s.dataset == hidesOwners {
		c.values["attributes"] = map[string]any{"employee_id": pick(rnd, "", number(nth, "x"), number(nth, " y"), number(nth, "z"))}
	}
	return &c
}

// nudged is a world in which one thing is otherwise than before.
func nudged(rnd *rand.Rand, w *world, nth int, now time.Time) *world {
	out := &world{statements: slices.Clone(w.statements), edges: slices.Clone(w.edges), owners: slices.Clone(w.owners)}
	if len(out.statements) == 0 {
		return out
	}
	i := rnd.IntN(len(out.statements))
	s := *out.statements[i]
	out.statements[i] = &s
	switch rnd.IntN(10) {
	case 0:
		s.thing = anyThing(rnd, s.table, nth)
	case 1:
		s.isReference = !s.isReference
	case 2:
		if s.values != nil {
			out.statements[i] = out.otherwise(rnd, &s, nth, now)
		}
	case 3:
		out.statements = slices.Delete(out.statements, i, i+1)
	case 4:
		s.strength = pick(rnd, strengths...)
	case 5:
		s.founded = now
	case 6:
		if len(out.owners) > 0 && rnd.IntN(2) == 0 {
			n := rnd.IntN(len(out.owners))
			out.owners = slices.Delete(out.owners, n, n+1)
		} else if len(out.owners) > 0 {
			o := &out.owners[rnd.IntN(len(out.owners))]
			o.identity, o.rule = pick(rnd, o.identity, anyThing(rnd, "identities", nth)), pick(rnd, "email", "vendor")
		}
	case 7:
		if len(out.edges) > 0 {
			n := rnd.IntN(len(out.edges))
			out.edges = slices.Delete(out.edges, n, n+1)
		}
	case 8:
		out.edges = nil
		out.relate(rnd, w, now)
	case 9: // rows still refer to it
		s.values = nil
	}
	out.describe()
	return out
}

// allOtherwise is a world in which all statements of a kind are otherwise.
func (w *world) allOtherwise(rnd *rand.Rand, kind string, nth int, now time.Time) *world {
	out := *w
	out.statements = slices.Clone(w.statements)
	for i, s := range w.statements {
		if s.table == kind && s.values != nil {
			out.statements[i] = w.otherwise(rnd, s, nth, now)
		}
	}
	return &out
}

// anyThing is the key of a thing in the nth world.
func anyThing(rnd *rand.Rand, table string, nth int) string {
	return fmt.Sprintf("%s:w%d-%d", table[:3], nth, rnd.IntN(2))
}

func hash(rnd *rand.Rand) string {
	a, b := rnd.Uint64(), rnd.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

// values are random values of a statement.
func values(rnd *rand.Rand, t *schemas.Table, w *world) map[string]any {
	out := map[string]any{}
	for _, f := range t.Fields {
		var v any
		switch {
		case f.Name == t.Key, f.Name == "native_id", rnd.IntN(3) == 0:
			continue
		case f.RefersBy != "":
			continue // where the kind is known
		case f.Refers != "":
			v = anyKey(rnd, f.Refers, w)
		case f.Enum != nil:
			v = pick(rnd, f.Enum...)
		default:
			v = sample(rnd, f.Type)
		}
		if v != nil {
			out[f.Name] = v
		}
	}
	for _, f := range t.Fields {
		if word, ok := out[f.RefersBy].(string); ok {
			if v := anyKey(rnd, schemas.RefersTo(word), w); v != nil {
				out[f.Name] = v
			}
		}
	}
	return out
}

func sample(rnd *rand.Rand, typ schemas.Type) any {
	switch typ {
	case schemas.Bool:
		return rnd.IntN(2) == 0
	case schemas.Int:
		return float64(rnd.IntN(12))
	case schemas.Timestamp:
		return pick(rnd, "2026-01-02 03:04:05+00", "2026-01-02 03:04:06+00", "2025-12-31 00:00:00+00")
	case schemas.Date:
		return pick(rnd, "2026-01-02", "2026-10-09")
	case schemas.JSON:
		return pick[any](rnd, map[string]any{"a": 1.0}, map[string]any{"a": 2.0, "b": "x"}, map[string]any{"c": map[string]any{"d": true}}, map[string]any{"c": map[string]any{"e": []any{1.0, 2.0}}})
	}
	return pick(rnd, "one", " One ", "two", "ZWEI", "zwei", "zw\u00ebi", "ZWE\u0308I", "ONE, two", "one, two, 3", "one, ten", "it's \"3\", =;")
}

func anyKey(rnd *rand.Rand, table string, w *world) any {
	var keys []any
	for _, s := range w.statements {
		if s.table == table {
			keys = append(keys, s.key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return pick(rnd, keys...)
}

// refer adds a key that rows name and no row has.
func (w *world) refer(rnd *rand.Rand, nth int) {
	for _, table := range kinds {
		if rnd.IntN(3) == 0 {
			w.statements = append(w.statements, &statement{table: table, source: pick(rnd, sources...), dataset: "oleria.refers", key: fmt.Sprintf("nobody:%s:%d", table, nth), strength: "mentions"})
		}
	}
}

// join gives each statement its thing: those of one key are mostly one.
func (w *world) join(rnd *rand.Rand, nth int) {
	meant := map[string]string{}
	for i, s := range w.statements {
		c := *s
		w.statements[i] = &c
		c.thing = anyThing(rnd, s.table, nth)
		if c.founded.IsZero() {
			c.founded = day(1 + rnd.IntN(3))
		}
	}
	w.describe()
	for _, s := range w.statements {
		ref := s.table + s.key
		if _, ok := meant[ref]; !ok {
			meant[ref] = s.thing
			if rnd.IntN(8) == 0 {
				meant[ref] = "" // several have the key
			}
		}
		s.isReference = meant[ref] == s.thing || rnd.IntN(16) == 0
	}
	var accounts, identities []string
	for _, s := range w.statements {
		switch s.table {
		case "accounts":
			accounts = append(accounts, s.thing)
		case "identities":
			identities = append(identities, s.thing)
		}
	}
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		if len(identities) > 0 && rnd.IntN(3) > 0 {
			w.owners = append(w.owners, owner{a, pick(rnd, identities...), pick(rnd, "email", "vendor"), "email x"})
		}
	}
}

// describe says of each statement whether one of its thing describes it.
func (w *world) describe() {
	described := map[string]bool{}
	for _, s := range w.statements {
		described[s.thing] = described[s.thing] || s.strength == "describes"
	}
	for i, s := range w.statements {
		if s.described != described[s.thing] {
			c := *s
			c.described = described[s.thing]
			w.statements[i] = &c
		}
	}
}

// relate adds edges.
func (w *world) relate(rnd *rand.Rand, before *world, now time.Time) {
	for _, s := range before.edges {
		if rnd.IntN(4) > 0 {
			w.edges = append(w.edges, s)
		}
	}
	for _, table := range []string{"grants", "identity_accounts"} {
		t := set().Common.Table(table)
		for range rnd.IntN(6) {
			v := values(rnd, t, w)
			for _, need := range t.Needs {
				if v[need] == nil {
					v = nil
					break
				}
			}
			if v != nil {
				w.edges = append(w.edges, &statement{table: table, source: pick(rnd, sources...), dataset: pick(rnd, "oleria.one", "oleria.two"), key: hash(rnd), strength: "mentions", since: now, hash: hash(rnd), values: v})
			}
		}
	}
}
