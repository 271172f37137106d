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
	datasets = []string{"oleria.one", "oleria.two", "sailpoint.one"}
)

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
			changed := *s
			changed.since, changed.hash, changed.values = now, hash(rnd), values(rnd, set().Common.Table(s.table), out)
			s = &changed
		}
		out.statements = append(out.statements, s)
		have[s.table+s.dataset+s.key+s.part] = true
	}
	for _, table := range kinds {
		for range rnd.IntN(4) {
			source := pick(rnd, sources...)
			s := &statement{table: table, source: source, dataset: pick(rnd, datasets...), key: fmt.Sprintf("%s:%s:%d-%d", source, table, nth, rnd.IntN(2)), part: pick(rnd, "", "", "x", "y"),
				strength: pick(rnd, strengths...), since: now, hash: hash(rnd), values: values(rnd, set().Common.Table(table), out)}
			if !have[s.table+s.dataset+s.key+s.part] {
				have[s.table+s.dataset+s.key+s.part] = true
				out.statements = append(out.statements, s)
			}
		}
	}
	out.refer(rnd, nth)
	out.join(rnd, nth)
	out.relate(rnd, w, now)
	return out
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
	return pick(rnd, "one", " One ", "two", "ZWEI", "zwei", "ONE, two", "one, two, 3", "one, ten", "it's \"3\", =;")
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
	described, meant := map[string]bool{}, map[string]string{}
	for i, s := range w.statements {
		c := *s
		w.statements[i] = &c
		c.thing = fmt.Sprintf("%s:w%d-%d", s.table[:3], nth, rnd.IntN(2))
		described[c.thing] = described[c.thing] || s.strength == "describes"
	}
	for _, s := range w.statements {
		s.described = described[s.thing]
		ref := s.table + s.key
		if _, ok := meant[ref]; !ok {
			meant[ref] = s.thing
			if rnd.IntN(8) == 0 {
				meant[ref] = "" // several have the key
			}
		}
		s.isReference = meant[ref] == s.thing
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
