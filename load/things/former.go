package things

import (
	"context"
	"database/sql"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// Somebody who was hired again is one person of whom an export lists several employments. What
// a former one says is not what is, not even where the later one says nothing: its last day
// would stand beside a status that is active. So nothing of it is told, but that it is there.
//
// An employment is a former one if it ended before another one of the same export began; where
// the days do not say so, if it ended and the other did not.
var listFormer = database.Parse(`with listed as (
        select o.rowid as id, l.key, l.source, l.dataset, o.start_on, o.end_on, coalesce(o.status = 'terminated', false) or o.end_on is not null as ended
        from {{.links}} l
        semi join (
            select key, source, dataset from {{.links}} where kind = {{.kind}} and strength = 'describes' group by all having count(*) > 1
        ) several on several.key = l.key and several.source = l.source and several.dataset = l.dataset
        join {{.stated}} o on o._dataset = l.dataset and o.identity_key = l.statement_key and coalesce(o.native_id, '') = l.part
        where l.kind = {{.kind}} and l.strength = 'describes'
    )
select distinct a.id from listed a join listed b on b.key = a.key and b.source = a.source and b.dataset = a.dataset and b.id <> a.id
where {{.over}} and not {{.begun}}`)

var endedBefore = database.Parse(`case when {{.a}}.end_on is not null and {{.b}}.start_on is not null then {{.a}}.end_on <= {{.b}}.start_on else {{.a}}.ended and not {{.b}}.ended end`)

// formerOf are the rows of observed of former employments, by their rowid.
func (m *maker) formerOf(ctx context.Context, t *schemas.Table, p part) (map[int64]bool, error) {
	if t.Name != "identities" {
		return nil, nil
	}
	before := func(a, b database.SQL) database.SQL { return endedBefore.Fill(database.Values{"a": a, "b": b}) }
	out := map[int64]bool{}
	err := m.db.Each(ctx, listFormer.Fill(database.Values{"links": p.links, "stated": p.stated, "kind": t.Name, "over": before("a", "b"), "begun": before("b", "a")}), func(rows *sql.Rows) error {
		var row int64
		err := rows.Scan(&row)
		out[row] = true
		return err
	})
	return out, err
}
