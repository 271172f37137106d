package answers

import (
	"fmt"
	"maps"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// A fact is a row of the common model that is about things without being one: a request, a
// review, an event. The views of main have facts as their exports state them, one row for
// each statement, but with the keys of things in main, and without what a dataset that
// supplements says of a fact which another one of its source tells. Each view has a guard,
// as DuckDB before version 1.4 might answer it from another file.

var (
	factView = database.Parse(`create or replace view {{.name}} as select * from (
select {{.columns}}
from {{.table}} o{{.joins}}{{.once}}
) q where {{.guard}};
comment on view {{.name}} is {{.comment}};
`)
	// Several datasets may state one key. It means the same thing in all of them, hence min.
	joinThing = database.Parse(`
left join (select kind, statement_key, min(key) as key from meta.links where is_reference and kind in ({{.kinds}}) group by kind, statement_key) {{.as}}
    on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)
	// A closed version may name a key that no statement has any more. The key then stands for
	// the thing that it stood for last.
	joinThingOnce = database.Parse(`
left join (
    select kind, statement_key, arg_max(key, (_valid_to, key)) as key
    from (select kind, statement_key, key, timestamptz 'infinity' as _valid_to from meta.links where is_reference and kind in ({{.kinds}})
        union all select kind, statement_key, key, _valid_to from history.links where is_reference and kind in ({{.kinds}}))
    group by kind, statement_key
) {{.as}} on {{.as}}.kind = {{.kind}} and {{.as}}.statement_key = o.{{.column}}`)
	toldOnce = database.Parse(`
where not (coalesce(o._dataset in ({{.supplements}}), false) and exists (
    select 1 from {{.stated}} d where d.{{.key}} = o.{{.key}} and d.source = o.source
        and case d._dataset{{.order}} end < case o._dataset{{.order}} end))`)
	// A key of main that a row keeps means the thing that has it, or that has another one in its
	// place now, if that is one thing.
	joinKept = database.Parse(`
left join (
    select key as kept, key from meta.links where kind = {{.kind}} group by key
    union all
    select old_key, min(key) from {{.current}} c where kind = {{.kind}} group by old_key having count(*) = 1
) {{.as}} on {{.as}}.kept = o.{{.column}}`)
	joinPerson = database.Parse(`
left join meta.addresses {{.as}} on {{.as}}.email = o.{{.column}}`)
)

// facts are the statements that make the two views of a table of facts: main has the current
// rows, history the closed versions.
func facts(t *schemas.Table, g *guard) (all database.SQL) {
	if g.model.makes(objects.Object{Kind: objects.View, Name: t.Name}) {
		all += factsOf(t, g, objects.View, database.ThingsSchema, database.Common(t), joinThing)
	}
	if g.model.makes(objects.Object{Kind: objects.Version, Name: t.Name}) {
		all += factsOf(t, g, objects.Version, database.HistorySchema, database.History(t), joinThingOnce)
	}
	return all
}

func factsOf(t *schemas.Table, g *guard, kind objects.Kind, schema string, stated *database.Table, joinThing *database.Template) database.SQL {
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
			if kept := keptFor(t, f); kept != nil {
				as := database.Ident("kept in " + kept.Name)
				joins += joinKept.Fill(database.Values{"as": as, "kind": f.Refers, "column": database.Ident(kept.Name), "current": database.SQL(objects.CurrentKeys())})
				value = "coalesce(" + value + ", " + as + ".key)"
			}
			if by := addressOf(t, f); by != nil {
				value = "coalesce(" + value + ", " + person(by) + ")"
			}
		}
		add(c.Name, comment, value)
		if f != nil && f.Person && t.Field(f.PersonKey()) == nil {
			add(f.PersonKey(), "identity_key of the person whom "+f.Name+" names; NULL: no identity has that address, or several have it", person(f))
		}
	}
	return factView.Fill(database.Values{"name": name, "guard": g.condition(objects.Object{Kind: kind, Name: t.Name}), "once": once(g.model.Set, t, stated), "columns": database.Join(columns, ", "), "table": stated.SQL(), "joins": joins, "comment": stated.Comment}) + comments
}

// once is the condition by which a fact o that several datasets of a vendor tell is there once,
// in the words of the one that describes it. If only such tell it as supplement others, the one
// whose name is last in the alphabet counts, as later lists have names such as risks_v2. "" where
// no two tell one.
func once(set *schemas.Set, t *schemas.Table, stated *database.Table) database.SQL {
	told := map[string]map[schemas.Strength][]database.SQL{} // by vendor
	for _, c := range set.All() {
		for i := range c.Emit {
			if e := &c.Emit[i]; e.Table == t.Name {
				if told[c.Vendor()] == nil {
					told[c.Vendor()] = map[schemas.Strength][]database.SQL{}
				}
				told[c.Vendor()][e.Strength] = append(told[c.Vendor()][e.Strength], database.Text(c.Dataset))
				break
			}
		}
	}
	var supplements []database.SQL
	order := database.SQL("")
	for _, vendor := range slices.Sorted(maps.Keys(told)) {
		of := told[vendor]
		if len(of[schemas.Supplements]) == 0 || len(of[schemas.Supplements])+len(of[schemas.Describes]) < 2 {
			continue
		}
		for _, dataset := range of[schemas.Describes] {
			order += " when " + dataset + " then 0"
		}
		for i, dataset := range slices.Backward(slices.Sorted(slices.Values(of[schemas.Supplements]))) {
			order += " when " + dataset + database.SQL(fmt.Sprintf(" then %d", len(of[schemas.Supplements])-i))
			supplements = append(supplements, dataset)
		}
	}
	if t.Key == "" || len(supplements) == 0 {
		return ""
	}
	return toldOnce.Fill(database.Values{"supplements": database.Join(supplements, ", "), "order": order, "stated": stated.SQL(), "key": database.Ident(t.Key)})
}

// addressOf is the field whose address says which person is meant if f itself is NULL; nil if
// there is none.
func addressOf(t *schemas.Table, f *schemas.Field) *schemas.Field {
	for i := range t.Fields {
		if by := &t.Fields[i]; by.PersonKey() == f.Name && by.Person {
			return by
		}
	}
	return nil
}

// keptFor is the field that keeps the key of main of the thing to which f refers; nil if there is
// none.
func keptFor(t *schemas.Table, f *schemas.Field) *schemas.Field {
	for i := range t.Fields {
		if kept := &t.Fields[i]; kept.KeptFor == f.Name {
			return kept
		}
	}
	return nil
}

// thingsOf are the kinds of things to which a field refers, as literals; nil if it refers to
// none. References between facts keep the keys of the statements.
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
