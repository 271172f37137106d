package things

import (
	"context"
	"runtime/debug"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// manyRows is from how many rows of observed it is worth while to give memory back.
const manyRows = 100_000

// merge makes a table of things, or of edges that exports state. It returns how many
// statements have no place in it.
func (m *maker) merge(ctx context.Context, t *schemas.Table, layout *database.Table, p part) (n apply.Counts, unplaced int64, err error) {
	found, err := m.db.Count(ctx, "select count(*) from "+p.stated)
	if err == nil && found == 0 && schemas.IsThing(t.Name) { // a thing may have links though no row speaks of it
		found, err = m.db.Count(ctx, countLinks.Fill(database.Values{"links": p.links, "kind": t.Name}))
	}
	if err != nil {
		return n, 0, err
	}
	if p.first, err = m.isFirst(ctx, layout); err != nil {
		return n, 0, err
	}
	if found == 0 && p.first {
		return n, 0, nil
	}
	return m.mergeFound(ctx, t, layout, p, found)
}

// leastMemory, in MiB, is enough for DuckDB to read rows, and to insert rows by one thread.
const leastMemory = 64

// beside runs f while statements are in memory: DuckDB has little then.
func (m *maker) beside(ctx context.Context, found int64, f func() error) error {
	if found < manyRows {
		return f()
	}
	err := m.limits.Within(ctx, max(m.memory/8, leastMemory), f)
	debug.FreeOSMemory() // of the statements, before DuckDB takes more
	return err
}

// mergeFound makes a table of so many statements.
func (m *maker) mergeFound(ctx context.Context, t *schemas.Table, layout *database.Table, p part, found int64) (n apply.Counts, unplaced int64, err error) {
	r := &reading{maker: m, table: t, part: p, fields: mergedFields(t), strong: strengthsOf(m.Set, t)}
	if r.mean, err = m.mean(ctx, t, p); err != nil {
		return n, 0, err
	}
	if schemas.IsThing(t.Name) {
		if r.population, err = m.populate(ctx, t, p, r.mean); err != nil {
			return n, 0, err
		}
		if r.former, err = m.formerOf(ctx, t, p); err != nil {
			return n, 0, err
		}
		m.step("links read", "table", t.Name)
	}
	slices := slicesOf(t, found)
	for i := range slices {
		r.part.slice = slices[i]
		made, err := r.merge(ctx, layout, found, i == len(slices)-1)
		if err != nil {
			return n, 0, err
		}
		n.Rows, n.Inserted, n.Closed, n.Unchanged = n.Rows+made.Rows, n.Inserted+made.Inserted, n.Closed+made.Closed, n.Unchanged+made.Unchanged
	}
	unplaced = r.unplaced
	if p.scope != everything && r.population == nil {
		if unplaced, err = m.unplaced(ctx, t); err != nil {
			return n, 0, err
		}
	}
	n, err = m.withRest(ctx, layout, p, n)
	return n, unplaced, err
}

// merge makes a slice of a table, of which so many statements were found; last tells that it is the
// last one.
func (r *reading) merge(ctx context.Context, layout *database.Table, found int64, last bool) (n apply.Counts, err error) {
	if r.population == nil {
		r.edges = newEdgeKeys(r.table, r.fields)
	}
	to := r.place(layout)
	err = r.beside(ctx, found, func() error {
		if err := r.read(ctx); err != nil {
			return err
		}
		if last && r.population != nil {
			r.population.links = nil // takes memory, and is not needed again
		}
		r.step("statements read", "table", r.table.Name)
		n, err = newLine(layout, r).put(ctx, to)
		r.things = nil
		return err
	})
	if err == nil && !to.first {
		n, err = to.equal(ctx)
	}
	return n, err
}

// mergedFields are the fields that a thing has from its statements.
func mergedFields(t *schemas.Table) (out []*schemas.Field) {
	for i := range t.Fields {
		if f := &t.Fields[i]; f.Name != t.Key && f.Merge != schemas.None && !isOwner(t, f) {
			out = append(out, f)
		}
	}
	return out
}

// isOwner tells whether a field is to whom an account belongs, which meta.account_owners say.
func isOwner(t *schemas.Table, f *schemas.Field) bool {
	return t.Name == "accounts" && f.Name == ownerField
}

// ownerField is the column of an account that says to whom it belongs.
const ownerField = "identity_key"

// partOf is the expression for the part of a statement in a row o of observed, by which
// meta.links tells statements of one key apart.
func partOf(t *schemas.Table) database.SQL {
	if t.Field("native_id") == nil {
		return "''"
	}
	return "coalesce(o.native_id, '')"
}

// strengthsOf are how strong the statements of an edge are, by dataset, by their contracts. Those of
// a dataset that no contract has mention.
func strengthsOf(set *schemas.Set, t *schemas.Table) map[string]uint8 {
	out := map[string]uint8{}
	for _, c := range set.All() {
		for i := range c.Emit {
			if e := &c.Emit[i]; e.Table == t.Name {
				out[c.Dataset] = strengthOf(string(e.Strength))
				break
			}
		}
	}
	return out
}
