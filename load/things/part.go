package things

import (
	"context"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// part is what of a table of main is made, and of what: all of it, or the things that are
// touched. Both are made by the same statements, over other relations.
type part struct {
	none   bool         // nothing is touched
	links  database.SQL // the links of the things
	stated database.SQL // the rows of observed that speak of them
	scope  database.SQL // condition on the rows of main that are made; everything for all
	first  bool         // the table never had rows
	slice  slice        // what of it is made at a time
}

// slice is one of several parts, of about equal size, of some things, told by the ends of
// their keys.
type slice struct{ nth, of int64 }

// has is the condition that a thing, by its key, is in the slice, behind an and; "" where it
// is the only one.
func (s slice) has(key database.SQL) database.SQL {
	if s.of <= 1 {
		return ""
	}
	return inSlice.Fill(database.Values{"key": key, "of": s.of, "nth": s.nth})
}

var inSlice = database.Parse(` and (unicode(right({{.key}}, 1)) + 103 * unicode(right({{.key}}, 2))) % {{.of}} = {{.nth}}`)

// holds tells whether a thing, by its key, is in the slice. Keys of things are of ASCII characters.
func (s slice) holds(key []byte) bool {
	if s.of <= 1 {
		return true
	}
	return (int64(key[len(key)-1])+103*int64(key[max(len(key)-2, 0)]))%s.of == s.nth
}

// A slice holds about so many statements about things, or about edges, which have fewer
// columns: their values are in memory at a time, some 200 bytes each. For each slice all rows
// of observed are read.
var (
	statementsOfThings = int64(2_500_000)
	statementsOfEdges  = int64(4_000_000)
)

// slicesOf are the slices in which the things or edges of a table are made, about which there
// are n statements.
func slicesOf(t *schemas.Table, n int64) (out []slice) {
	size := statementsOfEdges
	if schemas.IsThing(t.Name) {
		size = statementsOfThings
	}
	of := (n + size - 1) / size
	for nth := range max(of, 1) {
		out = append(out, slice{nth, of})
	}
	return out
}

// extent says how much a part is.
func (p part) extent() string {
	switch {
	case p.none:
		return "nothing"
	case p.scope == everything:
		return "all"
	}
	return "part"
}

const everything = database.SQL("true")

// share is the share of the rows of a table, one in so many, above which all of it is made: to
// find a part and pick it out would come on top of making most of the table.
const share = 3

// part is what of a table is to be made.
func (m *maker) part(ctx context.Context, t *schemas.Table) (part, error) {
	whole := part{links: "meta.links", stated: "observed." + database.Ident(t.Name), scope: everything}
	switch {
	case m.touched == nil:
		return whole, nil
	case t.Name == ownership:
		return m.partOfThings(ctx, t, "accounts", whole)
	case schemas.IsThing(t.Name):
		return m.partOfThings(ctx, t, t.Name, whole)
	}
	return m.partOfEdges(ctx, t, whole)
}

var (
	hasKeys   = database.Parse(`{{.key}} in (select key from {{.touched}} where kind = {{.kind}})`)
	pickThing = database.Parse(`create or replace table {{.stated}} as
select o.* from observed.{{.table}} o
semi join {{.linked}} l on l.kind = {{.kind}} and l.dataset = o._dataset and l.statement_key = o.{{.key}} and l.part = {{.part}}`)
)

// partOfThings is what of a table of things of a kind, or of the edges that hang on them, is
// to be made.
func (m *maker) partOfThings(ctx context.Context, t *schemas.Table, kind string, whole part) (p part, err error) {
	n := m.touched[kind]
	switch {
	case n == 0:
		return part{none: true}, nil
	case n == all:
		return whole, nil
	}
	of := m.Set.Common.Table(kind)
	v := database.Values{"key": database.Ident(of.Key), "touched": touched, "kind": kind, "stated": stated, "table": database.Ident(kind), "linked": linked, "part": partOf(of)}
	p = part{links: linked, stated: stated, scope: hasKeys.Fill(v)}
	if t.Name == kind {
		_, err = m.db.Exec(ctx, pickThing.Fill(v))
	}
	return p, err
}

var countPlaced = database.Parse(`select (select count(*) from observed.{{.table}}) - (select count(*) from observed.{{.table}} o{{.placed}})`)

// unplaced counts the rows of observed of an edge that have no place in main.
func (m *maker) unplaced(ctx context.Context, t *schemas.Table) (int64, error) {
	return m.db.Count(ctx, countPlaced.Fill(database.Values{"table": database.Ident(t.Name), "placed": placed(t, "semi join", references)}))
}

// leave counts what is in a table of which nothing is touched.
func (m *maker) leave(ctx context.Context, t *schemas.Table, layout *database.Table) (n apply.Counts, unplaced int64, err error) {
	if n.Rows, err = m.rowsOf(ctx, layout); err != nil {
		return n, 0, err
	}
	n.Unchanged = n.Rows
	switch {
	case schemas.IsThing(t.Name):
	case t.Name == ownership:
		unplaced, err = m.unplacedOwners(ctx)
	default:
		unplaced, err = m.unplaced(ctx, t)
	}
	return n, unplaced, err
}
