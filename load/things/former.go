package things

import (
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// Somebody who was hired again is one person of whom an export lists several employments. What
// a former one says is not what is, not even where the later one says nothing: its last day
// would stand beside a status that is active. So nothing of it is told, but that it is there.
//
// An employment is a former one if it ended before another one of the same export began; where
// the days do not say so, if it ended and the other did not.
var silenceFormer = database.Parse(`update {{.told}} set _id = null{{.references}}
where _id in (
    with listed as (
        select o.rowid as id, l.key, l.source, l.dataset, o.start_on, o.end_on, coalesce(o.status = 'terminated', false) or o.end_on is not null as ended
        from {{.links}} l
        semi join (
            select key, source, dataset from {{.links}} where kind = {{.kind}} and strength = 'describes' group by all having count(*) > 1
        ) several on several.key = l.key and several.source = l.source and several.dataset = l.dataset
        join {{.stated}} o on o._dataset = l.dataset and o.identity_key = l.statement_key and coalesce(o.native_id, '') = l.part
        where l.kind = {{.kind}} and l.strength = 'describes'
    )
    select a.id from listed a join listed b on b.key = a.key and b.source = a.source and b.dataset = a.dataset and b.id <> a.id
    where {{.over}} and not {{.begun}}
)`)

var endedBefore = database.Parse(`case when {{.a}}.end_on is not null and {{.b}}.start_on is not null then {{.a}}.end_on <= {{.b}}.start_on else {{.a}}.ended and not {{.b}}.ended end`)

// silence is the statement that takes what former employments say out of what is told of
// identities, by the values that [maker.gather] has.
func silence(t *schemas.Table, v database.Values) database.SQL {
	var none database.SQL
	for _, f := range mergedFields(t) {
		if isReference(f) {
			none += ", " + database.Ident(f.Name) + " = null"
		}
	}
	before := func(a, b database.SQL) database.SQL { return endedBefore.Fill(database.Values{"a": a, "b": b}) }
	return silenceFormer.Fill(database.Values{"told": v["told"], "links": v["links"], "stated": v["stated"], "kind": t.Name, "references": none,
		"over": before("a", "b"), "begun": before("b", "a")})
}
