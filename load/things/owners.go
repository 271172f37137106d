package things

import (
	"context"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// ownership is the edge that rules make, and not only what exports state.
const ownership = "identity_accounts"

// Whose an account is, resolution decides; the sources of such a row are those that say the
// same, if any does. What somebody answers for, exports state.
var listOwners = database.Parse(`with stated as (
    select i.key as identity_key, a.key as account_key, coalesce(o.relation, 'is') as relation, o.source, o._valid_from
    from observed.identity_accounts o
    join {{.references}} i on i.kind = 'identities' and i.statement_key = o.identity_key
    join {{.references}} a on a.kind = 'accounts' and a.statement_key = o.account_key
    union all
    select i.key, l.key, 'is', o.source, o._valid_from
    from observed.accounts o
    join meta.links l on l.kind = 'accounts' and l.dataset = o._dataset and l.statement_key = o.account_key and l.part = coalesce(o.native_id, '')
    join {{.references}} i on i.kind = 'identities' and i.statement_key = o.identity_key{{.mapped}}
),
told as (
    select identity_key, account_key, relation, list(distinct source order by source) as sources, min(_valid_from) as first_seen_at
    from stated
    group by identity_key, account_key, relation
),
related as (
    select identity_key, account_key, 'is' as relation, w.rule, w.evidence, w.confidence, coalesce(t.sources, []) as sources, coalesce(t.first_seen_at, {{.moment}}) as first_seen_at
    from meta.account_owners w
    left join (from told where relation = 'is') t using (identity_key, account_key)
    union all
    select identity_key, account_key, relation, 'vendor', null, 1, sources, first_seen_at
    from told
    where relation = 'owns'
),
finished as (
    select related.*, len(sources) as source_count, cast(null as json) as disagreements, {{.moment}} as _valid_from
    from related{{.only}}
)
select *, {{.hash}} as _hash
from finished`)

// Some sources hide the person's native id among the attributes of the account.
var statedByNativeID = database.Parse(`
    union all
    select i.key, l.key, 'is', o.source, o._valid_from
    from observed.accounts o
    join meta.links l on l.kind = 'accounts' and l.dataset = o._dataset and l.statement_key = o.account_key and l.part = coalesce(o.native_id, '')
    join meta.links i on i.kind = 'identities' and i.source = o.source and i.part = trim(o.attributes ->> {{.path}})
    where o._dataset = {{.dataset}}`)

var countUnplacedOwners = database.Parse(`select count(*) from observed.identity_accounts o
where o.identity_key not in (select statement_key from {{.references}} where kind = 'identities')
    or o.account_key not in (select statement_key from {{.references}} where kind = 'accounts')`)

// owners makes main.identity_accounts. It returns how many statements have no place in it.
func (m *maker) owners(ctx context.Context, layout *database.Table) (n apply.Counts, unplaced int64, err error) {
	rules, err := schemas.LoadResolution()
	if err != nil {
		return n, 0, err
	}
	if unplaced, err = m.db.Count(ctx, countUnplacedOwners.Fill(database.Values{"references": references})); err != nil {
		return n, 0, err
	}
	var mapped database.SQL
	for _, r := range rules.Mapped {
		mapped += statedByNativeID.Fill(database.Values{"dataset": r.Dataset, "path": "$." + r.Member})
	}
	n, err = m.put(ctx, layout, []string{"identity_key", "account_key", "relation"}, func(only database.SQL) database.SQL {
		v := database.Values{"references": references, "moment": m.Moment, "hash": fingerprint(layout), "only": database.SQL(""), "mapped": mapped}
		if only != "" {
			v["only"] = " semi join " + only + " f using (identity_key, account_key, relation)"
		}
		return listOwners.Fill(v)
	})
	return n, unplaced, err
}
