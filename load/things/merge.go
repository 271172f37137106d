package things

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// merge makes a table of things, or of edges that exports state. It returns how many
// statements have no place in it.
func (m *maker) merge(ctx context.Context, t *schemas.Table, layout *database.Table, p part) (n apply.Counts, unplaced int64, err error) {
	if unplaced, err = m.gather(ctx, t, p); err != nil {
		return n, unplaced, err
	}
	if schemas.IsThing(t.Name) && unplaced > 0 {
		return n, unplaced, &UnlinkedError{t.Name, unplaced}
	}
	// Most exports speak of a few kinds of things only, and to plan the statements for a table
	// takes as long as many rows.
	rows, err := m.db.Count(ctx, countConcerned.Fill(database.Values{"about": about, "table": layout.SQL()}))
	if err != nil || rows == 0 {
		return n, unplaced, err
	}
	if p.first, err = m.isFirst(ctx, layout); err != nil {
		return n, unplaced, err
	}
	found, err := m.db.Count(ctx, "select count(*) from "+ordered)
	if err != nil {
		return n, unplaced, err
	}
	for _, p.slice = range slicesOf(t, found) {
		made, err := m.mergeSlice(ctx, t, layout, p)
		if err != nil {
			return n, unplaced, err
		}
		n.Rows, n.Inserted, n.Closed, n.Unchanged = n.Rows+made.Rows, n.Inserted+made.Inserted, n.Closed+made.Closed, n.Unchanged+made.Unchanged
	}
	n, err = m.withRest(ctx, layout, p, n)
	return n, unplaced, err
}

// mergeSlice makes a slice of a part of a table.
func (m *maker) mergeSlice(ctx context.Context, t *schemas.Table, layout *database.Table, p part) (n apply.Counts, err error) {
	for _, query := range []database.SQL{valueSlice(t, p), mergeStatements(t)} {
		if _, err := m.db.Exec(ctx, query); err != nil {
			return n, err
		}
	}
	m.step("statements merged", "table", t.Name)
	if err := m.compareSources(ctx, t); err != nil {
		return n, err
	}
	return m.put(ctx, layout, p, []string{t.Key}, func(only database.SQL) database.SQL { return m.rows(t, layout, p, only) })
}

// countConcerned counts the things that are to be in a table, and those that are there.
var countConcerned = database.Parse(`select (select count(*) from {{.about}}) + (select count(*) from {{.table}})`)

var countUnplaced = database.Parse(`select (select count(*) from {{.stated}}) - (select coalesce(sum(rows), 0) from {{.about}})`)

// gather finds the statements of each thing, in the order of their rank, and counts the rows
// of observed that are none of any.
func (m *maker) gather(ctx context.Context, t *schemas.Table, p part) (unplaced int64, err error) {
	v := database.Values{"links": p.links, "stated": p.stated, "told": told, "about": about, "ordered": ordered, "last": max(m.sources-1, 0)}
	queries := []database.SQL{m.tell(t, p), gather.Fill(v)}
	if t.Name == "identities" {
		queries = append(queries, silence(t, v))
	}
	for _, query := range append(queries, order.Fill(v)) {
		if _, err := m.db.Exec(ctx, query); err != nil {
			return 0, err
		}
	}
	m.step("statements gathered", "table", t.Name)
	if p.scope != everything && !schemas.IsThing(t.Name) {
		return m.unplaced(ctx, t)
	}
	return m.db.Count(ctx, countUnplaced.Fill(v))
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
	return t.Name == "accounts" && f.Name == "identity_key"
}

// compared tells whether sources that differ in a field disagree: keys, the vendors' own words
// and whole objects differ anyway.
func compared(f *schemas.Field) bool {
	return f.Type != schemas.JSON && !isReference(f) && !strings.HasSuffix(f.Name, "_raw")
}

func differs(f *schemas.Field) database.SQL { return database.Ident(f.Name + " differs") }

// aligned is how many statements of a thing are put side by side. That is much faster than
// to group them; few things have more.
const aligned = 4

var (
	mergeAligned = database.Parse(`create or replace table {{.merged}} as
select s1._thing{{.columns}}
from {{.first}} s1
{{.joins}}left join (
    select _thing{{.rest}}
    from {{.others}}
    group by _thing
) r on r._thing = s1._thing`)
	joinNext = database.Parse(`left join {{.statements}} {{.as}} on {{.as}}._thing = s1._thing
`)
)

