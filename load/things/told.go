package things

import (
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// The table of what is told has a row for each statement about a thing, without the values
// that it states, but with its keys translated:
//
//	_thing         key of the thing in main
//	_id            row of those that speak of the things; NULL where it has none, as the thing
//	               is only referred to
//	_rank, _weight, _hash
//	               a greater one goes before; no two statements of a thing are equal
//	_teller        number of the source
//	_is_described  some statement of the thing describes it
//	_first_seen    when the statement, or the thing, was first seen
var (
	toldOfThing = database.Parse(`create or replace table {{.told}} as
select l.key as _thing, o.rowid as _id, {{.rank}} as _rank, s.weight as _weight, o._hash as _hash, s.nth as _teller, l.is_described as _is_described, l.founded_at as _first_seen{{.columns}}
from {{.links}} l
join {{.tellers}} s on s.source = l.source and s.dataset = l.dataset
left join {{.stated}} o on o._dataset = l.dataset and o.{{.key}} = l.statement_key and {{.part}} = l.part{{.joins}}
where l.kind = {{.kind}}`)
	toldOfEdge = database.Parse(`create or replace table {{.told}} as
select {{.thing}} as _thing, o.rowid as _id, {{.rank}} as _rank, s.weight as _weight, o._hash as _hash, s.nth as _teller, true as _is_described, o._valid_from as _first_seen{{.columns}}
from {{.stated}} o
join {{.tellers}} s on s.source = o.source and s.dataset = o._dataset{{.joins}}`)
)

// tell is the statement that makes the table of what is told about the rows of a table of
// main.
func (m *maker) tell(t *schemas.Table, p part) database.SQL {
	v := database.Values{"told": told, "stated": p.stated, "links": p.links, "tellers": tellers}
	v["columns"], v["joins"] = translated(t)
	if !schemas.IsThing(t.Name) {
		v["thing"], v["rank"] = edgeKey(t), rank(strengthOf(m.Set, t))
		return toldOfEdge.Fill(v)
	}
	v["kind"], v["key"], v["part"], v["rank"] = t.Name, database.Ident(t.Key), partOf(t), rank("l.strength")
	return toldOfThing.Fill(v)
}

// partOf is the expression for the part of a statement in a row o of observed, by which
// meta.links tells statements of one key apart.
func partOf(t *schemas.Table) database.SQL {
	if t.Field("native_id") == nil {
		return "''"
	}
	return "coalesce(o.native_id, '')"
}

// isReference tells whether a field of a thing is the key of another one.
func isReference(f *schemas.Field) bool { return f.Refers != "" || f.RefersBy != "" }

var joinReference = database.Parse(`
{{.how}} {{.references}} {{.as}} on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)

// translated are the keys of other things, each behind a comma, and the joins by which keys
// of statements become those of things. A row without one that it needs has no place in main.
func translated(t *schemas.Table) (columns, joins database.SQL) {
	for _, f := range mergedFields(t) {
		if !isReference(f) {
			continue
		}
		how := database.SQL("left join")
		if slices.Contains(t.Needs, f.Name) {
			how = "join"
		}
		joins += translate(t, f, how, references)
		columns += ", " + meaning(f) + " as " + database.Ident(f.Name)
	}
	return columns, joins
}

// translate is the join by which the key in a field of a row o becomes [meaning].
func translate(t *schemas.Table, f *schemas.Field, how, references database.SQL) database.SQL {
	return joinReference.Fill(database.Values{"how": how, "references": references, "as": database.Ident("of " + f.Name), "kind": database.KindOf(t, f, "o"), "column": database.Ident(f.Name)})
}

// meaning is the key of the thing that a field means.
func meaning(f *schemas.Field) database.SQL { return database.Ident("of "+f.Name) + ".key" }

// edgeKey is the expression for the key of an edge in main: a fingerprint of its ends and
// the privilege, so that whoever speaks of the edge, it is one. A privilege that nobody told
// is another than an empty one.
func edgeKey(t *schemas.Table) database.SQL {
	var parts database.SQL
	for _, name := range t.Needs {
		column := "o." + database.Ident(name)
		if f := t.Field(name); isReference(f) {
			column = meaning(f)
		}
		parts += column + ", '|', "
	}
	return "'grant:' || left(md5(concat(" + parts + "'=' || " + spelling("o.privilege") + ")), 24)"
}

// From the left: strength, and microseconds since 1970.
var rankOf = database.Parse(`case {{.strength}} when 'describes' then 3 when 'supplements' then 2 else 1 end * 18014398509481984 + coalesce(epoch_us(o._valid_from), 0)`)

// rank orders the statements of a thing: strength, then the moment at which this version of
// the statement was first seen. Of equal ones the weight of [listTellers] decides, source and
// dataset, then the fingerprint of the row. None of these changes as long as the statement
// does not.
func rank(strength database.SQL) database.SQL {
	return rankOf.Fill(database.Values{"strength": strength})
}

// strengthOf is the expression for the strength of the rows of an edge, by their contract.
func strengthOf(set *schemas.Set, t *schemas.Table) database.SQL {
	words := database.SQL("case o._dataset")
	for _, c := range set.All() {
		for i := range c.Emit {
			if e := &c.Emit[i]; e.Table == t.Name {
				words += " when " + database.Text(c.Dataset) + " then " + database.Text(string(e.Strength))
				break
			}
		}
	}
	return words + " else 'mentions' end"
}

var (
	// One row a thing.
	gather = database.Parse(`create or replace table {{.about}} as
select _thing, count(*) as statements, count(_id) as rows, bitstring_agg(_teller, 0, {{.last}}) as _tellers, bool_or(_is_described) as _is_described, min(_first_seen) as _first_seen
from {{.told}}
group by _thing`)
	// Most things have one statement, which need not be sorted.
	order = database.Parse(`create or replace table {{.ordered}} as
select t.* exclude (_rank, _weight, _hash, _is_described, _first_seen), 1 as _nth
from {{.told}} t join {{.about}} a on a._thing = t._thing
where a.statements = 1
union all
select t.* exclude (_rank, _weight, _hash, _is_described, _first_seen), row_number() over (partition by t._thing order by t._rank desc, t._weight desc, t._hash desc nulls last) as _nth
from {{.told}} t join {{.about}} a on a._thing = t._thing
where a.statements > 1;
drop table {{.told}}`)
	// The rows of observed are read once a slice: what follows reads the values several times.
	valueAll = database.Parse(`create or replace table {{.values}} as
select h._thing, h._id, h._nth, h._teller{{.columns}}
from {{.ordered}} h left join {{.stated}} o on o.rowid = h._id{{.slice}}`)
	statementsOf = database.Parse(`(from {{.values}} where _nth {{.which}})`)
)

// valueSlice is the statement that makes the table of the statements of a slice with all their values.
func valueSlice(t *schemas.Table, p part) database.SQL {
	var columns database.SQL
	for _, f := range mergedFields(t) {
		from := database.SQL(", o.")
		if isReference(f) {
			from = ", h."
		}
		columns += from + database.Ident(f.Name)
	}
	return valueAll.Fill(database.Values{"values": valued, "ordered": ordered, "stated": p.stated, "columns": columns, "slice": p.slice.where("h._thing")})
}

// statements is the relation of the statements, with all values, of the things of a slice and of that
// place among them which the condition which names, such as = 1 for the best of each.
func statements(which database.SQL) database.SQL {
	return statementsOf.Fill(database.Values{"values": valued, "which": which})
}
