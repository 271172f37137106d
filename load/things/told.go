package things

import (
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// A relation of what is told has a row for each statement about a thing, with the fields of
// the thing, in which keys are translated, and
//
//	_thing         key of the thing in main
//	_rank          a greater one goes before; no two statements of a thing are equal
//	_nth           number of the source
//	_is_described  some statement of the thing describes it
//	_first_seen    when the statement, or the thing, was first seen
//	_is_told       false where observed has no row: the thing is only referred to
var (
	toldOfThing = database.Parse(`select l.key as _thing, {{.rank}} as _rank, s.nth as _nth, l.is_described as _is_described, l.founded_at as _first_seen, o._hash is not null as _is_told,
    {{.columns}}
from meta.links l
join {{.tellers}} s on s.source = l.source and s.dataset = l.dataset
left join observed.{{.table}} o on o._dataset = l.dataset and o.{{.key}} = l.statement_key and coalesce(o.{{.part}}, '') = l.part{{.joins}}
where l.kind = {{.kind}}`)
	toldOfEdge = database.Parse(`select {{.thing}} as _thing, {{.rank}} as _rank, s.nth as _nth, true as _is_described, o._valid_from as _first_seen, true as _is_told,
    {{.columns}}
from observed.{{.table}} o
join {{.tellers}} s on s.source = o.source and s.dataset = o._dataset{{.joins}}`)
)

// told is the query of what is told about the rows of a table of main.
func (m *maker) told(t *schemas.Table) database.SQL {
	columns, joins := translated(t)
	v := database.Values{"table": database.Ident(t.Name), "tellers": tellers, "columns": database.Join(columns, ", "), "joins": joins}
	if !schemas.IsThing(t.Name) {
		v["thing"], v["rank"] = edgeKey(t), rank(m.strengthOf(t))
		return toldOfEdge.Fill(v)
	}
	part := database.SQL("''")
	if t.Field("native_id") != nil {
		part = database.Ident("native_id")
	}
	v["kind"], v["key"], v["part"], v["rank"] = t.Name, database.Ident(t.Key), part, rank("l.strength")
	return toldOfThing.Fill(v)
}

// translated are the fields of a thing as its statements have them, but for its key, and the
// joins by which keys of others become those of things.
func translated(t *schemas.Table) (columns []database.SQL, joins database.SQL) {
	for _, f := range t.Fields {
		name := database.Ident(f.Name)
		switch kind := database.KindOf(t, &f, "o"); {
		case f.Name == t.Key, f.Merge == schemas.None, isOwner(t, &f):
		case kind == "":
			columns = append(columns, "o."+name)
		default:
			how := database.SQL("left join")
			if slices.Contains(t.Needs, f.Name) {
				how = "join"
			}
			r := database.Ident("of " + f.Name)
			joins += joinReference.Fill(database.Values{"how": how, "references": references, "as": r, "kind": kind, "column": name})
			columns = append(columns, r+".key as "+name)
		}
	}
	return columns, joins
}

var joinReference = database.Parse(`
{{.how}} {{.references}} {{.as}} on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)

// edgeKey is the expression for the key of an edge in main: a fingerprint of its ends and
// the privilege, so that whoever speaks of the edge, it is one. A privilege that nobody told
// is another than an empty one.
func edgeKey(t *schemas.Table) database.SQL {
	var parts []database.SQL
	for _, name := range t.Needs {
		f := t.Field(name)
		column := "o." + database.Ident(name)
		if database.KindOf(t, f, "o") != "" {
			column = database.Ident("of "+name) + ".key"
		}
		parts = append(parts, column)
	}
	return "'grant:' || left(md5(concat(" + database.Join(parts, ", '|', ") + ", '|' || lower(trim(o.privilege)))), 24)"
}

// From the left: strength, microseconds since 1970, then in 63 bits the weight of
// [listTellers] and 48 bits of the fingerprint.
var rankOf = database.Parse(`cast((case {{.strength}} when 'describes' then 3 when 'supplements' then 2 else 1 end) * 18014398509481984 + coalesce(epoch_us(o._valid_from), 0) as hugeint) * 9223372036854775808
        + s.weight * 281474976710656 + coalesce(cast('0x' || left(cast(o._hash as varchar), 8) as bigint), 0)`)

// rank orders the statements of a thing: strength, then the moment at which this version of
// the statement was first seen, then source and dataset, then the fingerprint of the row.
// None of these changes as long as the statement does not.
func rank(strength database.SQL) database.SQL {
	return rankOf.Fill(database.Values{"strength": strength})
}

// strengthOf is the expression for the strength of the rows of an edge, by their contract.
func (m *maker) strengthOf(t *schemas.Table) database.SQL {
	words := database.SQL("case o._dataset")
	for _, c := range m.Set.All() {
		for i := range c.Emit {
			if e := &c.Emit[i]; e.Table == t.Name {
				words += database.SQL(fmt.Sprintf(" when %s then %s", database.Text(c.Dataset), database.Text(string(e.Strength))))
				break
			}
		}
	}
	return words + " else 'mentions' end"
}