// mergeStatements is the statement that makes one row for each thing, with a column
// "<field> differs" for each field of which its statements may differ: true where they do,
// false or NULL where they do not.
func mergeStatements(t *schemas.Table) database.SQL {
	v := database.Values{"merged": merged, "first": statements("= 1"), "others": statements(database.SQL(fmt.Sprintf("> %d", aligned)))}
	var joins, columns, rest database.SQL
	for n := 2; n <= aligned; n++ {
		joins += joinNext.Fill(database.Values{"statements": statements(database.SQL(fmt.Sprintf("= %d", n))), "as": database.SQL(fmt.Sprintf("s%d", n))})
	}
	for _, f := range mergedFields(t) {
		name := database.Ident(f.Name)
		won := best(t, f)
		columns += ",\n    " + won + " as " + name
		rest += ", " + winner(t, f) + " as " + name
		if !compared(f) && f.Merge != schemas.Union {
			continue
		}
		low, high := database.Ident(f.Name+" low"), database.Ident(f.Name+" high")
		rest += ", min(" + name + ") as " + low + ", max(" + name + ") as " + high
		var other []database.SQL
		for n := 1; n <= aligned; n++ {
			other = append(other, database.SQL(fmt.Sprintf("s%d.%s <> %s", n, name, won)))
		}
		if f.Compare == schemas.Beginning {
			other = contradictions(name, low, high)
		} else {
			other = append(other, "r."+low+" <> "+won, "r."+high+" <> "+won)
		}
		columns += ", " + database.Join(other, " or ") + " as " + differs(f)
	}
	v["joins"], v["columns"], v["rest"] = joins, columns, rest
	return mergeAligned.Fill(v)
}

// contradictions are conditions of which one is true where statements side by side contradict
// one another in a column whose values may say less. Of those that do not, each is how the
// greatest in the order of the alphabet begins.
func contradictions(name, low, high database.SQL) (out []database.SQL) {
	var said []database.SQL
	for n := 1; n <= aligned; n++ {
		said = append(said, beginning(database.SQL(fmt.Sprintf("s%d.%s", n, name))))
	}
	said = append(said, beginning("r."+low), beginning("r."+high))
	greatest := "greatest(" + database.Join(said, ", ") + ")"
	for _, s := range said {
		out = append(out, "not starts_with("+greatest+", "+s+")")
	}
	return append(out, "r."+low+" <> r."+high)
}

// best is the expression for the value of a field, of statements side by side. NULL never
// wins, nor does a word that a vendor's contract does not know, while another one is known.
func best(t *schemas.Table, f *schemas.Field) database.SQL {
	name := database.Ident(f.Name)
	var values, known []database.SQL
	var sameRow database.SQL
	word := wordOf(t, f)
	for _, s := range append(sides(), "r.") {
		values = append(values, s+name)
		known = append(known, "nullif("+s+name+", 'unknown')")
		if word != nil {
			sameRow += " when " + s + database.Ident(word.Name) + " <> 'unknown' then " + s + name
		}
	}
	list := database.Join(values, ", ")
	switch {
	case word != nil:
		return "case" + sameRow + " else coalesce(" + list + ") end"
	case mayBeUnknown(f):
		return "coalesce(" + database.Join(append(known, list), ", ") + ")"
	}
	switch f.Merge {
	case schemas.AnyOf, schemas.Max:
		return "greatest(" + list + ")"
	case schemas.Min:
		return "least(" + list + ")"
	}
	return "coalesce(" + list + ")"
}

// sides are the names of the statements that are side by side, each with a dot.
func sides() (out []database.SQL) {
	for n := 1; n <= aligned; n++ {
		out = append(out, database.SQL(fmt.Sprintf("s%d.", n)))
	}
	return out
}

// mayBeUnknown tells whether a field has one of some words, or unknown for any other that
// a vendor used.
func mayBeUnknown(f *schemas.Field) bool {
	return f.Merge == schemas.Prefer && slices.Contains(f.Enum, "unknown")
}

// wordOf is the field whose word, in the vendor's spelling, is in f: they come from the same
// statement. nil where f is no such field.
func wordOf(t *schemas.Table, f *schemas.Field) *schemas.Field {
	word, isRaw := strings.CutSuffix(f.Name, "_raw")
	if of := t.Field(word); isRaw && of != nil && mayBeUnknown(of) {
		return of
	}
	return nil
}

// winner is the aggregate for the value of a field, which answers as [best] does.
func winner(t *schemas.Table, f *schemas.Field) database.SQL {
	name := database.Ident(f.Name)
	if word := wordOf(t, f); word != nil {
		isKnown := database.Ident(word.Name) + " <> 'unknown'"
		return "case when bool_or(" + isKnown + ") then arg_min_null(" + name + ", _nth) filter (" + isKnown + ") else arg_min(" + name + ", _nth) end"
	}
	if mayBeUnknown(f) {
		return "coalesce(arg_min(" + name + ", _nth) filter (" + name + " <> 'unknown'), min(" + name + "))"
	}
	switch f.Merge {
	case schemas.AnyOf, schemas.Max:
		return "max(" + name + ")"
	case schemas.Min:
		return "min(" + name + ")"
	}
	return "arg_min(" + name + ", _nth)"
}
