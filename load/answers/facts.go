package answers

import (
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// A fact is a row of the common model that is about things and is none: a request, a review,
// an event. main has facts as their exports state them, one row for each statement, but with
// the keys of the things that they are about. A view of them has a guard, as DuckDB before
// version 1.4 would answer it from another file.

var (
	factView = database.Parse(`create or replace view {{.name}} as select * from (
select {{.columns}}
from {{.table}} o{{.joins}}
) q where {{.guard}};
comment on view {{.name}} is {{.comment}};
`)
	// Several datasets may state one key: it means the same thing for all of them.
	joinThing = database.Parse(`
left join (select kind, statement_key, min(key) as key from meta.links where is_reference and kind in ({{.kinds}}) group by kind, statement_key) {{.as}}
    on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)
	// A closed version may name a key that no statement has any more: it means what it meant last.
	joinThingOnce = database.Parse(`
left join (
    select kind, statement_key, arg_max(key, (_valid_to, key)) as key
    from (select kind, statement_key, key, timestamptz 'infinity' as _valid_to from meta.links where is_reference and kind in ({{.kinds}})
        union all select kind, statement_key, key, _valid_to from history.links where is_reference and kind in ({{.kinds}}))
    group by kind, statement_key
) {{.as}} on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)
	joinPerson = database.Parse(`
left join meta.addresses {{.as}} on {{.as}}.email = o.{{.column}}`)
)

// facts makes the views of a table of facts: main has what is current, history the closed
// versions.
func facts(t *schemas.Table, g *guard) database.SQL {
	current, closed := database.Common(t), database.History(t)
	return factsOf(t, g.condition(objects.Object{Kind: objects.View, Name: t.Name}), database.ThingsSchema, current, joinThing) +
		factsOf(t, g.condition(objects.Object{Kind: objects.Version, Name: t.Name}), database.HistorySchema, closed, joinThingOnce)
}

func factsOf(t *schemas.Table, guard database.SQL, schema string, stated *database.Table, joinThing *database.Template) database.SQL {
	name := database.Name(schema, t.Name)
	var columns []database.SQL
	var joins, comments database.SQL
	add := func(column, comment string, value database.SQL) {
		columns = append(columns, value+" as "+database.Ident(column))
		comments += columnComment.Fill(database.Values{"table": name, "column": database.Ident(column), "comment": comment})
	}
	person := func(f *schemas.Field) database.SQL {
		as := database.Ident("by " + f.Name)
		joins += joinPerson.Fill(database.Values{"as": as, "column": database.Ident(f.Name)})
		return as + ".identity_key"
	}
	for _, c := range stated.Columns {
		f := t.Field(c.Name)
		value := "o." + database.Ident(c.Name)
		comment := c.Comment
		if f != nil {
			if kinds := thingsOf(t, f); kinds != nil {
				as := database.Ident("of " + f.Name)
				joins += joinThing.Fill(database.Values{"as": as, "column": database.Ident(f.Name), "kind": database.KindOf(t, f, "o"), "kinds": database.Join(kinds, ", ")})
				value = as + ".key"
				if f.Thing != "" {
					comment = f.Thing
				}
			}
			if by := addressOf(t, f); by != nil {
				value = "coalesce(" + value + ", " + person(by) + ")"
			}
		}
		add(c.Name, comment, value)
		if f != nil && f.Person && t.Field(f.PersonKey()) == nil {
			add(f.PersonKey(), "identity_key of whom "+f.Name+" means; NULL: nobody, or several, have that address", person(f))
		}
	}
	return factView.Fill(database.Values{"name": name, "guard": guard, "columns": database.Join(columns, ", "), "table": stated.SQL(), "joins": joins, "comment": stated.Comment}) + comments
}

// addressOf is the field whose address says whom f means where its own value does not, nil
// for none.
func addressOf(t *schemas.Table, f *schemas.Field) *schemas.Field {
	for i := range t.Fields {
		if by := &t.Fields[i]; by.PersonKey() == f.Name && by.Person {
			return by
		}
	}
	return nil
}

// thingsOf are the kinds of things to which a field refers, as literals; nil for none. Facts
// that refer to one another keep their keys.
func thingsOf(t *schemas.Table, f *schemas.Field) (kinds []database.SQL) {
	if f.Refers != "" && schemas.IsThing(f.Refers) {
		return []database.SQL{database.Text(f.Refers)}
	}
	if f.RefersBy != "" {
		for _, word := range t.Field(f.RefersBy).Enum {
			if word != "unknown" {
				kinds = append(kinds, database.Text(schemas.RefersTo(word)))
			}
		}
	}
	return kinds
}
