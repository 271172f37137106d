package things

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/intern"
	"github.com/accessmart/accessmart/load/merge"
	"github.com/accessmart/accessmart/schemas"
)

var (
	// Rows of which an edge may be another one than before, with what makes its key. Of one
	// that stays an end may mean something else.
	concernedOf = database.Parse(`create or replace table {{.concerned}} as
select {{.columns}} from {{.table}} where _valid_from > {{.since}}
union select {{.columns}} from {{.history}} where _valid_to > {{.since}}`)
	concernedBy = database.Parse(`
union select {{.columns}} from {{.table}} o semi join {{.moved}} m on m.kind = {{.refers}} and m.statement_key = o.{{.column}}`)
	// The edges that such rows were, and are.
	findEdges = database.Parse(`create or replace table {{.edges}} as
select {{.edge}} as key, {{.hub}} as hub from {{.concerned}} o{{.now}}
union
select {{.edge}}, {{.hub}} from {{.concerned}} o{{.before}}`)
	// One end of an edge leads to few rows, of which the keys are then made.
	pickEdges = database.Parse(`create or replace table {{.stated}} as
with near as materialized (
    select o.* from {{.table}} o
    where o.{{.end}} in (select statement_key from {{.references}} where key in (select hub from {{.edges}}))
)
select o.* from near o{{.now}}
where {{.edge}} in (select key from {{.edges}})`)
	hasEdges = database.Parse(`{{.key}} in (select key from {{.edges}})`)
)

// placed is the joins by which a row o of an edge has a place in main: the keys that it needs
// are translated.
func placed(t *schemas.Table, how, references database.SQL) (joins database.SQL) {
	for _, name := range t.Needs {
		if f := t.Field(name); isReference(f) {
			joins += translate(t, f, how, references)
		}
	}
	return joins
}

// concern finds the rows of observed of an edge of which it may be another one than before,
// with some of their columns.
func (m *maker) concern(ctx context.Context, t *schemas.Table, columns []string) error {
	v := m.statedIn(t)
	v["concerned"], v["columns"] = concerned, database.Idents(columns)
	find := concernedOf.Fill(v)
	for i := range t.Fields {
		if f := &t.Fields[i]; isReference(f) {
			v["refers"], v["column"] = database.KindOf(t, f, "o"), database.Ident(f.Name)
			find += concernedBy.Fill(v)
		}
	}
	_, err := m.db.Exec(ctx, find)
	return err
}

// partOfEdges is what of a table of edges that exports state is to be made.
func (m *maker) partOfEdges(ctx context.Context, t *schemas.Table, whole part) (p part, err error) {
	if much, err := m.changedMuch(ctx, t); much || err != nil {
		return whole, err
	}
	if err := m.concern(ctx, t, append([]string{"privilege"}, t.Needs...)); err != nil {
		return p, err
	}
	v := database.Values{"table": whole.stated, "moved": moved, "references": references, "concerned": concerned, "edges": edges, "stated": stated, "edge": edgeKey(t), "key": database.Ident(t.Key)}
	for _, name := range t.Needs {
		if f := t.Field(name); isReference(f) {
			v["hub"], v["end"] = meaning(f), database.Ident(name)
			break
		}
	}
	v["now"], v["before"] = placed(t, "join", references), placed(t, "join", meantBefore.Fill(v))
	if _, err := m.db.Exec(ctx, findEdges.Fill(v)); err != nil {
		return p, err
	}
	touched, err := m.db.Count(ctx, "select count(*) from "+edges)
	if err != nil || touched == 0 {
		return part{none: true}, err
	}
	have, err := m.db.Count(ctx, "select count(*) from "+database.Name(database.ThingsSchema, t.Name))
	if err != nil || touched*share > have {
		return whole, err
	}
	if _, err := m.db.Exec(ctx, pickEdges.Fill(v)); err != nil {
		return p, err
	}
	m.step("touched edges found", "table", t.Name, "edges", touched)
	return part{stated: stated, scope: hasEdges.Fill(v)}, nil
}

// edgeKeys tell the edges of a slice apart, by numbers.
type edgeKeys struct {
	prints *intern.Prints
	needs  []int // the fields that a row needs, in their order
	ends   []int // those of them that are keys
	priv   int
	count  uint32
	parts  []string
	spelt  map[merge.Value]string
}

func newEdgeKeys(t *schemas.Table, fields []*schemas.Field) *edgeKeys {
	nth := func(name string) int {
		return slices.IndexFunc(fields, func(f *schemas.Field) bool { return f.Name == name })
	}
	e := &edgeKeys{prints: intern.NewPrints(0), priv: nth("privilege"), spelt: map[merge.Value]string{}}
	for _, name := range t.Needs {
		e.needs = append(e.needs, nth(name))
		if isReference(t.Field(name)) {
			e.ends = append(e.ends, nth(name))
		}
	}
	return e
}

// hub is the end by which edges are put into slices.
func (e *edgeKeys) hub() int { return e.ends[0] }

// tells are the texts that tell an edge from others: its ends and the privilege. A privilege
// that nobody told is another than an empty one.
func (e *edgeKeys) tells(of *merge.Values, cell func(field int) merge.Value) []string {
	e.parts = e.parts[:0]
	for _, f := range e.needs {
		e.parts = append(e.parts, of.String(cell(f)))
	}
	v := cell(e.priv)
	text, had := e.spelt[v]
	if !had && v != 0 {
		text = "=" + merge.Spelling(of.String(v))
		e.spelt[v] = text
	}
	return append(e.parts, text)
}

// number is that of the edge of a statement.
func (e *edgeKeys) number(of *merge.Values, cells []merge.Value) uint32 {
	n := e.prints.Add(e.count, e.tells(of, func(f int) merge.Value { return cells[f] })...)
	if n == e.count {
		e.count++
	}
	return n
}

// key is the key of an edge, as [edgeKey] makes it.
func (e *edgeKeys) key(of *merge.Things, edge uint32, out []byte) []byte {
	text := out[:0]
	tells := e.tells(of.Values, func(f int) merge.Value { return of.Some(edge, f) })
	for _, need := range tells[:len(tells)-1] {
		text = append(append(text, need...), '|')
	}
	sum := md5.Sum(append(text, tells[len(tells)-1]...))
	return hex.AppendEncode(append(out[:0], "grant:"...), sum[:12])
}
