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
    join {{.references}} a on a.kind = 'accounts' and a.statement_key = o.account_key{{if .touched}}
    semi join {{.touched}} t on t.kind = 'accounts' and t.key = a.key{{end}}
    union all
    select i.key, l.key, 'is', o.source, o._valid_from
    from observed.accounts o
    join {{.links}} l on l.kind = 'accounts' and l.dataset = o._dataset and l.statement_key = o.account_key and l.part = coalesce(o.native_id, '')
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
    left join (from told where relation = 'is') t using (identity_key, account_key){{if .touched}}
    where account_key in (select key from {{.touched}} where kind = 'accounts'){{end}}
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
    join {{.links}} l on l.kind = 'accounts' and l.dataset = o._dataset and l.statement_key = o.account_key and l.part = coalesce(o.native_id, '')
    join meta.links i on i.kind = 'identities' and i.part <> '' and i.source = o.source and i.part = trim(o.attributes ->> {{.path}})
    where o._dataset = {{.dataset}}`)

var countUnplacedOwners = database.Parse(`select count(*) from observed.identity_accounts o
where o.identity_key not in (select statement_key from {{.references}} where kind = 'identities')
    or o.account_key not in (select statement_key from {{.references}} where kind = 'accounts')`)

// owners makes main.identity_accounts, or that part of it which is about some accounts. It
// returns how many statements have no place in it.
func (m *maker) owners(ctx context.Context, layout *database.Table, p part) (n apply.Counts, unplaced int64, err error) {
	rules, err := schemas.LoadResolution()
	if err != nil {
		return n, 0, err
	}
	if unplaced, err = m.unplacedOwners(ctx); err != nil {
		return n, 0, err
	}
	var mapped database.SQL
	for _, r := range rules.Mapped {
		mapped += statedByNativeID.Fill(database.Values{"dataset": r.Dataset, "path": "$." + r.Member, "links": p.links})
	}
	if p.first, err = m.isFirst(ctx, layout); err != nil {
		return n, 0, err
	}
	rows := func(only database.SQL) database.SQL {
		v := database.Values{"references": references, "links": p.links, "moment": m.Moment, "hash": fingerprint(layout), "only": database.SQL(""), "mapped": mapped, "touched": database.SQL("")}
		if p.scope != everything {
			v["touched"] = touched
		}
		if only != "" {
			v["only"] = " semi join " + only + " f using (identity_key, account_key, relation)"
		}
		return listOwners.Fill(v)
	}
	n, err = m.putOwners(ctx, m.place(layout, p, "", "identity_key", "account_key", "relation"), rows)
	if err != nil {
		return n, 0, err
	}
	n, err = m.withRest(ctx, layout, p, n)
	return n, unplaced, err
}

var (
	insertOwners = database.Parse(`insert into {{.table}} ({{.columns}}) select {{.columns}} from ({{.rows}})`)
	// Few rows are new: of the others only the fingerprint is kept.
	stageSeen = database.Parse(`create or replace table {{.seen}} as select {{.hash}}, {{.key}} from ({{.rows}});
create or replace table {{.changed}} as select {{.key}} from {{.seen}} s anti join {{.table}} c on c.{{.hash}} = s.{{.hash}}`)
	stageFresh = database.Parse(`create or replace table {{.fresh}} as select {{.columns}} from ({{.rows}})`)
)

// putOwners makes a place of main.identity_accounts equal to rows, which gives the query of all of them, or of
// those whose key is in a table.
func (m *maker) putOwners(ctx context.Context, p *place, rows func(only database.SQL) database.SQL) (n apply.Counts, err error) {
	p.values["rows"] = rows("")
	if p.first {
		return p.fill(ctx, func(tx *database.Tx) (int64, error) { return tx.Exec(ctx, insertOwners.Fill(p.values)) })
	}
	if err := m.rehash(ctx, p.layout, p.values); err != nil {
		return n, err
	}
	all := stageSeen.Fill(p.values)
	p.values["rows"] = rows(changed)
	for _, query := range []database.SQL{all, stageFresh.Fill(p.values)} {
		if _, err := m.db.Exec(ctx, query); err != nil {
			return n, err
		}
	}
	return p.equal(ctx)
}

// unplacedOwners counts the rows of observed.identity_accounts that have no place in main.
func (m *maker) unplacedOwners(ctx context.Context) (int64, error) {
	return m.db.Count(ctx, countUnplacedOwners.Fill(database.Values{"references": references}))
}

var (
	// What differs from the relations of the run before, and accounts of which another
	// relation may be stated.
	ownersTouched = database.Parse(`
union select 'accounts', account_key
from (from main.identity_accounts where relation = 'is') i full join meta.account_owners w using (account_key)
where i.identity_key is distinct from w.identity_key or i.rule is distinct from w.rule or i.evidence is distinct from w.evidence or i.confidence is distinct from w.confidence
union select 'accounts', key from (from {{.references}} where kind = 'accounts') semi join {{.concerned}} c on c.account_key = statement_key
union select 'accounts', before from (from {{.moved}} where kind = 'accounts' and before is not null) semi join {{.concerned}} c on c.account_key = statement_key`)
	// Those that name somebody by a native id, which means another one than before.
	touchedByNativeID = database.Parse(`
union select 'accounts', l.key
from observed.accounts o
join meta.links l on l.kind = 'accounts' and l.dataset = o._dataset and l.statement_key = o.account_key and l.part = coalesce(o.native_id, '')
semi join (
    select source, part from (
        (select source, part, key from meta.links where kind = 'identities' and _valid_from > {{.since}}
        except select source, part, key from history.links where kind = 'identities' and _valid_to > {{.since}})
        union
        (select source, part, key from history.links where kind = 'identities' and _valid_to > {{.since}}
        except select source, part, key from meta.links where kind = 'identities' and _valid_from > {{.since}})
    )
) i on i.source = o.source and i.part = trim(o.attributes ->> {{.path}})
where o._dataset = {{.dataset}}`)
)

// touchOwners is the part of a union by which accounts are touched too: to whom they belong,
// or who says so, is something else than before.
func (m *maker) touchOwners(ctx context.Context) (out database.SQL, err error) {
	t := m.Set.Common.Table(ownership)
	if err := m.concern(ctx, t, t.Needs); err != nil {
		return "", err
	}
	out = ownersTouched.Fill(database.Values{"references": references, "moved": moved, "concerned": concerned})
	rules, err := schemas.LoadResolution()
	if err != nil {
		return "", err
	}
	for _, r := range rules.Mapped {
		out += touchedByNativeID.Fill(database.Values{"dataset": r.Dataset, "path": "$." + r.Member, "since": m.Since})
	}
	return out, nil
}
